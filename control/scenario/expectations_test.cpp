#include "control/scenario/expectations.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

// One stream, one event, so many packets lost in a row.
struct Measured {
  explicit Measured(int64_t outage_ns, uint64_t lost) {
    report.events = {{0, "link_down", "er/primary both"}};
    report.streams.push_back({.name = "probe/back"});
    ReportImpact impact{.event = 0, .stream = 0};
    impact.impact.until_ns = 1'000'000'000;
    impact.impact.sent = 1000;
    impact.impact.lost = lost;
    if (lost != 1000) impact.impact.latency.record(1);
    if (outage_ns > 0) {
      Gap gap;
      gap.end_ns = outage_ns;
      impact.impact.longest = gap;
    }
    report.impacts.push_back(std::move(impact));
  }
  std::vector<ReportExpectation> judge(const Expectation& expectation) {
    scenario.expect = {expectation};
    return judge_expectations(
        {.scenario = scenario, .topology = topology, .stats = stats, .replay_start_ns = 0}, report);
  }
  Scenario scenario;
  Topology topology;
  RunStats stats;
  Report report;
};

Expectation of_probe(const char* outage, const char* lost) {
  Expectation e;
  e.probe = "probe";
  e.event = "link_down";
  e.outage = outage;
  e.lost_packets = lost;
  return e;
}

TEST(Expectations, EveryComparisonIsWhatItSays) {
  const struct {
    const char* bound;
    bool passed;
  } cases[] = {{"<= 900ms", true}, {"<= 899ms", false}, {">= 900ms", true}, {">= 901ms", false},
               {"< 900ms", false}, {"> 899ms", true},   {"== 900ms", true}, {"== 1s", false}};
  for (const auto& c : cases) {
    const auto out = Measured(900'000'000, 899).judge(of_probe(c.bound, ""));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].passed, c.passed) << c.bound;
    EXPECT_EQ(out[0].measured, "900ms");
  }
}

TEST(Expectations, CountsOfBothDirectionsAndEveryEventOfTheKind) {
  const auto out = Measured(2'000'000, 7).judge(of_probe("", "== 7"));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_TRUE(out[0].passed);
  EXPECT_EQ(out[0].text, "probe, link_down: lost packets == 7");
}

TEST(Expectations, AStreamOfWhichNothingArrivesIsOutAllTheTime) {
  const auto out = Measured(0, 1000).judge(of_probe("<= 999ms", ""));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_FALSE(out[0].passed);
  EXPECT_EQ(out[0].measured, "1s");
}

TEST(Expectations, ThroughputIsThatOfTheBusierDirection) {
  Measured measured(0, 0);
  measured.stats.virtual_time_ns = 2'000'000'000;
  measured.stats.links = {{.name = "er/primary", .direction = "to_azure", .sent = {1, 250'000}},
                          {.name = "er/primary", .direction = "to_onprem", .sent = {1, 125'000}}};
  Expectation e;
  e.circuit = "er";
  e.link = "primary";
  e.throughput = ">= 1Mbps";
  EXPECT_TRUE(measured.judge(e)[0].passed);
  e.throughput = "> 1Mbps";
  EXPECT_FALSE(measured.judge(e)[0].passed);
}

TEST(Expectations, WithoutAnEventAProbeIsJudgedOverTheWholeRun) {
  Measured measured(900'000'000, 899);
  measured.report.streams[0].totals.lost = 1200;
  measured.report.streams[0].totals.longest_outage_ns = 2'000'000'000;
  Expectation e = of_probe("<= 2s", "== 1200");
  e.event.clear();
  const auto out = measured.judge(e);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].text, "probe: outage <= 2s");
  EXPECT_TRUE(out[0].passed);
  EXPECT_EQ(out[1].text, "probe: lost packets == 1200");
  EXPECT_TRUE(out[1].passed);
}

TEST(Expectations, PacketsThatLeftByAPort) {
  Measured measured(0, 0);
  measured.stats.ports = {{.name = "cloud", .tx = {7, 700}}, {.name = "internet", .tx = {9, 900}}};
  Expectation e;
  e.port = "internet";
  e.packets = "<= 8";
  const auto out = measured.judge(e);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].text, "internet: packets <= 8");
  EXPECT_EQ(out[0].measured, "9");
  EXPECT_FALSE(out[0].passed);
}

}  // namespace
}  // namespace erbium::cp
