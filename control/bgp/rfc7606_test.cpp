// Malformed UPDATEs and what RFC 7606 does about each, as a table: the session ends, the routes are
// taken back, or the attribute is left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "control/bgp/test_octets.h"

namespace erbium::cp::bgp {
namespace {

enum class Outcome { none, discard, withdraw, fatal };

struct Row {
  const char* what;
  const char* withdrawn;
  const char* attributes;
  const char* announced;
  Outcome outcome;
  int type;               // attribute of the error; of a fatal one the subcode
  const char* data = "";  // of the NOTIFICATION
  bool internal = false;
};

// Well-formed pieces. Path 65001, next hop 192.0.2.1; AS numbers of 4 octets.
#define ORIGIN "400101 00 "
#define PATH "400206 0201 0000fde9 "
#define NEXT_HOP "400304 c0000201 "
#define BASE ORIGIN PATH NEXT_HOP
#define NET "18 cb0071 "  // 203.0.113.0/24
#define NEXT_HOP6 "20010db8000000000000000000000001 "
// MP_REACH_NLRI with 2001:db8:1::/48, MP_UNREACH_NLRI with 2001:db8:2::/48.
#define REACH6 "800e1c 0002 01 10 " NEXT_HOP6 "00 30 20010db80001 "
#define UNREACH6 "800f0a 0002 01 30 20010db80002 "

constexpr auto kNone = Outcome::none, kDiscard = Outcome::discard, kWithdraw = Outcome::withdraw,
               kFatal = Outcome::fatal;

const Row kRows[] = {
    {"nothing wrong", "", BASE, NET, kNone, 0},
    {"nothing wrong, IPv6", "", REACH6 ORIGIN PATH, "", kNone, 0},
    // §3 a: lengths of the fields are told by the framing rows of update_test.
    // §3 c: flags.
    {"ORIGIN optional", "", "c00101 00 " PATH NEXT_HOP, NET, kWithdraw, 1},
    {"AS_PATH not transitive", "", ORIGIN "000206 0201 0000fde9 " NEXT_HOP, NET, kWithdraw, 2},
    {"NEXT_HOP optional", "", ORIGIN PATH "c00304 c0000201", NET, kWithdraw, 3},
    {"MED transitive", "", BASE "c00404 00000001", NET, kWithdraw, 4},
    {"ATOMIC_AGGREGATE optional", "", BASE "c00600", NET, kWithdraw, 6},
    {"COMMUNITIES not transitive", "", BASE "800804 fde90001", NET, kWithdraw, 8},
    {"LARGE_COMMUNITY well-known", "", BASE "40200c 000000010000000200000003", NET, kWithdraw, 32},
    {"MP_REACH_NLRI transitive", "",
     "c00e1c 0002 01 10 " NEXT_HOP6 "00 30 20010db80001 " ORIGIN PATH, "", kFatal, 4,
     "c00e1c 0002 01 10 " NEXT_HOP6 "00 30 20010db80001"},
    {"MP_UNREACH_NLRI well-known", "", "400f03 0002 01", "", kFatal, 4, "400f03000201"},
    {"partial and reserved bits do not count", "", "4f0101 00 " PATH NEXT_HOP, NET, kNone, 0},
    // §3 d: missing well-known mandatory attributes.
    {"ORIGIN missing", "", PATH NEXT_HOP, NET, kWithdraw, 1},
    {"AS_PATH missing", "", ORIGIN NEXT_HOP, NET, kWithdraw, 2},
    {"NEXT_HOP missing", "", ORIGIN PATH, NET, kWithdraw, 3},
    {"AS_PATH missing, IPv6", "", REACH6 ORIGIN, "", kWithdraw, 2},
    {"NEXT_HOP is not missed with IPv6", "", REACH6 ORIGIN PATH, "", kNone, 0},
    // §3 g: attributes twice.
    {"MED twice", "", BASE "80040400000001 80040400000002", NET, kDiscard, 4},
    {"unknown attribute twice", "", BASE "c0630101 c0630102", NET, kDiscard, 99},
    {"MP_REACH_NLRI twice", "", REACH6 REACH6 ORIGIN PATH, "", kFatal, 1},
    {"MP_UNREACH_NLRI twice", "", UNREACH6 UNREACH6, "", kFatal, 1},
    // §3 h: the strongest counts.
    {"discarded and withdrawn", "", BASE "c00700 80040301", NET, kWithdraw, 4},
    {"withdrawn and fatal", "", ORIGIN "40020101 " NEXT_HOP "40630101", NET, kFatal, 2, "40630101"},
    // §4: lengths inside the attribute field.
    {"the last attribute runs over", "", BASE "800404 0000", NET, kWithdraw, 4},
    {"two octets are left", "", BASE "8004", NET, kWithdraw, 0},
    {"three octets are left, long length", "", BASE "900400", NET, kWithdraw, 0},
    {"MP_REACH_NLRI runs over", "", BASE "800e20 0002 01 10", NET, kFatal, 1},
    {"an attribute runs over, nothing announced", "18 cb0071", "800404 0000", "", kFatal, 1},
    {"COMMUNITIES of no length", "", BASE "c00800", NET, kWithdraw, 8},
    // §5.2: nothing announced, so nobody knows what to take back.
    {"bad ORIGIN, only withdrawn", "18 cb0071", "400101 03", "", kFatal, 6, "40010103"},
    {"bad MED beside MP_UNREACH_NLRI", "", UNREACH6 "80040301 0203", "", kFatal, 5, "800403010203"},
    {"bad AGGREGATOR, only withdrawn", "18 cb0071", "c00703 010203", "", kDiscard, 7},
    // §5.3: prefixes.
    {"IPv4 prefix of 33 bits", "", BASE, "21 cb007100 80", kFatal, 10},
    {"IPv4 prefix cut off", "", BASE, NET "18 cb00", kFatal, 10},
    {"withdrawn prefix of 33 bits", "21 cb007100 80", "", "", kFatal, 10},
    {"IPv6 prefix of 129 bits", "",
     "800e27 0002 01 10 " NEXT_HOP6 "00 81 " NEXT_HOP6 "80 " ORIGIN PATH, "", kFatal, 9,
     "800e27 0002 01 10 " NEXT_HOP6 "00 81 " NEXT_HOP6 "80"},
    {"IPv6 prefix cut off", "", "800f07 0002 01 30 200102", "", kFatal, 9,
     "800f07 0002 01 30 200102"},
    {"MP_REACH_NLRI of 4 octets", "", "800e04 0002 01 00 " ORIGIN PATH, "", kFatal, 9,
     "800e0400020100"},
    {"MP_UNREACH_NLRI of 2 octets", "", "800f02 0002", "", kFatal, 9, "800f020002"},
    // §7: the attributes one by one.
    {"ORIGIN of 2 octets", "", "400102 0000 " PATH NEXT_HOP, NET, kWithdraw, 1},
    {"ORIGIN 3", "", "400101 03 " PATH NEXT_HOP, NET, kWithdraw, 1},
    {"AS_PATH: unknown segment", "", ORIGIN "400206 0501 0000fde9 " NEXT_HOP, NET, kWithdraw, 2},
    {"AS_PATH: segment too long", "", ORIGIN "400206 0202 0000fde9 " NEXT_HOP, NET, kWithdraw, 2},
    {"AS_PATH: one octet is left", "", ORIGIN "400207 0201 0000fde9 02 " NEXT_HOP, NET, kWithdraw,
     2},
    {"AS_PATH: empty segment", "", ORIGIN "400202 0200 " NEXT_HOP, NET, kWithdraw, 2},
    {"AS_PATH: AS 0", "", ORIGIN "400206 0201 00000000 " NEXT_HOP, NET, kWithdraw, 2},
    {"AS_PATH: confederation, external", "", ORIGIN "400206 0301 0000fde9 " NEXT_HOP, NET,
     kWithdraw, 2},
    {"AS_PATH: confederation, internal", "", ORIGIN "400206 0301 0000fde9 " NEXT_HOP, NET, kNone, 0,
     "", true},
    {"NEXT_HOP of 16 octets", "", ORIGIN PATH "400310 " NEXT_HOP6, NET, kWithdraw, 3},
    {"NEXT_HOP 0.0.0.0", "", ORIGIN PATH "400304 00000000", NET, kWithdraw, 3},
    {"NEXT_HOP of a group", "", ORIGIN PATH "400304 e0000001", NET, kWithdraw, 3},
    {"MED of 3 octets", "", BASE "800403 000001", NET, kWithdraw, 4},
    {"LOCAL_PREF, external", "", BASE "400504 00000064", NET, kDiscard, 5},
    {"LOCAL_PREF of 3 octets, external", "", BASE "400503 000064", NET, kDiscard, 5},
    {"LOCAL_PREF of 3 octets, internal", "", BASE "400503 000064", NET, kWithdraw, 5, "", true},
    {"ATOMIC_AGGREGATE of 1 octet", "", BASE "400601 00", NET, kDiscard, 6},
    {"AGGREGATOR of 6 octets among 4-octet ASes", "", BASE "c00706 fde9c0000201", NET, kDiscard, 7},
    {"AGGREGATOR with AS 0", "", BASE "c00708 00000000c0000201", NET, kDiscard, 7},
    {"COMMUNITIES of 6 octets", "", BASE "c00806 fde90001fde9", NET, kWithdraw, 8},
    {"ORIGINATOR_ID, external", "", BASE "800904 c0000201", NET, kDiscard, 9},
    {"ORIGINATOR_ID of 3 octets, internal", "", BASE "800903 c00002", NET, kWithdraw, 9, "", true},
    {"CLUSTER_LIST, external", "", BASE "800a04 c0000201", NET, kDiscard, 10},
    {"CLUSTER_LIST of 5 octets, internal", "", BASE "800a05 c000020100", NET, kWithdraw, 10, "",
     true},
    {"MP_REACH_NLRI: next hop of 4 octets", "",
     "800e10 0002 01 04 c0000201 00 30 20010db80001 " ORIGIN PATH, "", kFatal, 9,
     "800e10 0002 01 04 c0000201 00 30 20010db80001"},
    {"MP_REACH_NLRI: next hop over the end", "", "800e05 0002 01 10 00 " ORIGIN PATH, "", kFatal, 9,
     "800e050002011000"},
    {"MP_REACH_NLRI: next hop ::", "",
     "800e1c 0002 01 10 00000000000000000000000000000000 00 30 20010db80001 " ORIGIN PATH, "",
     kWithdraw, 14},
    {"MP_REACH_NLRI of another family", "", "800e09 0019 41 04 c0000201 00 " ORIGIN PATH, "",
     kDiscard, 14},
    {"EXTENDED_COMMUNITIES of 7 octets", "", BASE "c01007 00020001000000", NET, kWithdraw, 16},
    {"EXTENDED_COMMUNITIES of no length", "", BASE "c01000", NET, kWithdraw, 16},
    {"AS4_PATH among 4-octet ASes", "", BASE "c01106 0201 0000fde9", NET, kDiscard, 17},
    {"AS4_AGGREGATOR among 4-octet ASes", "", BASE "c01208 0000fde9c0000201", NET, kDiscard, 18},
    {"LARGE_COMMUNITY of 8 octets", "", BASE "c02008 0000000100000002", NET, kWithdraw, 32},
    // RFC 4271 §6.3, §9: what is not known.
    {"unknown well-known", "", BASE "40630101", NET, kFatal, 2, "40630101"},
    {"unknown transitive", "", BASE "c0630101", NET, kNone, 0},
    {"unknown, not transitive", "", BASE "80630101", NET, kNone, 0},
};

Outcome outcome_of(const Decoded& decoded) {
  const auto withdraws = [](const AttributeError& error) {
    return error.action == AttributeError::Action::withdraw;
  };
  if (decoded.errors.empty()) return kNone;
  return std::ranges::any_of(decoded.errors, withdraws) ? kWithdraw : kDiscard;
}

// What the row announces is withdrawn, or still there.
void expect_prefixes(const Decoded& decoded) {
  const auto& update = std::get<Update>(decoded.message);
  if (outcome_of(decoded) == kWithdraw) {
    EXPECT_EQ(update.withdrawn.size(), 1u);
    EXPECT_TRUE(update.announced.empty());
    EXPECT_FALSE(update.attributes);
  } else {
    EXPECT_TRUE(update.attributes || update.announced.empty());
    EXPECT_FALSE(end_of_rib(update));
  }
}

TEST(Rfc7606, Table) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    const CodecOptions options{.as4 = true, .multiprotocol_v6 = true, .external = !row.internal};
    const auto octets = update_message(row.withdrawn, row.attributes, row.announced);
    const auto decoded = decode(octets, options);
    ASSERT_EQ(!decoded.has_value(), row.outcome == kFatal);
    if (!decoded) {
      EXPECT_EQ(decoded.error().notification.code, 3);
      EXPECT_EQ(decoded.error().notification.subcode, row.type) << decoded.error().what;
      EXPECT_EQ(decoded.error().notification.data, hex(row.data));
      continue;
    }
    EXPECT_EQ(outcome_of(*decoded), row.outcome);
    if (row.outcome != kNone) {
      EXPECT_EQ(decoded->errors.back().type, row.type) << decoded->errors.back().what;
    }
    expect_prefixes(*decoded);
  }
}

// Whatever octet of a good UPDATE is changed to whatever value: no prefix appears that is longer
// than its family allows, and what was withdrawn has no attributes.
TEST(Rfc7606, EveryOctetChanged) {
  const auto good = update_message("", REACH6 BASE "c00804 fde90001", NET);
  const CodecOptions options{.as4 = true, .multiprotocol_v6 = true};
  unsigned decodes = 0;
  for (size_t at = kHeader; at < good.size(); at++) {
    for (unsigned value = 0; value < 256; value++) {
      auto bad = good;
      bad[at] = static_cast<uint8_t>(value);
      const auto decoded = decode(bad, options);
      if (!decoded) {
        EXPECT_EQ(decoded.error().notification.code, 3);
        continue;
      }
      decodes++;
      const auto& update = std::get<Update>(decoded->message);
      for (const auto& prefix : update.announced) {
        ASSERT_LE(prefix.length, prefix.address.bits());
        ASSERT_EQ(prefix, prefix.canonical());
      }
      ASSERT_TRUE(update.announced.empty() || update.attributes);
    }
  }
  EXPECT_GT(decodes, 1000u);
}

}  // namespace
}  // namespace erbium::cp::bgp
