// What routers are beyond the plan of addresses: the mistakes made at a customer's end of a peering.
#pragma once

#include "control/expressroute/topology.h"

namespace erbium::cp {

// Where the scenario has one for the customer's end of the peering: spoils the tags and addresses
// that it has.
void make_mistake(const Scenario& scenario, const CircuitLinkInfo& link, const Peering& peering,
                  InterfaceInfo& customer);

}  // namespace erbium::cp
