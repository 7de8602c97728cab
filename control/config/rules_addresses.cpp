// Rules on peering subnets and on overlaps.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

using net::Prefix;

std::vector<const PeeringSubnets*> families(const Peering& peering) {
  std::vector<const PeeringSubnets*> out;
  if (peering.ipv4) out.push_back(&*peering.ipv4);
  if (peering.ipv6) out.push_back(&*peering.ipv6);
  return out;
}

void subnet_size(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit))
      for (const PeeringSubnets* subnets : families(*peering)) {
        const bool v4 = subnets->subnet[0].address.is_v4();
        const int single = v4 ? 30 : 126, pair = v4 ? 29 : 125;
        if (subnets->pair) {
          if (subnets->pair->length != pair)
            out.error(subnets->marks[0], subnets->pair->str() + " cannot be cut into two /" +
                                             std::to_string(single) + "; write a /" +
                                             std::to_string(pair));
          continue;
        }
        for (size_t i = 0; i < kLinkNames.size(); i++)
          if (subnets->subnet[i].length != single)
            out.error(subnets->marks[i], subnets->subnet[i].str() + " is not a /" +
                                             std::to_string(single) + "; write one /" +
                                             std::to_string(single) + " for each link, or one /" +
                                             std::to_string(pair) + " under 'pair'");
      }
}

void report_base(const Prefix& written, SourceMark mark, Findings& out) {
  const Prefix base = written.canonical();
  if (base == written) return;
  std::string is = " does not start on its boundary";
  if (written.address == base.address.plus(1)) is = " is the customer's address in the subnet";
  if (written.address == base.address.plus(2)) is = " is the MSEE's address in the subnet";
  out.error(mark, written.str() + is + "; write " + base.str() + ": the first usable address, " +
                      base.address.plus(1).str() + ", is always the customer's and the second, " +
                      base.address.plus(2).str() + ", the MSEE's");
}

void subnet_base(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit))
      for (const PeeringSubnets* subnets : families(*peering)) {
        if (subnets->pair) {
          report_base(*subnets->pair, subnets->marks[0], out);
          continue;
        }
        for (size_t i = 0; i < kLinkNames.size(); i++)
          report_base(subnets->subnet[i], subnets->marks[i], out);
      }
}

void report_host_bits(const Prefix& prefix, SourceMark mark, Findings& out) {
  if (prefix != prefix.canonical())
    out.error(mark,
              prefix.str() + " has bits set behind its length; write " + prefix.canonical().str());
}

void host_bits(const Scenario& s, Findings& out) {
  for (const Vnet& vnet : s.vnets) {
    for (const MarkedPrefix& p : vnet.prefixes) report_host_bits(p.prefix, p.mark, out);
    for (const Subnet& subnet : vnet.subnets)
      report_host_bits(subnet.prefix, subnet.prefix_mark, out);
  }
  for (const Ce& ce : s.onprem)
    for (const Announcement& a : ce.announce)
      if (a.prefix) report_host_bits(*a.prefix, a.mark, out);
  for (const Circuit& circuit : s.circuits)
    if (circuit.microsoft) {
      for (const MarkedPrefix& p : circuit.microsoft->advertised_prefixes)
        report_host_bits(p.prefix, p.mark, out);
      for (const MarkedPrefix& p : circuit.microsoft->snat) report_host_bits(p.prefix, p.mark, out);
    }
  for (const TimelineEvent& event : s.timeline)
    if (event.routes.prefix) report_host_bits(*event.routes.prefix, event.mark, out);
}

// A subnet of one end of a peering, with where it belongs.
struct Placed {
  Prefix prefix;
  SourceMark mark;
  size_t circuit;
  std::string owner;
};

std::vector<Placed> placed_subnets(const Scenario& s) {
  std::vector<Placed> out;
  for (size_t c = 0; c < s.circuits.size(); c++)
    for (const Peering* peering : peerings(s.circuits[c]))
      for (const PeeringSubnets* subnets : families(*peering))
        for (size_t i = 0; i < kLinkNames.size(); i++)
          out.push_back({subnets->subnet[i].canonical(), subnets->marks[i], c,
                         describe(s.circuits[c], *peering) + " " + std::string(kLinkNames[i])});
  return out;
}

// Circuits that meet in a router or gateway share one number; others may reuse addresses, as
// circuits of different customers do.
std::vector<size_t> circuit_groups(const Scenario& s) {
  std::vector<size_t> group(s.circuits.size());
  for (size_t i = 0; i < group.size(); i++) group[i] = i;
  auto root = [&](size_t i) {
    while (group[i] != i) i = group[i] = group[group[i]];
    return i;
  };
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < s.circuits.size(); i++) index[s.circuits[i].name] = i;
  auto join = [&](const std::vector<std::string>& names) {
    for (size_t i = 1; i < names.size(); i++) group[root(index[names[i]])] = root(index[names[0]]);
  };
  for (const Ce& ce : s.onprem) {
    std::vector<std::string> names;
    for (const LinkRef& link : ce.links) names.push_back(link.circuit);
    join(names);
  }
  for (const Gateway& gateway : s.gateways) {
    std::vector<std::string> names;
    for (const GatewayCircuit& circuit : gateway.circuits) names.push_back(circuit.id);
    join(names);
  }
  for (size_t i = 0; i < group.size(); i++) group[i] = root(i);
  return group;
}

