#include "common/api/run_counts.h"

#include <algorithm>

#include "common/api/flow_counts.h"

namespace erbium::api {
namespace {

constexpr size_t kPartPackets = 1'000'000;  // at most 18 bytes each
constexpr uint32_t kMaxStreams = 65'535;

void put(Traffic& to, const erbium::Traffic& from) {
  to.set_packets(from.packets);
  to.set_bytes(from.bytes);
}

erbium::Traffic traffic(const Traffic& from) { return {from.packets(), from.bytes()}; }

template <class Map>
void put(Map& to, const NamedCounts& from) {
  for (const auto& [name, n] : from) to[name] = n;
}

template <class Map>
NamedCounts counts(const Map& from) {
  return {from.begin(), from.end()};
}

PortCounts port_message(const PortStats& port) {
  PortCounts out;
  out.set_name(port.name);
  put(*out.mutable_rx(), port.rx);
  put(*out.mutable_tx(), port.tx);
  out.set_to_node(port.to_node);
  put(*out.mutable_drops(), port.drops);
  put(*out.mutable_unsent(), port.unsent);
  return out;
}

PortStats port_stats(const PortCounts& port) {
  return {.name = port.name(),
          .rx = traffic(port.rx()),
          .tx = traffic(port.tx()),
          .to_node = port.to_node(),
          .drops = counts(port.drops()),
          .unsent = counts(port.unsent())};
}

NodeCounts node_message(const NodeStats& node) {
  NodeCounts out;
  out.set_name(node.name);
  out.set_from_ports(node.from_ports);
  out.set_from_links(node.from_links);
  out.set_copied(node.copied);
  out.set_to_ports(node.to_ports);
  out.set_to_links(node.to_links);
  out.set_held(node.held);
  out.set_scheduled(node.scheduled);
  put(*out.mutable_drops(), node.drops);
  put(*out.mutable_consumed(), node.consumed);
  put(*out.mutable_punted(), node.punted);
  put(*out.mutable_originated(), node.originated);
  put(*out.mutable_withheld(), node.withheld);
  return out;
}

NodeStats node_stats(const NodeCounts& node) {
  return {.name = node.name(),
          .from_ports = node.from_ports(),
          .from_links = node.from_links(),
          .copied = node.copied(),
          .to_ports = node.to_ports(),
          .to_links = node.to_links(),
          .held = node.held(),
          .scheduled = node.scheduled(),
          .drops = counts(node.drops()),
          .consumed = counts(node.consumed()),
          .punted = counts(node.punted()),
          .originated = counts(node.originated()),
          .withheld = counts(node.withheld())};
}

StreamCounts stream_message(const StreamResult& stream) {
  StreamCounts out;
  out.set_name(stream.name);
  out.set_first_ns(stream.first_ns);
  out.set_interval_ns(stream.interval_ns);
  for (const auto& path : stream.paths)
    out.add_paths()->mutable_links()->Assign(path.begin(), path.end());
  out.set_reordered(stream.reordered);
  out.set_strayed(stream.strayed);
  return out;
}

StreamResult stream_result(const StreamCounts& stream) {
  StreamResult out{.name = stream.name(),
                   .first_ns = stream.first_ns(),
                   .interval_ns = stream.interval_ns(),
                   .reordered = stream.reordered(),
                   .strayed = stream.strayed()};
  for (const auto& path : stream.paths())
    out.paths.emplace_back(path.links().begin(), path.links().end());
  return out;
}

DropPlace place_message(const erbium::DropPlace& place) {
  DropPlace out;
  out.set_where(place.where);
  out.set_stage(place.stage);
  out.set_reason(place.reason);
  out.set_packets(place.packets);
  for (const erbium::DroppedPacket& packet : place.first) {
    DroppedPacket& added = *out.add_first();
    added.set_id(packet.id);
    added.set_copy(packet.copy);
    added.set_name(packet.name);
    added.set_flow(packet.flow);
    added.set_at_ns(packet.at_ns);
  }
  return out;
}

erbium::DropPlace drop_place(const DropPlace& place) {
  erbium::DropPlace out{.where = place.where(),
                        .stage = place.stage(),
                        .reason = place.reason(),
                        .packets = place.packets(),
                        .first = {}};
  for (const DroppedPacket& packet : place.first())
    out.first.push_back({packet.id(), static_cast<uint16_t>(packet.copy()), packet.name(),
                         packet.flow(), packet.at_ns()});
  return out;
}

// At most kPartPackets of those from `from` on.
template <class Field, class T>
void assign(Field& to, const std::vector<T>& all, size_t from) {
  const size_t begin = std::min(from, all.size());
  const size_t end = std::min(from + kPartPackets, all.size());
  to.Assign(all.begin() + static_cast<ptrdiff_t>(begin), all.begin() + static_cast<ptrdiff_t>(end));
}

}  // namespace

LinkCounts to_message(const LinkStats& link) {
  LinkCounts out;
  out.set_name(link.name);
  out.set_direction(link.direction);
  put(*out.mutable_sent(), link.sent);
  out.set_offered(link.offered);
  out.set_delivered(link.delivered);
  out.set_in_flight(link.in_flight);
  out.set_policed(link.policed);
  put(*out.mutable_drops(), link.drops);
  out.set_copied(link.copied);
  out.set_corrupted(link.corrupted);
  if (link.latency) *out.mutable_latency() = latencies(*link.latency);
  if (link.load.packets == 0) return out;
  LoadCounts& load = *out.mutable_load();
  load.set_packets(link.load.packets);
  load.set_wait_sum_ns(link.load.wait_sum_ns);
  load.set_delay_sum_ns(link.load.delay_sum_ns);
  load.set_wait_max_ns(link.load.wait_max_ns);
  load.set_delay_max_ns(link.load.delay_max_ns);
  return out;
}

LinkStats from_message(const LinkCounts& link) {
  const LoadCounts& load = link.load();
  return {.name = link.name(),
          .direction = link.direction(),
          .sent = traffic(link.sent()),
          .offered = link.offered(),
          .copied = link.copied(),
          .delivered = link.delivered(),
          .in_flight = link.in_flight(),
          .policed = link.policed(),
          .corrupted = link.corrupted(),
          .drops = counts(link.drops()),
          .latency = link.has_latency() ? histogram(link.latency()) : std::nullopt,
          .load = {load.packets(), load.wait_sum_ns(), load.delay_sum_ns(), load.wait_max_ns(),
                   load.delay_max_ns()}};
}

RunCounts to_message(const RunStats& stats) {
  RunCounts out;
  out.set_virtual_time_ns(stats.virtual_time_ns);
  for (const PortStats& port : stats.ports) *out.add_ports() = port_message(port);
  for (const LinkStats& link : stats.links) *out.add_links() = to_message(link);
  for (const NodeStats& node : stats.nodes) *out.add_nodes() = node_message(node);
  for (const RunEvent& event : stats.events) {
    Event& added = *out.add_events();
    added.set_at_ns(event.at_ns);
    added.set_what(event.what);
    added.set_text(event.text);
  }
  for (const StreamResult& stream : stats.streams) *out.add_streams() = stream_message(stream);
  if (stats.flows) *out.mutable_flows() = to_message(*stats.flows);
  for (const erbium::DropPlace& place : stats.drop_places)
    *out.add_drop_places() = place_message(place);
  out.set_clamped_timestamps(stats.clamped_timestamps);
  if (stats.buffers_in_use) out.set_buffers_in_use(*stats.buffers_in_use);
  out.set_peak_rss_bytes(stats.wall.peak_rss_bytes);
  out.set_packet_pool_bytes(stats.wall.packet_pool_bytes);
  out.set_table_bytes(stats.wall.table_bytes);
  return out;
}

RunStats from_message(const RunCounts& counts) {
  RunStats out;
  out.virtual_time_ns = counts.virtual_time_ns();
  for (const PortCounts& port : counts.ports()) out.ports.push_back(port_stats(port));
  for (const LinkCounts& link : counts.links()) out.links.push_back(from_message(link));
  for (const NodeCounts& node : counts.nodes()) out.nodes.push_back(node_stats(node));
  for (const Event& event : counts.events())
    out.events.push_back({event.at_ns(), event.what(), event.text()});
  for (const StreamCounts& stream : counts.streams()) out.streams.push_back(stream_result(stream));
  if (counts.has_flows()) out.flows = from_message(counts.flows());
  for (const DropPlace& place : counts.drop_places()) out.drop_places.push_back(drop_place(place));
  out.clamped_timestamps = counts.clamped_timestamps();
  if (counts.has_buffers_in_use()) out.buffers_in_use = counts.buffers_in_use();
  out.wall.peak_rss_bytes = counts.peak_rss_bytes();
  out.wall.packet_pool_bytes = counts.packet_pool_bytes();
  out.wall.table_bytes = counts.table_bytes();
  return out;
}

void to_parts(const RunStats& stats, const std::function<void(const FromDataplane&)>& take) {
  FromDataplane m;
  for (size_t i = 0; i < stats.streams.size(); i++) {
    const StreamResult& stream = stats.streams[i];
    const size_t all = std::max(stream.received_ns.size(), stream.repeated.size());
    for (size_t from = 0; from < all; from += kPartPackets) {
      StreamPart& part = *m.mutable_stream_part();
      part.set_stream(static_cast<uint32_t>(i));
      assign(*part.mutable_received_ns(), stream.received_ns, from);
      assign(*part.mutable_path(), stream.path, from);
      assign(*part.mutable_again(), stream.repeated, from);
      take(m);
    }
  }
  if (!stats.flows) return;
  to_parts(*stats.flows, [&](const FlowPart& part) {
    *m.mutable_flow_part() = part;
    take(m);
  });
}

bool add_part(Parts& parts, const StreamPart& part) {
  if (part.stream() >= kMaxStreams || part.received_ns_size() != part.path_size()) return false;
  if (parts.streams.size() <= part.stream()) parts.streams.resize(part.stream() + 1);
  StreamResult& stream = parts.streams[part.stream()];
  stream.received_ns.insert(stream.received_ns.end(), part.received_ns().begin(),
                            part.received_ns().end());
  stream.repeated.insert(stream.repeated.end(), part.again().begin(), part.again().end());
  for (const uint32_t path : part.path()) {
    if (path > UINT16_MAX) return false;
    stream.path.push_back(static_cast<uint16_t>(path));
  }
  return true;
}

bool add_part(Parts& parts, const FlowPart& part) { return add_part(parts.impacts, part); }

bool add_parts(RunStats& stats, Parts parts) {
  if (parts.streams.size() > stats.streams.size()) return false;
  for (size_t i = 0; i < parts.streams.size(); i++) {
    StreamResult& stream = stats.streams[i];
    stream.received_ns = std::move(parts.streams[i].received_ns);
    stream.path = std::move(parts.streams[i].path);
    stream.repeated = std::move(parts.streams[i].repeated);
    for (const uint16_t path : stream.path)
      if (path >= stream.paths.size()) return false;
    for (const uint32_t sequence : stream.repeated)
      if (sequence >= stream.received_ns.size()) return false;
  }
  for (const StreamResult& stream : stats.streams)
    for (const auto& path : stream.paths)
      for (const uint32_t link : path)
        if (link >= stats.links.size()) return false;
  if (!stats.flows) return parts.impacts.empty();
  return add_impacts(*stats.flows, std::move(parts.impacts), stats.links.size());
}

}  // namespace erbium::api
