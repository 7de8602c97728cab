#include "control/expressroute/topology_edge.h"

namespace erbium::cp {

std::vector<net::Ip> own_addresses(const Scenario& scenario, const Gateway& gateway) {
  std::vector<net::Ip> out;
  if (const Vnet* vnet = find(scenario.vnets, gateway.vnet))
    for (const Subnet& subnet : vnet->subnets)
      if (subnet.name == "GatewaySubnet" &&
          subnet.prefix.length + 3u <= subnet.prefix.address.bits())
        out.push_back(subnet.prefix.canonical().address.plus(4));
  return out;
}

void limit_mtu(InterfaceInfo& interface, const Gateway& gateway) {
  if (!gateway.path_mtu || *gateway.path_mtu >= interface.mtu) return;
  interface.mtu = *gateway.path_mtu;
  interface.over_mtu = gateway.over_path_mtu == OverPathMtu::fragment ? api::Interface::FRAGMENT
                       : gateway.over_path_mtu == OverPathMtu::silent_drop
                           ? api::Interface::SILENT_DROP
                           : api::Interface::ANSWER;
}

void add_capacities(const Scenario& scenario, Topology& topology) {
  for (size_t g = 0; g < scenario.gateways.size(); g++) {
    const Gateway& gateway = scenario.gateways[g];
    if (!gateway.caps) continue;
    const auto add = [&] {
      const auto id = static_cast<uint32_t>(topology.capacities.size() + 1);
      const GatewaySize size = gateway_size(gateway.sku).times(gateway.scale_units);
      topology.capacities.push_back(
          {.id = id, .gateway = g, .size = size, .flow_age = gateway.flow_idle});
      return id;
    };
    const uint32_t to_azure = add(), to_onprem = add();
    for (const GatewayInfo::Served& served : topology.gateways[g].vnets)
      if (served.interface != 0) topology.interfaces[served.interface - 1].capacity = to_azure;
    for (const BackboneInfo& backbone : topology.backbones)
      if (backbone.gateway == g)
        topology.interfaces[backbone.gateway_interface - 1].capacity = to_onprem;
  }
}

IcmpOptions icmp_of(const Scenario& scenario, const std::string& router) {
  for (const RouterIcmp& other : scenario.router_icmp)
    if (other.router == router) return other.icmp;
  return scenario.icmp;
}

void make_mistake(const Scenario& scenario, const CircuitLinkInfo& link, const Peering& peering,
                  InterfaceInfo& customer, TrunkInfo& trunk) {
  if (!link.ce || peering.kind != PeeringKind::private_peering) return;
  const Circuit& circuit = scenario.circuits[link.circuit];
  const Mistake* mistake = mistake_at(scenario.onprem[*link.ce], circuit.name, link.link);
  if (!mistake) return;
  if (mistake->vlan)
    (circuit.s_tag ? customer.inner_vid : customer.outer_vid) =
        static_cast<uint16_t>(*mistake->vlan);
  if (mistake->ethertype) trunk.outer_tpid = static_cast<uint16_t>(*mistake->ethertype);
  customer.mute = mistake->mute;
  if (!mistake->swapped) return;
  customer.addresses.clear();
  for (const auto* subnets : {&peering.ipv4, &peering.ipv6})
    if (*subnets) customer.addresses.push_back((*subnets)->msee(link.link));
}

}  // namespace erbium::cp
