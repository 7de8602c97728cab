// Decodes gateways, virtual networks and what hangs on them, and the customer's routers.
#include "control/config/communities.h"
#include "control/config/decode_sections.h"

namespace erbium::cp {
namespace {

Gateway read_gateway(const Reader& in, const YamlEntry& entry) {
  Gateway out;
  out.name = entry.key;
  out.mark = entry.mark;
  out.sku = in.text("sku");
  out.caps = in.has("caps") ? in.boolean("caps") : in.has("sku");
  out.scale_units = in.u32("scale_units");
  if (in.has("scale_units")) out.scale_units_mark = in.mark("scale_units");
  out.flow_idle = in.duration("flow_idle");
  out.asn = in.u32("asn");
  out.asn_mark = in.mark("asn");
  out.vnet = in.text("vnet");
  out.vnet_mark = in.mark("vnet");
  out.path_mtu = in.maybe(&Reader::u32, "path_mtu");
  out.path_mtu_mark = in.mark("path_mtu");
  out.over_path_mtu = in.word<OverPathMtu>("over_path_mtu");
  if (in.has("over_path_mtu")) out.over_path_mtu_mark = in.mark("over_path_mtu");
  for (const Reader& circuit : in.children("circuits"))
    out.circuits.push_back({circuit.text("id"), circuit.u32("weight"), circuit.boolean("fastpath"),
                            circuit.mark("id")});
  return out;
}

Vnet read_vnet(const Reader& in, const YamlEntry& entry) {
  Vnet out;
  out.name = entry.key;
  out.mark = entry.mark;
  out.prefixes = read_prefixes(in, "prefixes");
  for (const Reader& peering : in.children("peerings"))
    out.peerings.push_back(
        {peering.text("to"), peering.boolean("gateway_transit"), peering.mark("to")});
  for (const YamlEntry& named : in.entries("subnets")) {
    const Reader subnet = in.of("subnets", named);
    out.subnets.push_back({named.key, subnet.prefix("prefix"), subnet.text("nsg"),
                           subnet.text("routes"), named.mark, subnet.mark("prefix"),
                           subnet.mark("nsg"), subnet.mark("routes")});
  }
  out.port = in.text("port");
  out.port_mark = in.mark("port");
  out.internet = in.text("internet");
  out.internet_mark = in.mark("internet");
  out.region = in.text("region");
  if (in.has("community")) out.community = parse_community(in.text("community"));
  out.community_mark = in.mark("community");
  return out;
}

MicrosoftEdge read_microsoft_edge(const Reader& in, const YamlEntry& entry) {
  MicrosoftEdge out;
  out.name = entry.key;
  out.mark = entry.mark;
  out.asn = in.u32("asn");
  out.port = in.text("port");
  out.port_mark = in.mark("port");
  for (const Reader& item : in.children("prefixes")) {
    ServicePrefix& prefix = out.prefixes.emplace_back();
    prefix.prefix = item.prefix("prefix");
    prefix.count = item.u32("count");
    for (const std::string& text : item.texts("communities"))
      prefix.communities.push_back(*parse_community(text));
    prefix.mark = item.mark("prefix");
    prefix.count_mark = item.mark("count");
  }
  return out;
}

NsgRule read_nsg_rule(const Reader& in) {
  NsgRule out;
  out.mark = in.mark();
  out.name = in.text("name");
  out.priority = in.u32("priority");
  out.dir = in.text("dir");
  out.access = in.text("access");
  out.proto = in.text("proto");
  out.src = in.text("src");
  out.sport = in.text("sport");
  out.dst = in.text("dst");
  out.dport = in.text("dport");
  return out;
}

void read_filters(const Reader& top, Scenario& out) {
  for (const YamlEntry& entry : top.entries("nsgs")) {
    Nsg nsg{entry.key, {}, entry.mark};
    for (const YamlNode& rule : entry.value.items)
      nsg.rules.push_back(read_nsg_rule(Reader(&rule, nsg_rule_object())));
    out.nsgs.push_back(std::move(nsg));
  }
  for (const YamlEntry& entry : top.entries("route_tables")) {
    const Reader in = top.of("route_tables", entry);
    RouteTable table{entry.key, in.boolean("bgp_propagation"), {}, entry.mark};
    for (const Reader& route : in.children("routes")) {
      const Reader hop = route.child("next_hop");
      table.routes.push_back(
          {route.prefix("prefix"), hop.text("type"), hop.maybe(&Reader::ip, "ip"), route.mark()});
    }
    out.route_tables.push_back(std::move(table));
  }
}

void read_encryption(const Reader& top, const std::filesystem::path& directory, Scenario& out) {
  for (const YamlEntry& entry : top.entries("macsec")) {
    const Reader in = top.of("macsec", entry);
    out.macsec.push_back({entry.key, in.text("cipher"), in.boolean("sci"),
                          read_secret(in.child("ckn"), directory),
                          read_secret(in.child("cak"), directory), entry.mark});
  }
  for (const YamlEntry& entry : top.entries("ipsec")) {
    const Reader in = top.of("ipsec", entry);
    IpsecTunnel tunnel;
    tunnel.name = entry.key;
    tunnel.mark = entry.mark;
    tunnel.over = in.text("over");
    tunnel.over_mark = in.mark("over");
    tunnel.mode = in.text("mode");
    tunnel.ike = in.u32("ike");
    tunnel.esp = in.text("esp");
    tunnel.local = in.ip("local");
    tunnel.remote = in.ip("remote");
    tunnel.psk = read_secret(in.child("psk"), directory);
    tunnel.lifetime = in.duration("lifetime");
    out.ipsec.push_back(std::move(tunnel));
  }
}

VpnConnection read_vpn(const Reader& in, const YamlEntry& entry) {
  VpnConnection out;
  out.name = entry.key;
  out.mark = entry.mark;
  out.gateway = in.text("gateway");
  out.gateway_mark = in.mark("gateway");
  out.router = in.text("router");
  out.router_mark = in.mark("router");
  out.addresses = in.prefix("addresses");
  out.addresses_mark = in.mark("addresses");
  out.rate = in.rate("rate");
  out.delay = in.duration("delay");
  out.queue = in.duration("queue");
  out.mtu = in.u32("mtu");
  out.local_preference = in.u32("local_preference");
  out.announce = read_prefixes(in, "announce");
  out.statics = read_prefixes(in, "static");
  return out;
}

Announcement read_announcement(const Reader& in, const std::filesystem::path& directory) {
  Announcement out = read_run_of_routes(in);
  if (in.has("mrt")) out.mrt = resolve_path(directory, in.text("mrt"));
  out.mrt_mark = in.mark("mrt");
  out.limit = in.maybe(&Reader::u32, "limit");
  out.limit_mark = in.mark("limit");
  out.links = read_links(in, "links");
  return out;
}

}  // namespace

Announcement read_run_of_routes(const Reader& in) {
  Announcement out;
  out.mark = in.mark();
  out.prefix = in.maybe(&Reader::prefix, "prefix");
  out.count = in.maybe(&Reader::u32, "count").value_or(1);
  out.count_mark = in.mark("count");
  if (in.has("peering")) out.peering = in.word<PeeringKind>("peering");
  out.marks.prepend = in.maybe(&Reader::u32, "prepend").value_or(0);
  out.marks.med = in.maybe(&Reader::u32, "med");
  for (const YamlNode& item : in.items("communities"))
    out.marks.communities.push_back(*parse_community(item.text));
  for (const YamlNode& item : in.items("large_communities"))
    out.marks.large_communities.push_back(*parse_large_community(item.text));
  return out;
}

void read_azure(const Reader& top, const std::filesystem::path& directory, Scenario& out) {
  for (const YamlEntry& entry : top.entries("gateways"))
    out.gateways.push_back(read_gateway(top.of("gateways", entry), entry));
  for (const YamlEntry& entry : top.entries("microsoft_edges"))
    out.microsoft_edges.push_back(read_microsoft_edge(top.of("microsoft_edges", entry), entry));
  for (const YamlEntry& entry : top.entries("vnets"))
    out.vnets.push_back(read_vnet(top.of("vnets", entry), entry));
  read_filters(top, out);
  read_encryption(top, directory, out);
  for (const YamlEntry& entry : top.entries("vpn"))
    out.vpn.push_back(read_vpn(top.of("vpn", entry), entry));
}

void read_onprem(const Reader& top, const std::filesystem::path& directory, Scenario& out) {
  for (const YamlEntry& entry : top.entries("onprem")) {
    const Reader in = top.of("onprem", entry);
    Ce ce;
    ce.name = entry.key;
    ce.mark = entry.mark;
    ce.asn = in.u32("asn");
    ce.asn_mark = in.mark("asn");
    ce.port = in.text("port");
    ce.port_mark = in.mark("port");
    for (const Reader& item : in.children("announce"))
      ce.announce.push_back(read_announcement(item, directory));
    for (const YamlEntry& preference : in.entries("local_preference"))
      ce.local_preference.push_back({read_link(preference.key, preference.mark),
                                     static_cast<uint32_t>(*parse_integer(preference.value.text))});
    ce.links = read_links(in, "links");
    if (in.has("graceful_restart"))
      ce.restart_time = in.child("graceful_restart").duration("restart_time");
    ce.restart_mark = in.mark("graceful_restart");
    if (in.has("stateful")) ce.flow_age = in.child("stateful").duration("idle");
    ce.stateful_mark = in.mark("stateful");
    for (const Reader& mistake : in.children("mistakes"))
      ce.mistakes.push_back({read_link(mistake.text("link"), mistake.mark("link")),
                             mistake.maybe(&Reader::u32, "vlan"),
                             mistake.maybe(&Reader::u32, "ethertype"), mistake.boolean("swapped"),
                             mistake.boolean("mute"), mistake.mark()});
    out.onprem.push_back(std::move(ce));
  }
}

}  // namespace erbium::cp
