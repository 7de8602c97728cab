// Decodes circuits, their links and peerings.
#include "control/config/communities.h"
#include "control/config/decode_sections.h"

namespace erbium::cp {
namespace {

// The least port speed that carries the bandwidth (Microsoft Learn: expressroute-erdirect-about).
BitRate default_link_rate(BitRate bandwidth) {
  for (const uint64_t gbps : {10, 100})
    if (bandwidth <= BitRate::gbps(gbps)) return BitRate::gbps(gbps);
  return BitRate::gbps(400);
}

CircuitLink read_link_end(const Reader& in, BitRate bandwidth) {
  CircuitLink link;
  link.mark = in.mark();
  link.port = in.text("port");
  link.port_mark = in.mark("port");
  link.msee = in.text("msee");
  link.msee_mark = in.mark("msee");
  link.rate = in.has("rate") ? in.rate("rate") : default_link_rate(bandwidth);
  link.rate_mark = in.mark("rate");
  link.delay_to_azure = link.delay_to_onprem = in.duration("delay");
  if (in.has("delay")) link.delay_mark = in.mark("delay");
  link.queue = in.duration("queue");
  link.mtu = in.u32("mtu");
  link.mtu_mark = in.mark("mtu");
  link.macsec = in.text("macsec");
  link.macsec_mark = in.mark("macsec");
  return link;
}

PeeringSubnets read_subnets(const Reader& in) {
  PeeringSubnets out;
  if (in.has("pair")) {
    out.pair = in.prefix("pair");
    out.marks.fill(in.mark("pair"));
    // A /29 gives two /30, a /125 two /126; any other length is for the rules to refuse.
    const auto half = static_cast<uint8_t>(out.pair->address.bits() - 2);
    const net::Ip base = out.pair->canonical().address;
    out.subnet = {net::Prefix{base, half}, net::Prefix{base.plus(4), half}};
    return out;
  }
  for (size_t i = 0; i < kLinkNames.size(); i++) {
    out.subnet[i] = in.prefix(kLinkNames[i]);
    out.marks[i] = in.mark(kLinkNames[i]);
  }
  return out;
}

void read_session(const Reader& in, const std::filesystem::path& directory, Peering& out) {
  if (in.has("md5")) out.md5 = read_secret(in.child("md5"), directory);
  if (in.has("timers")) {
    const Reader timers = in.child("timers");
    out.timers = Timers{timers.duration("keepalive"), timers.duration("hold"), timers.mark()};
  }
  if (in.has("bfd")) {
    const Reader bfd = in.child("bfd");
    out.bfd = Bfd{bfd.duration("tx"), bfd.duration("rx"), bfd.u32("multiplier"), bfd.mark()};
  }
  if (in.has("max_prefixes")) {
    const Reader limits = in.child("max_prefixes");
    out.max_prefixes = MaxPrefixes{limits.maybe(&Reader::u32, "ipv4").value_or(0),
                                   limits.maybe(&Reader::u32, "ipv6").value_or(0),
                                   limits.maybe(&Reader::duration, "retry_after"), limits.mark()};
  }
}

Peering read_peering(const Reader& in, PeeringKind kind, const std::filesystem::path& directory) {
  Peering out;
  out.kind = kind;
  out.mark = in.mark();
  out.enabled = in.text("state") == "enabled";
  out.vlan = in.u32("vlan");
  out.vlan_mark = in.mark("vlan");
  out.peer_asn = in.u32("peer_asn");
  out.peer_asn_mark = in.mark("peer_asn");
  if (in.has("ipv4")) out.ipv4 = read_subnets(in.child("ipv4"));
  if (in.has("ipv6")) out.ipv6 = read_subnets(in.child("ipv6"));
  read_session(in, directory, out);
  if (kind == PeeringKind::private_peering) return out;
  out.advertised_prefixes = read_prefixes(in, "advertised_prefixes");
  if (in.has("route_filter")) {
    const Reader filter = in.child("route_filter");
    out.route_filter = RouteFilter{{}, filter.mark()};
    for (const std::string& text : filter.texts("communities"))
      out.route_filter->communities.push_back(*parse_community(text));
  }
  out.snat = read_prefixes(in, "snat");
  return out;
}

Limiter read_limiter(const Reader& in, Circuit::Model model) {
  Limiter out;
  out.mark = in.mark();
  out.mode = in.word<Limiter::Mode>("mode");
  const std::string burst = in.text("burst");
  out.burst.bytes = parse_bytes(burst);
  if (!out.burst.bytes) out.burst.time = *parse_duration(burst);
  out.burst_mark = in.mark("burst");
  out.scope = in.word<Limiter::Scope>("scope");
  out.count = in.word<Limiter::Count>("count");
  out.queue = in.duration("queue");
  if (in.has("excess")) {
    out.excess = in.share("excess");
    out.excess_mark = in.mark("excess");
  } else if (model == Circuit::Model::direct && out.mode == Limiter::Mode::police) {
    out.excess = {Share::kAll / 5};
  }
  return out;
}

Circuit read_circuit(const Reader& in, const YamlEntry& entry,
                     const std::filesystem::path& directory) {
  Circuit out;
  out.name = entry.key;
  out.mark = entry.mark;
  out.model = in.word<Circuit::Model>("model");
  const Reader sku = in.child("sku");
  out.tier = sku.word<Circuit::Tier>("tier");
  out.family = sku.word<Circuit::Family>("family");
  out.sku_mark = in.mark("sku");
  out.bandwidth = in.rate("bandwidth");
  out.bandwidth_mark = in.mark("bandwidth");
  out.rate_limit =
      in.has("rate_limit") ? in.boolean("rate_limit") : out.model == Circuit::Model::provider;
  out.peering_location = in.text("peering_location");
  out.service_key = in.text("service_key");
  out.s_tag = in.maybe(&Reader::u32, "s_tag");
  out.s_tag_mark = in.mark("s_tag");
  const Reader ethertype = in.child("ethertype");
  out.ethertype_outer = static_cast<uint16_t>(ethertype.integer("outer"));
  out.ethertype_inner = static_cast<uint16_t>(ethertype.integer("inner"));
  out.limiter = read_limiter(in.child("limiter"), out.model);
  const Reader links = in.child("links");
  for (size_t i = 0; i < kLinkNames.size(); i++)
    if (links.has(kLinkNames[i]))
      out.links[i] = read_link_end(links.child(kLinkNames[i]), out.bandwidth);
  const Reader peerings = in.child("peerings");
  if (peerings.has("private"))
    out.private_peering =
        read_peering(peerings.child("private"), PeeringKind::private_peering, directory);
  if (peerings.has("microsoft"))
    out.microsoft = read_peering(peerings.child("microsoft"), PeeringKind::microsoft, directory);
  return out;
}

}  // namespace

void read_circuits(const Reader& top, const std::filesystem::path& directory, Scenario& out) {
  for (const YamlEntry& entry : top.entries("circuits"))
    out.circuits.push_back(read_circuit(top.of("circuits", entry), entry, directory));
}

}  // namespace erbium::cp
