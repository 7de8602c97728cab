// Routes from BGP, from what rib::FibGroups say of each VRF to messages for the dataplane. All VRFs
// share the dataplane's ids. A next hop stays known for the run: packets may wait for its address.
// The id of a removed group is used again, in a later generation at the earliest.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "common/net/address.h"
#include "control/expressroute/generation.h"
#include "control/rib/fib_groups.h"

namespace erbium::cp {

class LearnedRoutes {
 public:
  // Next hops and groups up to these ids are not its own.
  LearnedRoutes(uint32_t next_hops, uint32_t groups)
      : last_next_hop_(next_hops), last_group_(groups) {}

  using Wanted = std::function<bool(const net::Prefix&)>;
  using Fallback = std::function<uint32_t(const net::Prefix&)>;
  // What changed in a VRF. Peer p is a neighbour on interfaces[p - 1]. Prefixes that are not wanted
  // get no route; one that is withdrawn goes to its fallback's group, 0 where it has none. The
  // answers for a prefix must always be the same.
  void apply(uint32_t vrf, const rib::FibDelta& delta, std::span<const uint32_t> interfaces,
             const Wanted& wanted, const Fallback& fallback);
  // Begins anew for a dataplane that has nothing: drops what has not been taken and names every
  // next hop again. What the groups of every VRF are now is to be applied behind it.
  void restart();
  // What has been applied since the last call, for one generation.
  MessageList take();

 private:
  uint32_t next_hop(uint32_t interface, const net::Ip& address);
  uint32_t& group(uint32_t vrf, rib::GroupId id);
  uint32_t new_group();

  uint32_t last_next_hop_, last_group_;
  std::map<std::pair<uint32_t, net::Ip>, uint32_t> next_hops_;  // by interface and address
  std::vector<std::vector<uint32_t>> groups_;                   // by VRF and its own id; 0: none
  std::set<uint32_t> free_;
  std::vector<uint32_t> freed_;  // since take()
  MessageList messages_;
};

}  // namespace erbium::cp
