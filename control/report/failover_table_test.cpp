#include "control/report/failover_table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "control/report/test_report.h"

namespace erbium::cp {
namespace {

size_t widest(const std::string& text) {
  std::istringstream lines(text);
  size_t out = 0;
  for (std::string line; std::getline(lines, line);) out = std::max(out, line.size());
  return out;
}

// What an event did to a flow, beside what the report has.
Report with_flows(size_t flows) {
  Report report = test_report();
  for (size_t i = 0; i < flows; i++) {
    report.streams.push_back({.kind = ReportStream::Kind::flow,
                              .name = "tcp [fd00:aaaa:bbbb:cccc::" + std::to_string(10 + i) +
                                      "]:50000 > [fd00:dddd::1]:443",
                              .port = "branch"});
    ReportImpact impact{.event = 0, .stream = report.streams.size() - 1};
    impact.impact.sent = 1000;
    impact.impact.lost = 700 + i;
    impact.impact.longest = Gap{.end_ns = 813'000'000};
    impact.bound = report.impacts[0].bound;
    impact.verdict = Verdict::within;
    impact.before = "er-sjc/primary, msee-a/ergw-hub";
    impact.after = "er-sjc/secondary, msee-b/ergw-hub";
    report.impacts.push_back(std::move(impact));
  }
  return report;
}

TEST(FailoverTable, SaysWhatAnEventDidNextToItsBound) {
  const std::string text = failover_table(test_report());
  EXPECT_NE(text.find("10.000 s  link_down er-sjc/primary both\n"
                      "  bound 601.000 to 901.000 ms: BFD 300 ms x 3 + control 1 ms\n"
                      "  STREAM         LOST  DUP  REORD  OUTAGE ms       VERDICT\n"
                      "  onprem-to-app   812    0      0    813.000  within bound\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  er-sjc/primary -> er-sjc/secondary\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ok      onprem-to-app, link_down: outage <= 1s is 813.0 ms\n"),
            std::string::npos)
      << text;
}

// As the timeline of the file counts, and `show --at`.
TEST(FailoverTable, TimesCountFromTheReplaysStart) {
  Report report = test_report();
  report.replay_start_ns = 1'015 * kTestMs;
  EXPECT_NE(failover_table(report).find("8.985 s  link_down er-sjc/primary both\n"),
            std::string::npos);
}

TEST(FailoverTable, FitsATerminal) {
  EXPECT_LE(widest(failover_table(test_report())), 80u);
  EXPECT_LE(widest(failover_table(with_flows(9))), 80u);
}

TEST(FailoverTable, ShowsSoManyFlowsAndCountsTheOthers) {
  const std::string text = failover_table(with_flows(11));
  EXPECT_NE(text.find("fd00:aaaa:bbbb:cccc::17]"), std::string::npos) << text;
  EXPECT_EQ(text.find("fd00:aaaa:bbbb:cccc::18]"), std::string::npos) << text;
  EXPECT_NE(text.find("  3 more flows: see failover.json\n"), std::string::npos) << text;
}

TEST(FailoverTable, AMissedExpectationSaysByHowMuch) {
  Report report;
  report.expectations = {{"p, link_down: outage <= 1s", "1200ms", false, "by 200ms"}};
  EXPECT_EQ(failover_table(report),
            "MISSED  p, link_down: outage <= 1s is 1200ms, missed: by 200ms\n");
}

TEST(FailoverTable, SaysWhyThereIsNoBound) {
  Report report = test_report();
  for (ReportImpact& impact : report.impacts) {
    impact.bound.reset();
    impact.why_no_bound = "no other path is left";
  }
  EXPECT_NE(failover_table(report).find("  no bound: no other path is left\n"), std::string::npos);
}

// Another event while the outage lasts.
TEST(FailoverTable, SaysInWhichOutageAnEventFell) {
  Report report = test_report();
  const ReportImpact first = report.impacts[0];
  ASSERT_TRUE(first.impact.longest);
  const int64_t meanwhile = first.impact.longest->from_ns + kTestMs;
  report.events = {report.events[0], {meanwhile, "silent_drop", "er-sjc/secondary both"}};
  ReportImpact second{.event = 1, .stream = first.stream, .at_ns = meanwhile};
  second.until_ns = report.duration_ns;
  second.impact.sent = 10;
  second.before = "er-sjc/primary";
  report.impacts = {first, second};
  EXPECT_EQ(in_outage_of(report, second), 0u);
  const std::string text = failover_table(report);
  EXPECT_NE(text.find("in the outage of event 1,"), std::string::npos) << text;
  EXPECT_NE(text.find("er-sjc/primary -> none"), std::string::npos) << text;
  EXPECT_EQ(text.find("nothing was lost"), std::string::npos) << text;
}

TEST(FailoverTable, OfEventsAtOneTimeTheFirstHasTheRows) {
  Report report = test_report();
  report.events.insert(report.events.begin() + 1, report.events[0]);
  for (ReportImpact& impact : report.impacts)
    if (impact.event > 0) impact.event++;
  EXPECT_NE(failover_table(report).find("  at one time with the event before\n"),
            std::string::npos);
}

TEST(FailoverTable, ABoundOfNothingIsZero) {
  Report report = test_report();
  report.impacts[0].bound = Bound{"routes are added first", 0, 0};
  EXPECT_NE(failover_table(report).find("bound 0: routes are added first"), std::string::npos);
}

TEST(FailoverJson, HasLatenciesBeforeDuringAndAfter) {
  const auto json = failover_json(test_report());
  const auto& outage = json["outages"][0];
  EXPECT_EQ(outage["stream"], "onprem-to-app");
  EXPECT_GT(outage["latency"]["before"]["count"], 9000);
  EXPECT_LE(outage["latency"]["after"]["buckets"][0][0], outage["latency"]["after"]["min_ns"]);
  EXPECT_GE(outage["latency"]["after"]["buckets"][0][1], outage["latency"]["after"]["min_ns"]);
  uint64_t sum = 0;
  for (const auto& bucket : outage["latency"]["after"]["buckets"]) sum += bucket[2].get<uint64_t>();
  EXPECT_EQ(sum, outage["latency"]["after"]["count"].get<uint64_t>());
  EXPECT_EQ(outage["received"].get<uint64_t>(),
            sum + outage["latency"]["during"]["count"].get<uint64_t>());
}

TEST(FailoverJson, OfAMissedExpectationAndAnEventWithoutBound) {
  Report report = test_report();
  report.impacts[0].bound.reset();
  report.impacts[0].why_no_bound = "what is lost follows from the load";
  report.expectations = {{"a", "2", false, "by 1"}, {"b", "2", true, ""}};
  const auto json = failover_json(report);
  EXPECT_EQ(json["outages"][0]["no_bound"], "what is lost follows from the load");
  EXPECT_EQ(json["expectations"][0]["missed"], "by 1");
  EXPECT_FALSE(json["expectations"][1].contains("missed"));
}

}  // namespace
}  // namespace erbium::cp
