// Makes the speakers of a scenario from its topology: who peers with whom, from which address, by
// which policy (Microsoft Learn: expressroute-routing, expressroute-bfd, the prefix limits of
// azure-subscription-service-limits).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/config/scenario.h"
#include "control/expressroute/session_router.h"
#include "control/expressroute/topology.h"

namespace erbium::cp {

class SessionSetup {
 public:
  SessionSetup(const Scenario& scenario, const Topology& topology,
               std::vector<SessionRouter>& routers, std::vector<SessionHistory>& histories)
      : scenario_(scenario), topology_(topology), routers_(routers), histories_(histories) {}

  // Customers' routers first, then MSEEs by circuit link and peering, gateways, Microsoft edges.
  void build();

 private:
  // Prefixes that a peer may announce.
  struct Limits {
    uint32_t v4 = 0, v6 = 0;
    std::optional<Duration> retry_after;
  };
  // One end of a neighbourship: a session for each family on a circuit's link, one for both
  // families on the backbone.
  struct Link {
    std::string name, session, location, msee;
    uint32_t interface = 0, peer_as = 0, bundle = 0;
    std::optional<size_t> circuit_link;
    net::Ip local, remote;
    std::optional<net::Prefix> subnet;  // of a circuit's link
    std::optional<net::Ip> local6, remote6;
    std::vector<bgp::Family> families;
    Duration hold = Duration::s(180), keepalive = Duration::s(60);  // an MSEE's
    bool passive = false;
    std::optional<Bfd> bfd;
    std::optional<Limits> limit;
    std::optional<bgp::GracefulRestart> graceful_restart;
  };

  static Limits limits(const Circuit& circuit, const Peering& peering);
  // `config` with AS number and limits; name and identifier are filled in.
  SessionRouter& add_router(SessionRouter::Kind kind, const std::string& name, uint32_t vrf,
                            bgp::SpeakerConfig config, std::unique_ptr<ExpressRoutePolicy> policy);
  static bgp::PeerConfig peer_config(const Link& link, const std::string& name, uint64_t seed);
  void add_neighbor(SessionRouter& router, const Link& link, PeerPolicy policy);
  void add_bfd(SessionNeighbor& neighbor, const Bfd& bfd, uint64_t seed);
  void add_customer(size_t ce);
  void add_msee(size_t circuit_link, const PeeringInfo& peering);
  void add_gateways(SessionRouter& router, size_t circuit_link);
  void add_microsoft_edges(SessionRouter& router, size_t circuit_link);
  Link circuit_link(size_t index, const Peering& peering, const PeeringSubnets& subnets) const;
  Link customer_link(const Ce& ce, size_t index, const PeeringInfo& peering,
                     const PeeringSubnets& subnets) const;
  Link msee_link(size_t index, const PeeringInfo& peering, const PeeringSubnets& subnets) const;
  void add_gateway(size_t gateway);
  void add_microsoft_edge(size_t edge);
  Link backbone_link(const BackboneInfo& backbone, const std::string& far_name, bool at_msee) const;
  void add_vpn(SessionRouter& router, const VpnConnection& vpn, const VpnInfo& info);
  PeerPolicy customer_policy(const Ce& ce, const CircuitLinkInfo& link,
                             const Peering& peering) const;

  const Scenario& scenario_;
  const Topology& topology_;
  std::vector<SessionRouter>& routers_;
  std::vector<SessionHistory>& histories_;
};

}  // namespace erbium::cp
