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

}  // namespace
}  // namespace erbium::cp
