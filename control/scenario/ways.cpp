#include "control/scenario/ways.h"

#include <algorithm>

namespace erbium::cp {
namespace {

using Verb = TimelineEvent::Verb;

std::optional<net::Ip> address(std::string end) {
  end = end.substr(0, end.find(' '));
  if (end.starts_with("[")) return net::Ip::parse(end.substr(1, end.find(']') - 1));
  if (const auto ip = net::Ip::parse(end)) return ip;
  return net::Ip::parse(end.substr(0, end.rfind(':')));
}

// "tcp 192.168.1.10:40000 > 10.0.1.4:443"
std::optional<StreamEnds> ends_of_flow(const std::string& name) {
  const size_t first = name.find(' '), arrow = name.find(" > ");
  if (first == std::string::npos || arrow == std::string::npos || first >= arrow)
    return std::nullopt;
  const auto from = address(name.substr(first + 1, arrow - first - 1));
  const auto to = address(name.substr(arrow + 3));
  return from && to ? std::optional<StreamEnds>({*from, *to}) : std::nullopt;
}

bool in_vnet(const Vnet& vnet, const net::Ip& ip) {
  return std::any_of(vnet.prefixes.begin(), vnet.prefixes.end(),
                     [&](const MarkedPrefix& p) { return p.prefix.canonical().contains(ip); });
}

bool at_edge(const MicrosoftEdge& edge, const net::Ip& ip) {
  for (const ServicePrefix& service : edge.prefixes)
    for (const net::Prefix& prefix : run_of(service.prefix, service.count))
      if (prefix.contains(ip)) return true;
  return false;
}

bool of_azure(const Scenario& s, const net::Ip& ip) {
  return std::any_of(s.vnets.begin(), s.vnets.end(),
                     [&](const Vnet& vnet) { return in_vnet(vnet, ip); }) ||
         std::any_of(s.microsoft_edges.begin(), s.microsoft_edges.end(),
                     [&](const MicrosoftEdge& edge) { return at_edge(edge, ip); });
}

bool announces(const Ce& ce, const Circuit& circuit, size_t link, const Peering& peering,
               const net::Ip& ip) {
  bool found = false;
  each_announced(ce, circuit, link, peering, [&](const net::Prefix& prefix, auto&, auto*) {
    found = found || prefix.contains(ip);
  });
  return found;
}

// The router that the address is behind.
const Ce* router_of(const Scenario& s, const net::Ip& ip) {
  for (const Ce& ce : s.onprem)
    for (const LinkRef& link : ce.links)
      for (const Peering* peering : peerings(*find(s.circuits, link.circuit)))
        if (announces(ce, *find(s.circuits, link.circuit), link.link, *peering, ip)) return &ce;
  return nullptr;
}

}  // namespace

std::optional<StreamEnds> ends_of(const Scenario& s, const ReportStream& stream) {
  if (stream.kind == ReportStream::Kind::flow) return ends_of_flow(stream.name);
  for (const Probe& probe : s.probes) {
    if (stream.name == probe.name) return StreamEnds{probe.from, probe.to};
    if (stream.name == probe.name + "/back") return StreamEnds{probe.to, probe.from};
  }
  return std::nullopt;
}

Ways::Ways(const RunRecord& record, Duration settling)
    : record_(record), s_(record.scenario), settling_(settling) {}

std::optional<Route> Ways::of(const ReportStream& stream) const {
  const auto ends = ends_of(s_, stream);
  if (!ends) return std::nullopt;
  const bool from = of_azure(s_, ends->from), to = of_azure(s_, ends->to);
  if (from == to) return std::nullopt;
  Route out;
  out.dir = to ? Direction::to_azure : Direction::to_onprem;
  out.onprem = to ? ends->from : ends->to;
  out.ce = router_of(s_, out.onprem);
  if (!out.ce) return std::nullopt;
  const net::Ip azure = to ? ends->to : ends->from;
  out.ways = over_links(*out.ce, out.onprem, azure, out.dir);
  for (const VpnConnection& vpn : s_.vpn)
    if (vpn.router == out.ce->name) out.ways.push_back({{}, nullptr, vpn.gateway, &vpn, vpn.name});
  return out;
}

// Toward Azure a router needs the route that it learns, back from there what it announces.
std::vector<Way> Ways::over_links(const Ce& ce, const net::Ip& onprem, const net::Ip& azure,
                                  Direction dir) const {
  std::vector<Way> out;
  const Topology& topology = record_.topology;
  const auto add = [&](size_t circuit_link, const std::optional<Peering>& peering,
                       const std::string& far) {
    const CircuitLinkInfo& info = topology.circuit_links[circuit_link];
    const Circuit& circuit = s_.circuits[info.circuit];
    const auto ends_here = [&](const LinkRef& ref) {
      return ref.circuit == circuit.name && ref.link == info.link;
    };
    if (!peering || std::none_of(ce.links.begin(), ce.links.end(), ends_here)) return;
    if (dir == Direction::to_onprem && !announces(ce, circuit, info.link, *peering, onprem)) return;
    Way way{circuit_link, &*peering, far, nullptr, ""};
    way.session = name_of(way) + (onprem.is_v4() ? " ipv4" : " ipv6");
    out.push_back(std::move(way));
  };
  for (const BackboneInfo& backbone : topology.backbones)
    for (const GatewayInfo::Served& served : topology.gateways[backbone.gateway].vnets)
      if (in_vnet(s_.vnets[served.vnet], azure))
        add(backbone.circuit_link,
            s_.circuits[topology.circuit_links[backbone.circuit_link].circuit].private_peering,
            s_.gateways[backbone.gateway].name);
  for (const BackboneInfo& backbone : topology.microsoft_backbones)
    if (at_edge(s_.microsoft_edges[backbone.gateway], azure))
      add(backbone.circuit_link,
          s_.circuits[topology.circuit_links[backbone.circuit_link].circuit].microsoft,
          s_.microsoft_edges[backbone.gateway].name);
  return out;
}

std::vector<Way> Ways::all() const {
  std::vector<Way> out;
  for (size_t i = 0; i < record_.topology.circuit_links.size(); i++)
    for (const Peering* peering :
         peerings(s_.circuits[record_.topology.circuit_links[i].circuit])) {
      Way way{i, peering, "", nullptr, ""};
      way.session = name_of(way);
      out.push_back(std::move(way));
    }
  for (const VpnConnection& vpn : s_.vpn) out.push_back({{}, nullptr, vpn.gateway, &vpn, vpn.name});
  return out;
}

// "er-sjc/primary/private"
std::string Ways::name_of(const Way& way) const {
  if (way.vpn) return way.vpn->name;
  const CircuitLinkInfo& info = record_.topology.circuit_links[*way.circuit_link];
  return LinkRef{s_.circuits[info.circuit].name, info.link, {}}.str() +
         (way.peering->kind == PeeringKind::microsoft ? "/microsoft" : "/private");
}

bool Ways::hits(const TimelineEvent& event, const Way& way) const {
  switch (event.verb) {
    case Verb::bgp_notification:
    case Verb::bgp_down:
    case Verb::bgp_reset:
      return event.target == name_of(way);
    case Verb::link_down:
    case Verb::silent_drop:
    case Verb::wrong_vlan:
    case Verb::flap:
    case Verb::msee_maintenance:
    case Verb::msee_reload:
    case Verb::core_isolation:
    case Verb::site_failover:
      break;
    default:
      return false;
  }
  if (way.vpn) return false;
  const CircuitLinkInfo& info = record_.topology.circuit_links[*way.circuit_link];
  const Circuit& circuit = s_.circuits[info.circuit];
  if (event.verb == Verb::site_failover)
    return circuit.peering_location == event.target &&
           way.peering->kind == PeeringKind::private_peering;
  if (event.verb == Verb::wrong_vlan && way.peering->kind != PeeringKind::private_peering)
    return false;
  if (event.circuit.empty()) return circuit.links[info.link]->msee == event.target;
  return event.circuit == circuit.name && (!event.link || *event.link == info.link);
}

int64_t Ways::begin_ns(const TimelineEvent& event) const {
  return record_.replay_start_ns + (event.at + event.warn.value_or(Duration())).ns();
}

int64_t Ways::end_ns(const TimelineEvent& event) const {
  if (event.lasts) return record_.replay_start_ns + (event.at + *event.lasts).ns();
  if (event.verb == Verb::bgp_notification || event.verb == Verb::bgp_reset) return begin_ns(event);
  if (event.verb == Verb::wrong_vlan) return INT64_MAX / 2;  // no link_up ends it
  for (const TimelineEvent& up : s_.timeline)
    if (up.verb == Verb::link_up && up.at > event.at && up.circuit == event.circuit &&
        (!up.link || up.link == event.link) && (up.dir == Direction::both || up.dir == event.dir))
      return record_.replay_start_ns + up.at.ns();
  return INT64_MAX / 2;
}

// A flapping link holds a way down from each time that it goes down until it comes up.
bool Ways::flapped_down(const TimelineEvent& event, int64_t at_ns, Duration behind) const {
  const auto index = static_cast<size_t>(&event - s_.timeline.data());
  bool down = false;
  std::optional<int64_t> up_ns;
  for (const TimelineNote& note : record_.timeline) {
    if (note.index != index || note.at_ns >= at_ns) continue;
    const bool rises = note.phase == EventPhase::comes_up || note.phase == EventPhase::ends;
    if (down && rises) up_ns = note.at_ns;
    down = note.phase == EventPhase::goes_down || (down && !rises);
  }
  return down || (up_ns && at_ns < *up_ns + behind.ns());
}

bool Ways::in_force(const TimelineEvent& event, int64_t at_ns, Duration behind) const {
  if (event.verb == Verb::flap) return flapped_down(event, at_ns, behind);
  const bool without_work = event.verb == Verb::msee_maintenance && !event.warn;
  return !without_work && begin_ns(event) < at_ns && at_ns < end_ns(event) + behind.ns();
}

bool Ways::established(const std::string& prefix, const char* kind, const char* state,
                       int64_t at_ns, Duration since) const {
  for (const SessionHistory& history : record_.sessions) {
    if (history.kind != kind || !history.name.starts_with(prefix)) continue;
    std::pair<int64_t, std::string> last;
    for (const auto& change : history.states)
      if (change.first < at_ns) last = change;
    if (last.second != state) return false;
    // What came up before a replay that waits for it had converged.
    const bool converged = !s_.time.replay_start && last.first <= record_.replay_start_ns;
    if (!converged && last.first + since.ns() > at_ns) return false;
  }
  return true;
}

bool Ways::works(const Way& way, int64_t at_ns) const {
  for (const TimelineEvent& event : s_.timeline)
    if (hits(event, way) && in_force(event, at_ns, settling_)) return false;
  if (!established(way.session + (way.vpn ? " " : ""), "bgp", "Established", at_ns, settling_))
    return false;
  if (way.vpn || way.far.empty()) return true;
  const CircuitLinkInfo& info = record_.topology.circuit_links[*way.circuit_link];
  return established(s_.circuits[info.circuit].links[info.link]->msee + "/" + way.far + " ", "bgp",
                     "Established", at_ns, settling_);
}

bool Ways::bfd_up(const Way& way, int64_t at_ns) const {
  if (!way.peering || !way.peering->bfd) return false;
  for (const TimelineEvent& event : s_.timeline)
    if (event.verb == Verb::bfd_down && event.target == name_of(way) &&
        in_force(event, at_ns, Duration()))
      return false;
  return established(way.session, "bfd", "Up", at_ns, Duration());
}

bool Ways::announced_anew(const Route& route, int64_t at_ns) const {
  return std::any_of(s_.timeline.begin(), s_.timeline.end(), [&](const TimelineEvent& event) {
    if (event.verb != Verb::announce && event.verb != Verb::withdraw) return false;
    const auto list = prefixes(event.routes);
    return event.target == route.ce->name && in_force(event, at_ns, settling_) &&
           std::any_of(list.begin(), list.end(),
                       [&](const net::Prefix& prefix) { return prefix.contains(route.onprem); });
  });
}

bool Ways::impaired(const Way& way, int64_t at_ns, int64_t until_ns) const {
  if (way.vpn) return false;
  const CircuitLinkInfo& info = record_.topology.circuit_links[*way.circuit_link];
  const std::string& circuit = s_.circuits[info.circuit].name;
  const auto loses = [&](const std::string& profile, const std::string& of,
                         std::optional<size_t> link) {
    const ImpairmentProfile* found = find(s_.impairments, profile);
    return found && found->beyond_delay() && of == circuit && (!link || *link == info.link);
  };
  return std::any_of(s_.apply.begin(), s_.apply.end(),
                     [&](const Application& apply) {
                       return loses(apply.profile, apply.circuit, apply.link);
                     }) ||
         std::any_of(s_.timeline.begin(), s_.timeline.end(), [&](const TimelineEvent& event) {
           return event.verb == Verb::impair && loses(event.profile, event.circuit, event.link) &&
                  begin_ns(event) < until_ns && at_ns < end_ns(event);
         });
}

}  // namespace erbium::cp
