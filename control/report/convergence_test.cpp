#include "control/report/convergence.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

constexpr int64_t kMs = 1'000'000;

Gap closed_gap(int64_t at_least_ms, int64_t outage_ms) {
  return {.begin_ns = 0, .end_ns = outage_ms * kMs, .at_least_ns = at_least_ms * kMs};
}

TEST(Bounds, OfTheTimers) {
  EXPECT_EQ(bfd_bound(Duration::ms(300), 3),
            (Bound{"BFD 300\u00a0ms \u00d7 3", 600 * kMs, 900 * kMs}));
  EXPECT_EQ(bfd_bound(Duration::ms(750), 3).at_most_ns, 2250 * kMs);
  EXPECT_EQ(hold_bound(Duration::s(180), Duration::s(60)),
            (Bound{"hold time 180\u00a0s", 120'000 * kMs, 180'000 * kMs}));
  EXPECT_EQ(local_bound().at_most_ns, 0);
  EXPECT_EQ(then(local_bound(), "control 1 ms", Duration::ms(1), Duration::ms(3)),
            (Bound{"link event + control 1 ms", kMs, 3 * kMs}));
}

TEST(Verdicts, FailOnlyWhatIsProven) {
  const Bound bound{"b", 600 * kMs, 900 * kMs};
  EXPECT_EQ(judge(std::nullopt, bound), Verdict::none) << "there had to be an outage";
  EXPECT_EQ(judge(std::nullopt, Bound{"routes are added first", 0, 0}), Verdict::within);
  EXPECT_EQ(judge(closed_gap(1, 2), std::nullopt), Verdict::none);
  EXPECT_EQ(judge(closed_gap(899, 901), bound), Verdict::within);
  EXPECT_EQ(judge(closed_gap(900, 902), bound), Verdict::within);
  EXPECT_EQ(judge(closed_gap(901, 903), bound), Verdict::above);
  EXPECT_EQ(judge(closed_gap(598, 600), bound), Verdict::within);
  EXPECT_EQ(judge(closed_gap(597, 599), bound), Verdict::too_short);
  Gap open = closed_gap(100, 101);
  open.open_end = true;
  EXPECT_EQ(judge(open, bound), Verdict::within);
}

TEST(Convergence, FirstAndLastMarkOfEachStageInTheWindow) {
  const std::vector<StageMark> marks = {
      {Stage::bfd_down, 5 * kMs, "before"},   {Stage::link_event, 10 * kMs, "er/primary"},
      {Stage::fib_applied, 912 * kMs, "gw"},  {Stage::fib_applied, 915 * kMs, "ce"},
      {Stage::bfd_down, 905 * kMs, "msee-a"}, {Stage::bfd_down, 900 * kMs, "ce"},
      {Stage::bgp_down, 905 * kMs, "msee-a"}, {Stage::first_packet, 2000 * kMs, "late"},
  };
  const std::vector<StageBound> bounds = {{Stage::bfd_down, bfd_bound(Duration::ms(300), 3)},
                                          {Stage::bgp_down, local_bound()}};
  const auto found = convergence(10 * kMs, 2000 * kMs, marks, bounds);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].stage, Stage::link_event);
  EXPECT_EQ(found[0].verdict, Verdict::none);
  EXPECT_EQ(found[1].what, "ce");
  EXPECT_EQ(found[1].after_event_ns, 890 * kMs);
  EXPECT_EQ(found[1].last_what, "msee-a");
  EXPECT_EQ(found[1].last_after_event_ns, 895 * kMs);
  EXPECT_EQ(found[1].verdict, Verdict::within);
  EXPECT_EQ(found[2].stage, Stage::bgp_down);
  EXPECT_EQ(found[2].verdict, Verdict::above);
  EXPECT_EQ(control_outage_ns(found), 905 * kMs);
  EXPECT_FALSE(control_outage_ns(std::span(found).first(2)));
}

TEST(Convergence, JudgesTheLastMark) {
  const std::vector<StageMark> marks = {{Stage::fib_applied, 899 * kMs, "msee-a"},
                                        {Stage::fib_applied, 1000 * kMs, "gw"}};
  const std::vector<StageBound> bounds = {{Stage::fib_applied, bfd_bound(Duration::ms(300), 3)}};
  EXPECT_EQ(convergence(0, 2000 * kMs, marks, bounds)[0].verdict, Verdict::above);
  EXPECT_EQ(convergence(0, 1000 * kMs, marks, bounds)[0].verdict, Verdict::within);
}

TEST(Convergence, WhatFollowsASessionsReturnIsAnotherRecovery) {
  const std::vector<StageMark> marks = {{Stage::bgp_down, 1 * kMs, "ce"},
                                        {Stage::fib_applied, 2 * kMs, "gw"},
                                        {Stage::bgp_up, 5000 * kMs, "ce"},
                                        {Stage::bgp_up, 5001 * kMs, "msee-a"},
                                        {Stage::fib_applied, 5002 * kMs, "gw"}};
  const auto reset = convergence(0, 9000 * kMs, marks, {});
  EXPECT_EQ(control_outage_ns(reset), 2 * kMs);
  EXPECT_EQ(reset.back().stage, Stage::bgp_up);
  EXPECT_EQ(reset.back().last_what, "msee-a");
  // Sessions that return first belong to the recovery.
  const auto recovery = convergence(4000 * kMs, 9000 * kMs, marks, {});
  EXPECT_EQ(recovery.front().stage, Stage::bgp_up);
  EXPECT_EQ(control_outage_ns(recovery), 1002 * kMs);
}

}  // namespace
}  // namespace erbium::cp
