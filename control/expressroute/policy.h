// What the routers of ExpressRoute take from their BGP neighbours and tell them (Microsoft Learn:
// expressroute-routing, expressroute-optimize-routing, planned-maintenance). One policy object for
// each speaker; what changes while a scenario runs, such as a maintenance, is a field of the peer.
#pragma once

#include <map>
#include <vector>

#include "control/bgp/speaker.h"
#include "control/config/circuit.h"

namespace erbium::cp {

inline constexpr uint32_t kMseeAsn = 12076, kGatewayAsn = 65515;

// What a speaker knows of the router at the other end.
struct PeerPolicy {
  enum class Kind { customer, msee, gateway, microsoft_edge };
  Kind kind = Kind::customer;
  PeeringKind peering = PeeringKind::private_peering;  // between customer and MSEE
  uint32_t weight = 0;                                 // gateway: the connection's
  uint32_t local_preference = 100;  // customer's router: of the link; gateway: of a VPN
  bool refused = false;             // gateway: the circuit's location has failed over
  unsigned drain = 0;               // MSEE: copies of 12076 more, in maintenance
  std::vector<uint32_t> in_front;   // customer's router: what it prepends for a while
  // Customer's router: what it announces to this peer, with its attributes there.
  std::map<net::Prefix, bgp::PathAttributes> announced;
  // Microsoft peering: what the customer may announce.
  std::vector<net::Prefix> allowed;
  // And what it gets: routes with one of these communities.
  std::vector<uint32_t> filter;
};

// Peers are added in the order of the speaker's own.
class ExpressRoutePolicy : public bgp::Policy {
 public:
  void add_peer(PeerPolicy peer) { peers_.push_back(std::move(peer)); }
  PeerPolicy& peer(bgp::PeerId id) { return peers_[id - 1]; }
  const PeerPolicy& peer(bgp::PeerId id) const { return peers_[id - 1]; }

 private:
  std::vector<PeerPolicy> peers_;
};

// The customer's router: local preference by link; announces its own prefixes only, so that it is
// no transit between circuits.
class CustomerPolicy final : public ExpressRoutePolicy {
 public:
  bool import(bgp::PeerId from, bgp::RouteInPolicy& route) const override;
  bool export_to(bgp::PeerId to, bgp::PeerId from, bgp::RouteInPolicy& route) const override;
};

// An MSEE in the VRF of a private peering: tells the customer what the gateways announce with 65515
// removed, the gateways what the customer announces, and every gateway the others' virtual networks
// with 12076 twice (hairpin). Communities pass, and those of RFC 1997 that would keep a customer's
// route from going further do nothing, as all of a customer's.
class PrivatePeeringPolicy final : public ExpressRoutePolicy {
 public:
  bool import(bgp::PeerId from, bgp::RouteInPolicy& route) const override;
  bool export_to(bgp::PeerId to, bgp::PeerId from, bgp::RouteInPolicy& route) const override;
};

// An MSEE in the VRF of a Microsoft peering: takes public prefixes that were declared, neither a
// default route nor documentation AS numbers, strips private AS numbers, and tells the customer
// what a Microsoft edge announces with a community of the route filter.
class MicrosoftPeeringPolicy final : public ExpressRoutePolicy {
 public:
  bool import(bgp::PeerId from, bgp::RouteInPolicy& route) const override;
  bool export_to(bgp::PeerId to, bgp::PeerId from, bgp::RouteInPolicy& route) const override;
};

// A virtual network gateway: connection weight before AS path, a customer that comes by VPN behind
// all circuits; announces its virtual networks only. A Microsoft edge does the same with its
// services.
class GatewayPolicy final : public ExpressRoutePolicy {
 public:
  bool import(bgp::PeerId from, bgp::RouteInPolicy& route) const override;
  bool export_to(bgp::PeerId to, bgp::PeerId from, bgp::RouteInPolicy& route) const override;
};

// RFC 6996, and the reserved ends of the ranges (RFC 7300).
bool private_asn(uint32_t asn);

}  // namespace erbium::cp
