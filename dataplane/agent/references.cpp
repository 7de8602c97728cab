// Whether everything that the objects of a generation name is there, which is asked at its commit.
#include <algorithm>

#include "dataplane/agent/agent.h"
#include "dataplane/agent/refusal.h"

namespace erbium::dp {
namespace {

// 0, or the id of something the network has or is about to get.
template <typename Pending>
bool known(uint32_t id, size_t existing, const std::vector<Pending>& pending) {
  return id < existing || std::any_of(pending.begin(), pending.end(),
                                      [&](const Pending& object) { return object.id == id; });
}

}  // namespace

Agent::Status Agent::check_references() const {
  for (uint32_t id = 1; id < staged_.trunks.size(); id++) {
    const Trunk& trunk = staged_.trunks[id];
    if (trunk.node >= network_.nodes()) return refuse("trunk", id, "no such node");
    if (trunk.port >= network_.ports()) return refuse("trunk", id, "no such port");
    if (!known(trunk.link, network_.links(), links_)) return refuse("trunk", id, "no such link");
  }
  for (uint32_t id = 1; id < staged_.interfaces.size(); id++) {
    const Interface& interface = staged_.interfaces[id];
    if (interface.trunk == 0 || interface.trunk >= staged_.trunks.size())
      return refuse("interface", id, "no such trunk");
    if (interface.cross_connect >= staged_.interfaces.size())
      return refuse("interface", id, "no such cross-connect");
    if (!known(interface.limiter, network_.limiters(), limiters_))
      return refuse("interface", id, "no such limiter");
    if (interface.capacity >= staged_.capacities.size() ||
        (interface.capacity != 0 && staged_.capacities[interface.capacity].flows == 0))
      return refuse("interface", id, "no such capacity");
  }
  for (uint32_t id = 1; id < staged_.next_hops.size(); id++)
    if (staged_.next_hops[id].interface >= staged_.interfaces.size())
      return refuse("next hop", id, "no such interface");
  if (const auto status = check_hosts(); !status) return status;
  if (const auto status = check_groups(); !status) return status;
  for (const PendingLink& link : links_)
    if (link.config.to_trunk == 0 || link.config.to_trunk >= staged_.trunks.size())
      return refuse("link", link.id, "no such trunk");
  for (const PermanentNeighbor& neighbor : neighbors_)
    if (neighbor.interface >= staged_.interfaces.size())
      return refuse("neighbour on interface", neighbor.interface, "no such interface");
  for (const uint32_t interface : announced_)
    if (interface == 0 || interface >= staged_.interfaces.size())
      return refuse("announcement on interface", interface, "no such interface");
  return {};
}

Agent::Status Agent::check_groups() const {
  for (uint32_t id = 1; id < groups_.size(); id++)
    for (uint32_t hop : groups_[id].members)
      if (hop == 0 || hop >= staged_.next_hops.size())
        return refuse("next-hop group", id, "no such next hop");
  for (uint32_t id = 1; id < routes_to_.size(); id++)
    if (routes_to_[id] > 0 && (id >= groups_.size() || !groups_[id].known))
      return refuse("next-hop group", id, "a route leads to it and it is not there");
  return {};
}

Agent::Status Agent::check_hosts() const {
  for (uint32_t id = 1; id < staged_.host_ports.size(); id++) {
    const uint32_t node = staged_.host_ports[id].node;
    if (node == 0 || node >= network_.nodes() || network_.node(node).kind() != kRouter)
      return refuse("host port", id, "no such router");
  }
  for (uint32_t id = 1; id < staged_.next_hops.size(); id++)
    if (staged_.next_hops[id].host_port >= staged_.host_ports.size())
      return refuse("next hop", id, "no such host port");
  return {};
}

}  // namespace erbium::dp
