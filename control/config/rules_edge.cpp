// Rules on what stands beside the circuits: VPN connections, the way to the Internet, and a
// router's filter.
#include <algorithm>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

bool emulated(const Scenario& s, const Ce& ce) {
  return std::all_of(ce.links.begin(), ce.links.end(), [&](const LinkRef& link) {
    return find(s.circuits, link.circuit)->links[link.link]->port.empty();
  });
}

void vpn_ends(const Scenario& s, Findings& out) {
  for (const VpnConnection& vpn : s.vpn) {
    const net::Prefix& subnet = vpn.addresses;
    if (!emulated(s, *find(s.onprem, vpn.router)))
      out.error(vpn.router_mark, "router '" + vpn.router +
                                     "' is a real one behind ports; a connection ends at an "
                                     "emulated one, whose links have no port");
    if (subnet.length + 2u > subnet.address.bits() || subnet.canonical() != subnet)
      out.error(vpn.addresses_mark, subnet.str() +
                                        " holds no two usable addresses from its base on; write a "
                                        "/30, such as 169.254.21.0/30");
  }
}

void vpn_addresses(const Scenario& s, Findings& out) {
  for (const VpnConnection& vpn : s.vpn) {
    for (const VpnConnection& other : s.vpn)
      if (&other < &vpn && other.addresses.overlaps(vpn.addresses))
        out.error(vpn.addresses_mark, vpn.addresses.str() + " overlaps that of '" + other.name +
                                          "'; give each connection its own subnet");
    for (const Vnet* vnet : reached_vnets(s, *find(s.gateways, vpn.gateway)))
      for (const MarkedPrefix& space : vnet->prefixes)
        if (space.prefix.overlaps(vpn.addresses))
          out.error(vpn.addresses_mark, vpn.addresses.str() + " overlaps " + space.prefix.str() +
                                            " of vnet '" + vnet->name + "'; use another subnet");
  }
}

void vpn_delay(const Scenario& s, Findings& out) {
  for (const VpnConnection& vpn : s.vpn)
    if (vpn.delay < Duration::us(1))
      out.error(vpn.mark, "the delay of '" + vpn.name + "' is below 1us; write 1us or more");
}

// The port is the gateway's: elsewhere nothing would lead to it.
void internet_port(const Scenario& s, Findings& out) {
  for (const Vnet& vnet : s.vnets)
    if (!vnet.internet.empty() &&
        std::none_of(s.gateways.begin(), s.gateways.end(),
                     [&](const Gateway& gateway) { return gateway.vnet == vnet.name; }))
      out.error(vnet.internet_mark,
                "vnet '" + vnet.name + "' has no gateway; write internet at one that has");
}

void stateful_idle(const Scenario& s, Findings& out) {
  for (const Ce& ce : s.onprem)
    if (ce.flow_age && *ce.flow_age < Duration::s(1))
      out.error(ce.stateful_mark, "idle is below a second; write 1s or more");
}

}  // namespace

std::vector<Rule> edge_rules() {
  const std::string coexistence = learn("how-to-configure-coexisting-gateway-portal");
  return {
      {{"vpn-ends", Severity::error,
        "A connection has an emulated router at its end and a subnet with two usable addresses.",
        "erbium: vpn"},
       vpn_ends},
      {{"vpn-addresses", Severity::error,
        "The subnets of connections are distinct from each other and from virtual networks.",
        coexistence},
       vpn_addresses},
      {{"vpn-delay", Severity::error, "A connection has a delay of 1 us or more.", "erbium: vpn"},
       vpn_delay},
      {{"internet-port", Severity::error,
        "The way to the Internet begins in a network with a gateway.", "erbium: vnets"},
       internet_port},
      {{"stateful-idle", Severity::error, "A filter remembers flows for a second or more.",
        "RFC 6092 section 3.2"},
       stateful_idle},
  };
}

}  // namespace erbium::cp
