#include "common/net/address.h"

#include <gtest/gtest.h>

namespace erbium::net {
namespace {

TEST(Mac, ParsesAndPrints) {
  EXPECT_EQ(Mac::parse("02:00:0a:ff:01:9c")->str(), "02:00:0a:ff:01:9c");
  for (const char* bad : {"", "02:00:0a:ff:01", "02-00-0a-ff-01-9c", "02:00:0a:ff:01:9g"})
    EXPECT_FALSE(Mac::parse(bad)) << bad;
}

TEST(Ip, ParsesBothFamilies) {
  EXPECT_EQ(Ip::parse("10.0.1.4")->v4_host(), 0x0a000104u);
  EXPECT_EQ(Ip::parse("fd00:0:0::1")->str(), "fd00::1");
  for (const char* bad : {"", "10.0.1", "10.0.1.256", "fd00:::1", "10.0.1.4/8"})
    EXPECT_FALSE(Ip::parse(bad)) << bad;
}

TEST(Ip, PlusCarries) {
  EXPECT_EQ(Ip::parse("10.0.0.255")->plus(2).str(), "10.0.1.1");
  EXPECT_EQ(Ip::parse("fd00::ffff")->plus(1).str(), "fd00::1:0");
}

TEST(Prefix, CanonicalClearsHostBits) {
  EXPECT_EQ(Prefix::parse("10.1.2.3/9")->canonical().str(), "10.0.0.0/9");
  EXPECT_EQ(Prefix::parse("fd00::5/126")->canonical().str(), "fd00::4/126");
  EXPECT_EQ(Prefix::parse("10.1.2.3/0")->canonical().str(), "0.0.0.0/0");
  for (const char* bad : {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/8x"})
    EXPECT_FALSE(Prefix::parse(bad)) << bad;
}

TEST(Prefix, ContainsAndOverlaps) {
  const auto a = *Prefix::parse("10.0.0.0/8"), b = *Prefix::parse("10.2.0.0/15");
  EXPECT_TRUE(a.contains(b));
  EXPECT_FALSE(b.contains(a));
  EXPECT_TRUE(b.overlaps(a));
  EXPECT_TRUE(b.contains(*Ip::parse("10.3.255.255")));
  EXPECT_FALSE(b.contains(*Ip::parse("10.4.0.0")));
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(*Ip::parse("::")));
}

TEST(Prefix, FollowingCountsInItsLastBit) {
  const auto following = [](const char* prefix, uint32_t n) {
    return Prefix::parse(prefix)->following(n).str();
  };
  EXPECT_EQ(following("10.0.0.0/24", 0), "10.0.0.0/24");
  EXPECT_EQ(following("10.0.0.0/24", 257), "10.1.1.0/24");
  EXPECT_EQ(following("10.0.0.0/20", 17), "10.1.16.0/20");
  EXPECT_EQ(following("10.0.0.1/32", 4000), "10.0.15.161/32");
  EXPECT_EQ(following("255.255.255.0/24", 1), "0.0.0.0/24");
  EXPECT_EQ(following("fd00::/64", 0x10001), "fd00:0:1:1::/64");
  EXPECT_EQ(following("fd00::/61", 3), "fd00:0:0:18::/61");
  EXPECT_EQ(following("fd00::ffff/128", 1), "fd00::1:0/128");
  EXPECT_EQ(following("0.0.0.0/0", 5), "0.0.0.0/0");
}

}  // namespace
}  // namespace erbium::net
