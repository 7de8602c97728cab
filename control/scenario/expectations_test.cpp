#include "control/scenario/expectations.h"

#include <gtest/gtest.h>

#include "control/config/decode.h"
#include "control/config/test_scenario.h"

namespace erbium::cp {
namespace {

constexpr int64_t kMs = 1'000'000;

// A run of the base scenario with these expectations, and what was measured in it: a probe both
// ways, a flow of a capture, a link that goes down at 100 ms and returns at 600 ms, and sessions.
class Expectations : public ::testing::Test {
 protected:
  Expectations() {
    report_.duration_ns = 1000 * kMs;
    report_.events = {{100 * kMs, "link_down", "er/primary both"},
                      {600 * kMs, "link_down_ends", "er/primary both"}};
    report_.streams.push_back({.name = "probe"});
    report_.streams.push_back({.name = "probe/back"});
    report_.streams.push_back(
        {.kind = ReportStream::Kind::flow, .name = "udp a > b", .port = "lan"});
    for (size_t event = 0; event < 2; event++)
      for (size_t stream = 0; stream < 3; stream++)
        report_.impacts.push_back(untouched(event, stream));
    impact(0, 1).impact.lost = 7;
    impact(0, 1).impact.duplicated = 2;
    impact(0, 1).impact.reordered = 1;
    impact(0, 1).impact.longest = Gap{.end_ns = 9 * kMs};
    impact(0, 1).after = "er/secondary, msee-b/gw";
    impact(0, 2).impact.lost = 3;
    stats_.virtual_time_ns = 1000 * kMs;
  }

  static ReportImpact untouched(size_t event, size_t stream) {
    ReportImpact out{.event = event, .stream = stream, .at_ns = 100 * kMs, .until_ns = 600 * kMs};
    out.impact.sent = out.impact.received = 500;
    out.impact.settled.record(2 * kMs, 500);
    out.before = out.after = "er/primary, msee-a/gw";
    return out;
  }
  ReportImpact& impact(size_t event, size_t stream) { return report_.impacts[event * 3 + stream]; }

  // The one expectation of the file, judged.
  ReportExpectation judge(const std::string& expectation) {
    const std::string text =
        kBaseScenario +
        "probes: [{ name: probe, from: 192.168.0.1, to: 10.0.1.4, pps: 1000, both_ways: true }]\n"
        "timeline: [{ at: 0s, do: link_down, target: er/primary, for: 500ms }]\n"
        "expect: [" +
        expectation + "]\n";
    const Scenario scenario = load_text(text, "scenario.yaml");
    const auto out = judge_expectations({.scenario = scenario,
                                         .topology = topology_,
                                         .stats = stats_,
                                         .replay_start_ns = 100 * kMs,
                                         .sessions = sessions_},
                                        report_);
    EXPECT_EQ(out.size(), 1u) << expectation;
    EXPECT_EQ(out.front().passed, out.front().missed.empty());
    return out.front();
  }
  // "measured" where it passes, "measured, missed" where it does not.
  std::string outcome(const std::string& expectation) {
    const ReportExpectation e = judge(expectation);
    return e.measured + (e.passed ? "" : ", missed " + e.missed);
  }

  Report report_;
  RunStats stats_;
  Topology topology_;
  std::vector<SessionHistory> sessions_;
};

TEST_F(Expectations, EveryComparisonIsWhatItSays) {
  const std::pair<const char*, const char*> cases[] = {{"<= 9ms", "9ms"},
                                                       {"<= 8ms", "9ms, missed by 1ms"},
                                                       {">= 9ms", "9ms"},
                                                       {"< 9ms", "9ms, missed by 0s"},
                                                       {"> 8999999ns", "9ms"},
                                                       {"== 9ms", "9ms"},
                                                       {">= 10ms", "9ms, missed by 1ms"},
                                                       {"== 1s", "9ms, missed by 991ms"}};
  for (const auto& [bound, wanted] : cases)
    EXPECT_EQ(outcome("{ probe: probe, event: link_down, outage: \"" + std::string(bound) + "\" }"),
              wanted);
}

TEST_F(Expectations, OfAProbeCountsOfBothDirections) {
  EXPECT_EQ(judge("{ probe: probe, event: link_down, lost_packets: \"== 7\" }").text,
            "probe, link_down: lost packets == 7");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, lost_packets: \"== 7\" }"), "7");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, lost_packets: \"== 0\" }"),
            "7, missed by 7");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, duplicated: \"== 2\" }"), "2");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, duplicated: \"< 2\" }"), "2, missed by 0");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, reordered: \"<= 1\" }"), "1");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, reordered: \"== 0\" }"), "1, missed by 1");
}

