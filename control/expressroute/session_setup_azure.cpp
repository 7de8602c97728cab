// The speakers behind the MSEEs: virtual network gateways, which announce address spaces with the
// communities of their region, and Microsoft edges, which announce services with theirs.
#include "control/config/communities.h"
#include "control/expressroute/session_setup.h"

namespace erbium::cp {
namespace {

// Traffic spreads over at most four circuits (Microsoft Learn: expressroute-faqs).
constexpr unsigned kMostCircuits = 4;
constexpr uint32_t kGatewayLimit4 = 1000, kGatewayLimit6 = 100;

// The regional community appears only beside a custom one (Microsoft Learn:
// how-to-configure-custom-bgp-communities).
bgp::PathAttributes vnet_attributes(const Vnet& vnet) {
  bgp::PathAttributes out;
  if (!vnet.community) return out;
  out.communities.push_back(*vnet.community);
  if (const AzureRegion* region = find_region(vnet.region))
    out.communities.push_back(region->regional());
  return out;
}

}  // namespace

// The MSEE's end of a session on the backbone, or the far one.
SessionSetup::Link SessionSetup::backbone_link(const BackboneInfo& backbone,
                                               const std::string& far_name, bool at_msee) const {
  const CircuitLinkInfo& info = topology_.circuit_links[backbone.circuit_link];
  const Circuit& circuit = scenario_.circuits[info.circuit];
  const auto& near_ip = at_msee ? backbone.msee_ip : backbone.gateway_ip;
  const auto& far_ip = at_msee ? backbone.gateway_ip : backbone.msee_ip;
  Link link;
  link.msee = circuit.links[info.link]->msee;
  link.name = link.msee + "/" + far_name;
  link.location = circuit.peering_location;
  link.interface = at_msee ? backbone.msee_interface : backbone.gateway_interface;
  link.peer_as = kMseeAsn;
  link.local = near_ip[0];
  link.remote = far_ip[0];
  link.local6 = near_ip[1];
  link.remote6 = far_ip[1];
  link.families = {bgp::Family::v4, bgp::Family::v6};
  link.passive = at_msee;
  link.bundle = static_cast<uint32_t>(info.circuit);
  return link;
}

void SessionSetup::add_gateways(SessionRouter& router, size_t circuit_link) {
  for (const BackboneInfo& backbone : topology_.backbones) {
    if (backbone.circuit_link != circuit_link) continue;
    const Gateway& gateway = scenario_.gateways[backbone.gateway];
    Link core = backbone_link(backbone, gateway.name, true);
    core.peer_as = gateway.asn;
    core.limit = Limits{kGatewayLimit4, kGatewayLimit6, {}};
    add_neighbor(router, core, {.kind = PeerPolicy::Kind::gateway});
  }
}

void SessionSetup::add_microsoft_edges(SessionRouter& router, size_t circuit_link) {
  for (const BackboneInfo& backbone : topology_.microsoft_backbones) {
    if (backbone.circuit_link != circuit_link) continue;
    const MicrosoftEdge& edge = scenario_.microsoft_edges[backbone.gateway];
    Link core = backbone_link(backbone, edge.name, true);
    core.peer_as = edge.asn;
    add_neighbor(router, core, {.kind = PeerPolicy::Kind::microsoft_edge});
  }
}

void SessionSetup::add_gateway(size_t index) {
  const Gateway& gateway = scenario_.gateways[index];
  const GatewayInfo& info = topology_.gateways[index];
  SessionRouter& router = add_router(SessionRouter::Kind::gateway, gateway.name, info.vrf,
                                     {.asn = gateway.asn, .max_bundles = kMostCircuits},
                                     std::make_unique<GatewayPolicy>());
  for (const GatewayInfo::Served& served : info.vnets) {
    const Vnet& vnet = scenario_.vnets[served.vnet];
    for (const MarkedPrefix& prefix : vnet.prefixes)
      router.own.push_back({prefix.prefix.canonical(), vnet_attributes(vnet)});
  }
  for (const BackboneInfo& backbone : topology_.backbones)
    if (backbone.gateway == index)
      add_neighbor(router, backbone_link(backbone, gateway.name, false),
                   {.kind = PeerPolicy::Kind::msee, .weight = backbone.weight});
  for (size_t i = 0; i < topology_.vpns.size(); i++)
    if (topology_.vpns[i].gateway == index) add_vpn(router, scenario_.vpn[i], topology_.vpns[i]);
}

void SessionSetup::add_microsoft_edge(size_t index) {
  const MicrosoftEdge& edge = scenario_.microsoft_edges[index];
  SessionRouter& router = add_router(SessionRouter::Kind::microsoft_edge, edge.name,
                                     topology_.microsoft_edges[index].vrf, {.asn = edge.asn},
                                     std::make_unique<GatewayPolicy>());
  for (const ServicePrefix& service : edge.prefixes)
    for (const net::Prefix& prefix : run_of(service.prefix, service.count)) {
      OwnRoute& own = router.own.emplace_back();
      own.prefix = prefix;
      own.attributes.communities = service.communities;
    }
  for (const BackboneInfo& backbone : topology_.microsoft_backbones)
    if (backbone.gateway == index)
      add_neighbor(router, backbone_link(backbone, edge.name, false),
                   {.kind = PeerPolicy::Kind::msee});
}

}  // namespace erbium::cp
