#include "control/report/summary.h"

#include <nlohmann/json.hpp>

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;

void merge(NamedCounts& into, const NamedCounts& from) {
  for (const auto& [name, n] : from) into[name] += n;
}

Json to_json(const NamedCounts& counts) {
  Json out = Json::object();
  for (const auto& [name, n] : counts) out[name] = n;
  return out;
}

Json to_json(const Traffic& traffic) {
  return {{"packets", traffic.packets}, {"bytes", traffic.bytes}};
}

std::string ledger(const std::string& what, uint64_t in, uint64_t out) {
  if (in == out) return {};
  return what + ": " + std::to_string(in) + " packets came in, " + std::to_string(out) +
         " are accounted for";
}

Json packets(const Totals& t) {
  return {{"rx", t.rx},
          {"originated", t.originated},
          {"copied", t.copied},
          {"tx", t.tx},
          {"dropped", t.dropped},
          {"consumed", t.consumed},
          {"punted", t.punted},
          {"held", t.held},
          {"in_flight", t.in_flight}};
}

}  // namespace

Totals totals(const RunStats& stats) {
  Totals t;
  uint64_t to_links = 0, offered = 0;
  for (const PortStats& port : stats.ports) {
    t.rx += port.rx.packets;
    t.tx += port.tx.packets;
    merge(t.drops, port.drops);
    merge(t.drops, port.unsent);
  }
  for (const LinkStats& link : stats.links) {
    t.in_flight += link.in_flight;
    t.copied += link.copied;
    offered += link.offered;
    merge(t.drops, link.drops);
  }
  for (const NodeStats& node : stats.nodes) {
    t.copied += node.copied;
    t.held += node.held;
    t.in_flight += node.scheduled;
    t.punted += sum(node.punted);
    to_links += node.to_links;
    merge(t.drops, node.drops);
    merge(t.consumed_by, node.consumed);
    merge(t.originated_by, node.originated);
    merge(t.withheld, node.withheld);
  }
  t.in_flight += to_links - offered;  // a shaper's, between node and link
  t.dropped = sum(t.drops);
  t.consumed = sum(t.consumed_by);
  t.originated = sum(t.originated_by);
  return t;
}

std::string unbalanced(const RunStats& stats) {
  const Totals t = totals(stats);
  std::string found = ledger("run", t.rx + t.originated + t.copied,
                             t.tx + t.dropped + t.consumed + t.punted + t.held + t.in_flight);
  for (const NodeStats& n : stats.nodes)
    if (found.empty())
      found = ledger("node " + n.name, n.from_ports + n.from_links + sum(n.originated) + n.copied,
                     n.to_ports + n.to_links + sum(n.drops) + sum(n.consumed) + sum(n.punted) +
                         n.held + n.scheduled);
  for (const LinkStats& l : stats.links)
    if (found.empty())
      found = ledger("link " + l.name + " " + l.direction, l.offered + l.copied,
                     l.delivered + sum(l.drops) + l.in_flight);
  for (const PortStats& p : stats.ports)
    if (found.empty()) found = ledger("port " + p.name, p.rx.packets, p.to_node + sum(p.drops));
  uint64_t into_nodes = 0, out_of_nodes = 0, to_node = 0, sent = 0;
  uint64_t to_links = 0, offered = 0, delivered = 0, from_links = 0;
  for (const NodeStats& n : stats.nodes) {
    into_nodes += n.from_ports;
    out_of_nodes += n.to_ports;
    to_links += n.to_links;
    from_links += n.from_links;
  }
  for (const LinkStats& l : stats.links) {
    offered += l.offered;
    delivered += l.delivered;
  }
  for (const PortStats& p : stats.ports) {
    to_node += p.to_node;
    sent += p.tx.packets + sum(p.unsent);
  }
  if (found.empty()) found = ledger("from ports to nodes", to_node, into_nodes);
  if (found.empty()) found = ledger("from links to nodes", delivered, from_links);
  if (found.empty()) found = ledger("from nodes to ports", out_of_nodes, sent);
  if (found.empty() && stats.buffers_in_use)
    found = ledger("packet buffers", *stats.buffers_in_use, t.held + t.in_flight);
  if (found.empty() && stats.buffers_in_use && !stats.partial)
    found = ledger("from nodes to links", to_links, offered);
  return found;
}