TEST_F(Expectations, OfOneWayOfAProbe) {
  EXPECT_EQ(outcome("{ probe: probe, way: there, event: link_down, lost_packets: \"== 0\" }"), "0");
  EXPECT_EQ(outcome("{ probe: probe, way: back, event: link_down, lost_packets: \"== 0\" }"),
            "7, missed by 7");
}

TEST_F(Expectations, OfTheEndOfAnEvent) {
  EXPECT_EQ(outcome("{ probe: probe, event: link_down_ends, lost_packets: \"== 0\" }"), "0");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down_ends, lost_packets: \"> 0\" }"),
            "0, missed by 0");
}

TEST_F(Expectations, AProbeOfWhichNothingArrivesIsOutAllTheTime) {
  impact(0, 0).impact.received = 0;
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, outage: \"<= 499ms\" }"),
            "500ms, missed by 1ms");
}

TEST_F(Expectations, WhatDidNotHappenIsMissed) {
  report_.impacts.clear();
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, outage: \"<= 1s\" }"),
            "nothing, missed it did not happen");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, path_after: none }"),
            "nothing, missed it did not happen");
}

TEST_F(Expectations, OfPaths) {
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, path_before: er/primary }"),
            "er/primary, msee-a/gw");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, path_before: msee-a/gw }"),
            "er/primary, msee-a/gw");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, path_before: er/secondary }"),
            "er/primary, msee-a/gw, missed by another path");
  EXPECT_EQ(outcome("{ probe: probe, way: back, event: link_down, path_after: er/secondary }"),
            "er/secondary, msee-b/gw");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, path_after: er/secondary }"),
            "er/primary, msee-a/gw, missed by another path")
      << "both ways have to";
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, path_after: none }"),
            "er/primary, msee-a/gw, missed by another path");
  impact(0, 0).after = impact(0, 1).after = "";
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, path_after: none }"), "none");
}

TEST_F(Expectations, OfLatenciesOfAProbe) {
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, latency_max: \"== 2ms\" }"), "2ms");
  EXPECT_EQ(outcome("{ probe: probe, event: link_down, latency_p99: \"<= 1ms\" }"),
            "2ms, missed by 1ms");
}

