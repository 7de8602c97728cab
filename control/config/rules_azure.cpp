// Rules on gateways, GatewaySubnet, virtual networks and security groups.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "control/config/gateway_size.h"
#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

constexpr std::string_view kGatewaySubnet = "GatewaySubnet";

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

void gateway_subnet(const Scenario& s, Findings& out) {
  for (const Vnet& vnet : s.vnets) {
    const bool exact = find(vnet.subnets, kGatewaySubnet) != nullptr;
    for (const Subnet& subnet : vnet.subnets)
      if (!exact && same_letters(subnet.name, kGatewaySubnet))
        out.error(subnet.mark, "subnet '" + subnet.name +
                                   "' would not be recognised; write "
                                   "GatewaySubnet exactly so");
  }
  for (const Gateway& gateway : s.gateways)
    if (!find(find(s.vnets, gateway.vnet)->subnets, kGatewaySubnet))
      out.error(gateway.vnet_mark, "vnet '" + gateway.vnet +
                                       "' has no subnet GatewaySubnet for the gateway; add "
                                       "GatewaySubnet: { prefix: .../27 }");
}

// A VPN gateway stands beside this one when a connection ends in its network, or a tunnel in its
// GatewaySubnet.
bool coexists(const Scenario& s, const Gateway& gateway, const Subnet& subnet) {
  if (std::any_of(s.vpn.begin(), s.vpn.end(),
                  [&](const VpnConnection& vpn) { return vpn.gateway == gateway.name; }))
    return true;
  return std::any_of(s.ipsec.begin(), s.ipsec.end(), [&](const IpsecTunnel& tunnel) {
    return subnet.prefix.contains(tunnel.local);
  });
}

void gateway_subnet_size(const Scenario& s, Findings& out) {
  constexpr size_t kManyCircuits = 16;
  for (const Gateway& gateway : s.gateways) {
    const Subnet* subnet = find(find(s.vnets, gateway.vnet)->subnets, kGatewaySubnet);
    if (!subnet || !subnet->prefix.address.is_v4()) continue;
    const unsigned length = subnet->prefix.length;
    const std::string text = "GatewaySubnet " + subnet->prefix.str();
    if (length > 29)
      out.error(subnet->prefix_mark, text + " is too small for a gateway; write a /27 or larger");
    else if (length > 27 && coexists(s, gateway, *subnet))
      out.error(subnet->prefix_mark,
                text + " is too small beside a VPN gateway; write a /27 or larger");
    else if (length > 27)
      out.warning(subnet->prefix_mark,
                  text + " is refused for new gateways; write a /27 or larger");
    else if (length > 26 && gateway.circuits.size() >= kManyCircuits)
      out.warning(subnet->prefix_mark, text + " is small for 16 circuits; write a /26 or larger");
  }
}

void gateway_subnet_filters(const Scenario& s, Findings& out) {
  for (const Vnet& vnet : s.vnets) {
    const Subnet* subnet = find(vnet.subnets, kGatewaySubnet);
    if (!subnet) continue;
    if (!subnet->nsg.empty())
      out.error(subnet->nsg_mark, "GatewaySubnet takes no security group; remove nsg");
    if (subnet->routes.empty()) continue;
    const RouteTable& table = *find(s.route_tables, subnet->routes);
    if (!table.bgp_propagation)
      out.error(subnet->routes_mark,
                "GatewaySubnet needs the gateway's routes; write "
                "bgp_propagation: true in '" +
                    table.name + "'");
    for (const UserRoute& route : table.routes)
      if (route.prefix.length == 0 || route.prefix == subnet->prefix)
        out.error(subnet->routes_mark, "route " + route.prefix.str() + " in '" + table.name +
                                           "' breaks the gateway; remove it or the table");
  }
}

