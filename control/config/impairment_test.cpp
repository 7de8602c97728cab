// What loss models come to.
#include "control/config/impairment.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

Share percent(uint64_t n) { return {n * Share::kAll / 100}; }

LossProfile model() {
  LossProfile out;
  out.model = LossProfile::Model::gilbert_elliott;
  return out;
}

std::string error_of(const LossProfile& loss) {
  const auto found = loss.transitions();
  return found ? "none" : found.error();
}

TEST(LossProfile, ChancesAreTakenAsTheyAre) {
  LossProfile loss = model();
  loss.p = percent(2);
  loss.r = percent(30);
  EXPECT_EQ(loss.transitions()->worse, percent(2));
  EXPECT_EQ(loss.transitions()->better, percent(30));
}

TEST(LossProfile, MeanAndBurstGiveTheChances) {
  LossProfile loss = model();
  loss.mean = percent(20);
  loss.burst = 4;
  EXPECT_EQ(loss.transitions()->better, percent(25));
  EXPECT_EQ(loss.transitions()->worse.units, percent(25).units / 4) << "one packet in five is bad";
  loss.bad = percent(60);
  loss.good = percent(10);
  EXPECT_EQ(loss.transitions()->worse.units, percent(25).units / 4) << "one in five again";
  loss.mean = percent(50);
  EXPECT_EQ(loss.transitions()->worse, percent(100)) << "four in five";
}

TEST(LossProfile, AMeanOutOfReachIsAnError) {
  LossProfile loss = model();
  loss.mean = percent(80);
  loss.burst = 3;
  EXPECT_EQ(error_of(loss).rfind("bursts of 3 cannot reach that mean", 0), 0U) << error_of(loss);
  loss.burst = 4;
  EXPECT_EQ(error_of(loss), "none");
  loss.bad = percent(80);
  EXPECT_EQ(error_of(loss).rfind("the mean is not between", 0), 0U);
  loss.mean = percent(5);
  loss.good = percent(5);
  EXPECT_EQ(error_of(loss).rfind("the mean is not between", 0), 0U);
  loss.good = percent(80);
  EXPECT_EQ(error_of(loss).rfind("the bad state loses no more", 0), 0U);
}

TEST(LossProfile, FormsAreNotMixed) {
  LossProfile loss = model();
  EXPECT_EQ(error_of(loss).rfind("gilbert_elliott has two forms", 0), 0U);
  loss.p = percent(1);
  EXPECT_EQ(error_of(loss).rfind("gilbert_elliott has two forms", 0), 0U);
  loss.r = percent(0);
  EXPECT_EQ(error_of(loss).rfind("the bad state never ends", 0), 0U);
  loss.r = percent(10);
  EXPECT_EQ(error_of(loss), "none");
  loss.burst = 3;
  EXPECT_EQ(error_of(loss).rfind("gilbert_elliott has two forms", 0), 0U);
}

}  // namespace
}  // namespace erbium::cp
