// Rules on what the customer's routers announce, and on the communities of Microsoft.
#include <algorithm>
#include <set>

#include "control/config/communities.h"
#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

void report_count(const net::Prefix& first, uint32_t count, SourceMark mark, Findings& out) {
  if (!fits(first, count))
    out.error(mark, std::to_string(count) + " prefixes from " + first.str() +
                        " on exceed the address space; write a lower count");
}

void announce_form(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem) {
    const bool microsoft = std::any_of(ce.links.begin(), ce.links.end(), [&](const LinkRef& link) {
      return find(s.circuits, link.circuit)->microsoft.has_value();
    });
    for (const Announcement& a : ce.announce) {
      if (a.prefix) report_count(*a.prefix, a.count, a.count_mark, out);
      if (!a.prefix && a.count != 1)
        out.error(a.count_mark, "count belongs to a prefix; write limit for a file");
      if (a.prefix && a.limit)
        out.error(a.limit_mark, "limit belongs to a file; write count for a prefix");
      if (a.peering == PeeringKind::microsoft && !microsoft)
        out.error(a.mark, "router '" + ce.name +
                              "' has no Microsoft peering to announce this on; add one to a "
                              "circuit or remove peering");
    }
  }
  for (const TimelineEvent& event : s.timeline)
    if (event.routes.prefix)
      report_count(*event.routes.prefix, event.routes.count, event.routes.count_mark, out);
  for (const MicrosoftEdge& edge : s.microsoft_edges)
    for (const ServicePrefix& p : edge.prefixes) report_count(p.prefix, p.count, p.count_mark, out);
}

void announce_once(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem) {
    std::set<std::tuple<net::Prefix, std::string, PeeringKind>> seen;
    for (const Announcement& a : ce.announce) {
      if (!a.prefix) continue;
      std::optional<net::Prefix> repeated;
      for (const LinkRef& link : a.links.empty() ? ce.links : a.links)
        for (const net::Prefix& prefix : prefixes(a))
          if (!seen.emplace(prefix, link.str(), a.peering).second && !repeated) repeated = prefix;
      if (repeated)
        out.error(a.mark, repeated->str() + " is announced twice on a link by '" + ce.name +
                              "'; keep one of the two");
    }
  }
}

struct Counts {
  size_t v4 = 0, v6 = 0;
};

Counts accepted(const Circuit& circuit, const Peering& peering) {
  if (peering.kind == PeeringKind::microsoft) return {200, 200};
  return {circuit.tier == Circuit::Tier::premium ? 10'000U : 4'000U, 100};
}

void prefix_limits(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit)) {
      if (!peering->max_prefixes) continue;
      const Counts most = accepted(circuit, *peering);
      if (peering->max_prefixes->ipv4 > most.v4 || peering->max_prefixes->ipv6 > most.v6)
        out.warning(peering->max_prefixes->mark,
                    describe(circuit, *peering) + " accepts at most " + std::to_string(most.v4) +
                        " IPv4 and " + std::to_string(most.v6) + " IPv6 prefixes; write no more");
    }
  for (const Ce& ce : s.onprem) {
    std::set<const Peering*> reported;
    for (const LinkRef& link : ce.links) {
      const Circuit& circuit = *find(s.circuits, link.circuit);
      for (const Peering* peering : peerings(circuit)) {
        std::set<net::Prefix> announced;
        each_announced(ce, circuit, link.link, *peering,
                       [&](const net::Prefix& prefix, auto&, auto*) { announced.insert(prefix); });
        const auto v4 = static_cast<size_t>(
            std::count_if(announced.begin(), announced.end(),
                          [](const net::Prefix& prefix) { return prefix.address.is_v4(); }));
        const Counts most = accepted(circuit, *peering);
        if ((v4 <= most.v4 && announced.size() - v4 <= most.v6) || !reported.insert(peering).second)
          continue;
        out.warning(ce.mark, "router '" + ce.name + "' announces more than the " +
                                 std::to_string(most.v4) + " IPv4 or " + std::to_string(most.v6) +
                                 " IPv6 prefixes that " + describe(circuit, *peering) +
                                 " accepts, so that its session would go down; announce fewer");
      }
    }
  }
}

