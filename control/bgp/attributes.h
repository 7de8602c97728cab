// Path attributes between the codec's files: what stands in an attribute field, before the prefixes
// of the UPDATE have been looked at, and what is wrong with it (RFC 7606).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/bgp/codec.h"
#include "control/bgp/octets.h"
#include "control/bgp/wire.h"

namespace erbium::cp::bgp {

enum AttributeType : uint8_t {
  kOrigin = 1,
  kAsPath = 2,
  kNextHop = 3,
  kMed = 4,
  kLocalPref = 5,
  kAtomicAggregate = 6,
  kAggregator = 7,
  kCommunities = 8,
  kOriginatorId = 9,
  kClusterList = 10,
  kMpReach = 14,
  kMpUnreach = 15,
  kExtendedCommunities = 16,
  kAs4Path = 17,
  kAs4Aggregator = 18,
  kLargeCommunities = 32,
};

// Attribute flags, RFC 4271 §4.3.
inline constexpr uint8_t kOptional = 0x80, kTransitive = 0x40, kPartial = 0x20, kExtended = 0x10;

struct RawAttribute {
  uint8_t flags = 0, type = 0;
  std::span<const uint8_t> value;
  std::span<const uint8_t> whole;  // with flags, type and length, as a NOTIFICATION repeats it
};

struct ParsedAttributes {
  PathAttributes values;
  std::array<uint64_t, 4> seen{};  // a bit a type
  RawAttribute mp_reach, mp_unreach;
  std::vector<AttributeError> errors;
  // The first error that takes routes back, as it ends the session where they cannot be told.
  std::optional<FatalError> withdraw;
  std::optional<FatalError> fatal;

  bool has(uint8_t type) const { return seen[type / 64] >> (type % 64) & 1; }
  // Any attribute but the two that carry prefixes.
  bool has_others() const;
  void note_discard(uint8_t type, std::string what);
  void note_withdraw(uint8_t type, UpdateError subcode, std::string what,
                     std::span<const uint8_t> data = {});
};

// Stops at the first fatal error. MP_REACH_NLRI and MP_UNREACH_NLRI are left as they are.
ParsedAttributes parse_attributes(std::span<const uint8_t> octets, const CodecOptions& options);

// Next hops of MP_REACH_NLRI (RFC 4760 §3, RFC 2545 §3); false when their length cannot be.
bool read_next_hops(Family family, std::span<const uint8_t> octets, PathAttributes& out);

// AS_PATH and AS4_PATH as they stand in `octets`, AS numbers 4 octets wide or 2. On failure a
// sentence's end, "ends inside a segment"; otherwise null.
const char* read_as_path(std::span<const uint8_t> octets, bool wide, AsPath& out);

// RFC 6793 §4.2.3: the path that both attributes of an old speaker stand for.
AsPath merge_as4_path(AsPath as_path, const AsPath& as4_path);

// All but MP_REACH_NLRI and MP_UNREACH_NLRI in the order of their types; NEXT_HOP on demand.
void write_attributes(const PathAttributes& values, const CodecOptions& options, bool next_hop,
                      std::vector<uint8_t>& out);
// Flags, type and length of an attribute; the long form of the length only where it is needed.
void write_attribute_header(OctetWriter& to, uint8_t flags, uint8_t type, size_t length);

}  // namespace erbium::cp::bgp
