// Ties names to what they name, and fills in what follows from several sections at once.
#include <algorithm>

#include "control/config/decode_sections.h"
#include "control/config/nearest.h"

namespace erbium::cp {
namespace {

using Names = std::vector<std::string>;

template <class T>
Names names_of(const std::vector<T>& list) {
  Names out;
  for (const T& item : list) out.push_back(item.name);
  return out;
}

// Collects what dangles and reports what stands first in the file.
class References {
 public:
  explicit References(Scenario& scenario) : s_(scenario) {
    ports_ = names_of(s_.ports);
    circuits_ = names_of(s_.circuits);
    for (const Circuit& circuit : s_.circuits)
      for (size_t i = 0; i < kLinkNames.size(); i++) {
        if (!circuit.links[i]) continue;
        links_.push_back(LinkRef{circuit.name, i, {}}.str());
        if (std::find(msees_.begin(), msees_.end(), circuit.links[i]->msee) == msees_.end())
          msees_.push_back(circuit.links[i]->msee);
        for (const Peering* peering : peerings(circuit))
          sessions_.push_back(links_.back() + (peering->kind == PeeringKind::microsoft
                                                   ? "/microsoft"
                                                   : "/private"));
      }
    for (const VpnConnection& vpn : s_.vpn) sessions_.push_back(vpn.name);
  }

  void check_all() {
    topology();
    azure();
    onprem();
    run();
    timeline();
    outputs();
    const auto first = std::min_element(faults_.begin(), faults_.end(), [](auto& a, auto& b) {
      return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
    });
    if (first != faults_.end()) throw *first;
  }

 private:
  bool need(const std::string& name, const Names& names, SourceMark mark, const std::string& what,
            const std::string& whats) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
    faults_.emplace_back(
        mark, "there is no " + what + " '" + name + "'; " + suggestion(name, names, whats));
    return false;
  }
  void need_port(const std::string& name, SourceMark mark) {
    if (!name.empty()) need(name, ports_, mark, "port", "ports");
  }
  bool need_circuit(const std::string& name, SourceMark mark) {
    return need(name, circuits_, mark, "circuit", "circuits");
  }
  void need_profile(const std::string& name, SourceMark mark) {
    need(name, names_of(s_.impairments), mark, "impairment profile", "profiles");
  }
  void need_link(const LinkRef& link) { need(link.str(), links_, link.mark, "link", "links"); }

  template <class T>
  void unique(const std::vector<T>& list, const std::string& what) {
    for (size_t i = 0; i < list.size(); i++)
      for (size_t j = 0; j < i; j++)
        if (list[i].name == list[j].name) {
          faults_.emplace_back(list[i].mark,
                               "a second " + what + " '" + list[i].name + "', first in line " +
                                   std::to_string(list[j].mark.line) + "; give it another name");
          break;
        }
  }

  void topology() {
    for (const Circuit& circuit : s_.circuits)
      for (const auto& link : circuit.links) {
        if (!link) continue;
        need_port(link->port, link->port_mark);
        if (!link->macsec.empty())
          need(link->macsec, names_of(s_.macsec), link->macsec_mark, "macsec entry",
               "macsec entries");
      }
  }