// What an MSEE would refuse: a scenario may show just that.
void microsoft_announced(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem)
    for (const Announcement& a : ce.announce) {
      if (a.peering != PeeringKind::microsoft) continue;
      const auto list = prefixes(a);
      const bool inside = std::all_of(list.begin(), list.end(), [&](const net::Prefix& prefix) {
        return std::any_of(ce.links.begin(), ce.links.end(), [&](const LinkRef& link) {
          const Circuit& circuit = *find(s.circuits, link.circuit);
          if (!circuit.microsoft) return false;
          const auto& allowed = circuit.microsoft->advertised_prefixes;
          return std::any_of(allowed.begin(), allowed.end(), [&](const MarkedPrefix& p) {
            return p.prefix.canonical().contains(prefix);
          });
        });
      });
      if (!inside)
        out.warning(a.mark,
                    "this is outside the advertised_prefixes of Microsoft peering, which will "
                    "refuse it; add it there");
    }
}

void known_communities(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits) {
    if (!circuit.microsoft || !circuit.microsoft->route_filter) continue;
    const RouteFilter& filter = *circuit.microsoft->route_filter;
    for (const uint32_t value : filter.communities)
      if (!describe_community(value))
        out.warning(filter.mark, "community " + community_text(value) +
                                     " is of no service or region that Microsoft has documented; "
                                     "check its number");
  }
}

void vnet_community(const Scenario& s, Findings& out) {
  for (const Vnet& vnet : s.vnets) {
    if (!vnet.community) continue;
    if (*vnet.community < community(12076, 20'000) || *vnet.community > community(12076, 49'999))
      out.error(vnet.community_mark, "community " + community_text(*vnet.community) +
                                         " is not for customers; write one from 12076:20000 to "
                                         "12076:49999");
    else if (vnet.region.empty())
      out.warning(vnet.community_mark, "the region's community goes with a custom one; add region");
  }
}

void graceful_restart(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem)
    if (ce.restart_time &&
        (*ce.restart_time < Duration::s(1) || *ce.restart_time > Duration::s(4095) ||
         ce.restart_time->ns() % Duration::s(1).ns() != 0))
      out.error(ce.restart_mark,
                "restart_time is no number of whole seconds from 1s to 4095s; write for example "
                "120s");
}

void microsoft_edge(const Scenario& s, Findings& out) {
  const bool led_to = std::any_of(s.circuits.begin(), s.circuits.end(),
                                  [](const Circuit& circuit) { return circuit.microsoft; });
  for (const MicrosoftEdge& edge : s.microsoft_edges)
    if (!led_to)
      out.warning(edge.mark,
                  "no circuit has a Microsoft peering that leads to '" + edge.name + "'; add one");
}

}  // namespace

std::vector<Rule> announce_rules() {
  const std::string routing = learn("expressroute-routing");
  return {
      {{"announce-form", Severity::error,
        "A run of prefixes fits the address space; `count` is for prefixes, `limit` for files.",
        "erbium: onprem"},
       announce_form},
      {{"announce-once", Severity::error, "A router announces a prefix once on a peering's link.",
        "RFC 4271 section 3.1"},
       announce_once},
      {{"prefix-limit", Severity::warning,
        "Private peering accepts 4000 IPv4 prefixes (Premium 10000) and 100 IPv6, Microsoft "
        "peering 200 each.",
        learn("expressroute-limits")},
       prefix_limits},
      {{"microsoft-announced", Severity::warning,
        "Microsoft peering refuses what is not among the advertised prefixes.", routing},
       microsoft_announced},
      {{"community-known", Severity::warning, "A route filter has documented communities.",
        routing},
       known_communities},
      {{"vnet-community", Severity::error,
        "A virtual network's own community is 12076:20000 to 12076:49999.",
        learn("how-to-configure-custom-bgp-communities")},
       vnet_community},
      {{"graceful-restart", Severity::error, "A restart time is 1 s to 4095 s, in whole seconds.",
        "RFC 4724 section 3"},
       graceful_restart},
      {{"microsoft-edge", Severity::warning, "A Microsoft edge is behind a Microsoft peering.",
        "erbium: microsoft_edges"},
       microsoft_edge},
  };
}

}  // namespace erbium::cp
