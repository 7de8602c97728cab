// The part of a scenario that every circuit has: ports, circuits with their two links, peerings and
// limiter, and the small values that all sections share. Vocabulary: Microsoft Learn, "ExpressRoute
// circuits and peering" and "ExpressRoute routing requirements".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/address.h"
#include "common/units.h"
#include "control/config/share.h"

namespace erbium::cp {

// A place in the YAML file, both counted from 1; 0:0 stands for "nowhere in the file" (a default).
struct SourceMark {
  int line = 0;
  int column = 0;
};

enum class Severity { error, warning };

// One complaint about a scenario. `rule` is a stable id ("vlan-range"), `source` the document that
// the rule comes from. `message` says what is wrong and, after a semicolon, what to write instead.
struct Diagnostic {
  Severity severity = Severity::error;
  SourceMark mark;
  std::string rule;
  std::string message;
  std::string source;
};

// The two links of a circuit, as indices: every circuit has one to each of two MSEEs.
inline constexpr size_t kPrimary = 0;
inline constexpr size_t kSecondary = 1;
inline constexpr std::array<std::string_view, 2> kLinkNames{"primary", "secondary"};

enum class Direction { to_azure, to_onprem, both };

// "er-sjc/primary"
struct LinkRef {
  std::string circuit;
  size_t link = kPrimary;
  SourceMark mark;
  std::string str() const { return circuit + "/" + std::string(kLinkNames[link]); }
};

// A secret is named, never written into the file.
struct SecretRef {
  enum class From { env, file, keyring };
  From from = From::env;
  std::string name;  // variable, path (resolved against the scenario's directory) or key
  SourceMark mark;
};

struct Port {
  enum class Neighbors { resolve, emulated };
  std::string name;
  std::string dev;                     // empty: virtual time only
  std::optional<Neighbors> neighbors;  // absent: emulated in virtual time, resolve live
  std::optional<net::Mac> mac;
  SourceMark mark;
};

struct CircuitLink {
  std::string port;  // empty: the customer's end is the emulated CE
  std::string msee;
  BitRate rate;  // physical rate of the link, filled in by model and bandwidth when absent
  Duration delay_to_azure = Duration::ms(1);
  Duration delay_to_onprem = Duration::ms(1);
  Duration queue = Duration::ms(10);  // longest wait before tail drop
  uint32_t mtu = 1500;                // IP bytes
  std::string macsec;                 // empty: none
  // To Azure and back: the profile that is applied, as index in Scenario::impairments.
  std::array<std::optional<size_t>, 2> impaired;
  SourceMark mark, port_mark, msee_mark, rate_mark, mtu_mark, macsec_mark;
  SourceMark delay_mark;  // 0:0 when the delay is the default
};

// Depth of the token bucket: bytes, or the time it takes to fill at the circuit's bandwidth.
struct Burst {
  static constexpr uint64_t kMinBytes = 16 * 1522;
  std::optional<uint64_t> bytes;
  Duration time = Duration::ms(10);
  // In bits for this rate; a depth given as time is never less than kMinBytes.
  uint64_t bits(BitRate rate) const;
};

struct Limiter {
  enum class Mode { police, shape };
  enum class Scope { per_link, per_link_per_peering };
  enum class Count { l1, l2, l3 };
  Mode mode = Mode::police;
  Burst burst;
  Scope scope = Scope::per_link;
  Count count = Count::l2;
  Duration queue = Duration::ms(50);  // shape: longest wait before tail drop
  Share excess;  // police: what a link may exceed the bandwidth by before the limiter acts
  SourceMark mark, burst_mark, excess_mark;
};

// The two subnets of a peering and family. Written as two (/30, /126) or as one /29 or /125 under
// `pair`, which is cut in two here. The first usable address is the customer's, the second the
// MSEE's (Microsoft Learn: expressroute-routing). Host bits are cleared by check's rule, not here.
struct PeeringSubnets {
  std::array<net::Prefix, 2> subnet;  // [kPrimary], [kSecondary]
  std::optional<net::Prefix> pair;    // as written, when it was one
  std::array<SourceMark, 2> marks;
  net::Ip customer(size_t link) const { return subnet[link].canonical().address.plus(1); }
  net::Ip msee(size_t link) const { return subnet[link].canonical().address.plus(2); }
};

struct Timers {
  Duration keepalive = Duration::s(60);
  Duration hold = Duration::s(180);
  SourceMark mark;
};

struct Bfd {
  Duration tx = Duration::ms(300);
  Duration rx = Duration::ms(300);
  uint32_t multiplier = 3;
  SourceMark mark;
};

struct MaxPrefixes {
  uint32_t ipv4 = 0;  // 0: the limit of the circuit's tier
  uint32_t ipv6 = 0;
  std::optional<Duration> retry_after;  // absent: the hold time
  SourceMark mark;
};

// A prefix with the place it was written at; host bits are as written.
struct MarkedPrefix {
  net::Prefix prefix;
  SourceMark mark;
};

struct RouteFilter {
  std::vector<uint32_t> communities;  // 12076:51004 as the attribute holds it
  SourceMark mark;
};

enum class PeeringKind { private_peering, microsoft };

struct Peering {
  PeeringKind kind = PeeringKind::private_peering;
  bool enabled = true;
  uint32_t vlan = 0;  // the customer's tag (C-tag), the same on both links
  uint32_t peer_asn = 0;
  std::optional<PeeringSubnets> ipv4, ipv6;
  std::optional<SecretRef> md5;
  std::optional<Timers> timers;
  std::optional<Bfd> bfd;
  std::optional<MaxPrefixes> max_prefixes;
  std::vector<MarkedPrefix> advertised_prefixes;
  std::optional<RouteFilter> route_filter;
  std::vector<MarkedPrefix> snat;
  SourceMark mark, vlan_mark, peer_asn_mark;
};

struct Circuit {
  enum class Model { direct, provider };
  enum class Tier { local, standard, premium };
  enum class Family { metered, unlimited };
  std::string name;
  Model model = Model::provider;
  Tier tier = Tier::standard;
  Family family = Family::metered;
  BitRate bandwidth;       // per link and direction, as sold
  bool rate_limit = true;  // default: true for provider, false for direct
  std::string peering_location;
  std::string service_key;
  std::optional<uint32_t> s_tag;
  uint16_t ethertype_outer = 0x8100;
  uint16_t ethertype_inner = 0x8100;
  Limiter limiter;
  std::array<std::optional<CircuitLink>, 2> links;  // [kPrimary], [kSecondary]
  std::optional<Peering> private_peering, microsoft;
  SourceMark mark, bandwidth_mark, s_tag_mark, sku_mark;
};

}  // namespace erbium::cp