  void azure() {
    const Names vnets = names_of(s_.vnets);
    for (const Gateway& gateway : s_.gateways) {
      need(gateway.vnet, vnets, gateway.vnet_mark, "vnet", "vnets");
      for (const GatewayCircuit& circuit : gateway.circuits) need_circuit(circuit.id, circuit.mark);
    }
    for (const MicrosoftEdge& edge : s_.microsoft_edges) need_port(edge.port, edge.port_mark);
    for (const Vnet& vnet : s_.vnets) {
      need_port(vnet.port, vnet.port_mark);
      need_port(vnet.internet, vnet.internet_mark);
      for (const VnetPeering& peering : vnet.peerings)
        need(peering.to, vnets, peering.mark, "vnet", "vnets");
      for (const Subnet& subnet : vnet.subnets) {
        if (!subnet.nsg.empty())
          need(subnet.nsg, names_of(s_.nsgs), subnet.nsg_mark, "nsg", "nsgs");
        if (!subnet.routes.empty())
          need(subnet.routes, names_of(s_.route_tables), subnet.routes_mark, "route table",
               "route tables");
      }
    }
    for (const VpnConnection& vpn : s_.vpn) {
      need(vpn.gateway, names_of(s_.gateways), vpn.gateway_mark, "gateway", "gateways");
      need(vpn.router, names_of(s_.onprem), vpn.router_mark, "onprem router", "onprem routers");
    }
    for (const IpsecTunnel& tunnel : s_.ipsec) {
      const size_t slash = tunnel.over.rfind('/');
      const std::string name = tunnel.over.substr(0, slash);
      if (!need_circuit(name, tunnel.over_mark)) continue;
      const Circuit& circuit = *find(s_.circuits, name);
      const bool microsoft = tunnel.over.substr(slash + 1) == "microsoft";
      if (microsoft ? !circuit.microsoft : !circuit.private_peering)
        faults_.emplace_back(tunnel.over_mark, "circuit '" + name + "' has no such peering; add " +
                                                   "it or name its other one");
    }
  }

  void onprem() {
    for (const Ce& ce : s_.onprem) {
      need_port(ce.port, ce.port_mark);
      for (const LinkRef& link : ce.links) need_link(link);
      for (const LocalPreference& preference : ce.local_preference) need_link(preference.link);
      for (const Mistake& mistake : ce.mistakes) need_link(mistake.link);
      for (const Announcement& announcement : ce.announce)
        for (const LinkRef& link : announcement.links) need_link(link);
    }
  }

  void run() {
    for (const RouterIcmp& router : s_.router_icmp)
      need(router.router, routers(), router.mark, "router", "routers");
    unique(s_.replay, "replay input");
    unique(s_.probes, "probe");
    for (const ReplayInput& input : s_.replay) {
      need_port(input.port, input.port_mark);
      if (input.split) need_port(input.split->port, input.split->port_mark);
    }
    for (const Application& apply : s_.apply) {
      need_profile(apply.profile, apply.profile_mark);
      if (need_circuit(apply.circuit, apply.circuit_mark) && apply.link)
        need_link({apply.circuit, *apply.link, apply.mark});
    }
    for (const Expectation& expectation : s_.expect) expected(expectation);
  }

  // Everything that happens on the timeline, as reports call it.
  Names happenings() const {
    Names verbs, out;
    for (const Key& key : event_object().keys)
      if (key.name == "do") verbs = key.shape.scalar.words;
    for (const TimelineEvent& event : s_.timeline) {
      const std::string& verb = verbs[static_cast<size_t>(event.verb)];
      out.push_back(verb);
      if (event.warn) out.push_back(verb + "_works");
      if (event.lasts) out.push_back(verb + "_ends");
    }
    return out;
  }

  Names routers() const {
    Names out = names_of(s_.onprem);
    out.insert(out.end(), msees_.begin(), msees_.end());
    for (const Gateway& gateway : s_.gateways) out.push_back(gateway.name);
    for (const MicrosoftEdge& edge : s_.microsoft_edges) out.push_back(edge.name);
    return out;
  }

  void expected(const Expectation& e) {
    using Subject = Expectation::Subject;
    switch (e.subject) {
      case Subject::probe:
        need(e.name, names_of(s_.probes), e.name_mark, "probe", "probes");
        break;
      case Subject::flows:
      case Subject::port:
        need_port(e.name, e.name_mark);
        break;
      case Subject::circuit:
        if (need_circuit(e.name, e.name_mark)) {
          const size_t link = e.link == kLinkNames[kPrimary] ? kPrimary : kSecondary;
          need_link({e.name, link, e.mark});
        }
        break;
      case Subject::session:
        need(e.name, sessions_, e.name_mark, "session", "sessions");
        break;
      case Subject::drops:
        if (!e.node.empty()) need(e.node, routers(), e.node_mark, "router", "routers");
        break;
      case Subject::stage:
        break;
    }
    if (!e.event.empty())
      need(e.event, happenings(), e.event_mark, "event in the timeline", "events");
    Names ways = links_;
    for (const VpnConnection& vpn : s_.vpn) ways.push_back(vpn.name);
    for (const Gateway& gateway : s_.gateways)
      for (const std::string& msee : msees_) ways.push_back(msee + "/" + gateway.name);
    ways.emplace_back("none");
    if (!e.before.empty()) need(e.before, ways, e.before_mark, "link", "links");
    if (!e.after.empty()) need(e.after, ways, e.after_mark, "link", "links");
  }

