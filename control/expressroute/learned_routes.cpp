#include "control/expressroute/learned_routes.h"

namespace erbium::cp {
namespace {

void add_next_hop(uint32_t id, uint32_t interface, const net::Ip& address, MessageList& out) {
  api::NextHop& hop = *out.add().mutable_next_hop();
  hop.set_id(id);
  hop.set_kind(api::NextHop::GATEWAY);
  hop.set_interface(interface);
  hop.mutable_address()->set_ip(api::to_bytes(address));
}

}  // namespace

uint32_t LearnedRoutes::next_hop(uint32_t interface, const net::Ip& address) {
  const auto [at, added] = next_hops_.try_emplace({interface, address}, last_next_hop_ + 1);
  if (added) add_next_hop(++last_next_hop_, interface, address, messages_);
  return at->second;
}

uint32_t& LearnedRoutes::group(uint32_t vrf, rib::GroupId id) {
  if (groups_.size() <= vrf) groups_.resize(vrf + 1);
  if (groups_[vrf].size() <= id) groups_[vrf].resize(id + 1);
  return groups_[vrf][id];
}

uint32_t LearnedRoutes::new_group() {
  return free_.empty() ? ++last_group_ : free_.extract(free_.begin()).value();
}

void LearnedRoutes::apply(uint32_t vrf, const rib::FibDelta& delta,
                          std::span<const uint32_t> interfaces, const Wanted& wanted,
                          const Fallback& fallback) {
  for (const rib::FibDelta::Group& changed : delta.groups) {
    std::vector<uint32_t> hops;
    for (const rib::Hop& hop : changed.members)
      hops.push_back(next_hop(interfaces[hop.peer - 1], hop.address));
    uint32_t& id = group(vrf, changed.id);
    if (id == 0) id = new_group();
    api::NextHopGroup& out = *messages_.add().mutable_next_hop_group();
    out.set_id(id);
    for (const uint32_t hop : hops) out.add_next_hops(hop);
  }
  for (const rib::FibDelta::Route& changed : delta.routes) {
    if (!wanted(changed.prefix)) continue;
    messages_.add_route(
        vrf, changed.prefix,
        changed.group == rib::kNoGroup ? fallback(changed.prefix) : group(vrf, changed.group));
  }
  for (const rib::GroupId removed : delta.removed) {
    const uint32_t id = std::exchange(group(vrf, removed), 0);
    api::NextHopGroup& out = *messages_.add().mutable_next_hop_group();
    out.set_id(id);
    out.set_removed(true);
    freed_.push_back(id);
  }
}

void LearnedRoutes::restart() {
  (void)take();
  for (const auto& [to, id] : next_hops_) add_next_hop(id, to.first, to.second, messages_);
}

MessageList LearnedRoutes::take() {
  free_.insert(freed_.begin(), freed_.end());
  freed_.clear();
  return std::exchange(messages_, {});
}

}  // namespace erbium::cp
