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
  for (ReportImpact& impact : report.impacts) impact.bound.reset();
  report.events[0].why_no_bound = "no other path is left";
  EXPECT_NE(failover_table(report).find("  no bound: no other path is left\n"), std::string::npos);
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
  Report report;
  report.events = {{5, "set_link", "er/primary both", "what is lost follows from the load"}};
  report.expectations = {{"a", "2", false, "by 1"}, {"b", "2", true, ""}};
  const auto json = failover_json(report);
  EXPECT_EQ(json["events"][0]["no_bound"], "what is lost follows from the load");
  EXPECT_EQ(json["expectations"][0]["missed"], "by 1");
  EXPECT_FALSE(json["expectations"][1].contains("missed"));
}

}  // namespace
}  // namespace erbium::cp
