#include "control/report/report.h"

#include <gtest/gtest.h>

#include "control/report/test_report.h"

namespace erbium::cp {
namespace {

TEST(Report, MeasuresAFailover) {
  const Report r = test_report();
  ASSERT_EQ(r.streams.size(), 4u);
  ASSERT_EQ(r.impacts.size(), 8u);
  // By event, then by stream.
  for (size_t i = 0; i < 8; i++) {
    EXPECT_EQ(r.impacts[i].event, i / 4);
    EXPECT_EQ(r.impacts[i].stream, i % 4);
  }
  const ReportImpact& first = r.impacts[0];
  EXPECT_EQ(first.before, "er-sjc/primary");
  EXPECT_EQ(first.after, "er-sjc/secondary");
  EXPECT_EQ(first.verdict, Verdict::within);
  EXPECT_EQ(first.impact.lost, 812u);
  EXPECT_EQ(first.impact.longest->outage_ns(), 813 * kTestMs);
  EXPECT_EQ(r.impacts[2].impact.lost, 0u);
  EXPECT_EQ(r.impacts[2].verdict, Verdict::none);
  EXPECT_EQ(r.impacts[4].after, "er-sjc/primary");
  EXPECT_FALSE(r.impacts[4].bound);
  for (const ReportStream& s : r.streams)
    EXPECT_EQ(s.totals.sent, s.totals.received + s.totals.lost + s.totals.in_flight);
  const auto worst = worst_outage(r);
  ASSERT_TRUE(worst);
  EXPECT_EQ(worst->impact, 0u);
  EXPECT_EQ(worst->outage_ns, 813 * kTestMs);
  EXPECT_FALSE(worst_outage(Report{}));
}

TEST(Report, ConvergenceEndsWithTheFirstPacketOnTheNewPath) {
  const Report r = test_report();
  ASSERT_EQ(r.convergence.size(), 2u);
  const auto& stages = r.convergence[0].stages;
  ASSERT_EQ(stages.size(), 5u);
  EXPECT_EQ(stages[0].stage, Stage::bfd_down);
  EXPECT_EQ(stages[0].verdict, Verdict::within);
  EXPECT_EQ(stages.back().stage, Stage::first_packet);
  EXPECT_GE(stages.back().at_ns, kTestDetected);
  EXPECT_EQ(control_outage_ns(stages), 812 * kTestMs);
  EXPECT_EQ(r.convergence[1].stages.size(), 3u);
}

TEST(Report, EventsAtOneTimeHaveOneConvergence) {
  Report r{.duration_ns = 100, .bin_ns = 10};
  r.events = {{20, "a", ""}, {20, "b", ""}, {60, "c", ""}};
  const std::vector<StageMark> marks = {{Stage::fib_applied, 30, "x"},
                                        {Stage::fib_applied, 100, "y"}};
  measure_convergence(r, marks, [](const ReportEvent&) { return std::vector<StageBound>(); });
  ASSERT_EQ(r.convergence.size(), 2u);
  EXPECT_EQ(r.convergence[0].event, 0u);
  EXPECT_EQ(r.convergence[0].stages[0].after_event_ns, 10);
  EXPECT_EQ(r.convergence[1].event, 2u);
  EXPECT_EQ(r.convergence[1].stages[0].what, "y");
}

}  // namespace
}  // namespace erbium::cp
