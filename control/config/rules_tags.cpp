// Rules on VLAN tags and on circuits that share a physical port.
#include <algorithm>
#include <map>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

struct Use {
  const Circuit* circuit;
  size_t link;
  const CircuitLink& end() const { return *circuit->links[link]; }
};

// Which circuit links end on each port, in file order.
std::map<std::string, std::vector<Use>> uses_by_port(const Scenario& s) {
  std::map<std::string, std::vector<Use>> out;
  for (const Circuit& circuit : s.circuits)
    for (size_t i = 0; i < kLinkNames.size(); i++)
      if (circuit.links[i] && !circuit.links[i]->port.empty())
        out[circuit.links[i]->port].push_back({&circuit, i});
  return out;
}

void vlan_unique(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    if (circuit.private_peering && circuit.microsoft &&
        circuit.private_peering->vlan == circuit.microsoft->vlan)
      out.error(std::max(circuit.private_peering->vlan_mark, circuit.microsoft->vlan_mark,
                         [](SourceMark a, SourceMark b) { return a.line < b.line; }),
                "VLAN " + std::to_string(circuit.microsoft->vlan) + " serves both peerings of '" +
                    circuit.name + "'; give each peering its own VLAN");
}

void links_differ(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits) {
    const auto& [primary, secondary] = circuit.links;
    if (primary && secondary && !primary->port.empty() && primary->port == secondary->port)
      out.error(secondary->port_mark, "both links of '" + circuit.name + "' end on port '" +
                                          primary->port +
                                          "' with the same tags; give each link its own port");
  }
}

// The C-tags that `a` and `b` both use on a Dot1Q port.
void report_c_tags(const Circuit& a, const Circuit& b, const std::string& port, Findings& out) {
  for (const Peering* ours : peerings(b))
    for (const Peering* theirs : peerings(a))
      if (ours->vlan == theirs->vlan)
        out.error(ours->vlan_mark, "VLAN " + std::to_string(ours->vlan) + " is also used by '" +
                                       a.name + "' on Dot1Q port '" + port +
                                       "'; C-tags there are unique across circuits");
}

void port_tags(const Scenario& s, Findings& out) {
  for (const auto& [port, uses] : uses_by_port(s)) {
    std::map<uint32_t, const Circuit*> s_tags;
    for (size_t i = 0; i < uses.size(); i++) {
      const Circuit& circuit = *uses[i].circuit;
      const Circuit& first = *uses[0].circuit;
      if (circuit.s_tag.has_value() != first.s_tag.has_value()) {
        out.error(uses[i].end().port_mark,
                  "port '" + port + "' would be QinQ for '" +
                      (circuit.s_tag ? circuit : first).name + "' and Dot1Q for '" +
                      (circuit.s_tag ? first : circuit).name + "'; give both an s_tag or neither");
        continue;
      }
      if (circuit.s_tag) {
        const auto [other, fresh] = s_tags.emplace(*circuit.s_tag, &circuit);
        if (!fresh && other->second != &circuit)
          out.error(circuit.s_tag_mark, "S-tag " + std::to_string(*circuit.s_tag) +
                                            " is also used by '" + other->second->name +
                                            "' on port '" + port + "'; S-tags are unique there");
        continue;
      }
      for (size_t j = 0; j < i; j++)
        if (uses[j].circuit != &circuit && !uses[j].circuit->s_tag)
          report_c_tags(*uses[j].circuit, circuit, port, out);
    }
  }
}

void port_agrees(const Scenario& s, Findings& out) {
  for (const auto& [port, uses] : uses_by_port(s))
    for (size_t i = 1; i < uses.size(); i++) {
      const CircuitLink &a = uses[0].end(), &b = uses[i].end();
      const Circuit &first = *uses[0].circuit, &circuit = *uses[i].circuit;
      std::string differs;
      if (a.rate != b.rate) differs = "rate";
      if (a.delay_to_azure != b.delay_to_azure || a.delay_to_onprem != b.delay_to_onprem)
        differs = "delay";
      if (a.queue != b.queue) differs = "queue";
      if (a.mtu != b.mtu) differs = "mtu";
      if (a.msee != b.msee) differs = "msee";
      if (first.ethertype_outer != circuit.ethertype_outer ||
          first.ethertype_inner != circuit.ethertype_inner)
        differs = "ethertype";
      if (!differs.empty())
        out.error(b.mark, "'" + first.name + "' and '" + circuit.name + "' share port '" + port +
                              "' but differ in " + differs + "; a port is one physical link");
    }
}

void port_roles(const Scenario& s, Findings& out) {
  std::map<std::string, std::string> roles;
  for (const auto& [port, uses] : uses_by_port(s)) roles[port] = "a circuit link";
  auto take = [&](const std::string& port, SourceMark mark, const std::string& role) {
    if (port.empty()) return;
    const auto [other, fresh] = roles.emplace(port, role);
    if (!fresh)
      out.error(mark, "port '" + port + "' of " + role + " already belongs to " + other->second +
                          "; name another port");
  };
  for (const Vnet& vnet : s.vnets) {
    take(vnet.port, vnet.port_mark, "vnet '" + vnet.name + "'");
    take(vnet.internet, vnet.internet_mark, "the Internet of vnet '" + vnet.name + "'");
  }
  for (const Ce& ce : s.onprem) take(ce.port, ce.port_mark, "router '" + ce.name + "'");
}

}  // namespace

std::vector<Rule> tag_rules() {
  const std::string direct = learn("expressroute-erdirect-about");
  return {
      {{"vlan-unique", Severity::error, "Each peering of a circuit has its own VLAN.",
        learn("expressroute-howto-routing-portal-resource-manager")},
       vlan_unique},
      {{"link-ports-differ", Severity::error, "The two links of a circuit end on two ports.",
        learn("designing-for-high-availability-with-expressroute")},
       links_differ},
      {{"port-tags", Severity::error,
        "A port is QinQ (S-tags unique) or Dot1Q (C-tags unique across its circuits), never both.",
        direct},
       port_tags},
      {{"port-agrees", Severity::error,
        "Circuits on one port agree in rate, delay, queue, MTU, MSEE and EtherTypes.", direct},
       port_agrees},
      {{"port-roles", Severity::error,
        "A port serves circuit links, one virtual network, one way to the Internet or one router.",
        "erbium: ports"},
       port_roles},
  };
}

}  // namespace erbium::cp
