#include "control/bgp/message.h"

#include <gtest/gtest.h>

namespace erbium::cp::bgp {
namespace {

using Type = AsSegment::Type;

const AsPath kPath{{{Type::sequence, {12076, 65001}}, {Type::set, {64512, 64513}}}};

TEST(AsPaths, Text) {
  EXPECT_EQ(kPath.str(), "12076 65001 {64512,64513}");
  EXPECT_EQ(AsPath{}.str(), "");
  const AsPath confederation{
      {{Type::confed_sequence, {1, 2}}, {Type::confed_set, {3, 4}}, {Type::sequence, {5}}}};
  EXPECT_EQ(confederation.str(), "(1 2) [3,4] 5");
}

TEST(AsPaths, Length) {
  EXPECT_EQ(kPath.length(), 3u);
  EXPECT_EQ((AsPath{{{Type::confed_sequence, {1, 2}}, {Type::sequence, {5}}}}.length()), 1u);
}

TEST(AsPaths, Membership) {
  EXPECT_TRUE(kPath.contains(64513));
  EXPECT_FALSE(kPath.contains(64514));
  EXPECT_EQ(kPath.first(), 12076u);
  EXPECT_EQ(AsPath{}.first(), std::nullopt);
  EXPECT_EQ((AsPath{{{Type::set, {1}}}}.first()), std::nullopt);
  EXPECT_EQ((AsPath{{{Type::confed_sequence, {1}}, {Type::sequence, {2}}}}.first()), 2u);
}

TEST(AsPaths, Prepend) {
  AsPath path = kPath;
  path.prepend(12076, 8);
  EXPECT_EQ(path.length(), 11u);
  EXPECT_EQ(path.segments.size(), 2u);
  AsPath empty;
  empty.prepend(65515);
  EXPECT_EQ(empty.str(), "65515");
  AsPath set{{{Type::set, {1, 2}}}};
  set.prepend(3);
  EXPECT_EQ(set.str(), "3 {1,2}");
}

TEST(AsPaths, PrependBeyondASegment) {
  AsPath path;
  path.prepend(1, 250);
  path.prepend(2, 10);
  ASSERT_EQ(path.segments.size(), 2u);
  EXPECT_EQ(path.segments[0].asns, std::vector<uint32_t>(5, 2));
  EXPECT_EQ(path.segments[1].asns.size(), 255u);
  EXPECT_EQ(path.length(), 260u);
}

TEST(EndOfRib, OnlyOfAnEmptyUpdate) {
  EXPECT_EQ(end_of_rib(Update{}), Family::v4);
  EXPECT_EQ(end_of_rib(Update{.end_of = Family::v6}), Family::v6);
  EXPECT_EQ(end_of_rib(Update{.withdrawn = {*net::Prefix::parse("10.0.0.0/8")}}), std::nullopt);
  EXPECT_EQ(end_of_rib(Update{.attributes = PathAttributes{}}), std::nullopt);
}

TEST(Describe, Words) {
  EXPECT_EQ(describe({6, 2, {}}), "Cease/Administrative Shutdown");
  EXPECT_EQ(describe({6, 10, {}}), "Cease/BFD Down");
  EXPECT_EQ(describe({4, 0, {}}), "Hold Timer Expired");
  EXPECT_EQ(describe({3, 11, {}}), "UPDATE Message Error/Malformed AS_PATH");
  EXPECT_EQ(describe({2, 2, {}}), "OPEN Message Error/Bad Peer AS");
  EXPECT_EQ(describe({1, 2, {}}), "Message Header Error/Bad Message Length");
  EXPECT_EQ(describe({5, 3, {}}), "Finite State Machine Error/in Established");
  EXPECT_EQ(describe({6, 99, {}}), "Cease/subcode 99");
  EXPECT_EQ(describe({3, 7, {}}), "UPDATE Message Error/subcode 7");
  EXPECT_EQ(describe({77, 1, {}}), "code 77/subcode 1");
  EXPECT_EQ(describe({0, 0, {}}), "code 0");
}

// RFC 9003 §2.
TEST(ShutdownCommunication, ThereAndBack) {
  EXPECT_EQ(describe(cease(Cease::admin_shutdown, "maintenance 42, back at 03:00")),
            "Cease/Administrative Shutdown \"maintenance 42, back at 03:00\"");
  EXPECT_EQ(describe(cease(Cease::admin_reset, "a\nb")), "Cease/Administrative Reset \"a.b\"");
  EXPECT_TRUE(cease(Cease::bfd_down).data.empty());
}

TEST(ShutdownCommunication, AtMost255OctetsOfWholeCharacters) {
  const auto plain = cease(Cease::admin_shutdown, std::string(300, 'x'));
  EXPECT_EQ(plain.data.size(), 256u);
  EXPECT_EQ(plain.data[0], 255);
  std::string text(254, 'x');
  text += "\xc3\xa9";  // é across the limit
  EXPECT_EQ(cease(Cease::admin_shutdown, text).data[0], 254);
}

TEST(ShutdownCommunication, LyingLength) {
  EXPECT_EQ(describe({6, 2, {9, 'x'}}), "Cease/Administrative Shutdown");
  EXPECT_EQ(describe({6, 2, {0}}), "Cease/Administrative Shutdown");
}

}  // namespace
}  // namespace erbium::cp::bgp
