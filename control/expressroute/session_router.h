// What a scenario's sessions consist of: routers that speak BGP in one VRF, and their neighbours
// with the transport to each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/net/address.h"
#include "common/units.h"
#include "control/bfd/endpoint.h"
#include "control/bgp/speaker.h"
#include "control/expressroute/policy.h"
#include "control/rib/fib_groups.h"
#include "control/tcp/endpoint.h"

namespace erbium::cp {

// How a session went, for the report.
struct SessionHistory {
  std::string name;                                     // "er-sjc/primary/private ipv4 ce"
  std::string kind;                                     // "bgp", "bfd"
  std::vector<std::pair<int64_t, std::string>> states;  // scenario time ns, "Established"
};

struct SessionNeighbor {
  bgp::PeerId peer = 0;
  std::string name;     // "er-sjc/primary/private ipv4 ce"
  std::string session;  // "er-sjc/primary/private"; empty on the backbone
  uint32_t interface = 0;
  std::optional<size_t> circuit_link;  // the one it runs over; absent on the backbone
  std::string location, msee;          // of the circuit; the MSEE at either end
  net::Ip local, remote;
  std::unique_ptr<tcp::Endpoint> tcp;
  std::set<bgp::ConnectionId> open;    // connections that the transport knows
  std::unique_ptr<bfd::Endpoint> bfd;  // null: none
  bool carrier = true;
  std::set<size_t> shut_by;  // events of the timeline that hold it down, by index
  Time not_before;           // a delayed send went out or will
  size_t history = 0, bfd_history = 0;

  bool may_start() const { return carrier && shut_by.empty(); }
};

// The policy may say more of it to each neighbour.
struct OwnRoute {
  net::Prefix prefix;
  bgp::PathAttributes attributes;
};

struct SessionRouter {
  enum class Kind { customer, msee, gateway, microsoft_edge };
  Kind kind = Kind::customer;
  std::string name;
  uint32_t host_port = 0, vrf = 0;
  std::unique_ptr<ExpressRoutePolicy> policy;
  std::unique_ptr<bgp::Speaker> speaker;
  std::unique_ptr<rib::FibGroups> fib;     // of the speaker's table
  std::vector<SessionNeighbor> neighbors;  // peer p is neighbors[p - 1]
  std::vector<OwnRoute> own;               // what it announces by itself
};

}  // namespace erbium::cp
