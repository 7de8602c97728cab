#include "common/units_text.h"

#include <gtest/gtest.h>

namespace erbium {
namespace {

TEST(UnitsText, IntervalsAreExact) {
  EXPECT_EQ(interval_text(0), "0s");
  EXPECT_EQ(interval_text(7), "7ns");
  EXPECT_EQ(interval_text(999), "999ns");
  EXPECT_EQ(interval_text(6'144), "6.144us");
  EXPECT_EQ(interval_text(50'000), "50us");
  EXPECT_EQ(interval_text(300'000'000), "300ms");
  EXPECT_EQ(interval_text(1'200'000'000), "1.2s");
  EXPECT_EQ(interval_text(1'000'000'001), "1.000000001s");
  EXPECT_EQ(interval_text(-1'500), "-1.5us");
  EXPECT_EQ(interval_text(INT64_MIN), "-9223372036.854775808s");
}

TEST(UnitsText, RatesAreExact) {
  EXPECT_EQ(bit_rate_text(BitRate()), "0bps");
  EXPECT_EQ(bit_rate_text(BitRate::bps(1)), "1bps");
  EXPECT_EQ(bit_rate_text(BitRate::bps(1'500'000)), "1500Kbps");
  EXPECT_EQ(bit_rate_text(BitRate::mbps(50)), "50Mbps");
  EXPECT_EQ(bit_rate_text(BitRate::gbps(400)), "400Gbps");
  EXPECT_EQ(bit_rate_text(BitRate::gbps(10'000)), "10000Gbps");
}

}  // namespace
}  // namespace erbium
