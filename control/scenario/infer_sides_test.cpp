// Sides as votes give them, and prefixes that part them.
#include "control/scenario/infer_sides.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

struct Talk {
  const char* opener;
  const char* other;
  uint64_t packets = 10;
  bool sure = true;  // that the opener opened
};

CaptureSummary summary(const std::vector<Talk>& talks) {
  CaptureSummary out;
  for (const Talk& talk : talks) {
    const net::Ip opener = *net::Ip::parse(talk.opener), other = *net::Ip::parse(talk.other);
    Conversation one{.a = std::min(opener, other), .b = std::max(opener, other)};
    one.packets = talk.packets;
    const bool by_a = opener == one.a;
    (talk.sure ? (by_a ? one.a_opened : one.b_opened) : (by_a ? one.a_first : one.b_first)) = 1;
    out.conversations.push_back(one);
    out.packets += talk.packets;
  }
  return out;
}

std::string text(const std::vector<net::Prefix>& prefixes) {
  std::string out;
  for (const net::Prefix& prefix : prefixes) out += (out.empty() ? "" : " ") + prefix.str();
  return out;
}

std::vector<net::Prefix> parsed(const std::vector<const char*>& texts) {
  std::vector<net::Prefix> out;
  for (const char* one : texts) out.push_back(*net::Prefix::parse(one));
  return out;
}

// "ON-PREMISES | AZURE"
std::string sides(const std::vector<Talk>& talks, const std::vector<const char*>& onprem = {},
                  const std::vector<const char*>& azure = {}) {
  const Sides out = infer_sides(summary(talks), {parsed(onprem), parsed(azure)});
  return text(out.onprem.prefixes) + " | " + text(out.azure.prefixes);
}

TEST(InferSides, WhoOpensIsTheCustomer) {
  EXPECT_EQ(sides({{"10.1.0.5", "10.2.0.5"}}), "10.1.0.0/24 | 10.2.0.0/24");
  EXPECT_EQ(sides({{"10.2.0.5", "10.1.0.5"}}), "10.2.0.0/24 | 10.1.0.0/24");
  EXPECT_EQ(sides({{"10.2.0.5", "10.1.0.5", 1, false}}), "10.2.0.0/24 | 10.1.0.0/24");
}

TEST(InferSides, PrivateAddressesAreTheCustomersAgainstPublicOnes) {
  EXPECT_EQ(sides({{"198.51.100.7", "192.168.3.4"}}), "192.168.3.0/24 | 198.51.100.0/24");
  EXPECT_EQ(sides({{"2001:db8::7", "fd00::4"}}), "fd00::/64 | 2001:db8::/64");
  EXPECT_EQ(infer_sides(summary({{"192.168.3.4", "198.51.100.7"}}), {}).because,
            "private addresses against public ones");
  EXPECT_EQ(infer_sides(summary({{"10.3.3.4", "10.9.9.7"}}), {}).because, "by who opens the flows");
}

TEST(InferSides, TheMajorityOfFlowsDecides) {
  EXPECT_EQ(sides({{"10.1.0.5", "10.2.0.5"}, {"10.2.0.9", "10.1.0.6"}, {"10.1.0.7", "10.2.0.5"}}),
            "10.1.0.0/24 | 10.2.0.0/24");
}

TEST(InferSides, NetworksStayWholeWhileMostPacketsLeaveThem) {
  // Local talk of 192.168.1.0/24 is not parted for its few packets.
  EXPECT_EQ(sides({{"192.168.1.5", "192.168.1.6", 3}, {"192.168.1.5", "203.0.113.80", 50}}),
            "192.168.1.0/24 | 203.0.113.0/24");
}

TEST(InferSides, HostsOfOneNetworkArePartedWhenTheyMostlyTalkToEachOther) {
  EXPECT_EQ(sides({{"192.168.1.5", "192.168.1.6", 30}, {"192.168.1.7", "192.168.1.6", 30}}),
            "192.168.1.5/32 192.168.1.7/32 | 192.168.1.6/32");
}

