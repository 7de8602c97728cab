// What a scenario may say and this version only reads.
#include <algorithm>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

class Missing {
 public:
  // The packets' fate would differ.
  void refuse(SourceMark mark, const std::string& what) { add(Severity::error, mark, what); }
  // Only an extra output is missing.
  void warn(SourceMark mark, const std::string& what) { add(Severity::warning, mark, what); }
  std::vector<Diagnostic> take() {
    std::stable_sort(out_.begin(), out_.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
    });
    return std::move(out_);
  }

 private:
  void add(Severity severity, SourceMark mark, const std::string& what) {
    out_.push_back({severity, mark, "not-emulated",
                    what + " not emulated by this version; remove it to run the rest", "erbium"});
  }
  std::vector<Diagnostic> out_;
};

void circuits(const Scenario& s, Missing& out) {
  for (const Circuit& circuit : s.circuits) {
    for (const auto& link : circuit.links)
      if (link && !link->macsec.empty()) out.refuse(link->macsec_mark, "MACsec on a link is");
    for (const Peering* peering : peerings(circuit)) {
      if (peering->route_filter && s.control.routes != ControlOptions::Routes::bgp)
        out.refuse(peering->route_filter->mark, "with control.routes: static, a route filter is");
      if (!peering->snat.empty()) out.refuse(peering->snat.front().mark, "source NAT is");
      const std::string sessions = "with control.routes: static, sessions are";
      if (peering->md5) out.warn(peering->md5->mark, "MD5 of BGP sessions is");
      if (s.control.routes == ControlOptions::Routes::bgp) continue;
      if (peering->timers) out.warn(peering->timers->mark, sessions);
      if (peering->bfd) out.warn(peering->bfd->mark, sessions);
      if (peering->max_prefixes) out.warn(peering->max_prefixes->mark, "the prefix limit is");
    }
  }
}

void azure(const Scenario& s, Missing& out) {
  for (const MicrosoftEdge& edge : s.microsoft_edges)
    if (s.control.routes != ControlOptions::Routes::bgp)
      out.refuse(edge.mark, "with control.routes: static, a Microsoft edge is");
  for (const Gateway& gateway : s.gateways)
    for (const GatewayCircuit& circuit : gateway.circuits)
      if (circuit.fastpath) out.refuse(circuit.mark, "FastPath is");
  for (const Vnet& vnet : s.vnets)
    for (const Subnet& subnet : vnet.subnets) {
      if (!subnet.nsg.empty()) out.refuse(subnet.nsg_mark, "a network security group is");
      if (!subnet.routes.empty()) out.refuse(subnet.routes_mark, "a route table is");
    }
  for (const Nsg& nsg : s.nsgs) out.warn(nsg.mark, "a network security group is");
  for (const RouteTable& table : s.route_tables) out.warn(table.mark, "a route table is");
  for (const MacsecKeys& keys : s.macsec) out.warn(keys.mark, "MACsec is");
  for (const IpsecTunnel& tunnel : s.ipsec) out.refuse(tunnel.mark, "an IPsec tunnel is");
}

void run(const Scenario& s, Missing& out) {
  const auto without_port = [&](const net::Ip& ip) {
    return !port_of(s, ip) && of_somebody(s, ip);
  };
  for (const Probe& probe : s.probes)
    if (without_port(probe.from) || without_port(probe.to))
      out.refuse(probe.mark, "a probe whose ends are not behind ports of vnets and routers is");
  using Verb = TimelineEvent::Verb;
  for (const TimelineEvent& event : s.timeline)
    if (s.control.routes != ControlOptions::Routes::bgp && event.verb >= Verb::bgp_notification)
      out.refuse(event.mark, "with control.routes: static, an event of sessions is");
  using Subject = Expectation::Subject;
  for (const Expectation& expectation : s.expect)
    if (s.control.routes != ControlOptions::Routes::bgp && expectation.subject == Subject::session)
      out.refuse(expectation.mark, "with control.routes: static, an expectation on sessions is");
  if (!s.outputs.metrics_listen.empty())
    out.warn(s.outputs.metrics_mark, "the metrics endpoint is");
}

}  // namespace

std::vector<Diagnostic> not_emulated(const Scenario& scenario) {
  Missing missing;
  circuits(scenario, missing);
  azure(scenario, missing);
  run(scenario, missing);
  return missing.take();
}

}  // namespace erbium::cp
