#include "control/bgp/attributes.h"

#include <gtest/gtest.h>

#include "control/bgp/test_octets.h"

namespace erbium::cp::bgp {
namespace {

const CodecOptions kWide{.as4 = true, .multiprotocol_v6 = true, .external = false};

PathAttributes read(const Octets& octets, size_t errors_expected = 0) {
  std::vector<AttributeError> errors;
  const auto out = decode_attributes(octets, kWide, errors);
  EXPECT_TRUE(out) << out.error().what;
  EXPECT_EQ(errors.size(), errors_expected);
  return out.value_or(PathAttributes{});
}

PathAttributes everything() {
  return {.origin = Origin::egp,
          .as_path = {{{AsSegment::Type::sequence, {12076, 4200000001}},
                       {AsSegment::Type::set, {64512, 64513}}}},
          .next_hop = net::Ip::v4(0xc0000201),
          .med = 50,
          .local_pref = 200,
          .atomic_aggregate = true,
          .aggregator = Aggregator{4200000001, 0xc0000202},
          .communities = {0x2f2cc738, 0xffffff01},  // 12076:51000, NO_EXPORT
          .large_communities = {{65001, 1, 2}, {4200000001, 3, 4}},
          .extended_communities = {0x0002fde900000064},
          .unknown = {{0xe0, 23, hex("000102")}, {0xe0, 99, hex("aa")}}};
}

const char* const kEverything =
    "400101 01"
    "400214 0202 00002f2c fa56ea01 0102 0000fc00 0000fc01"
    "400304 c0000201"
    "800404 00000032"
    "400504 000000c8"
    "400600"
    "c00708 fa56ea01 c0000202"
    "c00808 2f2cc738 ffffff01"
    "c01008 0002fde900000064"
    "e01703 000102"
    "c02018 0000fde9 00000001 00000002 fa56ea01 00000003 00000004"
    "e06301 aa";

TEST(Attributes, InTheOrderOfTheirTypes) {
  Octets out;
  write_attributes(everything(), kWide, true, out);
  EXPECT_EQ(out, hex(kEverything));
}

TEST(Attributes, RoundTrip) { EXPECT_EQ(read(hex(kEverything)), everything()); }

TEST(Attributes, OrderDoesNotMatter) {
  const auto octets = hex("c06301aa 400304c0000201 e0170100 400200 40010102");
  const auto attributes = read(octets);
  EXPECT_EQ(attributes.origin, Origin::incomplete);
  ASSERT_EQ(attributes.unknown.size(), 2u);
  EXPECT_EQ(attributes.unknown[0].type, 23);
}

// RFC 4271 §9: passed on with the partial bit, or not at all.
TEST(Attributes, UnknownOnes) {
  const auto attributes = read(hex("40010100 400200 d0630002beef 80640101"));
  EXPECT_EQ(attributes.unknown, (std::vector<UnknownAttribute>{{0xe0, 99, hex("beef")}}));
}

TEST(Attributes, LongLengthOnlyWhereNeeded) {
  PathAttributes values;
  values.communities.assign(63, 7);
  Octets out;
  write_attributes(values, kWide, false, out);
  EXPECT_EQ(out[7], 0xc0);
  EXPECT_EQ(out.size(), 4u + 3 + 3 + 252);
  values.communities.assign(64, 7);
  out.clear();
  write_attributes(values, kWide, false, out);
  EXPECT_EQ(out[7], 0xd0);
  EXPECT_EQ(out.size(), 4u + 3 + 4 + 256);
  EXPECT_EQ(read(out).communities, values.communities);
}

// RFC 4271 §5.1.5.
TEST(Attributes, NoLocalPrefToExternalPeers) {
  Octets out;
  write_attributes({.local_pref = 100}, {.as4 = true}, false, out);
  EXPECT_EQ(out, hex("40010100 400200"));
}

// RFC 6396 §4.3.4, and the whole attribute as some write it all the same.
TEST(RibAttributes, NextHopsOfMpReach) {
  const char* const global = "20010db8000000000000000000000001";
  const char* const local = "fe800000000000000000000000000001";
  const auto short_form = read(hex(std::string("400101 00 400200 800e11 10") + global));
  EXPECT_EQ(short_form.next_hop6, net::Ip::parse("2001:db8::1"));
  EXPECT_FALSE(short_form.next_hop_link_local);
  const auto both = read(hex(std::string("400101 00 400200 800e21 20") + global + local));
  EXPECT_EQ(both.next_hop_link_local, net::Ip::parse("fe80::1"));
  const auto whole =
      read(hex(std::string("400101 00 400200 800e1c 000201 10") + global + "00 30 20010db80001"));
  EXPECT_EQ(whole.next_hop6, net::Ip::parse("2001:db8::1"));
  const auto v4 = read(hex("400101 00 400200 800e05 04 c0000201"));
  EXPECT_EQ(v4.next_hop, net::Ip::parse("192.0.2.1"));
}

TEST(RibAttributes, NextHopsThatCannotBe) {
  for (const char* bad : {"800e00", "800e02 1020", "800e03 0002 01", "800e06 05 c000020101"})
    read(hex(bad), 1);
}

TEST(RibAttributes, WithoutOrigin) { EXPECT_EQ(read({}).origin, Origin::incomplete); }

TEST(RibAttributes, Errors) {
  read(hex("400101 05"), 1);
  read(hex("400101"), 1);
  std::vector<AttributeError> errors;
  EXPECT_FALSE(decode_attributes(hex("40630101"), kWide, errors));
}

}  // namespace
}  // namespace erbium::cp::bgp
