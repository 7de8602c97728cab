// What the dataplane is told of a profile.
#include "control/expressroute/impairments.h"

#include <gtest/gtest.h>

#include <set>

#include "control/config/decode.h"
#include "control/config/test_scenario.h"
#include "control/expressroute/compiler.h"

namespace erbium::cp {
namespace {

TEST(Impairments, AProfileIsToldOfTheDirectionsItIsAppliedTo) {
  const Scenario scenario =
      load_text(kBaseScenario +
                    "impairments:\n  bad:\n    delay: { base: 2ms, jitter: 80us, dist: uniform, "
                    "order: free }\n"
                    "    loss: { model: gilbert_elliott, p: 0.001%, r: 100%, bad: 25% }\n"
                    "    reorder: { p: 12.5%, hold: 1us }\n"
                    "apply:\n  - { profile: bad, circuit: er, dir: to_onprem }\n",
                "scenario.yaml");
  Compiler compiler(scenario, {});
  std::set<uint64_t> seeds;
  for (const api::ToDataplane& m : compiler.initial().messages) {
    if (!m.has_link() || !m.link().has_impairment()) continue;
    const api::Impairment& bad = m.link().impairment();
    EXPECT_EQ(m.link().direction(), "to_onprem");
    EXPECT_EQ(m.link().delay_ns(), 2'000'000);
    EXPECT_EQ(bad.jitter_ns(), 80'000);
    EXPECT_EQ(bad.distribution(), api::Impairment::UNIFORM);
    EXPECT_FALSE(bad.keep_order());
    EXPECT_EQ(bad.model(), api::Impairment::GILBERT_ELLIOTT);
    EXPECT_EQ(bad.worse(), 92'233'720'368'547u) << "2^63 / 100,000, rounded down";
    EXPECT_EQ(bad.better(), uint64_t{1} << 63);
    EXPECT_EQ(bad.loss(), uint64_t{1} << 61);
    EXPECT_EQ(bad.good_loss(), 0u);
    EXPECT_EQ(bad.reorder(), uint64_t{1} << 60);
    EXPECT_EQ(bad.hold_ns(), 1000);
    EXPECT_EQ(bad.duplicate(), 0u);
    seeds.insert(bad.seed());
  }
  EXPECT_EQ(seeds.size(), 2u) << "each link draws by itself";
}

}  // namespace
}  // namespace erbium::cp
