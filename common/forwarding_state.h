// What the dataplane's tables hold at one moment, as plain values: filled by the dataplane, shown
// by control. Ids are those that control gave.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/net/address.h"

namespace erbium {

// An entry of a router's ARP or neighbour-discovery cache.
struct NeighborState {
  enum class State : uint8_t { incomplete, reachable, probe, permanent };
  uint32_t node = 0, interface = 0;
  net::Ip ip;
  State state = State::incomplete;
  std::optional<net::Mac> mac;      // absent while incomplete
  std::optional<int64_t> heard_ns;  // scenario time of the answer; absent where none was needed
};

// One of the ways that a route's packets go.
struct NextHopState {
  enum class Kind : uint8_t { local, discard, connected, gateway };
  Kind kind = Kind::discard;
  uint32_t interface = 0;       // of connected and gateway
  std::optional<net::Ip> ip;    // gateway
  std::optional<net::Mac> mac;  // gateway, where it has been resolved
};

struct RouteState {
  uint32_t vrf = 0;
  net::Prefix prefix;
  std::vector<NextHopState> next_hops;  // none: packets find no route
};

}  // namespace erbium
