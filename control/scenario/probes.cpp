#include "control/scenario/probes.h"

#include <algorithm>

#include "control/wire/ip_packet.h"

namespace erbium::cp {
namespace {

constexpr Duration kAfterLastEvent = Duration::s(10);
// Test traffic (RFC 4814 §4.5 leaves the ports to the tester): the source port names the probe.
constexpr uint16_t kFirstSourcePort = 49'152, kSinkPort = 51'785;
constexpr unsigned kIpv4AndUdp = 20 + 8, kIpv6AndUdp = 40 + 8;

// What goes back answers what goes there: the same flow to who looks at ports.
std::vector<uint8_t> packet_of(const Probe& probe, size_t index, bool back) {
  const net::Ip& from = back ? probe.to : probe.from;
  const net::Ip& to = back ? probe.from : probe.to;
  const unsigned headers = from.is_v4() ? kIpv4AndUdp : kIpv6AndUdp;
  const std::vector<uint8_t> payload(probe.size - headers);
  const auto own = static_cast<uint16_t>(kFirstSourcePort + index % 16'384);
  return wire::build_udp(
      {.src = from, .dst = to},
      {.src_port = back ? kSinkPort : own, .dst_port = back ? own : kSinkPort, .payload = payload});
}

}  // namespace

std::optional<Duration> scenario_length(const Scenario& scenario) {
  if (scenario.time.duration) return scenario.time.duration;
  if (scenario.probes.empty()) return std::nullopt;
  Duration last;
  for (const TimelineEvent& event : scenario.timeline)
    last = std::max(last, event.at + event.lasts.value_or(Duration()));
  return last + kAfterLastEvent;
}

std::vector<api::ToDataplane> probe_streams(const Scenario& scenario, const Topology& topology) {
  std::vector<api::ToDataplane> out;
  const auto index_of = [&](const Port* port) {
    return static_cast<size_t>(port - scenario.ports.data());
  };
  for (size_t i = 0; i < scenario.probes.size(); i++) {
    const Probe& probe = scenario.probes[i];
    const Duration interval = Duration::ns(1'000'000'000 / probe.pps);
    for (const bool back : {false, true}) {
      if (back && !probe.both_ways) continue;
      const net::Ip& from = back ? probe.to : probe.from;
      const net::Ip& to = back ? probe.from : probe.to;
      const size_t in = index_of(port_of(scenario, from));
      const PortAttachment& at = topology.ports[in];
      api::Stream& stream = *out.emplace_back().mutable_stream();
      stream.set_id(static_cast<uint32_t>(out.size()));
      stream.set_name(probe.name + (back ? "/back" : ""));
      stream.set_port_in(static_cast<uint32_t>(in + 1));
      stream.set_port_out(static_cast<uint32_t>(index_of(port_of(scenario, to)) + 1));
      const std::vector<uint8_t> packet = packet_of(probe, i, back);
      stream.set_packet(packet.data(), packet.size());
      // Probes of one rate do not enter at one moment.
      stream.set_first_ns(static_cast<int64_t>(out.size()));
      stream.set_interval_ns(interval.ns());
      stream.set_count(static_cast<uint64_t>(scenario_length(scenario)->ns() / interval.ns()));
      stream.set_router_mac(at.router_mac.bytes.data(), at.router_mac.bytes.size());
      stream.set_outer_tpid(at.outer_tpid);
      stream.set_inner_tpid(at.inner_tpid);
      stream.set_outer_vid(at.outer_vid);
      stream.set_inner_vid(at.inner_vid);
    }
  }
  return out;
}

}  // namespace erbium::cp
