#include "control/expressroute/session_setup.h"

#include <algorithm>

#include "common/check.h"

namespace erbium::cp {
namespace {

// A session that was lost is tried again soon: emulated customers have no reason to wait.
constexpr Duration kConnectRetry = Duration::s(5), kIdleHold = Duration::s(1);
constexpr Duration kMseeHold = Duration::s(180), kMseeKeepalive = Duration::s(60);
constexpr uint32_t kVpnPreference = 50;  // at a gateway, below the 100 of its circuits
constexpr uint32_t kGatewayLimit4 = 1000, kGatewayLimit6 = 100;
constexpr const char* kFamilyNames[] = {"ipv4", "ipv6"};

struct Limits {
  uint32_t v4, v6;
};

// Prefixes that an MSEE takes from the customer.
Limits limits(const Circuit& circuit, const Peering& peering) {
  Limits out{200, 200};
  if (peering.kind == PeeringKind::private_peering)
    out = {circuit.tier == Circuit::Tier::premium ? 10'000u : 4'000u, 100};
  if (peering.max_prefixes && peering.max_prefixes->ipv4 != 0) out.v4 = peering.max_prefixes->ipv4;
  if (peering.max_prefixes && peering.max_prefixes->ipv6 != 0) out.v6 = peering.max_prefixes->ipv6;
  return out;
}

const char* peering_name(const Peering& peering) {
  return peering.kind == PeeringKind::private_peering ? "private" : "microsoft";
}

bool same_link(const LinkRef& ref, const Circuit& circuit, size_t link) {
  return ref.circuit == circuit.name && ref.link == link;
}

}  // namespace

// One end of a neighbourship: a session for each family on a circuit's link, one for both families
// on the backbone.
struct SessionSetup::Link {
  std::string name, session, location, msee;
  uint32_t interface = 0, peer_as = 0;
  std::optional<size_t> circuit_link;
  net::Ip local, remote;
  std::optional<net::Ip> local6, remote6;
  std::vector<bgp::Family> families;
  Duration hold = kMseeHold, keepalive = kMseeKeepalive;
  bool passive = false;
  std::optional<Bfd> bfd;
  std::optional<Limits> limit;
};

void SessionSetup::build() {
  for (size_t i = 0; i < topology_.ces.size(); i++)
    if (topology_.ces[i].node != 0) add_customer(i);
  for (size_t i = 0; i < topology_.circuit_links.size(); i++)
    for (const PeeringInfo& peering : topology_.circuit_links[i].peerings) add_msee(i, peering);
  for (size_t i = 0; i < topology_.gateways.size(); i++) add_gateway(i);
}

SessionRouter& SessionSetup::add_router(SessionRouter::Kind kind, const std::string& name,
                                        uint32_t vrf, uint32_t asn,
                                        std::unique_ptr<ExpressRoutePolicy> policy) {
  SessionRouter& router = routers_.emplace_back();
  router.kind = kind;
  router.name = name;
  router.vrf = vrf;
  for (const HostPortInfo& host_port : topology_.host_ports)
    if (host_port.vrf == vrf) router.host_port = host_port.id;
  router.policy = std::move(policy);
  router.speaker = std::make_unique<bgp::Speaker>(
      bgp::SpeakerConfig{.name = name,
                         .asn = asn,
                         // Any number that is no other speaker's will do (RFC 6286 §2.1).
                         .identifier = 0x0ae40000u + static_cast<uint32_t>(routers_.size())},
      *router.policy);
  return router;
}

void SessionSetup::add_neighbor(SessionRouter& router, const Link& link, PeerPolicy policy) {
  SessionNeighbor neighbor;
  neighbor.name = link.name + " " + router.name;
  neighbor.session = link.session;
  neighbor.interface = link.interface;
  neighbor.circuit_link = link.circuit_link;
  neighbor.location = link.location;
  neighbor.msee = link.msee;
  neighbor.local = link.local;
  neighbor.remote = link.remote;
  const uint64_t seed = scenario_.seed * 1'000'003 + histories_.size();
  bgp::PeerConfig config;
  config.name = neighbor.name;
  config.session = {.peer_as = link.peer_as,
                    .families = link.families,
                    .hold_time = link.hold,
                    .keepalive = link.keepalive,
                    .connect_retry = kConnectRetry,
                    .idle_hold = kIdleHold,
                    .passive = link.passive,
                    .seed = seed};
  config.local = link.local;
  config.remote = link.remote;
  config.local6 = link.local6;
  config.remote6 = link.remote6;
  if (link.limit) {
    config.max_prefixes[0] = link.limit->v4;
    config.max_prefixes[1] = link.limit->v6;
  }
  neighbor.peer = router.speaker->add_peer(std::move(config));
  router.policy->add_peer(std::move(policy));
  neighbor.tcp = std::make_unique<tcp::Endpoint>(link.local, tcp::Config{.seed = seed, .ttl = 1});
  neighbor.history = histories_.size();
  histories_.push_back({neighbor.name, "bgp", {{0, "Idle"}}});
  if (link.bfd) {
    neighbor.bfd = std::make_unique<bfd::Endpoint>(bfd::EndpointConfig{.seed = seed});
    neighbor.bfd->add(link.local, link.remote,
                      {.desired_min_tx = link.bfd->tx,
                       .required_min_rx = link.bfd->rx,
                       .detect_multiplier = static_cast<uint8_t>(link.bfd->multiplier)},
                      Time());
    neighbor.bfd_history = histories_.size();
    histories_.push_back({neighbor.name, "bfd", {{0, "Down"}}});
  }
  router.neighbors.push_back(std::move(neighbor));
}

PeerPolicy SessionSetup::customer_policy(const Ce& ce, const CircuitLinkInfo& link,
                                         const Peering& peering) const {
  const Circuit& circuit = scenario_.circuits[link.circuit];
  PeerPolicy policy{.kind = PeerPolicy::Kind::msee};
  for (const LocalPreference& entry : ce.local_preference)
    if (same_link(entry.link, circuit, link.link)) policy.local_preference = entry.value;
  if (peering.kind == PeeringKind::microsoft) {
    for (const MarkedPrefix& prefix : peering.advertised_prefixes)
      policy.announced[prefix.prefix.canonical()] = 0;
    return policy;
  }
  for (const Announcement& announcement : ce.announce) {
    const auto& links = announcement.links;
    const bool here = links.empty() || std::any_of(links.begin(), links.end(), [&](auto& ref) {
                        return same_link(ref, circuit, link.link);
                      });
    if (announcement.prefix && here)
      policy.announced[announcement.prefix->canonical()] = announcement.prepend;
  }
  return policy;
}

void SessionSetup::add_customer(size_t index) {
  const Ce& ce = scenario_.onprem[index];
  SessionRouter& router =
      add_router(SessionRouter::Kind::customer, ce.name, topology_.ces[index].vrf, ce.asn,
                 std::make_unique<CustomerPolicy>(ce.asn));
  std::set<net::Prefix> own;
  for (size_t i = 0; i < topology_.circuit_links.size(); i++) {
    const CircuitLinkInfo& info = topology_.circuit_links[i];
    if (info.ce != index) continue;
    const Circuit& circuit = scenario_.circuits[info.circuit];
    for (const PeeringInfo& peering : info.peerings) {
      const PeerPolicy policy = customer_policy(ce, info, *peering.peering);
      for (const auto& [prefix, prepend] : policy.announced) own.insert(prefix);
      const std::optional<PeeringSubnets>* subnets[] = {&peering.peering->ipv4,
                                                        &peering.peering->ipv6};
      for (size_t family = 0; family < 2; family++) {
        if (!*subnets[family]) continue;
        Link link;
        link.session =
            LinkRef{circuit.name, info.link, {}}.str() + "/" + peering_name(*peering.peering);
        link.name = link.session + " " + kFamilyNames[family];
        link.location = circuit.peering_location;
        link.msee = circuit.links[info.link]->msee;
        link.interface = peering.ce_interface;
        link.peer_as = kMseeAsn;
        link.circuit_link = i;
        link.local = (*subnets[family])->customer(info.link);
        link.remote = (*subnets[family])->msee(info.link);
        const Mistake* mistake = mistake_at(ce, circuit.name, info.link);
        if (mistake && mistake->swapped) std::swap(link.local, link.remote);
        link.families = {family == 0 ? bgp::Family::v4 : bgp::Family::v6};
        if (peering.peering->timers) {
          link.hold = peering.peering->timers->hold;
          link.keepalive = peering.peering->timers->keepalive;
        }
        link.bfd = peering.peering->bfd;
        add_neighbor(router, link, policy);
      }
    }
  }
  for (size_t i = 0; i < topology_.vpns.size(); i++) {
    if (topology_.vpns[i].ce != index) continue;
    for (const net::Prefix& prefix : prefixes_over(scenario_, scenario_.vpn[i])) own.insert(prefix);
    add_vpn(router, scenario_.vpn[i], topology_.vpns[i]);
  }
  router.own.assign(own.begin(), own.end());
}

void SessionSetup::add_msee(size_t index, const PeeringInfo& peering) {
  const CircuitLinkInfo& info = topology_.circuit_links[index];
  const Circuit& circuit = scenario_.circuits[info.circuit];
  const bool is_private = peering.peering->kind == PeeringKind::private_peering;
  std::unique_ptr<ExpressRoutePolicy> policy;
  if (is_private)
    policy = std::make_unique<PrivatePeeringPolicy>();
  else
    policy = std::make_unique<MicrosoftPeeringPolicy>();
  SessionRouter& router = add_router(SessionRouter::Kind::msee, circuit.links[info.link]->msee,
                                     peering.msee_vrf, kMseeAsn, std::move(policy));
  Link link;
  link.session = LinkRef{circuit.name, info.link, {}}.str() + "/" + peering_name(*peering.peering);
  link.location = circuit.peering_location;
  link.msee = router.name;
  link.interface = peering.msee_interface;
  link.peer_as = peering.peering->peer_asn;
  link.circuit_link = index;
  link.passive = true;
  link.limit = limits(circuit, *peering.peering);
  if (peering.peering->bfd)
    link.bfd = Bfd{.multiplier = peering.peering->bfd->multiplier};  // an MSEE keeps to 300 ms
  PeerPolicy customer{.kind = PeerPolicy::Kind::customer};
  for (const MarkedPrefix& prefix : peering.peering->advertised_prefixes)
    customer.allowed.push_back(prefix.prefix.canonical());
  const std::optional<PeeringSubnets>* subnets[] = {&peering.peering->ipv4, &peering.peering->ipv6};
  for (size_t family = 0; family < 2; family++) {
    if (!*subnets[family]) continue;
    link.name = link.session + " " + kFamilyNames[family];
    link.local = (*subnets[family])->msee(info.link);
    link.remote = (*subnets[family])->customer(info.link);
    link.families = {family == 0 ? bgp::Family::v4 : bgp::Family::v6};
    add_neighbor(router, link, customer);
  }
  if (!is_private) return;
  for (const BackboneInfo& backbone : topology_.backbones) {
    if (backbone.circuit_link != index) continue;
    const Gateway& gateway = scenario_.gateways[backbone.gateway];
    Link core;
    core.name = router.name + "/" + gateway.name;
    core.location = circuit.peering_location;
    core.msee = router.name;
    core.interface = backbone.msee_interface;
    core.peer_as = gateway.asn;
    core.local = backbone.msee_ip[0];
    core.remote = backbone.gateway_ip[0];
    core.local6 = backbone.msee_ip[1];
    core.remote6 = backbone.gateway_ip[1];
    core.families = {bgp::Family::v4, bgp::Family::v6};
    core.passive = true;
    core.limit = Limits{kGatewayLimit4, kGatewayLimit6};
    add_neighbor(router, core, {.kind = PeerPolicy::Kind::gateway});
  }
}

void SessionSetup::add_gateway(size_t index) {
  const Gateway& gateway = scenario_.gateways[index];
  const GatewayInfo& info = topology_.gateways[index];
  SessionRouter& router = add_router(SessionRouter::Kind::gateway, gateway.name, info.vrf,
                                     gateway.asn, std::make_unique<GatewayPolicy>());
  for (const GatewayInfo::Served& served : info.vnets)
    for (const MarkedPrefix& prefix : scenario_.vnets[served.vnet].prefixes)
      router.own.push_back(prefix.prefix.canonical());
  for (const BackboneInfo& backbone : topology_.backbones) {
    if (backbone.gateway != index) continue;
    const CircuitLinkInfo& circuit_link = topology_.circuit_links[backbone.circuit_link];
    const Circuit& circuit = scenario_.circuits[circuit_link.circuit];
    Link link;
    link.msee = circuit.links[circuit_link.link]->msee;
    link.name = link.msee + "/" + gateway.name;
    link.location = circuit.peering_location;
    link.interface = backbone.gateway_interface;
    link.peer_as = kMseeAsn;
    link.local = backbone.gateway_ip[0];
    link.remote = backbone.msee_ip[0];
    link.local6 = backbone.gateway_ip[1];
    link.remote6 = backbone.msee_ip[1];
    link.families = {bgp::Family::v4, bgp::Family::v6};
    add_neighbor(router, link, {.kind = PeerPolicy::Kind::msee, .weight = backbone.weight});
  }
  for (size_t i = 0; i < topology_.vpns.size(); i++)
    if (topology_.vpns[i].gateway == index) add_vpn(router, scenario_.vpn[i], topology_.vpns[i]);
}

// One end of a connection: ExpressRoute is preferred for the same prefix (Microsoft Learn:
// how-to-configure-coexisting-gateway-portal), on the customer's side by its own preference.
void SessionSetup::add_vpn(SessionRouter& router, const VpnConnection& vpn, const VpnInfo& info) {
  if (!vpn.statics.empty()) return;
  const Ce& ce = scenario_.onprem[info.ce];
  const bool azure = router.kind == SessionRouter::Kind::gateway;
  Link link;
  link.name = link.session = vpn.name;
  link.interface = azure ? info.gateway_interface : info.ce_interface;
  link.peer_as = azure ? ce.asn : scenario_.gateways[info.gateway].asn;
  link.local = azure ? vpn.azure() : vpn.customer();
  link.remote = azure ? vpn.customer() : vpn.azure();
  link.families = {vpn.addresses.address.is_v4() ? bgp::Family::v4 : bgp::Family::v6};
  link.passive = azure;
  PeerPolicy policy{.kind = azure ? PeerPolicy::Kind::customer : PeerPolicy::Kind::gateway};
  policy.local_preference = azure ? kVpnPreference : vpn.local_preference;
  if (!azure)
    for (const net::Prefix& prefix : prefixes_over(scenario_, vpn)) policy.announced[prefix] = 0;
  add_neighbor(router, link, std::move(policy));
}

}  // namespace erbium::cp
