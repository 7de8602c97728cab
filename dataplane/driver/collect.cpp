#include "dataplane/driver/collect.h"

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
  }
  return out;
}

LinkStats link_stats(const Link& link) {
  const Link::Counters& c = link.counters();
  LinkStats out{.name = link.config().name,
                .direction = link.config().direction,
                .sent = {c.packets, c.bytes},
                .offered = c.offered,
                .delivered = c.delivered,
                .in_flight = c.in_flight};
  for (size_t i = 0; i < std::size(c.drops); i++)
    if (c.drops[i] != 0) out.drops[Link::kDropNames[i]] = c.drops[i];
  return out;
}

}  // namespace

std::vector<LinkStats> collect_links(const Network& network) {
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

RunStats collect(Network& network, std::span<const uint64_t> oversize) {
  RunStats out;
  out.virtual_time_ns = network.last_activity().ns();
  for (uint32_t id = 1; id < network.ports(); id++) {
    const Port& port = network.port(id);
    const uint64_t refused = id < oversize.size() ? oversize[id] : 0;
    PortStats& stats = out.ports.emplace_back();
    stats = {.name = port.name,
             .rx = {port.rx.packets, port.rx.bytes},
             .tx = {port.tx.packets, port.tx.bytes},
             .to_node = port.rx.packets - refused};
    if (refused != 0) stats.drops["oversize"] = refused;
  }
  out.links = collect_links(network);
  for (uint32_t id = 1; id < network.links(); id++) {
    if (!network.link(id).config().measured) continue;
    const Histogram& latency = network.link(id).latency();
    out.links[id - 1].latency = {.count = latency.count(),
                                 .min_ns = latency.min(),
                                 .p50_ns = latency.percentile(500'000),
                                 .p99_ns = latency.percentile(990'000),
                                 .max_ns = latency.max()};
  }
  for (uint32_t id = 1; id < network.nodes(); id++)
    out.nodes.push_back(node_stats(network.node(id)));
  out.wall.packet_pool_bytes = network.pool().bytes();
  return out;
}

}  // namespace erbium::dp
