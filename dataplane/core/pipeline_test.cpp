#include "dataplane/core/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace erbium::dp {
namespace {

using Stages = std::vector<const StageDescriptor*>;
using Names = std::vector<std::string>;

Names names(const Pipeline& pipeline) {
  Names out;
  for (const StageDescriptor* stage : pipeline.stages()) out.emplace_back(stage->name);
  return out;
}

// True when `part` stands in `whole` in this order, with anything in between.
bool is_subsequence(const Names& part, const Names& whole) {
  auto at = whole.begin();
  for (const std::string& name : part) {
    at = std::find(at, whole.end(), name);
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

std::string refusal(const Stages& stages, const Names& optional = {}) {
  try {
    const Pipeline pipeline(kRouter, stages, optional);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(Pipeline, SortsByPhaseThenAfterThenName) {
  const StageDescriptor a{.name = "a", .phase = Phase::egress, .after = {"c"}};
  const StageDescriptor b{.name = "b", .phase = Phase::egress};
  const StageDescriptor c{.name = "c", .phase = Phase::egress};
  const StageDescriptor d{.name = "d", .phase = Phase::receive};
  const StageDescriptor e{.name = "e", .phase = Phase::transmit};
  EXPECT_EQ(names({kRouter, Stages{&a, &b, &c, &d, &e}, {}}), (Names{"d", "b", "c", "a", "e"}));
}

TEST(Pipeline, OrderOfLinkingNeverMatters) {
  const auto all = all_stages();
  const Names expected = names({kRouter, all, {}});
  std::mt19937 random(3);
  Stages shuffled(all.begin(), all.end());
  for (int i = 0; i < 200; i++) {
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    ASSERT_EQ(names({kRouter, shuffled, {}}), expected);
  }
}

// A new stage may come between these; none of them may change places.
TEST(Pipeline, ShippedOrderIsPinned) {
  EXPECT_TRUE(
      is_subsequence({"eth_input", "vlan_pop", "arp", "host_input", "ip4_input", "ip6_input", "nd",
                      "fib_lookup", "ip_forward", "rewrite", "limiter", "output"},
                     names({kRouter, all_stages(), {}})));
  EXPECT_TRUE(is_subsequence({"cross_connect", "limiter", "output"},
                             names({kCrossConnect, all_stages(), {}})));
}

TEST(Pipeline, KindsHaveOnlyTheirOwnStages) {
  const Names router = names({kRouter, all_stages(), {}});
  const Names cross_connect = names({kCrossConnect, all_stages(), {}});
  EXPECT_EQ(std::count(router.begin(), router.end(), "cross_connect"), 0);
  EXPECT_EQ(std::count(cross_connect.begin(), cross_connect.end(), "fib_lookup"), 0);
}

TEST(Pipeline, EntriesLeadToTheStagesThatDeclareThem) {
  const Pipeline router(kRouter, all_stages(), {});
  EXPECT_EQ(router.entry(Entry::wire), 0u);
  EXPECT_STREQ(router.stages()[router.entry(Entry::neighbor)]->name, "rewrite");
  EXPECT_STREQ(router.stages()[router.entry(Entry::rewritten)]->name, "limiter");
  EXPECT_STREQ(router.stages()[router.entry(Entry::host)]->name, "host_input");
}

TEST(Pipeline, RefusesACycle) {
  const StageDescriptor a{.name = "a", .phase = Phase::lookup, .after = {"b"}};
  const StageDescriptor b{.name = "b", .phase = Phase::lookup, .after = {"a"}};
  const StageDescriptor later{.name = "later", .phase = Phase::egress};
  EXPECT_EQ(refusal({&a, &b, &later}), "the stages after a wait for each other");
  const StageDescriptor self{.name = "self", .phase = Phase::lookup, .after = {"self"}};
  EXPECT_EQ(refusal({&self}), "the stages after self wait for each other");
}

TEST(Pipeline, RefusesToStandAfterAnotherPhaseOrNothing) {
  const StageDescriptor a{.name = "a", .phase = Phase::lookup, .after = {"b"}};
  const StageDescriptor b{.name = "b", .phase = Phase::receive};
  const std::string why = "stage a stands after b, which is no stage of its phase";
  EXPECT_EQ(refusal({&a, &b}), why);
  EXPECT_EQ(refusal({&a}), why);
}

TEST(Pipeline, OptionalStagesRunOnlyWhereAskedFor) {
  const StageDescriptor a{.name = "a", .phase = Phase::lookup};
  const StageDescriptor extra{.name = "extra", .phase = Phase::ingress, .optional = true};
  // Whoever stands after an optional stage stands without it, too.
  const StageDescriptor behind{.name = "behind", .phase = Phase::ingress, .after = {"extra"}};
  const Stages stages{&a, &behind, &extra};
  EXPECT_EQ(names({kRouter, stages, {}}), (Names{"behind", "a"}));
  EXPECT_EQ(names({kRouter, stages, Names{"extra"}}), (Names{"extra", "behind", "a"}));
  EXPECT_EQ(refusal(stages, {"a"}), "there is no optional stage called a");
  EXPECT_EQ(refusal(stages, {"other"}), "there is no optional stage called other");
}

TEST(Pipeline, PrintsALineForEachStage) {
  const StageDescriptor a{.name = "a", .phase = Phase::ingress, .drops = {"late", "lost"}};
  const StageDescriptor b{.name = "b", .phase = Phase::transmit};
  EXPECT_EQ(Pipeline(kRouter, Stages{&a, &b}, {}).str(),
            "ingress   a                late lost\n"
            "transmit  b\n");
}

// Counters and captures tell packets apart by these names.
TEST(Pipeline, ReasonsAreUniqueAmongAllStages) {
  Names drops;
  for (const StageDescriptor* stage : all_stages())
    drops.insert(drops.end(), stage->drops.begin(), stage->drops.end());
  std::sort(drops.begin(), drops.end());
  EXPECT_EQ(std::adjacent_find(drops.begin(), drops.end()), drops.end());
}

}  // namespace
}  // namespace erbium::dp
