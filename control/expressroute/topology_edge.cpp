#include "control/expressroute/topology_edge.h"

namespace erbium::cp {

void make_mistake(const Scenario& scenario, const CircuitLinkInfo& link, const Peering& peering,
                  InterfaceInfo& customer) {
  if (!link.ce || peering.kind != PeeringKind::private_peering) return;
  const Circuit& circuit = scenario.circuits[link.circuit];
  const Mistake* mistake = mistake_at(scenario.onprem[*link.ce], circuit.name, link.link);
  if (!mistake) return;
  if (mistake->vlan)
    (circuit.s_tag ? customer.inner_vid : customer.outer_vid) =
        static_cast<uint16_t>(*mistake->vlan);
  if (!mistake->swapped) return;
  customer.addresses.clear();
  for (const auto* subnets : {&peering.ipv4, &peering.ipv6})
    if (*subnets) customer.addresses.push_back((*subnets)->msee(link.link));
}

}  // namespace erbium::cp