void gateway_circuits(const Scenario& s, Findings& out) {
  constexpr size_t kSameLocation = 4;
  for (const Gateway& gateway : s.gateways) {
    if (gateway.circuits.size() > gateway_size(gateway.sku).circuits)
      out.error(gateway.mark, "gateway '" + gateway.name + "' of size " + gateway.sku +
                                  " takes at most " +
                                  std::to_string(gateway_size(gateway.sku).circuits) +
                                  " circuits; use a larger one");
    std::map<std::string, size_t> by_location;
    std::set<std::string> seen;
    for (const GatewayCircuit& connection : gateway.circuits) {
      const Circuit& circuit = *find(s.circuits, connection.id);
      if (!seen.insert(connection.id).second)
        out.error(connection.mark,
                  "circuit '" + connection.id + "' is connected twice; remove one connection");
      if (!circuit.private_peering)
        out.error(connection.mark,
                  "circuit '" + connection.id + "' has no private peering to connect to; add one");
      if (!circuit.peering_location.empty() &&
          ++by_location[circuit.peering_location] == kSameLocation + 1)
        out.error(connection.mark,
                  "a gateway takes at most four circuits of one peering location "
                  "('" +
                      circuit.peering_location + "'); use another location");
    }
  }
}

void ecmp_fanout(const Scenario& s, Findings& out) {
  constexpr size_t kMost = 4;
  for (const Gateway& gateway : s.gateways) {
    std::map<uint32_t, size_t> by_weight;
    for (const GatewayCircuit& connection : gateway.circuits)
      if (++by_weight[connection.weight] == kMost + 1)
        out.warning(connection.mark,
                    "traffic spreads over at most four circuits of equal weight; "
                    "give the others a lower weight");
  }
}

void fastpath_sku(const Scenario& s, Findings& out) {
  for (const Gateway& gateway : s.gateways)
    for (const GatewayCircuit& connection : gateway.circuits)
      if (connection.fastpath && !gateway_size(gateway.sku).fastpath)
        out.error(connection.mark, "FastPath needs UltraPerformance, ErGw3AZ or ErGwScale, not " +
                                       gateway.sku + "; change the size or remove fastpath");
}

