#include "control/expressroute/session_setup.h"

#include "control/expressroute/announced.h"

namespace erbium::cp {
namespace {

// A session that was lost is tried again soon: emulated customers have no reason to wait.
constexpr Duration kConnectRetry = Duration::s(5), kIdleHold = Duration::s(1);
constexpr uint32_t kVpnPreference = 50;  // at a gateway, below the 100 of its circuits

const char* peering_name(const Peering& peering) {
  return peering.kind == PeeringKind::private_peering ? "private" : "microsoft";
}

bool same_link(const LinkRef& ref, const Circuit& circuit, size_t link) {
  return ref.circuit == circuit.name && ref.link == link;
}

}  // namespace

// Prefixes that an MSEE takes from the customer.
SessionSetup::Limits SessionSetup::limits(const Circuit& circuit, const Peering& peering) {
  Limits out{200, 200, {}};
  if (peering.kind == PeeringKind::private_peering)
    out = {circuit.tier == Circuit::Tier::premium ? 10'000u : 4'000u, 100, {}};
  if (!peering.max_prefixes) return out;
  if (peering.max_prefixes->ipv4 != 0) out.v4 = peering.max_prefixes->ipv4;
  if (peering.max_prefixes->ipv6 != 0) out.v6 = peering.max_prefixes->ipv6;
  out.retry_after = peering.max_prefixes->retry_after;
  return out;
}

void SessionSetup::build() {
  for (size_t i = 0; i < topology_.ces.size(); i++)
    if (topology_.ces[i].node != 0) add_customer(i);
  for (size_t i = 0; i < topology_.circuit_links.size(); i++)
    for (const PeeringInfo& peering : topology_.circuit_links[i].peerings) add_msee(i, peering);
  for (size_t i = 0; i < topology_.gateways.size(); i++) add_gateway(i);
  for (size_t i = 0; i < topology_.microsoft_edges.size(); i++) add_microsoft_edge(i);
}

SessionRouter& SessionSetup::add_router(SessionRouter::Kind kind, const std::string& name,
                                        uint32_t vrf, bgp::SpeakerConfig config,
                                        std::unique_ptr<ExpressRoutePolicy> policy) {
  SessionRouter& router = routers_.emplace_back();
  router.kind = kind;
  router.name = name;
  router.vrf = vrf;
  for (const HostPortInfo& host_port : topology_.host_ports)
    if (host_port.vrf == vrf) router.host_port = host_port.id;
  router.policy = std::move(policy);
  config.name = name;
  // Any number that is no other speaker's will do (RFC 6286 §2.1).
  config.identifier = 0x0ae40000u + static_cast<uint32_t>(routers_.size());
  router.speaker = std::make_unique<bgp::Speaker>(std::move(config), *router.policy);
  return router;
}

bgp::PeerConfig SessionSetup::peer_config(const Link& link, const std::string& name,
                                          uint64_t seed) {
  bgp::PeerConfig config;
  config.name = name;
  config.session = {.peer_as = link.peer_as,
                    .families = link.families,
                    .hold_time = link.hold,
                    .keepalive = link.keepalive,
                    .connect_retry = kConnectRetry,
                    .idle_hold = kIdleHold,
                    .passive = link.passive,
                    .graceful_restart = link.graceful_restart,
                    .seed = seed};
  config.local = link.local;
  config.remote = link.remote;
  config.local6 = link.local6;
  config.remote6 = link.remote6;
  if (link.subnet) (link.subnet->address.is_v4() ? config.subnet : config.subnet6) = link.subnet;
  config.bundle = link.bundle;
  if (link.limit) {
    config.max_prefixes[0] = link.limit->v4;
    config.max_prefixes[1] = link.limit->v6;
    config.restart_after = link.limit->retry_after;
  }
  return config;
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
  neighbor.peer = router.speaker->add_peer(peer_config(link, neighbor.name, seed));
  router.policy->add_peer(std::move(policy));
  neighbor.tcp = std::make_unique<tcp::Endpoint>(link.local, tcp::Config{.seed = seed, .ttl = 1});
  neighbor.history = histories_.size();
  histories_.push_back({neighbor.name, "bgp", {{0, "Idle"}}});
  if (link.bfd) add_bfd(neighbor, *link.bfd, seed);
  router.neighbors.push_back(std::move(neighbor));
}

void SessionSetup::add_bfd(SessionNeighbor& neighbor, const Bfd& bfd, uint64_t seed) {
  neighbor.bfd = std::make_unique<bfd::Endpoint>(bfd::EndpointConfig{.seed = seed});
  neighbor.bfd->add(neighbor.local, neighbor.remote,
                    {.desired_min_tx = bfd.tx,
                     .required_min_rx = bfd.rx,
                     .detect_multiplier = static_cast<uint8_t>(bfd.multiplier)},
                    Time());
  neighbor.bfd_history = histories_.size();
  histories_.push_back({neighbor.name, "bfd", {{0, "Down"}}});
}

PeerPolicy SessionSetup::customer_policy(const Ce& ce, const CircuitLinkInfo& link,
                                         const Peering& peering) const {
  const Circuit& circuit = scenario_.circuits[link.circuit];
  PeerPolicy policy{.kind = PeerPolicy::Kind::msee, .peering = peering.kind};
  for (const LocalPreference& entry : ce.local_preference)
    if (same_link(entry.link, circuit, link.link)) policy.local_preference = entry.value;
  each_announced(ce, circuit, link.link, peering,
                 [&](const net::Prefix& prefix, const RouteMarks& marks, const auto* file) {
                   policy.announced.try_emplace(prefix, announced_attributes(ce.asn, marks, file));
                 });
  return policy;
}

// The customer's end of a peering's session over a circuit's link, in one family.
SessionSetup::Link SessionSetup::customer_link(const Ce& ce, size_t index,
                                               const PeeringInfo& peering,
                                               const PeeringSubnets& subnets) const {
  const CircuitLinkInfo& info = topology_.circuit_links[index];
  const Circuit& circuit = scenario_.circuits[info.circuit];
  Link link = circuit_link(index, *peering.peering, subnets);
  link.interface = peering.ce_interface;
  link.peer_as = kMseeAsn;
  link.local = subnets.customer(info.link);
  link.remote = subnets.msee(info.link);
  const Mistake* mistake = mistake_at(ce, circuit.name, info.link);
  if (mistake && mistake->swapped) std::swap(link.local, link.remote);
  if (peering.peering->timers) {
    link.hold = peering.peering->timers->hold;
    link.keepalive = peering.peering->timers->keepalive;
  }
  link.bfd = peering.peering->bfd;
  if (ce.restart_time)
    link.graceful_restart = bgp::GracefulRestart{
        .restart_time = static_cast<uint16_t>(ce.restart_time->ns() / Duration::s(1).ns()),
        .families = {{link.families.front(), true}}};
  return link;
}

// What both ends of it have in common.
SessionSetup::Link SessionSetup::circuit_link(size_t index, const Peering& peering,
                                              const PeeringSubnets& subnets) const {
  const CircuitLinkInfo& info = topology_.circuit_links[index];
  const Circuit& circuit = scenario_.circuits[info.circuit];
  Link link;
  link.subnet = subnets.subnet[info.link].canonical();
  const bool v4 = link.subnet->address.is_v4();
  link.session = LinkRef{circuit.name, info.link, {}}.str() + "/" + peering_name(peering);
  link.name = link.session + (v4 ? " ipv4" : " ipv6");
  link.families = {v4 ? bgp::Family::v4 : bgp::Family::v6};
  link.location = circuit.peering_location;
  link.msee = circuit.links[info.link]->msee;
  link.circuit_link = index;
  return link;
}

void SessionSetup::add_customer(size_t index) {
  const Ce& ce = scenario_.onprem[index];
  SessionRouter& router =
      add_router(SessionRouter::Kind::customer, ce.name, topology_.ces[index].vrf, {.asn = ce.asn},
                 std::make_unique<CustomerPolicy>());
  std::set<net::Prefix> own;
  for (size_t i = 0; i < topology_.circuit_links.size(); i++) {
    const CircuitLinkInfo& info = topology_.circuit_links[i];
    if (info.ce != index) continue;
    for (const PeeringInfo& peering : info.peerings) {
      const PeerPolicy policy = customer_policy(ce, info, *peering.peering);
      for (const auto& [prefix, attributes] : policy.announced) own.insert(prefix);
      for (const auto* subnets : {&peering.peering->ipv4, &peering.peering->ipv6})
        if (*subnets) add_neighbor(router, customer_link(ce, i, peering, **subnets), policy);
    }
  }
  for (size_t i = 0; i < topology_.vpns.size(); i++) {
    if (topology_.vpns[i].ce != index) continue;
    for (const net::Prefix& prefix : prefixes_over(scenario_, scenario_.vpn[i])) own.insert(prefix);
    add_vpn(router, scenario_.vpn[i], topology_.vpns[i]);
  }
  for (const net::Prefix& prefix : own) router.own.push_back({prefix, {}});
}

// The MSEE's end of what customer_link() is the other of.
SessionSetup::Link SessionSetup::msee_link(size_t index, const PeeringInfo& peering,
                                           const PeeringSubnets& subnets) const {
  const CircuitLinkInfo& info = topology_.circuit_links[index];
  Link link = circuit_link(index, *peering.peering, subnets);
  link.interface = peering.msee_interface;
  link.peer_as = peering.peering->peer_asn;
  link.local = subnets.msee(info.link);
  link.remote = subnets.customer(info.link);
  link.passive = true;
  link.limit = limits(scenario_.circuits[info.circuit], *peering.peering);
  if (peering.peering->bfd)
    link.bfd = Bfd{.multiplier = peering.peering->bfd->multiplier};  // an MSEE keeps to 300 ms
  // No family: it helps routers that restart, and does not say that it would come back itself.
  if (info.ce && scenario_.onprem[*info.ce].restart_time)
    link.graceful_restart = bgp::GracefulRestart{};
  return link;
}

void SessionSetup::add_msee(size_t index, const PeeringInfo& peering) {
  const CircuitLinkInfo& info = topology_.circuit_links[index];
  const bool is_private = peering.peering->kind == PeeringKind::private_peering;
  std::unique_ptr<ExpressRoutePolicy> policy;
  if (is_private)
    policy = std::make_unique<PrivatePeeringPolicy>();
  else
    policy = std::make_unique<MicrosoftPeeringPolicy>();
  SessionRouter& router =
      add_router(SessionRouter::Kind::msee, scenario_.circuits[info.circuit].links[info.link]->msee,
                 peering.msee_vrf, {.asn = kMseeAsn}, std::move(policy));
  PeerPolicy customer{.kind = PeerPolicy::Kind::customer};
  for (const MarkedPrefix& prefix : peering.peering->advertised_prefixes)
    customer.allowed.push_back(prefix.prefix.canonical());
  if (peering.peering->route_filter) customer.filter = peering.peering->route_filter->communities;
  for (const auto* subnets : {&peering.peering->ipv4, &peering.peering->ipv6})
    if (*subnets) add_neighbor(router, msee_link(index, peering, **subnets), customer);
  if (is_private)
    add_gateways(router, index);
  else
    add_microsoft_edges(router, index);
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
    for (const net::Prefix& prefix : prefixes_over(scenario_, vpn))
      policy.announced[prefix] = announced_attributes(ce.asn, {}, nullptr);
  add_neighbor(router, link, std::move(policy));
}

}  // namespace erbium::cp
