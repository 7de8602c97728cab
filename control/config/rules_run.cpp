// Rules on the customer's routers, on replay and on the timeline.
#include <algorithm>
#include <map>
#include <set>

#include "control/config/nearest.h"
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

void timeline_events(const Scenario& s, Findings& out) {
  for (const TimelineEvent& event : s.timeline) {
    if (event.verb == TimelineEvent::Verb::set_link && !event.rate && !event.delay && !event.queue)
      out.error(event.mark, "set_link changes nothing; add rate, delay or queue");
    if (event.lasts && *event.lasts <= Duration{})
      out.error(event.mark, "the event lasts no time; write a longer for or remove it");
  }
}

bool of_sessions(TimelineEvent::Verb verb) {
  using Verb = TimelineEvent::Verb;
  return verb != Verb::link_down && verb != Verb::link_up && verb != Verb::set_link &&
         verb != Verb::set_bandwidth && verb != Verb::silent_drop && verb != Verb::flap &&
         verb != Verb::impair;
}

// Sessions need a router at both ends.
void session_ends(const Scenario& s, Findings& out) {
  if (s.control.gateway_delay_min > s.control.gateway_delay_max)
    out.error(s.control.mark, "gateway_delay.min exceeds max; exchange them");
  if (s.control.routes != ControlOptions::Routes::bgp) return;
  for (const Circuit& circuit : s.circuits)
    for (const auto& link : circuit.links)
      if (link && !link->port.empty())
        out.error(
            link->port_mark,
            "with control.routes: bgp a link ends at an onprem router; remove the port or the "
            "option");
}

// RFC 4271 section 4.5 has more; what a session that is up may end with is a Cease (RFC 4486).
void notification_code(const Scenario& s, Findings& out) {
  static const std::set<std::string> kCodes = {
      "cease/max_prefixes",    "cease/admin_shutdown",      "cease/peer_deconfigured",
      "cease/admin_reset",     "cease/connection_rejected", "cease/other_configuration_change",
      "cease/out_of_resources"};
  for (const TimelineEvent& event : s.timeline)
    if (!event.code.empty() && !kCodes.contains(event.code))
      out.error(event.mark, "'" + event.code + "' is no code; " +
                                suggestion(event.code, {kCodes.begin(), kCodes.end()}, "codes"));
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

bool share_prefix(const Announcement& a, const Announcement& b) {
  if (!a.prefix || !b.prefix) return true;
  const auto first = [](const Announcement& x) { return x.prefix->canonical().address; };
  const auto last = [](const Announcement& x) { return x.prefix->following(x.count - 1).address; };
  return a.prefix->length == b.prefix->length && first(a) <= last(b) && first(b) <= last(a);
}

bool touches(const TimelineEvent& a, const TimelineEvent& b) {
  using Verb = TimelineEvent::Verb;
  const auto kind = [](Verb verb) {
    return verb == Verb::link_up || verb == Verb::flap ? Verb::link_down : verb;
  };
  const bool same_way = a.dir == Direction::both || b.dir == Direction::both || a.dir == b.dir;
  if (of_sessions(a.verb) || of_sessions(b.verb))
    return a.verb == b.verb && a.target == b.target && share_prefix(a.routes, b.routes);
  return a.circuit == b.circuit && kind(a.verb) == kind(b.verb) && same_way &&
         (!a.link || !b.link || *a.link == *b.link);
}

// While one event lasts, another that changes the same thing would be undone with it.
void timeline_overlap(const Scenario& s, Findings& out) {
  for (const TimelineEvent& lasting : s.timeline) {
    if (!lasting.lasts) continue;
    for (const TimelineEvent& other : s.timeline)
      if (&other != &lasting && touches(lasting, other) && other.at >= lasting.at &&
          other.at <= lasting.at + *lasting.lasts && (other.at > lasting.at || &other > &lasting))
        out.error(other.mark, "this falls into the time of the event in line " +
                                  std::to_string(lasting.mark.line) +
                                  ", which is undone later; let one end before the other begins");
  }
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
      {{"timeline-events", Severity::error, "An event changes something, for some time.",
        "erbium: timeline"},
       timeline_events},
      {{"timeline-overlap", Severity::error,
        "While an event lasts, no other changes the same thing.", "erbium: timeline"},
       timeline_overlap},
      {{"unique-names", Severity::error, "Links and their files have names of their own.",
        "erbium: outputs"},
       unique_names},
      {{"session-ends", Severity::error, "Sessions have an emulated router at both ends.",
        "erbium: control"},
       session_ends},
      {{"notification-code", Severity::error, "A notification has a code of RFC 4486.",
        "RFC 4486 section 4"},
       notification_code},
      {{"probe-packet", Severity::error, "A probe is one packet that its header fits into.",
        "erbium: probes"},
       probe_packet},
      {{"arp-age", Severity::error, "Neighbours age in a second or more.", "erbium: time"},
       arp_age},
  };
}

}  // namespace erbium::cp