// Prefixes overlap only by containment, so in sorted order the open containers form a stack.
void subnet_overlap(const Scenario& s, Findings& out) {
  std::vector<Placed> subnets = placed_subnets(s);
  const std::vector<size_t> group = circuit_groups(s);
  std::stable_sort(subnets.begin(), subnets.end(), [&](const Placed& a, const Placed& b) {
    return std::tuple(group[a.circuit], a.prefix) < std::tuple(group[b.circuit], b.prefix);
  });
  std::vector<const Placed*> open;
  for (const Placed& subnet : subnets) {
    while (!open.empty() && (group[open.back()->circuit] != group[subnet.circuit] ||
                             !open.back()->prefix.contains(subnet.prefix)))
      open.pop_back();
    if (!open.empty())
      out.error(subnet.mark, subnet.prefix.str() + " of " + subnet.owner + " overlaps " +
                                 open.back()->prefix.str() + " of " + open.back()->owner +
                                 "; give each link of each peering its own subnet");
    open.push_back(&subnet);
  }
}

void subnet_vnet_overlap(const Scenario& s, Findings& out) {
  for (const Gateway& gateway : s.gateways)
    for (const GatewayCircuit& connection : gateway.circuits) {
      const Circuit& circuit = *find(s.circuits, connection.id);
      if (!circuit.private_peering) continue;
      for (const PeeringSubnets* subnets : families(*circuit.private_peering))
        for (size_t i = 0; i < kLinkNames.size(); i++)
          for (const Vnet* vnet : reached_vnets(s, gateway))
            for (const MarkedPrefix& space : vnet->prefixes)
              if (space.prefix.overlaps(subnets->subnet[i]))
                out.error(subnets->marks[i],
                          subnets->subnet[i].str() + " overlaps " + space.prefix.str() +
                              " of vnet '" + vnet->name +
                              "', so that the connection would be refused; use another subnet");
    }
}

void subnet_onprem_overlap(const Scenario& s, Findings& out) {
  std::set<std::pair<int, int>> reported;
  for (const Ce& ce : s.onprem)
    for (const LinkRef& link : ce.links)
      for (const Peering* peering : peerings(*find(s.circuits, link.circuit)))
        for (const PeeringSubnets* subnets : families(*peering))
          for (const Announcement& a : ce.announce) {
            if (!a.prefix || a.prefix->length == 0 ||
                !a.prefix->overlaps(subnets->subnet[link.link]))
              continue;
            if (!reported.emplace(a.mark.line, a.mark.column).second) continue;
            out.warning(a.mark, a.prefix->str() + " covers the peering subnet " +
                                    subnets->subnet[link.link].str() + " of " + link.str() +
                                    "; keep peering subnets out of what is used on premises");
          }
}

void report_vnets(const std::vector<const Vnet*>& vnets, Findings& out,
                  std::set<std::pair<const Vnet*, const Vnet*>>& seen) {
  for (size_t i = 0; i < vnets.size(); i++)
    for (size_t j = 0; j < i; j++) {
      const auto [low, high] = std::minmax(vnets[i], vnets[j]);
      if (!seen.emplace(low, high).second || vnets[i] == vnets[j]) continue;
      for (const MarkedPrefix& a : high->prefixes)
        for (const MarkedPrefix& b : low->prefixes)
          if (a.prefix.overlaps(b.prefix))
            out.error(a.mark, a.prefix.str() + " of vnet '" + high->name + "' overlaps " +
                                  b.prefix.str() + " of vnet '" + low->name +
                                  "', which it is connected to; give it another address space");
    }
}

void vnet_overlap(const Scenario& s, Findings& out) {
  std::set<std::pair<const Vnet*, const Vnet*>> seen;
  for (const Vnet& vnet : s.vnets)
    for (const VnetPeering& peering : vnet.peerings)
      report_vnets({&vnet, find(s.vnets, peering.to)}, out, seen);
  std::map<std::string, std::vector<const Vnet*>> by_circuit;
  for (const Gateway& gateway : s.gateways)
    for (const GatewayCircuit& connection : gateway.circuits)
      for (const Vnet* vnet : reached_vnets(s, gateway)) by_circuit[connection.id].push_back(vnet);
  for (const auto& [circuit, vnets] : by_circuit) report_vnets(vnets, out, seen);
}

