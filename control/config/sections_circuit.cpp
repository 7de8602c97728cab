// Sections: circuits, their links and peerings. Sources: Microsoft Learn, expressroute-routing,
// expressroute-erdirect-about, expressroute-bfd, provider-rate-limit, rate-limit.
#include "control/config/shape.h"

namespace erbium::cp {
namespace {

std::vector<Key> peering_keys(bool microsoft) {
  std::vector<Key> keys{
      {"state", scalar(words_type({"enabled", "disabled"})), "A disabled peering carries nothing.",
       false, "enabled"},
      {"vlan", scalar(integer_type(1, 4094, "VLAN id")),
       "The customer's tag (C-tag), the same on both links.", true},
      {"peer_asn", scalar(integer_type(1, UINT32_MAX, "AS number")),
       "AS number of the customer's routers.", true},
      {"ipv4", object(ipv4_object()), "IPv4 subnets of the two links."},
      {"ipv6", object(ipv6_object()), "IPv6 subnets of the two links; same VLAN."},
      {"md5", object(secret_object()),
       "Key of the BGP sessions (RFC 2385), at most 25 letters and digits. It is checked and kept "
       "for "
       "real routers; simulated sessions do not sign their segments."},
      {"timers", object(timers_object()), "BGP timers of the customer's side."},
      {"bfd", object(bfd_object()), "BFD on the sessions of this peering."},
      {"max_prefixes", object(max_prefixes_object()),
       "Prefixes accepted from the customer; over it the session goes down."},
  };
  if (microsoft) {
    keys.push_back({"advertised_prefixes", list(scalar(prefix_type())),
                    "Public prefixes that the customer announces; also the source ACL."});
    keys.push_back({"route_filter", object(route_filter_object()),
                    "Services to receive routes of; without one there are none."});
    keys.push_back({"snat", list(scalar(prefix_type())),
                    "Public pool that private sources are translated to."});
  }
  return keys;
}

Key subnet_key(std::string name, const Scalar& type, std::string doc) {
  return {std::move(name), scalar(type), std::move(doc)};
}

}  // namespace

const Object& circuit_object() {
  static const Object table{
      "circuits.NAME",
      "A circuit is two links to two Microsoft edge routers (MSEE). `bandwidth` holds for each "
      "link and each direction.",
      {
          {"model", scalar(words_type({"direct", "provider"})),
           "ExpressRoute Direct (own port pair, QinQ and MACsec allowed) or through a provider.",
           true},
          {"sku", object(sku_object()), "Tier and billing family."},
          {"bandwidth", scalar(rate_type()), "As sold, per link and direction.", true},
          {"rate_limit", scalar(boolean_type()),
           "Whether the limiter acts; absent: true for provider, false for direct."},
          {"peering_location", scalar(text_type()), "Name of the peering location."},
          {"service_key", scalar(guid_type()), "The circuit's service key."},
          {"s_tag", scalar(integer_type(1, 4094, "VLAN id")),
           "Outer tag of the circuit (QinQ); absent: Dot1Q, one tag."},
          {"ethertype", object(ethertype_object()), "EtherTypes of the tags."},
          {"limiter", object(limiter_object()), "The circuit's limiter."},
          {"links", object(links_object()), "The two links.", true},
          {"peerings", object(peerings_object()), "Routing domains.", true},
      }};
  return table;
}

const Object& sku_object() {
  static const Object table{
      "circuits.NAME.sku",
      "Local reaches the nearby regions, Standard the geopolitical area, Premium the world.",
      {
          {"tier", scalar(words_type({"local", "standard", "premium"})), "Tier.", false,
           "standard"},
          {"family", scalar(words_type({"metered", "unlimited"})), "Billing family.", false,
           "metered"},
      }};
  return table;
}

const Object& ethertype_object() {
  static const Object table{"circuits.NAME.ethertype",
                            "Both tags of ExpressRoute Direct use 0x8100.",
                            {
                                {"outer", scalar(integer_type(0x600, 0xffff, "EtherType")),
                                 "Of the S-tag.", false, "0x8100"},
                                {"inner", scalar(integer_type(0x600, 0xffff, "EtherType")),
                                 "Of the C-tag.", false, "0x8100"},
                            }};
  return table;
}

const Object& limiter_object() {
  static const Object table{
      "circuits.NAME.limiter",
      "A token bucket for each link and direction. Microsoft documents that it drops, and neither "
      "its burst nor which bytes it counts: those are parameters.",
      {
          {"mode", scalar(words_type({"police", "shape"})), "Drop what exceeds, or delay it.",
           false, "police"},
          {"burst", scalar(size_or_duration_type()),
           "Depth of the bucket: bytes, or a time at the circuit's bandwidth (then at least 24352 "
           "bytes).",
           false, "10ms"},
          {"scope", scalar(words_type({"per_link", "per_link_per_peering"})),
           "Whether the peerings of a link share one bucket.", false, "per_link"},
          {"count", scalar(words_type({"l1", "l2", "l3"})),
           "Bytes counted: with preamble, FCS and gap (l1), the frame with its tags without FCS "
           "(l2), the IP packet (l3).",
           false, "l2"},
          {"queue", scalar(duration_type()), "Shape: longest wait before tail drop.", false,
           "50ms"},
          {"excess", scalar(percent_type()),
           "Police: the limiter of a link and direction acts once more than so much above the "
           "bandwidth was offered in 100 ms, until less than the bandwidth is; absent: 20% for "
           "direct, 0% for provider."},
      }};
  return table;
}

const Object& links_object() {
  static const Object table{"circuits.NAME.links",
                            "One link alone is outside the SLA and gives a warning.",
                            {{"primary", object(link_object()), "Link to the first MSEE."},
                             {"secondary", object(link_object()), "Link to the second MSEE."}},
                            {},
                            {"primary", "secondary"}};
  return table;
}

const Object& link_object() {
  static const Object table{
      "circuits.NAME.links.LINK",
      "With a `port` a real router (or a capture of its frames) ends the link; without one the "
      "emulated customer edge does.",
      {
          {"port", scalar(name_type()), "Port at the customer's end."},
          {"msee", scalar(name_type()), "Name of the Microsoft edge router.", true},
          {"rate", scalar(rate_type()),
           "Physical rate; absent: 10Gbps, 100Gbps or 400Gbps, the least that carries the "
           "bandwidth."},
          {"delay", scalar(duration_type()), "Propagation delay, each way; at least 1us.", false,
           "1ms"},
          {"queue", scalar(duration_type()), "Longest wait before tail drop.", false, "10ms"},
          {"mtu", scalar(integer_type(576, 9216)),
           "Largest IP packet in bytes. A longer one is fragmented, or with DF set dropped.", false,
           "1500"},
          {"macsec", scalar(name_type()), "Keys in section `macsec`."},
      }};
  return table;
}

const Object& peerings_object() {
  static const Object table{
      "circuits.NAME.peerings",
      "Each peering is a routing domain of its own: its own C-tag, subnets and VRF.",
      {{"private", object(private_peering_object()), "To virtual networks."},
       {"microsoft", object(microsoft_peering_object()), "To Microsoft's public services."}},
      {},
      {"private", "microsoft"}};
  return table;
}

const Object& private_peering_object() {
  static const Object table{
      "circuits.NAME.peerings.private",
      "The first usable address of each subnet is the customer's, the second the MSEE's.",
      peering_keys(false),
      {},
      {"ipv4", "ipv6"}};
  return table;
}

const Object& microsoft_peering_object() {
  static const Object table{"circuits.NAME.peerings.microsoft",
                            "As the private peering, with public addresses only.",
                            peering_keys(true),
                            {},
                            {"ipv4", "ipv6"}};
  return table;
}

const Object& ipv4_object() {
  static const Object table{
      "circuits.NAME.peerings.PEERING.ipv4",
      "Two /30, or one /29 that is cut in two.",
      {subnet_key("primary", prefix4_type(), "The /30 of the primary link."),
       subnet_key("secondary", prefix4_type(), "The /30 of the secondary link."),
       subnet_key("pair", prefix4_type(), "A /29: its lower half is the primary's.")},
      {{"primary", "secondary"}, {"pair"}}};
  return table;
}

const Object& ipv6_object() {
  static const Object table{
      "circuits.NAME.peerings.PEERING.ipv6",
      "Two /126, or one /125 that is cut in two. Put addresses in quotes.",
      {subnet_key("primary", prefix6_type(), "The /126 of the primary link."),
       subnet_key("secondary", prefix6_type(), "The /126 of the secondary link."),
       subnet_key("pair", prefix6_type(), "A /125: its lower half is the primary's.")},
      {{"primary", "secondary"}, {"pair"}}};
  return table;
}

const Object& secret_object() {
  static const Object table{
      "secret",
      "Secrets are named, never written into the file.",
      {{"env", scalar(text_type()), "Environment variable that holds it."},
       {"file", scalar(text_type()), "File that holds it, relative to this file's directory."},
       {"keyring", scalar(text_type()), "Description of a key in the kernel's user keyring."}},
      {{"env"}, {"file"}, {"keyring"}},
      {},
      "",
      {},
      "a secret is never written into the file; write { env: NAME }, { file: PATH } or "
      "{ keyring: NAME }"};
  return table;
}

const Object& timers_object() {
  static const Object table{
      "circuits.NAME.peerings.PEERING.timers",
      "An MSEE proposes 60 s and 180 s; the lower of both sides holds. The least it accepts is 3 s "
      "and 10 s.",
      {{"keepalive", scalar(duration_type()), "Interval of keepalives.", false, "60s"},
       {"hold", scalar(duration_type()), "Hold time.", false, "180s"}}};
  return table;
}

const Object& bfd_object() {
  static const Object table{
      "circuits.NAME.peerings.PEERING.bfd",
      "An MSEE sends and expects one packet in 300 ms; the slower side decides.",
      {{"tx", scalar(duration_type()), "Interval of sending.", false, "300ms"},
       {"rx", scalar(duration_type()), "Interval of receiving.", false, "300ms"},
       {"multiplier", scalar(integer_type(1, 255)), "Intervals missed until down.", false, "3"}}};
  return table;
}

const Object& max_prefixes_object() {
  static const Object table{"circuits.NAME.peerings.PEERING.max_prefixes",
                            "Absent: the limit of the circuit's tier.",
                            {{"ipv4", scalar(integer_type(1, 1'000'000)), "IPv4 prefixes."},
                             {"ipv6", scalar(integer_type(1, 1'000'000)), "IPv6 prefixes."},
                             {"retry_after", scalar(duration_type()),
                              "From the session's end to its next attempt, which Microsoft does "
                              "not document; absent: the hold time."}}};
  return table;
}

const Object& route_filter_object() {
  static const Object table{
      "circuits.NAME.peerings.microsoft.route_filter",
      "An allow-list of BGP communities.",
      {{"communities", list(scalar(community_type())), "In quotes: \"12076:51004\".", true}}};
  return table;
}

}  // namespace erbium::cp
