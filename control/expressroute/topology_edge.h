// What routers are beyond the plan of addresses: a gateway's own addresses, path MTU and size, what
// each says by ICMP, and the mistakes made at a customer's end of a peering.
#pragma once

#include <string>
#include <vector>

#include "control/expressroute/topology.h"

namespace erbium::cp {

// At most one a family: Azure keeps the first four addresses of a subnet for itself (Microsoft
// Learn: virtual-networks-faq); the gateway's first instance has the next one of its GatewaySubnet.
std::vector<net::Ip> own_addresses(const Scenario& scenario, const Gateway& gateway);

// The gateway's path MTU, at an interface towards its network or the circuits.
void limit_mtu(InterfaceInfo& interface, const Gateway& gateway);

// What the gateways' sizes carry, one for each direction, where that is enforced.
void add_capacities(const Scenario& scenario, Topology& topology);

// What the router says by ICMP.
IcmpOptions icmp_of(const Scenario& scenario, const std::string& router);

// Where the scenario has one for the customer's end of the peering: spoils the tags and addresses
// that it has. `trunk` is the customer's end of the link.
void make_mistake(const Scenario& scenario, const CircuitLinkInfo& link, const Peering& peering,
                  InterfaceInfo& customer, TrunkInfo& trunk);

}  // namespace erbium::cp
