// Makes the speakers of a scenario from its topology: who peers with whom, from which address, by
// which policy (Microsoft Learn: expressroute-routing, expressroute-bfd, the prefix limits of
// azure-subscription-service-limits).
#pragma once

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

  // Customers' routers first, then MSEEs by circuit link and peering, then gateways.
  void build();

 private:
  struct Link;  // one end of a neighbourship
  SessionRouter& add_router(SessionRouter::Kind kind, const std::string& name, uint32_t vrf,
                            uint32_t asn, std::unique_ptr<ExpressRoutePolicy> policy);
  void add_neighbor(SessionRouter& router, const Link& link, PeerPolicy policy);
  void add_customer(size_t ce);
  void add_msee(size_t circuit_link, const PeeringInfo& peering);
  void add_gateway(size_t gateway);
  void add_vpn(SessionRouter& router, const VpnConnection& vpn, const VpnInfo& info);
  PeerPolicy customer_policy(const Ce& ce, const CircuitLinkInfo& link,
                             const Peering& peering) const;

  const Scenario& scenario_;
  const Topology& topology_;
  std::vector<SessionRouter>& routers_;
  std::vector<SessionHistory>& histories_;
};

}  // namespace erbium::cp