std::string summary_json(const RunStats& stats, uint64_t seed) {
  const Totals t = totals(stats);
  Json out;
  out["seed"] = seed;
  out["virtual_time_ns"] = stats.virtual_time_ns;
  out["packets"] = packets(t);
  out["drops"] = to_json(t.drops);
  out["originated"] = to_json(t.originated_by);
  out["consumed"] = to_json(t.consumed_by);
  if (!t.withheld.empty()) out["withheld"] = to_json(t.withheld);
  out["ports"] = Json::object();
  for (const PortStats& port : stats.ports)
    out["ports"][port.name] = {{"rx", to_json(port.rx)}, {"tx", to_json(port.tx)}};
  out["links"] = Json::object();
  for (const LinkStats& link : stats.links) {
    Json counts = to_json(link.sent);
    counts["dropped"] = sum(link.drops) + link.policed;
    if (link.latency)
      counts["latency"] = {{"count", link.latency->count()},
                           {"min_ns", link.latency->min()},
                           {"p50_ns", link.latency->percentile(500'000)},
                           {"p99_ns", link.latency->percentile(990'000)},
                           {"max_ns", link.latency->max()}};
    out["links"][link.name][link.direction] = counts;
  }
  out["clamped_timestamps"] = stats.clamped_timestamps;
  out["events"] = Json::array();
  for (const RunEvent& event : stats.events)
    out["events"].push_back({{"at_ns", event.at_ns}, {"what", event.what}, {"text", event.text}});
  if (stats.partial) out["partial"] = true;
  const uint64_t handled = t.rx + t.originated + t.copied;
  out["wall"] = {
      {"ns", stats.wall.ns},
      {"packets_per_second", stats.wall.ns == 0 ? 0 : handled * 1'000'000'000 / stats.wall.ns},
      {"peak_rss_bytes", stats.wall.peak_rss_bytes},
      {"packet_pool_bytes", stats.wall.packet_pool_bytes},
      {"table_bytes", stats.wall.table_bytes}};
  if (stats.wall.worker_cpu_ns != 0) {
    out["wall"]["worker_cpu_ns"] = stats.wall.worker_cpu_ns;
    out["wall"]["rx_missed"] = stats.wall.rx_missed;
  }
  if (!stats.wall.scenario.empty()) out["wall"]["scenario"] = stats.wall.scenario;
  if (!stats.wall.captures.empty()) out["wall"]["captures"] = stats.wall.captures;
  return out.dump(2) + "\n";
}

std::string counters_json(const RunStats& stats) {
  Json out;
  out["nodes"] = Json::object();
  for (const NodeStats& n : stats.nodes) {
    out["nodes"][n.name] = {{"in",
                             {{"rx", {{"ports", n.from_ports}, {"links", n.from_links}}},
                              {"originated", to_json(n.originated)},
                              {"copied", n.copied}}},
                            {"out",
                             {{"tx", {{"ports", n.to_ports}, {"links", n.to_links}}},
                              {"dropped", to_json(n.drops)},
                              {"consumed", to_json(n.consumed)},
                              {"punted", to_json(n.punted)},
                              {"held", n.held},
                              {"in_flight", n.scheduled}}}};
    if (!n.withheld.empty()) out["nodes"][n.name]["withheld"] = to_json(n.withheld);
  }
  out["links"] = Json::object();
  for (const LinkStats& l : stats.links) {
    Json& link = out["links"][l.name][l.direction];
    link = {
        {"in", {{"rx", l.offered}}},
        {"out", {{"tx", l.delivered}, {"dropped", to_json(l.drops)}, {"in_flight", l.in_flight}}},
        {"policed", l.policed}};
    if (l.copied != 0) link["in"]["copied"] = l.copied;
    if (l.corrupted != 0) link["corrupted"] = l.corrupted;
  }
  out["ports"] = Json::object();
  for (const PortStats& p : stats.ports) {
    NamedCounts dropped = p.drops;
    merge(dropped, p.unsent);
    Json& port = out["ports"][p.name];
    port = {{"in", {{"rx", p.rx.packets}}},
            {"out", {{"tx", p.to_node}, {"dropped", to_json(dropped)}}},
            {"sent", p.tx.packets}};
    if (!p.unsent.empty()) port["in"]["rx"] = {{"port", p.rx.packets}, {"unsent", sum(p.unsent)}};
  }
  return out.dump(2) + "\n";
}

}  // namespace erbium::cp
