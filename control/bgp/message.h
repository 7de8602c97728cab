// BGP-4 messages as plain values (RFC 4271 §4). Prefixes of both families stand in one list: the
// codec puts IPv4 unicast into the UPDATE's own fields and IPv6 unicast into MP_REACH_NLRI and
// MP_UNREACH_NLRI (RFC 4760). AS numbers are 4 octets wide here, whatever the session speaks
// (RFC 6793).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/net/address.h"

namespace erbium::cp::bgp {

inline constexpr uint32_t kAsTrans = 23456;  // RFC 6793 §9
inline constexpr uint16_t kPort = 179;
inline constexpr unsigned kMaxMessage = 4096, kMaxExtendedMessage = 65535;  // RFC 4271 §4.1, 8654

// Only unicast: AFI 1 and 2, SAFI 1.
using Family = net::Family;

// ---- OPEN (RFC 4271 §4.2, capabilities RFC 5492) ----

struct GracefulRestart {  // RFC 4724 §3
  struct Entry {
    Family family;
    bool forwarding_kept;
    bool operator==(const Entry&) const = default;
  };
  bool restarting = false;
  uint16_t restart_time = 0;  // seconds, at most 4,095
  std::vector<Entry> families;
  bool operator==(const GracefulRestart&) const = default;
};

struct UnknownCapability {
  uint8_t code;
  std::vector<uint8_t> value;
  bool operator==(const UnknownCapability&) const = default;
};

struct Capabilities {
  std::vector<Family> families;  // multiprotocol; empty: none offered, so IPv4 unicast alone
  std::optional<uint32_t> as4;
  bool route_refresh = false;
  bool extended_message = false;
  std::optional<GracefulRestart> graceful_restart;
  std::vector<UnknownCapability> unknown;  // also AFI/SAFI pairs other than unicast, as code 1
  bool operator==(const Capabilities&) const = default;
};

struct Open {
  uint32_t asn = 0;        // the sender's: the 4-octet capability where there is one
  uint16_t hold_time = 0;  // seconds
  uint32_t identifier = 0;
  Capabilities capabilities;
  bool operator==(const Open&) const = default;
};

// ---- UPDATE (RFC 4271 §4.3) ----

struct AsSegment {
  enum class Type : uint8_t { set = 1, sequence = 2, confed_sequence = 3, confed_set = 4 };
  Type type = Type::sequence;
  std::vector<uint32_t> asns;
  auto operator<=>(const AsSegment&) const = default;
};
inline constexpr size_t kMaxSegment = 255;  // AS numbers that one segment can count

// RFC 5065 section 3.
inline bool is_confederation(const AsSegment& segment) {
  return segment.type >= AsSegment::Type::confed_sequence;
}

struct AsPath {
  std::vector<AsSegment> segments;

  auto operator<=>(const AsPath&) const = default;
  // For the decision process: a set counts as one, confederation segments as none (RFC 4271
  // §9.1.2.2 a, RFC 5065 §5.3).
  unsigned length() const;
  bool contains(uint32_t asn) const;
  // The neighbouring AS; absent when the path is empty or does not begin with a sequence.
  std::optional<uint32_t> first() const;
  // `count` copies of `asn` in front (RFC 4271 §5.1.2), a new segment where 255 would be exceeded.
  void prepend(uint32_t asn, unsigned count = 1);
  std::string str() const;  // "12076 65001 {64512,64513}"
};

struct LargeCommunity {  // RFC 8092
  uint32_t global, local1, local2;
  auto operator<=>(const LargeCommunity&) const = default;
};

struct Aggregator {
  uint32_t asn;
  uint32_t address;
  auto operator<=>(const Aggregator&) const = default;
};

// A transitive optional attribute that this speaker does not know: passed on with the partial bit
// (RFC 4271 §9).
struct UnknownAttribute {
  uint8_t flags, type;
  std::vector<uint8_t> value;
  auto operator<=>(const UnknownAttribute&) const = default;
};

enum class Origin : uint8_t { igp = 0, egp = 1, incomplete = 2 };

struct PathAttributes {
  Origin origin = Origin::igp;
  AsPath as_path;
  std::optional<net::Ip> next_hop;             // of the IPv4 prefixes
  std::optional<net::Ip> next_hop6;            // of the IPv6 prefixes, global
  std::optional<net::Ip> next_hop_link_local;  // RFC 2545 §3
  std::optional<uint32_t> med;
  std::optional<uint32_t> local_pref;
  bool atomic_aggregate = false;
  std::optional<Aggregator> aggregator;
  std::vector<uint32_t> communities;  // RFC 1997, as they came
  std::vector<LargeCommunity> large_communities;
  std::vector<uint64_t> extended_communities;  // RFC 4360
  std::vector<UnknownAttribute> unknown;

  auto operator<=>(const PathAttributes&) const = default;
};

struct Update {
  std::vector<net::Prefix> withdrawn;
  std::optional<PathAttributes> attributes;  // present whenever something is announced
  std::vector<net::Prefix> announced;
  // Whose End-of-RIB an update with nothing else in it is; otherwise left alone.
  Family end_of = Family::v4;
  bool operator==(const Update&) const = default;
};

// No prefix and no attribute: all of this family has been sent (RFC 4724 §2).
std::optional<Family> end_of_rib(const Update& update);

// ---- the rest ----

struct Notification {  // RFC 4271 §4.5, Cease subcodes RFC 4486
  uint8_t code = 0, subcode = 0;
  std::vector<uint8_t> data;
  bool operator==(const Notification&) const = default;
};

enum class Cease : uint8_t {
  max_prefixes = 1,
  admin_shutdown = 2,
  peer_deconfigured = 3,
  admin_reset = 4,
  connection_rejected = 5,
  other_configuration_change = 6,
  connection_collision = 7,
  out_of_resources = 8,
  hard_reset = 9,  // RFC 8538
  bfd_down = 10,   // RFC 9384
};

// The words and numbers of RFC 4271 §4.5: "Cease/Administrative Shutdown", with the text of a
// shutdown communication (RFC 9003) where there is one.
std::string describe(const Notification& notification);
// Cease with a shutdown communication of at most 255 bytes of UTF-8.
Notification cease(Cease subcode, const std::string& communication = {});

struct Keepalive {
  bool operator==(const Keepalive&) const = default;
};

struct RouteRefresh {  // RFC 2918
  Family family = Family::v4;
  bool operator==(const RouteRefresh&) const = default;
};

using Message = std::variant<Open, Update, Notification, Keepalive, RouteRefresh>;

}  // namespace erbium::cp::bgp
