// Rules on the customer's routers, on replay and on probes.
#include <algorithm>
#include <map>
#include <set>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

const CircuitLink& end_of(const Scenario& s, const LinkRef& ref) {
  return *find(s.circuits, ref.circuit)->links[ref.link];
}

void ce_links(const Scenario& s, Findings& out) {
  std::map<std::string, const Ce*> ended;
  for (const Ce& ce : s.onprem) {
    for (const LinkRef& link : ce.links) {
      const bool real = !end_of(s, link).port.empty();
      if (real && !ce.port.empty())
        out.error(ce.port_mark, "router '" + ce.name + "' has a LAN port but link " + link.str() +
                                    " ends on port '" + end_of(s, link).port +
                                    "'; remove one of the two ports");
      if (real) continue;
      const auto [other, fresh] = ended.emplace(link.str(), &ce);
      if (!fresh)
        out.error(ce.mark, "link " + link.str() + " ends at both '" + other->second->name +
                               "' and '" + ce.name + "'; write the links of each router");
    }
  }
  for (const Circuit& circuit : s.circuits)
    for (size_t i = 0; i < kLinkNames.size(); i++) {
      const std::string name = LinkRef{circuit.name, i, {}}.str();
      if (circuit.links[i] && circuit.links[i]->port.empty() && !ended.contains(name))
        out.error(circuit.links[i]->mark, "link " + name +
                                              " has no port and no router in onprem ends it; add "
                                              "one of them");
    }
}

void ce_policy(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem) {
    auto ours = [&](const LinkRef& ref) {
      return std::any_of(ce.links.begin(), ce.links.end(), [&](const LinkRef& link) {
        return link.link == ref.link && link.circuit == ref.circuit;
      });
    };
    auto need = [&](const LinkRef& ref) {
      if (!ours(ref))
        out.error(ref.mark, "link " + ref.str() + " does not end at router '" + ce.name +
                                "'; name one of its links");
    };
    for (const LocalPreference& preference : ce.local_preference) need(preference.link);
    for (const Mistake& mistake : ce.mistakes) need(mistake.link);
    for (const Announcement& a : ce.announce)
      for (const LinkRef& link : a.links) need(link);
  }
}

void replay_port(const Scenario& s, Findings& out) {
  std::set<std::string> used;
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links)
      if (link) used.insert(link->port);
  for (const Vnet& vnet : s.vnets) used.insert({vnet.port, vnet.internet});
  for (const MicrosoftEdge& edge : s.microsoft_edges) used.insert(edge.port);
  for (const Ce& ce : s.onprem) used.insert(ce.port);
  const auto need = [&](const std::string& port, SourceMark mark) {
    if (!used.contains(port))
      out.error(mark, "nothing is connected to port '" + port +
                          "'; name the port of a link, a vnet or a router");
  };
  for (const ReplayInput& input : s.replay) {
    need(input.port, input.port_mark);
    if (input.split) need(input.split->port, input.split->port_mark);
    if (input.split && input.split->port == input.port)
      out.error(input.split->port_mark, "both sides of the capture enter by port '" + input.port +
                                            "'; name the port of Azure's side");
  }
  for (const Port& port : s.ports)
    if (!used.contains(port.name))
      out.warning(port.mark, "nothing is connected to port '" + port.name + "'; remove it");
}

void replay_pacing(const Scenario& s, Findings& out) {
  for (const ReplayInput& input : s.replay) {
    const bool fast = input.speed.factor != input.speed.unit;
    if (input.speed.factor == 0)
      out.error(input.speed_mark,
                "speed is a plain decimal number above 0, such as 0.5 or 2; write it so");
    else if (fast + input.pps.has_value() + input.rate.has_value() > 1)
      out.error(input.mark, "speed, pps and rate all say how fast; keep one of them");
    if (input.split && input.split->by == ReplaySplit::By::prefixes && input.split->azure.empty())
      out.error(input.split->mark, "azure has no prefix; write those of Azure's side");
    if (input.split && input.split->by == ReplaySplit::By::macs && input.split->macs.empty())
      out.error(input.split->mark, "macs has no address; write those of Azure's side");
    if (input.loop > 1 && input.file == "-")
      out.error(input.loop_mark,
                "standard input can be read only once; name a file or remove loop");
  }
}

// Sessions need a router at both ends.
void session_ends(const Scenario& s, Findings& out) {
  if (s.control.routes != ControlOptions::Routes::bgp) return;
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links)
      if (link && !link->port.empty())
        out.error(
            link->port_mark,
            "with control.routes: bgp a link ends at an onprem router; remove the port or the "
            "option");
}

// A probe's payload begins with 24 bytes of its own.
void probe_packet(const Scenario& s, Findings& out) {
  for (const Probe& probe : s.probes) {
    if (probe.from.family != probe.to.family)
      out.error(probe.mark, "from and to are of two families; write two of one");
    if (!probe.from.is_v4() && probe.size < 72)
      out.error(probe.mark, "size is below the 72 bytes of an IPv6 probe; write 72 or more");
  }
}

