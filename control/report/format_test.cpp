#include "control/report/format.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

TEST(Format, Numbers) {
  EXPECT_EQ(grouped_text(0), "0");
  EXPECT_EQ(grouped_text(999), "999");
  EXPECT_EQ(grouped_text(1'234'567), "1,234,567");
  EXPECT_EQ(rate_text(0), "0\u00a0bit/s");
  EXPECT_EQ(rate_text(9'876'000'000), "9.88\u00a0Gbit/s");
  EXPECT_EQ(rate_text(512'000), "512\u00a0kbit/s");
}

TEST(Format, ExactDurations) {
  EXPECT_EQ(duration_text(0), "0\u00a0s");
  EXPECT_EQ(duration_text(900'000'000), "900\u00a0ms");
  EXPECT_EQ(duration_text(1'200'000'000), "1.2\u00a0s");
  EXPECT_EQ(duration_text(1'000'000'001), "1.000000001\u00a0s");
  EXPECT_EQ(duration_text(80'000), "80\u00a0\u00b5s");
  EXPECT_EQ(duration_text(-1'500), "-1.5\u00a0\u00b5s");
  EXPECT_EQ(duration_text(7), "7\u00a0ns");
}

TEST(Format, RoundedDurations) {
  EXPECT_EQ(rounded_duration_text(901'349'000), "901.3\u00a0ms");
  EXPECT_EQ(rounded_duration_text(1'234'567), "1.235\u00a0ms");
  EXPECT_EQ(rounded_duration_text(45'678), "45.68\u00a0\u00b5s");
  EXPECT_EQ(rounded_duration_text(7), "7\u00a0ns");
  EXPECT_EQ(time_text(10'000'000'999), "10.000000\u00a0s");
}

TEST(Format, NothingLeavesItsPlace) {
  EXPECT_EQ(escaped("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(script_safe(R"({"a":"</script><!--<script"})"),
            R"({"a":"\u003c/script>\u003c!--\u003cscript"})");
}

TEST(Format, TimesOfTerminals) {
  EXPECT_EQ(seconds_text(0), "0.000s");
  EXPECT_EQ(seconds_text(10'897'000'000), "10.897s");
  EXPECT_EQ(seconds_text(-1'015'000'001), "-1.015000001s");
  EXPECT_EQ(seconds_text(-500'000'000), "-0.500s");
}

TEST(Format, UpTimeAsRoutersPrintIt) {
  constexpr int64_t kSecond = 1'000'000'000, kHour = 3600 * kSecond, kDay = 24 * kHour;
  EXPECT_EQ(up_time_text(0), "00:00:00");
  EXPECT_EQ(up_time_text(753 * kSecond + 999'999'999), "00:12:33");
  EXPECT_EQ(up_time_text(kDay - 1), "23:59:59");
  EXPECT_EQ(up_time_text(26 * kHour), "1d02h");
  EXPECT_EQ(up_time_text(7 * kDay - 1), "6d23h");
  EXPECT_EQ(up_time_text(60 * kDay), "8w4d");
}

}  // namespace
}  // namespace erbium::cp
