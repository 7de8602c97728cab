#include "control/config/scalar.h"

#include <gtest/gtest.h>

#include "common/net/address.h"

namespace erbium::cp {
namespace {

TEST(Duration, IsExactInNanoseconds) {
  EXPECT_EQ(parse_duration("1ns"), Duration::ns(1));
  EXPECT_EQ(parse_duration("1.2ms"), Duration::us(1'200));
  EXPECT_EQ(parse_duration("0.000000001s"), Duration::ns(1));
  EXPECT_EQ(parse_duration("80us"), Duration::us(80));
  EXPECT_EQ(parse_duration("1.5min"), Duration::s(90));
  EXPECT_EQ(parse_duration("0.000000001h"), Duration::ns(3'600));
  EXPECT_EQ(parse_duration("240min"), Duration::s(14'400));
}

TEST(Duration, RefusesWhatIsNotExactOrHasNoUnit) {
  for (const char* text : {"", "10", "1.5ns", "0.0001us", "-1ms", "1 ms", "1ms ", "ms", ".5s",
                           "1.s", "1e3s", "1M", "10000h", "1msx"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Rate, IsDecimalAndExact) {
  EXPECT_EQ(parse_rate("10Gbps"), BitRate::gbps(10));
  EXPECT_EQ(parse_rate("2.5Gbps"), BitRate::mbps(2'500));
  EXPECT_EQ(parse_rate("50Mbps"), BitRate::mbps(50));
  EXPECT_EQ(parse_rate("1.001Kbps"), BitRate::bps(1'001));
  EXPECT_EQ(parse_rate("1bps"), BitRate::bps(1));
  EXPECT_EQ(parse_rate("400Gbps"), BitRate::gbps(400));
}

TEST(Rate, RefusesZeroAndFractionsOfABit) {
  for (const char* text :
       {"0Gbps", "0.0Mbps", "00bps", "1.5bps", "1.0001Kbps", "10", "10gbps", "1000Gbps"})
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  EXPECT_EQ(parse_rate("0.5Gbps"), BitRate::mbps(500));
}

TEST(Bytes, AreBinary) {
  EXPECT_EQ(parse_bytes("24352B"), 24'352U);
  EXPECT_EQ(parse_bytes("64KiB"), 65'536U);
  EXPECT_EQ(parse_bytes("1MiB"), 1'048'576U);
  EXPECT_EQ(parse_bytes("10ms"), std::nullopt);
}

TEST(Integer, FollowsTheCoreSchema) {
  EXPECT_EQ(parse_integer("0x8100"), 0x8100);
  EXPECT_EQ(parse_integer("0o17"), 15);
  EXPECT_EQ(parse_integer("017"), 17);
  EXPECT_EQ(parse_integer("+7"), 7);
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_EQ(parse_integer("7.0"), 7);
  EXPECT_EQ(parse_integer("7.5"), std::nullopt);
  EXPECT_EQ(parse_integer("99999999999999999999"), std::nullopt);
}

TEST(Rfc3339, CountsFromTheEpoch) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2000-02-29T12:34:56.000000789Z"), 951'827'696'000'000'789);
  EXPECT_EQ(parse_rfc3339("2026-11-21T22:00:00+02:00"), 1'795'291'200'000'000'000);
  EXPECT_EQ(parse_rfc3339("2026-11-21T15:30:00.5-04:30"), 1'795'291'200'500'000'000);
}

TEST(Rfc3339, RefusesDaysThatDoNotExist) {
  for (const char* text : {"2026-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
                           "2026-13-01T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  out += text;
  return out += "'";
}

// What a type says about one scalar; empty when it takes it.
std::string verdict(const std::string& yaml, const Scalar& type) {
  const YamlNode root = parse_yaml("x: " + yaml);
  try {
    check_scalar(root.entries[0].value, type, "x");
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

TEST(CheckScalar, AddressesOfBothFamilies) {
  for (const char* good : {"10.0.0.4", "::", "fd00::1", "::1", "1:2:3:4:5:6:7:8", "1::", "1::8",
                           "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"})
    EXPECT_EQ(verdict(quoted(good), ip_type()), "") << good;
  for (const char* bad : {"10.0.0", "10.0.0.256", "10.0.0.04", "1::2::3", "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9", "12345::", "::ffff:1.2.3.4", "10.0.0.0/8"})
    EXPECT_NE(verdict(quoted(bad), ip_type()), "") << bad;
}

// Whatever the pattern takes, the parser of common/net takes too.
TEST(CheckScalar, PatternAndParserAgreeOnPrefixes) {
  for (const char* text : {"0.0.0.0/0", "255.255.255.255/32", "10.0.0.0/8", "::/0", "fd00::/48",
                           "1:2:3:4:5:6:7:8/128", "fe80::/10", "2001:db8:0:0:1::/80"}) {
    EXPECT_EQ(verdict(quoted(text), prefix_type()), "") << text;
    EXPECT_TRUE(net::Prefix::parse(text)) << text;
  }
}

TEST(CheckScalar, AdviceNamesTheUnitOrTheQuotes) {
  EXPECT_EQ(verdict("300", duration_type()),
            "x is 300 without a unit; write it with ns, us, ms, s, min or h");
  EXPECT_EQ(verdict("10gbps", rate_type()), "x is '10gbps'; write '10Gbps'");
  EXPECT_EQ(verdict("42", name_type()), "x is the number 42; put it in quotes");
  EXPECT_EQ(verdict("'42'", name_type()), "");
}

TEST(CheckScalar, UnionsTakeBothForms) {
  EXPECT_EQ(verdict("443", match_port_type()), "");
  EXPECT_EQ(verdict("'*'", match_port_type()), "");
  EXPECT_EQ(verdict("80-90", match_port_type()), "");
  EXPECT_NE(verdict("65536", match_port_type()), "");
  EXPECT_EQ(verdict("10ms", size_or_duration_type()), "");
  EXPECT_EQ(verdict("64KiB", size_or_duration_type()), "");
}

TEST(CheckScalar, LongTextDoesNotReachTheRegularExpressions) {
  EXPECT_NE(verdict(std::string(200'000, '1') + "x", duration_type()), "");
  EXPECT_NE(verdict(std::string(200'000, '1'), integer_type(0, 10)), "");
}

}  // namespace
}  // namespace erbium::cp
