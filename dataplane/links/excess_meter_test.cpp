#include "dataplane/links/excess_meter.h"

#include <gtest/gtest.h>

namespace erbium::dp {
namespace {

constexpr BitRate kRate = BitRate::bps(10'000), kExcess = BitRate::bps(2'000);

// 1,000 bits a window are the rate, 1,200 are allowed.
struct Meter : ExcessMeter {
  bool at(int64_t ms, uint64_t bits) {
    return limits(Time() + Duration::ms(ms), bits, kRate, kExcess);
  }
};

TEST(ExcessMeter, AllowsAFifthMore) {
  Meter m;
  for (int64_t window = 0; window < 5; window++)
    EXPECT_FALSE(m.at(window * 100 + 99, 1200)) << window;
}

TEST(ExcessMeter, LimitsFromTheNextWindowOn) {
  Meter m;
  EXPECT_FALSE(m.at(0, 1000));
  EXPECT_FALSE(m.at(99, 201)) << "the window is judged when it has ended";
  EXPECT_TRUE(m.at(100, 1000));
  EXPECT_TRUE(m.at(200, 1000)) << "the rate itself is not below the rate";
  EXPECT_TRUE(m.at(300, 999));
  EXPECT_FALSE(m.at(400, 1000)) << "what was offered fell below the rate";
}

TEST(ExcessMeter, SilenceIsBelowTheRate) {
  Meter m;
  EXPECT_FALSE(m.at(0, 5000));
  EXPECT_FALSE(m.at(200, 5000)) << "nothing was offered in the window before";
  EXPECT_TRUE(m.at(300, 1));
}

}  // namespace
}  // namespace erbium::dp
