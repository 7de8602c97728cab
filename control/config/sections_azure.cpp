// Sections: gateways, virtual networks, security groups, route tables, MACsec, IPsec and the
// customer's routers.
#include "control/config/communities.h"
#include "control/config/shape.h"

namespace erbium::cp {

namespace {

std::vector<std::string> region_names() {
  std::vector<std::string> out;
  for (const AzureRegion& region : azure_regions()) out.emplace_back(region.name);
  return out;
}

}  // namespace

const Object& gateway_object() {
  static const Object table{
      "gateways.NAME",
      "An ExpressRoute virtual network gateway.",
      {
          {"sku",
           scalar(words_type({"Standard", "HighPerformance", "UltraPerformance", "ErGw1AZ",
                              "ErGw2AZ", "ErGw3AZ", "ErGwScale"})),
           "Size. Where it is written, what it carries is enforced: bits and packets a second in "
           "each direction, and flows.",
           false, "ErGw1AZ"},
          {"caps", scalar(boolean_type()),
           "Whether what the size carries is enforced; absent: where sku is written."},
          {"scale_units", scalar(integer_type(1, 40)), "Of ErGwScale: each carries 1 Gbps.", false,
           "1"},
          {"flow_idle", scalar(duration_type()),
           "A flow is forgotten after so long a silence. Azure does not document its own.", false,
           "4min"},
          {"asn", scalar(integer_type(1, UINT32_MAX, "AS number")), "AS number.", false, "65515"},
          {"vnet", scalar(name_type()), "Virtual network it stands in.", true},
          {"circuits", list(object(gateway_circuit_object())), "Connections.", true},
          {"path_mtu", scalar(integer_type(576, 9216)),
           "Largest IP packet that it passes between virtual network and circuits; Microsoft's "
           "documents say 1400. Absent: what its links and ports carry."},
          {"over_path_mtu", scalar(words_type({"fragment", "icmp_frag_needed", "silent_drop"})),
           "What becomes of longer packets that have DF set; others are fragmented. IPv6 is never "
           "fragmented: in place of that its sender is told.",
           false, "fragment"},
      }};
  return table;
}

const Object& gateway_circuit_object() {
  static const Object table{
      "gateways.NAME.circuits",
      "A connection of the gateway to a circuit's private peering.",
      {
          {"id", scalar(name_type()), "Name of the circuit.", true},
          {"weight", scalar(integer_type(0, 32000)),
           "Higher wins, after the longest prefix and before the AS path.", false, "0"},
          {"fastpath", scalar(boolean_type()), "Packets to virtual machines pass the gateway by.",
           false, "false"},
      }};
  return table;
}

const Object& vnet_object() {
  static const Object table{
      "vnets.NAME",
      "Its address spaces are announced over the private peering, subnets are not.",
      {
          {"prefixes", list(scalar(prefix_type())), "Address spaces.", true},
          {"peerings", list(object(vnet_peering_object())), "Peerings to other virtual networks."},
          {"subnets", map(name_type(), object(subnet_object())),
           "Subnets; a gateway needs one called GatewaySubnet."},
          {"port", scalar(name_type()),
           "Port that delivered packets leave by; absent: they end in the virtual network."},
          {"region", scalar(words_type(region_names())),
           "Azure region. Its community goes with the prefixes where there is a custom one."},
          {"community", scalar(community_type()),
           "Custom BGP community of the network, from \"12076:20000\" to \"12076:49999\"."},
          {"internet", scalar(name_type()),
           "Port of Azure's way to the Internet: with a gateway in the network, its system route "
           "of length 0 leads there while no session brings another."},
      }};
  return table;
}

const Object& microsoft_edge_object() {
  static const Object table{
      "microsoft_edges.NAME",
      "A router of Microsoft's network behind the MSEEs, with public prefixes of its services. It "
      "is where Microsoft peering leads; a route filter decides which prefixes a customer gets.",
      {
          {"asn", scalar(integer_type(1, UINT32_MAX, "AS number")), "AS number.", false, "8075"},
          {"port", scalar(name_type()),
           "Port that packets to its prefixes leave by; absent: they end there."},
          {"prefixes", list(object(service_prefix_object())), "What it announces.", true},
      }};
  return table;
}

const Object& service_prefix_object() {
  static const Object table{
      "microsoft_edges.NAME.prefixes",
      "Prefixes of one service.",
      {{"prefix", scalar(prefix_type()), "The prefix.", true},
       {"count", scalar(integer_type(1, kMostPrefixes)),
        "So many prefixes of that length, one behind the other.", false, "1"},
       {"communities", list(scalar(community_type())),
        "Service and region, in quotes: \"12076:5060\" is Microsoft Entra ID, \"12076:52002\" "
        "Storage in West Europe.",
        true}}};
  return table;
}

const Object& vnet_peering_object() {
  static const Object table{"vnets.NAME.peerings",
                            "Works in both directions.",
                            {{"to", scalar(name_type()), "The other virtual network.", true},
                             {"gateway_transit", scalar(boolean_type()),
                              "The other network uses this network's gateway.", false, "false"}}};
  return table;
}

const Object& subnet_object() {
  static const Object table{
      "vnets.NAME.subnets.NAME",
      "A part of the network's address spaces.",
      {{"prefix", scalar(prefix_type()), "Its prefix.", true},
       {"nsg", scalar(name_type()), "Security group in section `nsgs`."},
       {"routes", scalar(name_type()), "Route table in section `route_tables`."}}};
  return table;
}

const Object& nsg_rule_object() {
  static const Object table{
      "nsgs.NAME",
      "Rules are evaluated by priority, the lowest number first.",
      {{"name", scalar(name_type()), "Name of the rule.", true},
       {"priority", scalar(integer_type(100, 4096)), "Unique in the group and direction.", true},
       {"dir", scalar(words_type({"in", "out"})), "Direction, seen from the subnet.", true},
       {"access", scalar(words_type({"allow", "deny"})), "Verdict.", true},
       {"proto", scalar(words_type({"*", "tcp", "udp", "icmp", "esp", "ah"})), "Protocol.", false,
        "*"},
       {"src", scalar(match_address_type()), "Source.", false, "*"},
       {"sport", scalar(match_port_type()), "Source port.", false, "*"},
       {"dst", scalar(match_address_type()), "Destination.", false, "*"},
       {"dport", scalar(match_port_type()), "Destination port.", false, "*"}}};
  return table;
}

const Object& route_table_object() {
  static const Object table{"route_tables.NAME",
                            "User-defined routes win over BGP routes of the same prefix.",
                            {{"bgp_propagation", scalar(boolean_type()),
                              "Whether the gateway's routes apply.", false, "true"},
                             {"routes", list(object(route_object())), "Routes.", true}}};
  return table;
}

const Object& route_object() {
  static const Object table{"route_tables.NAME.routes",
                            "One route.",
                            {{"prefix", scalar(prefix_type()), "Destination.", true},
                             {"next_hop", object(next_hop_object()), "Next hop.", true}}};
  return table;
}

const Object& next_hop_object() {
  static const Object table{"route_tables.NAME.routes.next_hop",
                            "A virtual appliance needs its address.",
                            {{"type",
                              scalar(words_type({"virtual_appliance", "virtual_network_gateway",
                                                 "vnet_local", "internet", "none"})),
                              "Kind of next hop.", true},
                             {"ip", scalar(ip_type()), "Address of the appliance."}},
                            {},
                            {},
                            "type",
                            {{"virtual_appliance", {"ip"}, {}},
                             {"virtual_network_gateway", {}, {}},
                             {"vnet_local", {}, {}},
                             {"internet", {}, {}},
                             {"none", {}, {}}}};
  return table;
}

const Object& macsec_object() {
  static const Object table{
      "macsec.NAME",
      "A pre-shared connectivity association for the links of ExpressRoute Direct.",
      {{"cipher",
        scalar(words_type({"gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256"})),
        "Cipher suite.", true},
       {"sci", scalar(boolean_type()), "Whether frames carry the secure channel identifier.", false,
        "true"},
       {"ckn", object(secret_object()), "Name of the association key.", true},
       {"cak", object(secret_object()), "The association key.", true}}};
  return table;
}

const Object& ipsec_object() {
  static const Object table{
      "ipsec.NAME",
      "A site-to-site tunnel over a peering.",
      {{"over", scalar(tunnel_over_type()), "The peering that carries it.", true},
       {"mode", scalar(words_type({"tunnel", "transport"})), "Mode of ESP.", false, "tunnel"},
       {"ike", scalar(integer_type(1, 2)), "Version of IKE.", false, "2"},
       {"esp", scalar(words_type({"aes128gcm", "aes192gcm", "aes256gcm"})), "Cipher of ESP.", false,
        "aes256gcm"},
       {"local", scalar(ip_type()), "Address of the VPN gateway in Azure.", true},
       {"remote", scalar(ip_type()), "Address of the customer's VPN device.", true},
       {"psk", object(secret_object()), "Pre-shared key.", true},
       {"lifetime", scalar(duration_type()), "Lifetime of ESP keys.", false, "27000s"}}};
  return table;
}

const Object& ce_object() {
  static const Object table{
      "onprem.NAME",
      "An emulated customer edge router. Where the links have ports, a real router ends them and "
      "this entry says only what it announces.",
      {{"asn", scalar(integer_type(1, UINT32_MAX, "AS number")), "AS number.", true},
       {"port", scalar(name_type()), "Port on the LAN side."},
       {"announce", list(object(announcement_object())), "What it announces to Microsoft."},
       {"local_preference", map(link_type(), scalar(integer_type(0, UINT32_MAX))),
        "Preference of routes by the link they came from; higher wins, 100 where absent."},
       {"graceful_restart", object(graceful_restart_object()),
        "It keeps forwarding while its control plane restarts (RFC 4724); absent: it does not."},
       {"stateful", object(stateful_object()),
        "A firewall between the LAN and all links: what comes in must answer what went out, by the "
        "link that the flow first left by."},
       {"mistakes", list(object(mistake_object())),
        "What is wrong in its configuration, on purpose."},
       {"links", list(scalar(link_type())),
        "Links that end here; absent: all that have no port, or all when every link has one."}}};
  return table;
}

const Object& graceful_restart_object() {
  static const Object table{
      "onprem.NAME.graceful_restart",
      "Whether MSEEs help a restarting router is not documented; here they do, by keeping its "
      "routes. BFD goes on, as it does where line cards run it.",
      {{"restart_time", scalar(duration_type()),
        "How long its neighbours wait for it, in whole seconds up to 4095s.", false, "120s"}}};
  return table;
}

const Object& announcement_object() {
  static const Object table{
      "onprem.NAME.announce",
      "Either prefixes or the routes of an MRT file (RFC 6396: a RIB dump or updates; plain, gzip "
      "or "
      "bzip2), which keep their AS path, MED and communities. What stands first wins where both "
      "have a prefix.",
      {{"prefix", scalar(prefix_type()), "The prefix."},
       {"count", scalar(integer_type(1, kMostPrefixes)),
        "So many prefixes of that length, one behind the other; absent: one."},
       {"mrt", scalar(text_type()),
        "MRT file, relative to this file's directory. A route stands for its prefix when it comes "
        "first, until its peer replaces it or takes it back."},
       {"limit", scalar(integer_type(1, 10'000'000)),
        "The file is read until there are so many prefixes; absent: to its end."},
       {"peering", scalar(words_type({"private", "microsoft"})),
        "Peering it is announced on; absent: private. Where nothing is for it, Microsoft peering "
        "gets the advertised_prefixes."},
       {"links", list(scalar(link_type())), "Links it is announced on; absent: all of the router."},
       {"prepend", scalar(integer_type(0, 32)), "Extra copies of the own AS number; absent: none."},
       {"med", scalar(integer_type(0, UINT32_MAX, "metric")), "MULTI_EXIT_DISC."},
       {"communities", list(scalar(community_type())),
        "Communities added to it, in quotes: \"65001:100\"."},
       {"large_communities", list(scalar(large_community_type())),
        "Large communities (RFC 8092) added to it, in quotes: \"65001:1:2\"."}},
      {{"prefix"}, {"mrt"}}};
  return table;
}

}  // namespace erbium::cp