// Connections that a circuit takes, by tier and bandwidth.
size_t connection_limit(const Circuit& circuit) {
  if (circuit.tier != Circuit::Tier::premium) return 10;
  constexpr std::array<std::pair<uint64_t, size_t>, 8> kPremium{{{50, 20},
                                                                 {100, 25},
                                                                 {200, 25},
                                                                 {500, 40},
                                                                 {1'000, 50},
                                                                 {2'000, 60},
                                                                 {5'000, 75},
                                                                 {10'000, 100}}};
  for (const auto& [mbps, limit] : kPremium)
    if (circuit.bandwidth <= BitRate::mbps(mbps)) return limit;
  return 100;
}

void circuit_connections(const Scenario& s, Findings& out) {
  std::map<std::string, size_t> count;
  for (const Gateway& gateway : s.gateways)
    for (const GatewayCircuit& connection : gateway.circuits) {
      const size_t limit = connection_limit(*find(s.circuits, connection.id));
      if (++count[connection.id] == limit + 1)
        out.error(connection.mark, "circuit '" + connection.id + "' takes at most " +
                                       std::to_string(limit) +
                                       " connections at its tier and bandwidth; use premium, more "
                                       "bandwidth or another circuit");
    }
}

void gateway_asn(const Scenario& s, Findings& out) {
  std::set<std::string> vnets;
  for (const Gateway& gateway : s.gateways) {
    if (gateway.asn != 65515)
      out.warning(gateway.asn_mark, "an ExpressRoute gateway is AS 65515; write asn: 65515");
    if (!vnets.insert(gateway.vnet).second)
      out.error(gateway.vnet_mark, "vnet '" + gateway.vnet +
                                       "' has an ExpressRoute gateway already; add the circuits "
                                       "to that one");
  }
}

void vnet_prefix_limit(const Scenario& s, Findings& out) {
  for (const Gateway& gateway : s.gateways) {
    size_t v4 = 0, v6 = 0;
    for (const Vnet* vnet : reached_vnets(s, gateway))
      for (const MarkedPrefix& space : vnet->prefixes) (space.prefix.address.is_v4() ? v4 : v6)++;
    if (v4 > 1'000 || v6 > 100)
      out.warning(gateway.mark, "gateway '" + gateway.name + "' announces " + std::to_string(v4) +
                                    " IPv4 and " + std::to_string(v6) +
                                    " IPv6 prefixes, and over 1000 or 100 its connections go "
                                    "down; use fewer address spaces");
  }
}

void vnet_peerings(const Scenario& s, Findings& out) {
  for (const Vnet& vnet : s.vnets)
    for (const VnetPeering& peering : vnet.peerings) {
      if (peering.to == vnet.name)
        out.error(peering.mark, "vnet '" + vnet.name + "' is peered with itself; name another");
      const bool has_gateway =
          std::any_of(s.gateways.begin(), s.gateways.end(),
                      [&](const Gateway& gateway) { return gateway.vnet == vnet.name; });
      if (peering.gateway_transit && !has_gateway)
        out.warning(peering.mark, "vnet '" + vnet.name +
                                      "' has no gateway to share; set gateway_transit at the "
                                      "network that has one");
    }
}

void nsg_priority(const Scenario& s, Findings& out) {
  for (const Nsg& nsg : s.nsgs) {
    std::map<std::pair<std::string, uint32_t>, std::string> seen;
    for (const NsgRule& rule : nsg.rules) {
      const auto [other, fresh] = seen.emplace(std::pair(rule.dir, rule.priority), rule.name);
      if (!fresh)
        out.error(rule.mark, "rule '" + rule.name + "' has the priority of '" + other->second +
                                 "' in the same direction; give it another");
    }
  }
}

}  // namespace

std::vector<Rule> azure_rules() {
  const std::string about = learn("expressroute-about-virtual-network-gateways");
  const std::string limits = learn("expressroute-limits");
  return {
      {{"gateway-subnet", Severity::error,
        "A network with a gateway has a subnet called exactly GatewaySubnet.", about},
       gateway_subnet},
      {{"gateway-subnet-size", Severity::error,
        "GatewaySubnet is a /27 or larger; /28 and /29 only give a warning, except beside a VPN "
        "gateway.",
        learn("expressroute-howto-add-gateway-portal-resource-manager, "
              "how-to-configure-coexisting-gateway-portal")},
       gateway_subnet_size},
      {{"gateway-subnet-filters", Severity::error,
        "GatewaySubnet has no security group, no default route and keeps route propagation.",
        learn("how-to-configure-coexisting-gateway-portal, virtual-networks-udr-overview")},
       gateway_subnet_filters},
      {{"gateway-circuits", Severity::error,
        "A gateway takes 4, 8 or 16 circuits by size, four of one location, each once and with a "
        "private peering.",
        limits + ", expressroute-about-virtual-network-gateways"},
       gateway_circuits},
      {{"ecmp-fanout", Severity::warning, "Traffic spreads over at most four circuits.",
        learn("expressroute-faqs")},
       ecmp_fanout},
      {{"fastpath-sku", Severity::error, "FastPath needs a gateway of the largest size.",
        learn("about-fastpath")},
       fastpath_sku},
      {{"circuit-connections", Severity::error,
        "A circuit takes 10 connections, with Premium 20 to 100 by bandwidth.", limits},
       circuit_connections},
      {{"gateway-asn", Severity::error,
        "A network has one ExpressRoute gateway; its AS number is 65515 (else a warning).", about},
       gateway_asn},
      {{"vnet-prefix-limit", Severity::warning,
        "A gateway announces at most 1000 IPv4 and 100 IPv6 prefixes to a circuit.", limits},
       vnet_prefix_limit},
      {{"vnet-peering", Severity::error,
        "A network is not peered with itself; gateway_transit needs a gateway (warning).",
        learn("virtual-networks-udr-overview")},
       vnet_peerings},
      {{"nsg-priority", Severity::error, "Priorities are unique in a security group and direction.",
        learn("network-security-groups-overview")},
       nsg_priority},
  };
}

}  // namespace erbium::cp