void gateway_delay(const Scenario& s, Findings& out) {
  if (s.control.gateway_delay_min > s.control.gateway_delay_max)
    out.error(s.control.mark, "gateway_delay.min exceeds max; exchange them");
}

// A probe runs from port to port.
void probe_address(const Scenario& s, Findings& out) {
  std::string routers;
  for (const Ce& ce : s.onprem) routers += (routers.empty() ? "" : " or ") + ce.name;
  const std::string nowhere = " is in no announce" + (routers.empty() ? "" : " of " + routers) +
                              " and no vnet with a port; write an address that is";
  for (const Probe& probe : s.probes)
    for (const auto& [key, ip] : {std::pair{"from", probe.from}, std::pair{"to", probe.to}})
      if (!port_of(s, ip) && !of_somebody(s, ip))
        out.error(probe.mark, "probe '" + probe.name + "': " + key + " " + ip.str() + nowhere);
}

// Every link and port has files and counters under its name.
void unique_names(const Scenario& s, Findings& out) {
  std::map<std::string, std::string> files;
  const auto add = [&](std::string name, SourceMark mark) {
    std::string file = name;
    std::replace(file.begin(), file.end(), '/', '.');
    const auto [other, fresh] = files.emplace(file, name);
    if (!fresh && other->second != name)
      out.error(mark, "the files of " + name + " and " + other->second +
                          " would have one name; rename one of them");
    return fresh;
  };
  std::set<std::string> circuit_links;
  for (const Circuit& circuit : s.circuits)
    for (size_t i = 0; i < kLinkNames.size(); i++)
      if (circuit.links[i]) {
        const std::string name = LinkRef{circuit.name, i, {}}.str();
        circuit_links.insert(name);
        add(name, circuit.mark);
      }
  for (const VpnConnection& vpn : s.vpn) add(vpn.name, vpn.mark);
  std::vector<std::pair<std::string, SourceMark>> far_ends;
  for (const Gateway& gateway : s.gateways) far_ends.emplace_back(gateway.name, gateway.mark);
  for (const MicrosoftEdge& edge : s.microsoft_edges) {
    if (find(s.gateways, edge.name))
      out.error(edge.mark, "'" + edge.name + "' is the name of a gateway; rename the edge");
    far_ends.emplace_back(edge.name, edge.mark);
  }
  for (const auto& [far_end, mark] : far_ends)
    for (const Circuit& circuit : s.circuits)
      for (const auto& link : circuit.links) {
        if (!link) continue;
        const std::string name = link->msee + "/" + far_end;
        if (circuit_links.contains(name))
          out.error(mark, "the backbone link " + name +
                              " has the name of a circuit's link; rename '" + far_end +
                              "' or the MSEE");
        else
          add(name, mark);
      }
}

// The window of a replay must be shorter than what neighbours wait for.
void arp_age(const Scenario& s, Findings& out) {
  if (s.time.arp_age < Duration::s(1))
    out.error(s.time.mark, "arp_age is below a second; write 1s or more");
}

}  // namespace

bool of_somebody(const Scenario& s, const net::Ip& ip) {
  const auto holds = [&](const net::Prefix& prefix) { return prefix.canonical().contains(ip); };
  for (const Vnet& vnet : s.vnets)
    for (const MarkedPrefix& space : vnet.prefixes)
      if (holds(space.prefix)) return true;
  for (const Ce& ce : s.onprem)
    for (const Announcement& a : ce.announce) {
      const auto list = prefixes(a);
      if (std::any_of(list.begin(), list.end(), holds)) return true;
    }
  return false;
}

std::vector<Rule> run_rules() {
  const std::string onprem = "erbium: onprem";
  return {
      {{"ce-links", Severity::error,
        "Every link ends at a port or at one router; a router with a LAN port ends links without "
        "ports.",
        onprem},
       ce_links},
      {{"ce-policy", Severity::error, "A router's policy names links that end at it.", onprem},
       ce_policy},
      {{"replay-port", Severity::error,
        "A capture enters by a connected port; an unconnected port gives a warning.",
        "erbium: replay"},
       replay_port},
      {{"replay-pacing", Severity::error,
        "A capture is paced in one way; what can be read only once is not repeated.",
        "erbium: replay"},
       replay_pacing},
      {{"unique-names", Severity::error, "Links and their files have names of their own.",
        "erbium: outputs"},
       unique_names},
      {{"session-ends", Severity::error, "Sessions have an emulated router at both ends.",
        "erbium: control"},
       session_ends},
      {{"gateway-delay", Severity::error, "The least delay to a gateway is not above the greatest.",
        "erbium: control"},
       gateway_delay},
      {{"probe-packet", Severity::error, "A probe is one packet that its header fits into.",
        "erbium: probes"},
       probe_packet},
      {{"probe-address", Severity::error, "A probe's ends are addresses of vnets and routers.",
        "erbium: probes"},
       probe_address},
      {{"arp-age", Severity::error, "Neighbours age in a second or more.", "erbium: time"},
       arp_age},
  };
}

}  // namespace erbium::cp
