// Rules on what stands beside the circuits: VPN connections, the way to the Internet, a router's
// filter, MTUs of ways, and faults at a customer's end.
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

// RFC 8200 section 5: a link with a smaller one would have to fragment below IPv6.
constexpr uint32_t kLeastMtu6 = 1280;

void path_mtu(const Scenario& s, Findings& out) {
  for (const Gateway& gateway : s.gateways) {
    if (!gateway.path_mtu && gateway.over_path_mtu_mark.line != 0)
      out.error(gateway.over_path_mtu_mark,
                "gateway '" + gateway.name + "' has no path_mtu; write one, such as 1400");
    if (gateway.path_mtu && *gateway.path_mtu > 1500)
      out.warning(gateway.path_mtu_mark,
                  "the links carry 1500 bytes, so that a path_mtu above it changes nothing");
    if (!gateway.path_mtu || *gateway.path_mtu >= kLeastMtu6) continue;
    for (const Vnet* vnet : reached_vnets(s, gateway))
      if (std::any_of(vnet->prefixes.begin(), vnet->prefixes.end(),
                      [](const MarkedPrefix& space) { return !space.prefix.address.is_v4(); }))
        out.error(gateway.path_mtu_mark, "vnet '" + vnet->name +
                                             "' has IPv6, which needs 1280 bytes; write 1280 or "
                                             "more");
  }
}

void scale_units(const Scenario& s, Findings& out) {
  for (const Gateway& gateway : s.gateways)
    if (gateway.scale_units_mark.line != 0 && gateway.sku != "ErGwScale")
      out.error(gateway.scale_units_mark, "a gateway of size " + gateway.sku +
                                              " has no scale units; write sku: ErGwScale, or "
                                              "remove scale_units");
}

void flow_idle(const Scenario& s, Findings& out) {
  for (const Gateway& gateway : s.gateways)
    if (gateway.flow_idle < Duration::ms(1))
      out.error(gateway.mark, "gateway '" + gateway.name +
                                  "' forgets flows at once; write a flow_idle of 1ms or more");
}

void link_mtu6(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (const Peering* peering : peerings(circuit))
      for (const auto& link : circuit.links)
        if (link && link->mtu < kLeastMtu6 && peering->ipv6)
          out.error(link->mtu_mark, "a peering of '" + circuit.name +
                                        "' has IPv6, which needs 1280 bytes; write 1280 or more");
}

// What is wrong at the customer's end of a private peering needs one that is emulated.
void customer_faults(const Scenario& s, Findings& out) {
  const auto need_peering = [&](const Circuit& circuit, const SourceMark& mark) {
    if (!circuit.private_peering)
      out.error(mark, "circuit '" + circuit.name + "' has no private peering; name one that has");
  };
  const auto need_router = [&](const Circuit& circuit, size_t link, const SourceMark& mark) {
    if (circuit.links[link] && !circuit.links[link]->port.empty())
      out.error(mark, "link " + LinkRef{circuit.name, link, {}}.str() +
                          " ends at a port, whose router is not emulated; name a link without a "
                          "port");
  };
  using Verb = TimelineEvent::Verb;
  for (const TimelineEvent& event : s.timeline) {
    if (event.verb != Verb::arp_mute && event.verb != Verb::wrong_vlan) continue;
    const Circuit& circuit = *find(s.circuits, event.circuit);
    need_peering(circuit, event.target_mark);
    for (size_t i = 0; i < kLinkNames.size(); i++)
      if (!event.link || *event.link == i) need_router(circuit, i, event.target_mark);
  }
  for (const Ce& ce : s.onprem)
    for (const Mistake& mistake : ce.mistakes) {
      const LinkRef& link = mistake.link;
      const Circuit& circuit = *find(s.circuits, link.circuit);
      need_peering(circuit, link.mark);
      need_router(circuit, link.link, link.mark);
      if (circuit.private_peering && !circuit.private_peering->enabled)
        out.error(link.mark, "the private peering of '" + circuit.name +
                                 "' is disabled, so nothing can be wrong at its ends; remove the "
                                 "mistake or the state");
      if (mistake_at(ce, link.circuit, link.link) != &mistake)
        out.error(link.mark, "the mistakes at link " + link.str() +
                                 " are listed above; write them all in that entry");
    }
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
      {{"path-mtu", Severity::error,
        "A gateway's path MTU is 1500 bytes or less (warning), and 1280 or more with IPv6.",
        learn("expressroute-faqs") + "; RFC 8200 section 5"},
       path_mtu},
      {{"scale-units", Severity::error, "Only gateways of size ErGwScale have scale units.",
        learn("scalable-gateway")},
       scale_units},
      {{"flow-idle", Severity::error, "A gateway remembers flows for a millisecond or more.",
        "erbium: gateways"},
       flow_idle},
      {{"link-mtu6", Severity::error, "A link with IPv6 carries packets of 1280 bytes.",
        "RFC 8200 section 5"},
       link_mtu6},
      {{"customer-faults", Severity::error,
        "Faults and mistakes of the customer's end are at an emulated router's private peering, "
        "the mistakes of a link in one entry.",
        "erbium: timeline, onprem"},
       customer_faults},
  };
}

}  // namespace erbium::cp
