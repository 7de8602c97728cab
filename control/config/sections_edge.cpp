// Sections beside the circuits: VPN connections, what a customer's router may have between its LAN
// and its links, and what routers say by ICMP.
#include "control/config/shape.h"

namespace erbium::cp {

const Object& vpn_object() {
  static const Object table{
      "vpn.NAME",
      "A site-to-site connection over the Internet between a customer's router and the gateway's "
      "network: a way beside the circuits, for private peering only. The same prefix goes by "
      "ExpressRoute, a longer one by the connection. Its packets are not encrypted here.",
      {{"gateway", scalar(name_type()), "The gateway whose network it ends in.", true},
       {"router", scalar(name_type()), "The customer's router in section `onprem`.", true},
       {"addresses", scalar(prefix_type()),
        "Subnet of the tunnel: the first usable address is the customer's, the second Azure's.",
        true},
       {"rate", scalar(rate_type()), "Rate of the way over the Internet.", false, "1Gbps"},
       {"delay", scalar(duration_type()), "Its propagation delay, each way; at least 1us.", false,
        "15ms"},
       {"queue", scalar(duration_type()), "Longest wait before tail drop.", false, "10ms"},
       {"mtu", scalar(integer_type(576, 9216)), "Largest IP packet in bytes.", false, "1400"},
       {"local_preference", scalar(integer_type(0, UINT32_MAX)),
        "At the customer's router; its circuits have 100.", false, "50"},
       {"announce", list(scalar(prefix_type())),
        "What the router announces over it; absent: what it announces on all its links."},
       {"static", list(scalar(prefix_type())),
        "Prefixes that lead to the customer without BGP, for as long as the connection exists."}}};
  return table;
}

const Object& stateful_object() {
  static const Object table{
      "onprem.NAME.stateful",
      "It knows 65,536 flows and drops what belongs to none: `flow_unknown`, `flow_other_way`.",
      {{"idle", scalar(duration_type()), "A flow that was silent for longer is forgotten.", false,
        "120s"}}};
  return table;
}

const Object& mistake_object() {
  static const Object table{
      "onprem.NAME.mistakes",
      "The router's end of a private peering departs from what was agreed.",
      {{"link", scalar(link_type()), "The link.", true},
       {"vlan", scalar(integer_type(1, 4094, "VLAN id")), "Tag it uses in place of the peering's."},
       {"ethertype", scalar(integer_type(0x600, 0xffff, "EtherType")),
        "EtherType of its outer tag in place of the circuit's, such as 0x88a8."},
       {"swapped", scalar(boolean_type()),
        "It takes the MSEE's address, and expects its own there.", false, "false"},
       {"mute", scalar(boolean_type()),
        "It says nothing by ARP and ND: it neither answers nor asks.", false, "false"}},
      {},
      {"vlan", "ethertype", "swapped", "mute"}};
  return table;
}

const Object& icmp_object() {
  static const Object table{
      "icmp",
      "What routers say by ICMP and ICMPv6 of their own accord. Microsoft documents it for none of "
      "its routers; docs/edge.md says what is answered.",
      {{"echo", scalar(boolean_type()), "They answer pings of their addresses.", false, "true"},
       {"errors", scalar(boolean_type()),
        "They tell senders why packets ended: time exceeded, unreachable, too big.", false, "true"},
       {"rate", scalar(integer_type(1, 1'000'000)), "Errors a second of one router.", false, "100"},
       {"burst", scalar(integer_type(1, 1'000'000)), "Errors of one router at once.", false, "50"},
       {"routers", map(name_type(), object(router_icmp_object())),
        "Routers that differ: an MSEE, a gateway, a Microsoft edge or an onprem router."}}};
  return table;
}

const Object& router_icmp_object() {
  static const Object table{
      "icmp.routers.NAME",
      "What is absent is as section `icmp` has it.",
      {{"echo", scalar(boolean_type()), "It answers pings of its addresses."},
       {"errors", scalar(boolean_type()), "It tells senders why packets ended."},
       {"rate", scalar(integer_type(1, 1'000'000)), "Errors a second."},
       {"burst", scalar(integer_type(1, 1'000'000)), "Errors at once."}}};
  return table;
}

}  // namespace erbium::cp