  // Splits "circuit[/link]" for the verbs that act on circuits; the others name something else.
  void timeline() {
    using Verb = TimelineEvent::Verb;
    Names targets = circuits_, locations;
    targets.insert(targets.end(), links_.begin(), links_.end());
    for (const Circuit& circuit : s_.circuits)
      if (!circuit.peering_location.empty()) locations.push_back(circuit.peering_location);
    for (TimelineEvent& event : s_.timeline) {
      const SourceMark mark = event.target_mark;
      if (!event.profile.empty()) need_profile(event.profile, event.profile_mark);
      switch (event.verb) {
        case Verb::msee_maintenance:
        case Verb::msee_reload:
        case Verb::core_isolation:
          need(event.target, msees_, mark, "MSEE", "MSEEs");
          continue;
        case Verb::announce:
        case Verb::withdraw:
        case Verb::ce_restart:
          need(event.target, names_of(s_.onprem), mark, "onprem router", "onprem routers");
          continue;
        case Verb::bgp_notification:
        case Verb::bgp_down:
        case Verb::bgp_reset:
        case Verb::bfd_down:
          need(event.target, sessions_, mark, "session", "sessions");
          continue;
        case Verb::gateway_instance_down:
          need(event.target, names_of(s_.gateways), mark, "gateway", "gateways");
          continue;
        case Verb::site_failover:
          need(event.target, locations, mark, "peering location", "peering locations");
          continue;
        case Verb::set_bandwidth:
          need_circuit(event.target, mark);
          break;
        case Verb::link_down:
        case Verb::link_up:
        case Verb::set_link:
        case Verb::silent_drop:
        case Verb::flap:
        case Verb::impair:
        case Verb::arp_mute:
        case Verb::wrong_vlan:
        case Verb::prepend:
          need(event.target, targets, mark, "circuit or link", "targets");
      }
      const size_t slash = event.target.find('/');
      event.circuit = event.target.substr(0, slash);
      if (slash != std::string::npos) event.link = read_link(event.target, mark).link;
    }
  }

  void outputs() {
    const Selection& ports = s_.outputs.capture_ports;
    for (const std::string& name : ports.names) need_port(name, ports.mark);
    const Selection& links = s_.outputs.capture_links;
    for (const std::string& name : links.names) need(name, links_, links.mark, "link", "links");
  }

  Scenario& s_;
  Names ports_, circuits_, links_, msees_, sessions_;
  std::vector<Fault> faults_;
};

// The links of a CE that names none: those without a port, or all where a real router ends each.
void default_links(Scenario& scenario) {
  std::vector<LinkRef> all, without_port;
  for (const Circuit& circuit : scenario.circuits)
    for (size_t i = 0; i < kLinkNames.size(); i++) {
      if (!circuit.links[i]) continue;
      all.push_back({circuit.name, i, circuit.links[i]->mark});
      if (circuit.links[i]->port.empty()) without_port.push_back(all.back());
    }
  for (Ce& ce : scenario.onprem)
    if (ce.links.empty()) ce.links = without_port.empty() ? all : without_port;
}

// Sessions need a router at both ends.
void source_of_routes(Scenario& scenario) {
  using Routes = ControlOptions::Routes;
  if (scenario.control.routes != Routes::automatic) return;
  scenario.control.routes = Routes::bgp;
  for (const Circuit& circuit : scenario.circuits)
    for (const auto& link : circuit.links)
      if (link && !link->port.empty()) scenario.control.routes = Routes::fixed;
}

}  // namespace

void resolve(Scenario& scenario) {
  References(scenario).check_all();
  default_links(scenario);
  source_of_routes(scenario);
  apply_profiles(scenario);
}

}  // namespace erbium::cp