void vnet_onprem_overlap(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem)
    for (const Announcement& a : ce.announce)
      for (const Vnet& vnet : s.vnets)
        for (const MarkedPrefix& space : vnet.prefixes)
          if (a.prefix && space.prefix.contains(*a.prefix))
            out.warning(a.mark, a.prefix->str() + " lies in " + space.prefix.str() + " of vnet '" +
                                    vnet.name +
                                    "', whose own routes win even against more specific ones; "
                                    "announce prefixes outside the virtual networks");
}

void subnets_in_vnet(const Scenario& s, Findings& out) {
  for (const Vnet& vnet : s.vnets)
    for (size_t i = 0; i < vnet.subnets.size(); i++) {
      const Subnet& subnet = vnet.subnets[i];
      if (std::none_of(vnet.prefixes.begin(), vnet.prefixes.end(), [&](const MarkedPrefix& space) {
            return space.prefix.contains(subnet.prefix);
          }))
        out.error(subnet.prefix_mark, "subnet '" + subnet.name + "' " + subnet.prefix.str() +
                                          " is outside the address spaces of vnet '" + vnet.name +
                                          "'; choose a part of one of them");
      for (size_t j = 0; j < i; j++)
        if (subnet.prefix.overlaps(vnet.subnets[j].prefix))
          out.error(subnet.prefix_mark, "subnet '" + subnet.name + "' " + subnet.prefix.str() +
                                            " overlaps subnet '" + vnet.subnets[j].name +
                                            "'; choose a free part of the address space");
    }
}

bool is_not_public(const Prefix& prefix) {
  static const std::vector<Prefix> kPrivate = [] {
    std::vector<Prefix> out;
    for (const char* text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                             "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10"})
      out.push_back(*Prefix::parse(text));
    return out;
  }();
  return std::any_of(kPrivate.begin(), kPrivate.end(),
                     [&](const Prefix& range) { return range.overlaps(prefix); });
}

void microsoft_public(const Scenario& s, Findings& out) {
  auto report = [&](const Prefix& prefix, SourceMark mark) {
    if (is_not_public(prefix))
      out.error(mark, prefix.str() +
                          (prefix.length == 0 ? " is the default route" : " is not public") +
                          "; Microsoft peering takes public addresses that you own");
  };
  for (const Circuit& circuit : s.circuits) {
    if (!circuit.microsoft) continue;
    for (const PeeringSubnets* subnets : families(*circuit.microsoft))
      for (size_t i = 0; i < (subnets->pair ? 1 : kLinkNames.size()); i++)
        report(subnets->pair ? *subnets->pair : subnets->subnet[i], subnets->marks[i]);
    for (const MarkedPrefix& p : circuit.microsoft->advertised_prefixes) report(p.prefix, p.mark);
    for (const MarkedPrefix& p : circuit.microsoft->snat) report(p.prefix, p.mark);
  }
}

}  // namespace

std::vector<Rule> address_rules() {
  const std::string routing = learn("expressroute-routing");
  const std::string general = "longest-prefix routing: a subnet is a part of its address space";
  return {
      {{"peering-subnet-size", Severity::error,
        "Each link has a /30 (IPv6: /126), or both share a /29 (/125) that is cut in two.",
        routing},
       subnet_size},
      {{"peering-subnet-base", Severity::error,
        "Subnets are written by their base; the first usable address is the customer's, the "
        "second the MSEE's.",
        routing + ", expressroute-troubleshooting-arp-resource-manager"},
       subnet_base},
      {{"peering-subnet-overlap", Severity::error,
        "Peering subnets of circuits that meet in a router or gateway are distinct.", routing},
       subnet_overlap},
      {{"peering-vnet-overlap", Severity::error,
        "Peering subnets do not overlap the virtual networks that the circuit reaches.", routing},
       subnet_vnet_overlap},
      {{"peering-onprem-overlap", Severity::warning, "Peering subnets are not used on premises.",
        routing},
       subnet_onprem_overlap},
      {{"host-bits", Severity::error, "Prefixes have no bits set behind their length.",
        "RFC 4632 section 3.1"},
       host_bits},
      {{"vnet-overlap", Severity::error,
        "Virtual networks that are peered or share a circuit have distinct address spaces.",
        general},
       vnet_overlap},
      {{"vnet-onprem-overlap", Severity::warning,
        "An announcement inside a virtual network's address space has no effect there.",
        learn("virtual-networks-udr-overview")},
       vnet_onprem_overlap},
      {{"subnet-in-vnet", Severity::error,
        "Subnets lie in their network's address spaces and are distinct.", general},
       subnets_in_vnet},
      {{"microsoft-peering-public", Severity::error,
        "Microsoft peering takes neither private addresses nor the default route.", routing},
       microsoft_public},
  };
}

}  // namespace erbium::cp
