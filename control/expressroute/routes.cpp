// Which way every prefix goes (Microsoft Learn: expressroute-routing,
// expressroute-optimize-routing): at the CE by local preference, at the gateway by connection
// weight and then AS path length, and over all links that are left equal by ECMP.
#include <algorithm>
#include <limits>
#include <set>

#include "control/expressroute/announced.h"
#include "control/expressroute/compiler.h"

namespace erbium::cp {
namespace {

size_t family(const net::Prefix& prefix) { return prefix.address.is_v4() ? 0 : 1; }

const std::optional<PeeringSubnets>& subnets(const Peering& peering, const net::Prefix& prefix) {
  return prefix.address.is_v4() ? peering.ipv4 : peering.ipv6;
}

}  // namespace

uint32_t Compiler::next_hop(const NextHopInfo& info) {
  return next_hops_.emplace(info, static_cast<uint32_t>(next_hops_.size() + 1)).first->second;
}

void Compiler::add_route(uint32_t vrf, const net::Prefix& prefix, Ways ways) {
  if (ways.empty()) return;
  routes_.emplace(std::pair{vrf, prefix.canonical()}, group(std::move(ways)));
}

uint32_t Compiler::group(Ways ways) {
  const auto [at, added] = group_ids_.emplace(ways, static_cast<uint32_t>(groups_.size() + 1));
  if (added) groups_.push_back(std::move(ways));
  return at->second;
}

uint32_t Compiler::own(uint32_t vrf) {
  for (const HostPortInfo& host_port : topology_.host_ports)
    if (host_port.vrf == vrf) return next_hop({api::NextHop::LOCAL, 0, {}, false, host_port.id});
  return local();
}

// Where routes follow from the file it is the last of the prefix's ways, else what BGP replaces.
void Compiler::add_fallback(uint32_t vrf, const net::Prefix& prefix, uint32_t next_hop) {
  const std::pair key{vrf, prefix.canonical()};
  const auto route = routes_.find(key);
  if (route == routes_.end()) {
    fallbacks_.emplace(key, group({{next_hop, {}, {}}}));
  } else if (!from_bgp()) {
    Ways ways = groups_[route->second - 1];
    ways.push_back({next_hop, {}, {std::numeric_limits<int64_t>::min(), 0}});
    route->second = group(std::move(ways));
  }
}

void Compiler::add_routes() {
  add_own_addresses();
  if (from_bgp()) add_backbone_routes();
  for (size_t i = 0; i < topology_.ces.size(); i++)
    if (topology_.ces[i].node != 0) add_ce_routes(i);
  for (size_t i = 0; i < topology_.circuit_links.size(); i++) add_msee_routes(i);
  for (size_t i = 0; i < topology_.gateways.size(); i++) add_gateway_routes(i);
  for (size_t i = 0; i < topology_.microsoft_edges.size(); i++) {
    const MicrosoftEdgeInfo& edge = topology_.microsoft_edges[i];
    const uint32_t hop = edge.interface != 0 ? connected(edge.interface) : hosts();
    for (const ServicePrefix& service : scenario_.microsoft_edges[i].prefixes)
      for (const net::Prefix& prefix : run_of(service.prefix, service.count))
        add_route(edge.vrf, prefix, {{hop, {}, {}}});
  }
  for (size_t i = 0; i < topology_.vpns.size(); i++)
    add_vpn_routes(scenario_.vpn[i], topology_.vpns[i]);
  for (const GatewayInfo& gateway : topology_.gateways)
    if (gateway.internet_interface != 0)
      for (const net::Ip& any : {net::Ip::v4(0), net::Ip::v6({})})
        add_fallback(gateway.vrf, {any, 0}, connected(gateway.internet_interface));
}

// Every router's own addresses, and the subnets of the links between CE and MSEE.
void Compiler::add_own_addresses() {
  for (const InterfaceInfo& interface : topology_.interfaces) {
    // Where hosts are emulated the router answers ARP for its addresses and nothing else: a capture
    // may hold a host of that address.
    if (interface.vrf == 0 || interface.emulated_hosts) continue;
    for (const net::Ip& ip : interface.addresses)
      add_route(interface.vrf, {ip, static_cast<uint8_t>(ip.bits())},
                {{own(interface.vrf), {}, {}}});
  }
  // No virtual machine can be in a GatewaySubnet.
  for (const GatewayInfo& gateway : topology_.gateways)
    for (const net::Ip& ip : gateway.own)
      add_route(gateway.vrf, {ip, static_cast<uint8_t>(ip.bits())}, {{own(gateway.vrf), {}, {}}});
  for (const CircuitLinkInfo& link : topology_.circuit_links)
    for (const PeeringInfo& peering : link.peerings)
      for (const auto* pair : {&peering.peering->ipv4, &peering.peering->ipv6}) {
        if (!*pair) continue;
        const net::Prefix& subnet = (*pair)->subnet[link.link];
        add_route(peering.msee_vrf, subnet, {{connected(peering.msee_interface), {}, {}}});
        if (link.ce)
          add_route(topology_.ces[*link.ce].vrf, subnet,
                    {{connected(peering.ce_interface), {}, {}}});
      }
}

// What sessions between MSEEs and gateways need; packets of theirs never cross these addresses.
void Compiler::add_backbone_routes() {
  const auto vrf = [&](uint32_t interface) { return topology_.interfaces[interface - 1].vrf; };
  const auto host = [](const net::Ip& ip) {
    return net::Prefix{ip, static_cast<uint8_t>(ip.bits())};
  };
  for (const auto* backbones : {&topology_.backbones, &topology_.microsoft_backbones})
    for (const BackboneInfo& backbone : *backbones)
      for (size_t i = 0; i < 2; i++) {
        add_route(vrf(backbone.msee_interface), host(backbone.gateway_ip[i]),
                  {{connected(backbone.msee_interface), {}, {}}});
        add_route(vrf(backbone.gateway_interface), host(backbone.msee_ip[i]),
                  {{connected(backbone.gateway_interface), {}, {}}});
      }
}

const PeeringInfo* Compiler::private_peering(size_t circuit_link) const {
  for (const PeeringInfo& peering : topology_.circuit_links[circuit_link].peerings)
    if (peering.peering->kind == PeeringKind::private_peering) return &peering;
  return nullptr;
}

void Compiler::add_ce_routes(size_t index) {
  const Ce& ce = scenario_.onprem[index];
  const CeInfo& info = topology_.ces[index];
  const uint32_t lan = info.lan_interface != 0 ? connected(info.lan_interface) : hosts();
  for (const Announcement& announcement : ce.announce)
    for (const net::Prefix& prefix : prefixes(announcement))
      add_route(info.vrf, prefix, {{lan, {}, {}}});
  for (const CircuitLinkInfo& link : topology_.circuit_links)
    for (const PeeringInfo& peering : link.peerings)
      if (link.ce == index)
        for (const MarkedPrefix& prefix : peering.peering->advertised_prefixes)
          add_route(info.vrf, prefix.prefix, {{lan, {}, {}}});
  if (from_bgp()) return;
  std::map<net::Prefix, Ways> azure;
  for (const BackboneInfo& backbone : topology_.backbones) {
    const CircuitLinkInfo& link = topology_.circuit_links[backbone.circuit_link];
    const PeeringInfo* peering = private_peering(backbone.circuit_link);
    if (link.ce != index || !peering) continue;
    int64_t preference = 100;
    for (const LocalPreference& entry : ce.local_preference)
      if (entry.link.circuit == scenario_.circuits[link.circuit].name &&
          entry.link.link == link.link)
        preference = entry.value;
    for (const GatewayInfo::Served& served : topology_.gateways[backbone.gateway].vnets)
      for (const MarkedPrefix& prefix : scenario_.vnets[served.vnet].prefixes) {
        const auto& pair = subnets(*peering->peering, prefix.prefix);
        if (!pair) continue;
        const uint32_t hop =
            next_hop({api::NextHop::GATEWAY, peering->ce_interface, pair->msee(link.link), true});
        azure[prefix.prefix.canonical()].push_back({hop, backbone.circuit_link, {preference, 0}});
      }
  }
  for (auto& [prefix, ways] : azure) {
    std::sort(ways.begin(), ways.end());
    ways.erase(std::unique(ways.begin(), ways.end()), ways.end());
    add_route(info.vrf, prefix, ways);
  }
}

// Whether the router's announcements cross the link: it ends there, emulated or behind a port.
bool Compiler::announces(const CircuitLinkInfo& link, size_t ce) const {
  const auto& ends = scenario_.onprem[ce].links;
  return std::any_of(ends.begin(), ends.end(), [&](const LinkRef& ref) {
    return ref.circuit == scenario_.circuits[link.circuit].name && ref.link == link.link;
  });
}

std::vector<Compiler::Announced> Compiler::announced(size_t circuit_link) const {
  const CircuitLinkInfo& link = topology_.circuit_links[circuit_link];
  std::vector<Announced> out;
  for (size_t i = 0; i < scenario_.onprem.size(); i++) {
    if (!announces(link, i)) continue;
    const Ce& ce = scenario_.onprem[i];
    std::set<net::Prefix> seen;
    for (const PeeringInfo& peering : link.peerings) {
      if (peering.peering->kind != PeeringKind::private_peering) continue;
      each_announced(ce, scenario_.circuits[link.circuit], link.link, *peering.peering,
                     [&](const net::Prefix& prefix, const RouteMarks& marks, const auto* file) {
                       if (!seen.insert(prefix).second) return;
                       const auto& path = announced_attributes(ce.asn, marks, file).as_path;
                       out.push_back({prefix, path.length()});
                     });
    }
  }
  return out;
}

void Compiler::add_msee_routes(size_t circuit_link) {
  const CircuitLinkInfo& link = topology_.circuit_links[circuit_link];
  if (from_bgp()) return;
  for (const PeeringInfo& peering : link.peerings) {
    const auto to_customer = [&](const net::Prefix& prefix) {
      const auto& pair = subnets(*peering.peering, prefix);
      if (!pair) return;
      // A port with real neighbours is asked as early as an emulated CE.
      const uint32_t hop = next_hop(
          {api::NextHop::GATEWAY, peering.msee_interface, pair->customer(link.link), true});
      add_route(peering.msee_vrf, prefix, {{hop, circuit_link, {}}});
    };
    if (peering.peering->kind == PeeringKind::microsoft) {
      for (const MarkedPrefix& prefix : peering.peering->advertised_prefixes)
        to_customer(prefix.prefix);
      continue;
    }
    for (const Announced& announced : announced(circuit_link)) to_customer(announced.prefix);
    std::map<net::Prefix, Ways> azure;
    for (const BackboneInfo& backbone : topology_.backbones) {
      if (backbone.circuit_link != circuit_link) continue;
      for (const GatewayInfo::Served& served : topology_.gateways[backbone.gateway].vnets)
        for (const MarkedPrefix& prefix : scenario_.vnets[served.vnet].prefixes) {
          const uint32_t hop = next_hop({api::NextHop::GATEWAY, backbone.msee_interface,
                                         backbone.gateway_ip[family(prefix.prefix)], false});
          azure[prefix.prefix.canonical()].push_back({hop, {}, {}});
        }
    }
    for (auto& [prefix, ways] : azure) add_route(peering.msee_vrf, prefix, ways);
  }
}

void Compiler::add_gateway_routes(size_t gateway) {
  const GatewayInfo& info = topology_.gateways[gateway];
  for (const GatewayInfo::Served& served : info.vnets)
    for (const MarkedPrefix& prefix : scenario_.vnets[served.vnet].prefixes)
      add_route(info.vrf, prefix.prefix,
                {{served.interface != 0 ? connected(served.interface) : hosts(), {}, {}}});
  if (from_bgp()) return;
  std::map<net::Prefix, Ways> onprem;
  for (const BackboneInfo& backbone : topology_.backbones) {
    if (backbone.gateway != gateway) continue;
    for (const Announced& announced : announced(backbone.circuit_link)) {
      const PeeringInfo* peering = private_peering(backbone.circuit_link);
      if (!subnets(*peering->peering, announced.prefix)) continue;
      const uint32_t hop = next_hop({api::NextHop::GATEWAY, backbone.gateway_interface,
                                     backbone.msee_ip[family(announced.prefix)], false});
      onprem[announced.prefix].push_back(
          {hop,
           backbone.circuit_link,
           {static_cast<int64_t>(backbone.weight), -static_cast<int64_t>(announced.path_length)}});
    }
  }
  for (auto& [prefix, ways] : onprem) add_route(info.vrf, prefix, ways);
}

// Without BGP a connection's prefixes are static on both sides (Microsoft Learn:
// vpn-gateway-about-vpn-devices): routes that BGP brings by a circuit win over them where the
// prefix is the same.
void Compiler::add_vpn_routes(const VpnConnection& vpn, const VpnInfo& info) {
  const uint32_t ce_vrf = topology_.ces[info.ce].vrf;
  const GatewayInfo& gateway = topology_.gateways[info.gateway];
  add_route(ce_vrf, vpn.addresses, {{connected(info.ce_interface), {}, {}}});
  add_route(gateway.vrf, vpn.addresses, {{connected(info.gateway_interface), {}, {}}});
  if (from_bgp() && vpn.statics.empty()) return;
  for (const net::Prefix& prefix : prefixes_over(scenario_, vpn))
    add_fallback(gateway.vrf, prefix,
                 next_hop({api::NextHop::GATEWAY, info.gateway_interface, vpn.customer(), false}));
  for (const GatewayInfo::Served& served : gateway.vnets)
    for (const MarkedPrefix& prefix : scenario_.vnets[served.vnet].prefixes)
      add_fallback(ce_vrf, prefix.prefix,
                   next_hop({api::NextHop::GATEWAY, info.ce_interface, vpn.azure(), false}));
}

}  // namespace erbium::cp
