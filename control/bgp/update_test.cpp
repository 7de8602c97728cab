#include <gtest/gtest.h>

#include <algorithm>

#include "control/bgp/attributes.h"
#include "control/bgp/codec.h"
#include "control/bgp/test_octets.h"
#include "tests/interop/roundtrip.h"

namespace erbium::cp::bgp {
namespace {

const CodecOptions kBoth{.as4 = true, .multiprotocol_v6 = true};

net::Prefix prefix(const char* text) { return *net::Prefix::parse(text); }

Update read(const Octets& octets, const CodecOptions& options = kBoth) {
  const auto decoded = decode(octets, options);
  EXPECT_TRUE(decoded) << decoded.error().what;
  return decoded ? std::get<Update>(decoded->message) : Update{};
}

PathAttributes attributes() {
  return {.as_path = {{{AsSegment::Type::sequence, {65001}}}},
          .next_hop = net::Ip::v4(0xc0000201),
          .next_hop6 = net::Ip::parse("2001:db8::1")};
}

// The messages that `octets` hold.
std::vector<Octets> split(std::span<const uint8_t> octets, const CodecOptions& options) {
  std::vector<Octets> out;
  while (!octets.empty()) {
    const unsigned length = message_length(octets, options).value();
    out.emplace_back(octets.begin(), octets.begin() + length);
    octets = octets.subspan(length);
  }
  return out;
}

Update many(Family family, unsigned count) {
  Update update{.attributes = attributes()};
  for (uint32_t i = 0; i < count; i++) {
    auto& added = update.announced.emplace_back();
    if (family == Family::v4)
      added = {net::Ip::v4(0x0a000000 + (i << 8)), 24};
    else
      added = net::Prefix{net::Ip::parse("2001:db8::")->plus(i), 128};
  }
  return update;
}

// From tests/data/bgp/frr84-bird2-session.pcap: BIRD 2.0.12 writes as we do, FRR 8.4.4 with long
// lengths.
TEST(Updates, AsOthersWriteThem) {
  const auto bird = update_message("", "400101 00 400206 0201 00002f2c 400304 0a5b0001", "10 0a09");
  const Update update = read(bird);
  EXPECT_EQ(update.announced, std::vector{prefix("10.9.0.0/16")});
  EXPECT_EQ(update.attributes->as_path.str(), "12076");
  EXPECT_EQ(update.attributes->next_hop, net::Ip::parse("10.91.0.1"));
  EXPECT_EQ(encoded(update, kBoth), bird);

  const Update frr = read(update_message("",
                                         "400101 00 50020006 0201 fa56ea01 400304 0a5b0002"
                                         "800404 00000000 c00808 2f2c4e2a fde80001"
                                         "c0200c fa56ea01 00000001 00000002",
                                         "10 0a32 18 0a3300"));
  EXPECT_EQ(frr.announced, (std::vector{prefix("10.50.0.0/16"), prefix("10.51.0.0/24")}));
  EXPECT_EQ(frr.attributes->as_path.str(), "4200000001");
  EXPECT_EQ(frr.attributes->med, 0u);
  EXPECT_EQ(frr.attributes->communities, (std::vector<uint32_t>{0x2f2c4e2a, 0xfde80001}));
  EXPECT_EQ(frr.attributes->large_communities, (std::vector{LargeCommunity{4200000001, 1, 2}}));
  EXPECT_EQ(roundtrip_difference(frr, kBoth), "");
}

TEST(Updates, EveryPrefixLength) {
  Update update{.attributes = attributes()};
  for (uint8_t length = 0; length <= 32; length++)
    update.announced.push_back(net::Prefix{net::Ip::v4(0xcbcbcbcb), length}.canonical());
  for (uint8_t length = 0; length <= 128; length++)
    update.announced.push_back(
        net::Prefix{*net::Ip::parse("2001:db8:abcd:ef01:2345:6789:abcd:ef01"), length}.canonical());
  EXPECT_EQ(roundtrip_difference(update, kBoth), "");
}

TEST(Updates, HostBitsAreCleared) {
  const auto octets =
      update_message("0a ffff", "400101 00 400206 0201 0000fde9 400304 0a000001", "01 ff");
  EXPECT_EQ(read(octets).withdrawn, std::vector{prefix("255.192.0.0/10")});
  EXPECT_EQ(read(octets).announced, std::vector{prefix("128.0.0.0/1")});
}

// RFC 7606 §5.1: one kind of prefixes a message, MP attributes first, withdrawals before.
TEST(Updates, OneKindAMessage) {
  const Update update{.withdrawn = {prefix("2001:db8:2::/48"), prefix("10.0.0.0/8")},
                      .attributes = attributes(),
                      .announced = {prefix("2001:db8:1::/48"), prefix("203.0.113.0/24")}};
  const auto messages = split(encoded(update, kBoth), kBoth);
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[0], update_message("08 0a", "", ""));
  EXPECT_EQ(messages[1], update_message("", "800f0a 0002 01 30 20010db80002", ""));
  EXPECT_EQ(messages[2],
            update_message("", "400101 00 400206 0201 0000fde9 400304 c0000201", "18 cb0071"));
  EXPECT_EQ(messages[3], update_message("",
                                        "800e1c 0002 01 10 20010db8000000000000000000000001 00"
                                        "30 20010db80001 400101 00 400206 0201 0000fde9",
                                        ""));
  EXPECT_EQ(roundtrip_difference(update, kBoth), "");
}

TEST(Updates, FamiliesThatWereNotAgreedUpon) {
  const Update update{.withdrawn = {prefix("2001:db8:2::/48"), prefix("10.0.0.0/8")}};
  EXPECT_EQ(encoded(update, {}), update_message("08 0a", "", ""));
  const auto decoded =
      decode(update_message("08 0a", "800f0a 0002 01 30 20010db80002", ""), {}).value();
  EXPECT_EQ(std::get<Update>(decoded.message).withdrawn, std::vector{prefix("10.0.0.0/8")});
  ASSERT_EQ(decoded.errors.size(), 1u);
  EXPECT_EQ(decoded.errors[0].type, kMpUnreach);
  const CodecOptions only6{.multiprotocol_v4 = false, .multiprotocol_v6 = true};
  EXPECT_TRUE(read(update_message("08 0a", "", ""), only6).withdrawn.empty());
}

// RFC 2545 §3.
TEST(Updates, LinkLocalNextHop) {
  Update update = many(Family::v6, 1);
  update.attributes->next_hop.reset();
  update.attributes->next_hop_link_local = net::Ip::parse("fe80::1");
  EXPECT_EQ(read(encoded(update, kBoth)), update);
}

// RFC 4760 §3: NEXT_HOP is nobody's when only MP_REACH_NLRI announces.
TEST(Updates, NextHopBesideMpReach) {
  const auto octets =
      update_message("",
                     "800e1c 0002 01 10 20010db8000000000000000000000001 00 30 20010db80001"
                     "400101 00 400206 0201 0000fde9 400304 0a000001",
                     "");
  EXPECT_EQ(read(octets).attributes->next_hop, std::nullopt);
}

TEST(Updates, Ipv4InsideMpReach) {
  const Update update = read(update_message(
      "", "800e0d 0001 01 04 c0000201 00 18 cb0071 400101 00 400206 0201 0000fde9", ""));
  EXPECT_EQ(update.announced, std::vector{prefix("203.0.113.0/24")});
  EXPECT_EQ(update.attributes->next_hop, net::Ip::parse("192.0.2.1"));
  const Update gone = read(update_message("", "800f07 0001 01 18 cb0071", ""));
  EXPECT_EQ(gone.withdrawn, std::vector{prefix("203.0.113.0/24")});
}

// RFC 4724 §2.
TEST(EndsOfRib, BothFamilies) {
  EXPECT_EQ(encoded(Update{}, kBoth), update_message("", "", ""));
  EXPECT_EQ(encoded(Update{.end_of = Family::v6}, kBoth), update_message("", "800f03 0002 01", ""));
  EXPECT_EQ(end_of_rib(read(update_message("", "", ""))), Family::v4);
  EXPECT_EQ(end_of_rib(read(update_message("", "800f03 0002 01", ""))), Family::v6);
  EXPECT_EQ(end_of_rib(read(update_message("", "800f03 0001 01", ""))), Family::v4);
}

TEST(EndsOfRib, NotOfAFamilyThatIsIgnored) {
  EXPECT_EQ(end_of_rib(read(update_message("", "800f03 0002 01", ""), {})), std::nullopt);
  EXPECT_EQ(end_of_rib(read(update_message("", "800f03 0019 41", ""))), std::nullopt);
  EXPECT_TRUE(encoded(Update{.end_of = Family::v6}, {}).empty());
}

TEST(Splitting, NoPrefixIsLost) {
  for (const Family family : {Family::v4, Family::v6}) {
    Update update = many(family, 20000);
    update.withdrawn = update.announced;
    for (const bool extended : {false, true}) {
      CodecOptions options = kBoth;
      options.extended_message = options.receives_extended = extended;
      const auto messages = split(encoded(update, options), options);
      for (size_t i = 0; i + 1 < messages.size(); i++)
        EXPECT_LE(messages[i].size(), extended ? 65535u : 4096u);
      EXPECT_GT(messages.size(), extended ? 2u : 20u);
      EXPECT_EQ(roundtrip_difference(update, options), "");
    }
  }
}

TEST(Splitting, FillsMessagesToTheBrim) {
  const auto messages = split(encoded(many(Family::v4, 5000), kBoth), kBoth);
  EXPECT_GE(messages[0].size(), 4093u);
}

// RFC 8654 §4: attributes that fill a message take the routes back.
TEST(Splitting, AttributesWithoutRoom) {
  Update update = many(Family::v4, 3);
  update.attributes->communities.assign(1100, 7);
  const Update sent = read(encoded(update, kBoth));
  EXPECT_EQ(sent.withdrawn, update.announced);
  EXPECT_TRUE(sent.announced.empty());
  CodecOptions extended = kBoth;
  extended.extended_message = extended.receives_extended = true;
  EXPECT_EQ(roundtrip_difference(update, extended), "");
}

// RFC 7911 §3, as dumps hold them.
TEST(PathIdentifiers, ArePassedOver) {
  const auto octets = update_message("00000007 08 0a", "400101 00 400200 400304 c0000201",
                                     "00000001 18 cb0071 00000002 18 cb0071");
  const Update update = read(octets, {.path_ids = true});
  EXPECT_EQ(update.withdrawn, std::vector{prefix("10.0.0.0/8")});
  EXPECT_EQ(update.announced, std::vector(2, prefix("203.0.113.0/24")));
  for (const char* cut : {"00", "00000001", "00000001 18 cb00"})
    EXPECT_FALSE(decode(update_message(cut, "", ""), {.path_ids = true})) << cut;
}

TEST(Fields, LongerThanTheMessage) {
  for (const char* body : {"0001 0000", "0000 0001", "ffff 0000", "0002 0000 00"}) {
    const auto decoded = decode(message(MessageType::update, hex(body)), kBoth);
    ASSERT_FALSE(decoded) << body;
    EXPECT_EQ(decoded.error().notification, (Notification{3, 1, {}}));
  }
}

}  // namespace
}  // namespace erbium::cp::bgp
