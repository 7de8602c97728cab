#include "control/scenario/link_faults.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

TEST(LinkFaults, ALinkIsUpWhileNothingHoldsItDown) {
  LinkFaults faults;
  faults.begin(1, 0, Direction::both, true);
  faults.begin(2, 0, Direction::to_azure, false);
  faults.end(1, 0);
  EXPECT_FALSE(faults.up(0, Direction::to_azure));
  EXPECT_TRUE(faults.up(0, Direction::to_onprem));
  EXPECT_TRUE(faults.carrier(0)) << "what is left is silent";
  faults.end(2, 0);
  EXPECT_TRUE(faults.up(0, Direction::to_azure));
}

TEST(LinkFaults, AnIsolatedCoreStaysSoOverAReload) {
  LinkFaults faults;
  faults.begin_core(1, "msee-a");
  faults.begin_core(2, "msee-a");
  faults.end_core(2, "msee-a");
  EXPECT_FALSE(faults.core_up("msee-a"));
  EXPECT_TRUE(faults.core_up("msee-b"));
  faults.end_core(1, "msee-a");
  EXPECT_TRUE(faults.core_up("msee-a"));
}

TEST(LinkFaults, TheCarrierComesBackWithBothDirections) {
  LinkFaults faults;
  faults.begin(1, 0, Direction::both, true);
  faults.lift(1, 0, Direction::to_azure);
  EXPECT_FALSE(faults.carrier(0));
  faults.lift(1, 0, Direction::to_onprem);
  EXPECT_TRUE(faults.carrier(0));
}

}  // namespace
}  // namespace erbium::cp
