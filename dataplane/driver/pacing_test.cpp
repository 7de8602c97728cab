// Entries are exact however long a replay gets.
#include "dataplane/driver/pacing.h"

#include <gtest/gtest.h>

namespace erbium::dp {
namespace {

constexpr int64_t kEpoch = 1'700'000'000'000'000'000;

TEST(Pacer, SpeedCountsFromTheFirstPacketOfAll) {
  Pacer pacer({.speed = 25, .speed_unit = 10});
  pacer.base(kEpoch);
  pacer.packet(kEpoch + 1001);
  EXPECT_EQ(pacer.entry(), kEpoch + 400);
  pacer.packet(kEpoch + 5'000'000'000);
  EXPECT_EQ(pacer.entry(), kEpoch + 2'000'000'000);
}

TEST(Pacer, PassesAreShiftedByTheLengthOfTheCapture) {
  Pacer pacer({.loop = 3});
  pacer.base(kEpoch);
  for (int pass = 0; pass < 3; pass++) {
    for (const int64_t at : {10, 30, 110}) {
      pacer.packet(kEpoch + at);
      EXPECT_EQ(pacer.entry(), kEpoch + at + pass * 100);
    }
    pacer.next_pass();
  }
}

TEST(Pacer, PacketsASecondAddUpNoError) {
  Pacer pacer({.pps = 3});
  pacer.base(kEpoch);
  pacer.packet(kEpoch + 5);
  for (int64_t n = 0; n < 3'000; n++) {
    ASSERT_EQ(pacer.entry(), kEpoch + 5 + n * 1'000'000'000 / 3);
    pacer.entered(60);
  }
}

TEST(Pacer, BitsASecondCountWhatEnteredBefore) {
  Pacer pacer({.rate = BitRate::bps(7'000)});
  pacer.packet(kEpoch);
  EXPECT_EQ(pacer.entry(), kEpoch);
  pacer.entered(100);
  EXPECT_EQ(pacer.entry(), kEpoch + 800'000'000'000 / 7'000);
  pacer.entered(1);
  EXPECT_EQ(pacer.entry(), kEpoch + 808'000'000'000 / 7'000);
}

TEST(Pacer, TimeStopsBeforeItOverflows) {
  Pacer pacer({.speed = 1, .speed_unit = 1'000'000'000});
  pacer.base(0);
  pacer.packet(INT64_MAX / 4);
  const int64_t latest = pacer.entry();
  EXPECT_GT(latest, INT64_MAX / 2);
  EXPECT_LT(latest, INT64_MAX);
}

}  // namespace
}  // namespace erbium::dp