TEST_F(Expectations, OfLinks) {
  stats_.links = {{.name = "er/primary", .direction = "to_azure", .sent = {1, 225'000}},
                  {.name = "er/primary", .direction = "to_onprem", .sent = {1, 112'500}}};
  const auto latency = [](int64_t p50, int64_t p99, int64_t max) {
    Histogram out;  // exact below 256 ns
    out.record(p50, 60);
    out.record(p99, 39);
    out.record(max);
    return out;
  };
  stats_.links[0].latency = latency(1, 2, 3);
  stats_.links[1].latency = latency(2, 3, 4);
  const std::string link = "{ circuit: er, link: primary, ";
  EXPECT_EQ(outcome(link + "throughput: \">= 2Mbps\" }"), "2000000 bps");
  EXPECT_EQ(outcome(link + "throughput: \"> 2.5Mbps\" }"), "2000000 bps, missed by 500000 bps");
  EXPECT_EQ(outcome(link + "dir: to_onprem, throughput: \"== 1Mbps\" }"), "1000000 bps");
  EXPECT_EQ(outcome(link + "latency_p50: \"<= 2ns\" }"), "2ns");
  EXPECT_EQ(outcome(link + "latency_p50: \"<= 1ns\" }"), "2ns, missed by 1ns");
  EXPECT_EQ(outcome(link + "dir: to_azure, latency_p99: \"<= 2ns\" }"), "2ns");
  EXPECT_EQ(outcome(link + "latency_p99: \"<= 2ns\" }"), "3ns, missed by 1ns");
  EXPECT_EQ(outcome(link + "latency_max: \"<= 4ns\" }"), "4ns");
  EXPECT_EQ(outcome(link + "latency_max: \"< 1ns\" }"), "4ns, missed by 3ns");
  stats_.links[0].latency = stats_.links[1].latency = Histogram();
  EXPECT_EQ(outcome(link + "latency_max: \"<= 4ns\" }"), "nothing, missed it did not happen");
}

TEST_F(Expectations, OfDrops) {
  stats_.nodes = {{.name = "ce", .drops = {{"no_route", 3}}},
                  {.name = "msee-a", .drops = {{"no_route", 4}, {"ttl", 1}}}};
  stats_.links = {{.name = "er/primary", .drops = {{"link_down", 5}}}};
  EXPECT_EQ(outcome("{ drops: no_route, count: \"== 7\" }"), "7");
  EXPECT_EQ(outcome("{ drops: no_route, count: \"== 0\" }"), "7, missed by 7");
  EXPECT_EQ(outcome("{ drops: no_route, node: msee-a, count: \"<= 4\" }"), "4");
  EXPECT_EQ(outcome("{ drops: ttl, node: ce, count: \"== 1\" }"), "0, missed by 1");
  EXPECT_EQ(outcome("{ drops: link_down, count: \"== 5\" }"), "5");
  EXPECT_EQ(judge("{ drops: ttl, node: ce, count: \"== 0\" }").text, "ttl at ce: drops == 0");
}

TEST_F(Expectations, OfSessions) {
  sessions_ = {{"er/primary/private ipv4 ce", "bgp", {{0, "Idle"}, {50 * kMs, "Established"}}},
               {"er/primary/private ipv4 msee-a",
                "bgp",
                {{0, "Idle"},
                 {50 * kMs, "Established"},
                 {300 * kMs, "Idle"},
                 {700 * kMs, "OpenSent"},
                 {800 * kMs, "Established"}}}};
  const std::string of = "{ session: er/primary/private, state: ";
  EXPECT_EQ(outcome(of + "established }"), "Established") << "at the end";
  EXPECT_EQ(outcome(of + "established, at: 199999us }"), "Established");
  EXPECT_EQ(outcome(of + "established, at: 200ms }"), "Idle at msee-a, missed since 300ms");
  EXPECT_EQ(outcome(of + "established, event: link_down }"), "Idle at msee-a, missed since 300ms");
  EXPECT_EQ(outcome(of + "established, event: link_down_ends }"), "Established");
  EXPECT_EQ(outcome(of + "idle, event: link_down_ends }"), "Established at ce, missed since 50ms");
  sessions_.erase(sessions_.begin());
  EXPECT_EQ(outcome(of + "open_sent, at: 610ms }"), "OpenSent");
  EXPECT_EQ(judge(of + "idle, at: 300ms }").text, "er/primary/private: idle at 300ms");
  EXPECT_EQ(outcome(of + "up }"), "nothing, missed it did not happen") << "there is no BFD";
}

TEST_F(Expectations, OfStages) {
  const auto stage = [](Stage what, int64_t after) {
    return StageTime{.stage = what, .at_ns = 100 * kMs + after, .after_event_ns = after};
  };
  report_.convergence = {
      {0, {stage(Stage::bgp_down, 5 * kMs), stage(Stage::fib_applied, 7 * kMs)}}};
  EXPECT_EQ(outcome("{ stage: fib_applied, event: link_down, after: \"<= 7ms\" }"), "7ms");
  EXPECT_EQ(outcome("{ stage: bgp_down, event: link_down, after: \"< 5ms\" }"),
            "5ms, missed by 0s");
  EXPECT_EQ(outcome("{ stage: bfd_down, event: link_down, after: \"<= 1s\" }"),
            "nothing, missed it did not happen");
  EXPECT_EQ(judge("{ stage: fib_applied, event: link_down, after: \"<= 1s\" }").text,
            "fib applied, link_down: after <= 1s");
}

TEST_F(Expectations, OfTheFlowsOfAPort) {
  EXPECT_EQ(outcome("{ flows: lan, event: link_down, lost_packets: \"<= 3\" }"), "3");
  EXPECT_EQ(outcome("{ flows: lan, event: link_down, lost_packets: \"== 0\" }"), "3, missed by 3");
  EXPECT_EQ(judge("{ flows: lan, event: link_down, reordered: \"== 0\" }").text,
            "flows from lan, link_down: reordered == 0");
  EXPECT_EQ(outcome("{ flows: cloud, event: link_down, outage: \"<= 1s\" }"),
            "nothing, missed it did not happen");
}

TEST_F(Expectations, WithoutAnEventAProbeIsJudgedOverTheWholeRun) {
  report_.streams[0].totals.lost = 1000;
  report_.streams[1].totals.lost = 200;
  report_.streams[1].totals.longest_outage_ns = 2000 * kMs;
  EXPECT_EQ(judge("{ probe: probe, outage: \"<= 2s\" }").text, "probe: outage <= 2s");
  EXPECT_EQ(outcome("{ probe: probe, outage: \"<= 2s\" }"), "2s");
  EXPECT_EQ(outcome("{ probe: probe, lost_packets: \"== 1200\" }"), "1200");
  EXPECT_EQ(outcome("{ probe: probe, way: there, lost_packets: \"== 0\" }"),
            "1000, missed by 1000");
  EXPECT_EQ(outcome("{ probe: probe, latency_p99: \"<= 1ms\" }"),
            "nothing, missed it did not happen");
}

TEST_F(Expectations, OfPacketsThatLeftByAPort) {
  stats_.ports = {{.name = "cloud", .tx = {7, 700}}, {.name = "lan", .tx = {9, 900}}};
  EXPECT_EQ(judge("{ port: lan, packets: \"<= 8\" }").text, "lan: packets <= 8");
  EXPECT_EQ(outcome("{ port: lan, packets: \"<= 8\" }"), "9, missed by 1");
  EXPECT_EQ(outcome("{ port: cloud, packets: \"== 7\" }"), "7");
}

}  // namespace
}  // namespace erbium::cp
