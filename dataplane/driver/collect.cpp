#include "dataplane/driver/collect.h"

#include <algorithm>
#include <tuple>

namespace erbium::dp {
namespace {

void add(NamedCounts& to, const std::vector<const char*>& names,
         const std::vector<uint64_t>& counts) {
  for (size_t i = 0; i < counts.size(); i++)
    if (counts[i] != 0) to[names[i]] += counts[i];
}

NodeStats node_stats(const Node& node) {
  const NodeCounters& c = node.counters();
  NodeStats out{.name = node.name(),
                .from_ports = c.from_ports,
                .from_links = c.from_links,
                .copied = c.copied,
                .to_ports = c.to_ports,
                .to_links = c.to_links,
                .held = c.held,
                .scheduled = c.scheduled};
  const auto& stages = node.pipeline().stages();
  for (size_t i = 0; i < stages.size(); i++) {
    add(out.drops, stages[i]->drops, c.stages[i].drops);
    add(out.consumed, stages[i]->consumed, c.stages[i].consumed);
    add(out.punted, stages[i]->punted, c.stages[i].punted);
    add(out.originated, stages[i]->originated, c.stages[i].originated);
    add(out.withheld, stages[i]->withheld, c.stages[i].withheld);
  }
  return out;
}

LinkStats link_stats(Link& link) {
  const Link::Counters& c = link.counters();
  LinkStats out{.name = link.config().name,
                .direction = link.config().direction,
                .sent = {c.packets, c.bytes},
                .offered = c.offered,
                .copied = c.copied,
                .delivered = c.delivered,
                .in_flight = c.in_flight,
                .corrupted = c.corrupted,
                .load = link.meter().take_load()};
  for (size_t i = 0; i < std::size(c.drops); i++)
    if (c.drops[i] != 0) out.drops[Link::kDropNames[i]] = c.drops[i];
  return out;
}

std::optional<NeighborState> neighbor_state(const Node& node, uint32_t id) {
  const Neighbor& entry = node.neighbors()[id];
  NeighborState out{.node = node.id(), .interface = entry.interface, .ip = entry.ip};
  switch (entry.state) {
    case Neighbor::State::idle:
      return std::nullopt;
    case Neighbor::State::incomplete:
      out.state = NeighborState::State::incomplete;
      return out;
    case Neighbor::State::reachable:
      out.state = NeighborState::State::reachable;
      break;
    case Neighbor::State::probe:
      out.state = NeighborState::State::probe;
      break;
    case Neighbor::State::permanent:
      out.state = NeighborState::State::permanent;
      out.mac = entry.mac;
      return out;
  }
  out.mac = entry.mac;
  out.heard_ns = entry.heard;
  return out;
}

NextHopState next_hop_state(const Network& network, uint32_t id) {
  const Forwarding& tables = network.tables();
  const NextHop& hop = tables.next_hops[id];
  if (hop.kind == NextHop::Kind::local) return {.kind = NextHopState::Kind::local};
  if (hop.kind == NextHop::Kind::discard) return {.kind = NextHopState::Kind::discard};
  if (hop.kind == NextHop::Kind::connected)
    return {.kind = NextHopState::Kind::connected, .interface = hop.interface};
  NextHopState out{
      .kind = NextHopState::Kind::gateway, .interface = hop.interface, .ip = hop.address};
  const uint32_t node = tables.trunks[tables.interfaces[hop.interface].trunk].node;
  const NeighborTable& neighbors = network.node(node).neighbors();
  const Neighbor& neighbor = neighbors[neighbors.of_next_hop(id)];
  if (neighbor.usable()) out.mac = neighbor.mac;
  return out;
}

}  // namespace

std::vector<LinkStats> collect_links(Network& network) {
  std::vector<LinkStats> out;
  for (uint32_t id = 1; id < network.links(); id++) out.push_back(link_stats(network.link(id)));
  for (uint32_t id = 1; id < network.limiters(); id++) {
    const CircuitLimiter& limiter = network.limiter(id);
    for (LinkStats& link : out)
      if (limiter.config().name == link.name + " " + link.direction)
        link.policed += limiter.exceeded().packets;
  }
  return out;
}

RunStats collect(Network& network, std::span<const RefusalCounts> refused) {
  RunStats out;
  out.virtual_time_ns = network.last_activity().ns();
  for (uint32_t id = 1; id < network.ports(); id++) {
    const Port& port = network.port(id);
    PortStats& stats = out.ports.emplace_back();
    stats = {.name = port.name,
             .rx = {port.rx.packets, port.rx.bytes},
             .tx = {port.tx.packets, port.tx.bytes},
             .to_node = port.rx.packets};
    for (size_t i = 0; id < refused.size() && i < kRefusals; i++) {
      stats.to_node -= refused[id][i];
      if (refused[id][i] != 0) stats.drops[kRefusalNames[i]] = refused[id][i];
    }
  }
  out.links = collect_links(network);
  for (uint32_t id = 1; id < network.links(); id++)
    if (const Link& link = network.link(id); link.config().measured)
      out.links[id - 1].latency = link.meter().latency();
  for (uint32_t id = 1; id < network.nodes(); id++)
    out.nodes.push_back(node_stats(network.node(id)));
  out.wall.packet_pool_bytes = network.pool().bytes();
  return out;
}

std::vector<NeighborState> collect_neighbors(const Network& network) {
  std::vector<NeighborState> out;
  for (uint32_t id = 1; id < network.nodes(); id++) {
    const Node& node = network.node(id);
    for (uint32_t entry = 1; entry < node.neighbors().size(); entry++)
      if (const auto state = neighbor_state(node, entry)) out.push_back(*state);
  }
  std::sort(out.begin(), out.end(), [](const NeighborState& a, const NeighborState& b) {
    return std::tie(a.node, a.interface, a.ip) < std::tie(b.node, b.interface, b.ip);
  });
  return out;
}

std::vector<RouteState> collect_routes(const Network& network, const Fib& fib, uint32_t vrf) {
  const Forwarding& tables = network.tables();
  std::vector<RouteState> out;
  fib.for_each([&](const net::Prefix& prefix, NextHopGroupId id) {
    RouteState& route = out.emplace_back();
    route.vrf = vrf;
    route.prefix = prefix;
    const NextHopGroup& group = tables.groups[id];
    for (uint32_t i = 0; i < group.count; i++)
      route.next_hops.push_back(next_hop_state(network, tables.members[group.first + i]));
  });
  return out;
}

}  // namespace erbium::dp