TEST(InferSides, WithoutEvidenceTheSideWithMoreHostsIsTheCustomers) {
  CaptureSummary none = summary({{"10.1.0.5", "10.9.0.1"}, {"10.2.0.5", "10.9.0.1"}});
  for (Conversation& talk : none.conversations) talk.a_opened = talk.b_opened = 0;
  EXPECT_EQ(text(infer_sides(none, {}).azure.prefixes), "10.9.0.0/24");
}

TEST(InferSides, TheHeaviestTalkIsPartedFirst) {
  // A triangle cannot be parted whole: its lightest edge stays inside.
  const Sides out = infer_sides(summary({{"10.1.0.1", "10.2.0.1", 100},
                                         {"10.1.0.1", "10.3.0.1", 50},
                                         {"10.2.0.1", "10.3.0.1", 5}}),
                                {});
  EXPECT_EQ(text(out.onprem.prefixes), "10.1.0.0/24");
  EXPECT_EQ(text(out.azure.prefixes), "10.2.0.0/24 10.3.0.0/24");
  EXPECT_EQ(out.crossing, 150u);
  EXPECT_EQ(out.staying, 5u);
}

TEST(InferSides, WhatIsGivenStands) {
  const std::vector<Talk> talks{{"10.1.0.5", "10.2.0.5"}, {"10.3.0.5", "10.2.0.6"}};
  EXPECT_EQ(sides(talks, {}, {"10.1.0.0/16"}), "10.2.0.0/24 10.3.0.0/24 | 10.1.0.0/16");
  EXPECT_EQ(sides(talks, {"10.2.0.5/32"}, {}), "10.2.0.5/32 | 10.1.0.0/24 10.2.0.6/31 10.3.0.0/24");
  EXPECT_EQ(sides(talks, {"10.0.0.0/8"}, {"10.2.0.0/16"}), "10.0.0.0/8 | 10.2.0.0/16");
  EXPECT_EQ(sides({{"fd00::1", "fd01::1"}}, {}, {"10.2.0.0/16"}),
            "fd00::/64 | 10.2.0.0/16 fd01::/64");
}

TEST(InferSides, LocalAddressesAreOnNoSide) {
  EXPECT_EQ(
      sides({{"169.254.1.2", "10.0.0.1"}, {"fe80::1", "fe80::2"}, {"127.0.0.1", "127.0.0.2"}}),
      " | ");
}

TEST(InferSides, ManyNetworksBecomeFewPrefixes) {
  std::vector<std::string> names;
  std::vector<Talk> talks;
  for (int i = 0; i < 200; i++) names.push_back("203.0." + std::to_string(i) + ".9");
  for (const std::string& name : names) talks.push_back({"192.168.1.5", name.c_str()});
  const Sides out = infer_sides(summary(talks), {});
  ASSERT_EQ(out.azure.prefixes.size(), 13u);
  EXPECT_EQ(out.azure.prefixes.back().str(), "203.0.192.0/20");
  EXPECT_EQ(out.azure.hosts, 200u);
}

// The customer's side lies scattered among Azure's.
TEST(InferSides, ScatteredCustomersGetTheDefaultRoute) {
  std::vector<std::string> names;
  std::vector<Talk> talks;
  for (int i = 0; i < 64; i++) names.push_back("10.0." + std::to_string(i) + ".9");
  for (size_t i = 0; i < names.size(); i += 2)
    talks.push_back({names[i].c_str(), names[i + 1].c_str()});
  const Sides out = infer_sides(summary(talks), {});
  EXPECT_EQ(text(out.onprem.prefixes), "0.0.0.0/0");
  EXPECT_EQ(out.azure.prefixes.size(), 32u);
}

}  // namespace
}  // namespace erbium::cp
