#include "control/report/html.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/report/assets.h"
#include "control/report/failover_table.h"
#include "control/report/test_report.h"

namespace erbium::cp {
namespace {

size_t occurrences(const std::string& in, const std::string& what) {
  size_t n = 0;
  for (size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) n++;
  return n;
}

bool has(const std::string& html, const std::string& what) {
  return html.find(what) != std::string::npos;
}

nlohmann::json data_of(const std::string& html) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const size_t begin = html.find(open) + open.size();
  return nlohmann::json::parse(html.substr(begin, html.find("</script>", begin) - begin));
}

TEST(Html, IsSmallAndLoadsNothing) {
  const std::string bare = report_html(Report{}), full = report_html(test_report());
  EXPECT_LT(bare.size(), 200'000u);
  EXPECT_LT(full.size(), 400'000u);
  for (const std::string& html : {bare, full}) {
    EXPECT_TRUE(has(html, std::string(kDygraphsScript)));
    for (const char* load : {"http://", "https://", "sourceMappingURL", "@import", "url(",
                             " src=", "<link", "<iframe", "<img"})
      EXPECT_FALSE(has(html, load)) << load;
    EXPECT_FALSE(has(html.substr(0, html.find("<script")), "{{"));
    EXPECT_TRUE(has(html, "default-src 'none'"));
    EXPECT_TRUE(has(html, "prefers-color-scheme: dark"));
    EXPECT_TRUE(has(html, "@media print"));
  }
}

TEST(Html, SameReportSameBytes) {
  EXPECT_EQ(report_html(test_report()), report_html(test_report()));
}

TEST(Html, TablesHoldEveryValue) {
  const std::string html = report_html(test_report());
  for (const char* value :
       {"<title>failover-bfd</title>",
        "seed 42, 60\u00a0s of scenario time",
        "All 2 expectations were met",
        "onprem-to-app, link_down: outage &lt;= 1s",
        "\u2713 met",
        ">10.000000\u00a0s<",
        ">link_down<small>er-sjc/primary both</small>",
        ">813.0\u00a0ms<small>proven 811.0\u00a0ms</small>",
        ">601\u00a0ms to 901\u00a0ms<small>BFD 300\u00a0ms \u00d7 3 + control 1\u00a0ms</small>",
        "\u2713 within bound",
        ">812<",
        "er-sjc/primary</span> \u2192 ",
        ">BFD down<small>msee-a",
        ">RIB changed<",
        ">FIB applied<",
        ">first packet on the new path<small>onprem-to-app: ",
        ">811.0\u00a0ms<",
        ">5.401\u00a0s<",
        ">Last after<",
        ">Established<",
        ">OpenSent<",
        ">59,187<",
        ">1.200\u00a0ms<",
        ">to_azure<",
        ">1,624<"})
    EXPECT_TRUE(has(html, value)) << value;
  // Streams that an event did not touch share a row.
  EXPECT_TRUE(has(html, "onprem-to-db</span>, <span class=\"t\">db-to-onprem</span>"));
}

TEST(Html, DataOfThePlots) {
  const auto data = data_of(report_html(test_report()));
  ASSERT_EQ(data["plots"].size(), 5u);
  EXPECT_EQ(data["plots"][0]["unit"], "bit/s");
  ASSERT_EQ(data["plots"][0]["series"].size(), 2u);
  EXPECT_EQ(data["plots"][1]["series"][0]["name"], "er-sjc/primary");
  EXPECT_EQ(data["plots"][0]["series"][0]["values"].size(), 600u);
  EXPECT_EQ(data["plots"][0]["series"][0]["values"][50], 100 * 142 * 8 * 10);
  EXPECT_EQ(data["plots"][2]["series"][0]["values"][104], 1000);  // all of 1000 pps
  EXPECT_TRUE(data["plots"][4]["series"][0]["values"][104].is_null());
  EXPECT_TRUE(data["plots"][4]["band"]);
  EXPECT_EQ(data["events"].size(), 2u);
  EXPECT_EQ(data["events"][0]["at"], kTestFault);
  EXPECT_EQ(data["topology"][0][1][1], "down");
  EXPECT_EQ(data["sessions"].size(), 5u);
}

TEST(Html, NamesStayText) {
  const std::string evil = "</script><script>alert(1)</script>\"'><img onerror=x>&{{data}}<!--";
  Report r = test_report();
  const size_t scripts = occurrences(report_html(r), "<script");
  r.scenario = r.version = evil;
  for (ReportEvent& e : r.events) e.what = e.target = evil;
  for (ReportLink& l : r.links) l.name = l.direction = evil;
  for (ReportStream& s : r.streams) s.name = s.detail = evil;
  for (ReportImpact& i : r.impacts) {
    i.before = evil;
    if (i.bound) i.bound->text = evil;
  }
  for (ReportConvergence& c : r.convergence)
    for (StageTime& s : c.stages) s.what = evil;
  for (ReportSession& s : r.sessions) {
    s.name = s.kind = evil;
    s.states.front().state = s.states.back().state = evil;
  }
  for (ReportExpectation& e : r.expectations) e.text = e.measured = evil;
  for (TopologyNode& n : r.nodes) n.name = n.detail = evil;
  for (TopologyLink& l : r.topology) {
    l.name = evil;
    l.states = {{0, evil}};
  }
  r.drops = {{evil, 1}};
  r.drop_places = {{.where = evil,
                    .stage = evil,
                    .reason = evil,
                    .packets = 1,
                    .first = {{1, 0, evil, evil, 1}}}};
  const std::string html = report_html(r);
  EXPECT_EQ(occurrences(html, "<script"), scripts);
  EXPECT_EQ(occurrences(html, "</script>"), 3u);
  EXPECT_FALSE(has(html, "<img"));
  EXPECT_FALSE(has(html, "<!--"));
  EXPECT_EQ(occurrences(html, "\"duration_ns\":"), 1u);  // {{data}} of a name was not filled
  EXPECT_EQ(data_of(html)["events"][0]["text"], evil + " " + evil);
}

TEST(Html, WhatIsNotThereIsNotShown) {
  const std::string html = report_html({.scenario = "empty", .seed = 1, .duration_ns = 5});
  for (const char* section : {"<section", "<table", "expectation", "Interrupted"})
    EXPECT_FALSE(has(
        html.substr(html.find("</style>"), html.find("<script") - html.find("</style>")), section))
        << section;
}

TEST(Html, MissedExpectationsAndInterruptedRuns) {
  Report r = test_report();
  r.expectations[0].passed = false;
  r.expectations[0].missed = "by 13ms";
  r.partial = true;
  const std::string html = report_html(r);
  EXPECT_TRUE(has(html, "\u2717 1 of 2 expectations were missed."));
  EXPECT_TRUE(has(html, "\u2717 missed by 13ms"));
  EXPECT_TRUE(has(html, "Interrupted"));
}

// A flow, the sum of the others, and what an event did to them.
Report with_flows() {
  Report r = test_report();
  r.streams.push_back({.kind = ReportStream::Kind::flow,
                       .name = "tcp 192.168.1.9:40000 > 10.0.1.4:443",
                       .port = "branch",
                       .totals = {.sent = 7654, .received = 7600, .lost = 54}});
  r.streams.push_back({.kind = ReportStream::Kind::rest,
                       .name = "12 other flows from branch",
                       .port = "branch",
                       .totals = {.sent = 900, .received = 900}});
  for (size_t stream : {4u, 5u}) {
    ReportImpact impact{.event = 0, .stream = stream};
    impact.impact.sent = 500;
    impact.impact.lost = stream == 4 ? 54 : 0;
    impact.impact.duplicated = stream == 4 ? 3 : 0;
    impact.impact.settled.record(kTestMs, 440);
    impact.impact.unsettled.record(2 * kTestMs, 6);
    r.impacts.insert(r.impacts.begin() + 4, impact);
  }
  return r;
}

TEST(Html, FlowsOfCaptures) {
  const std::string html = report_html(with_flows());
  for (const char* value :
       {"<section id=\"flows\"", "tcp 192.168.1.9:40000</span> <span class=\"t\">&gt; 10.0.1.4:443",
        ">7,654<", "12 other flows from branch", ", 1 flow</td>", ">before<", ">during<",
        ">after<"})
    EXPECT_TRUE(has(html, value)) << value;
  EXPECT_EQ(data_of(html)["plots"][3]["series"].size(), 4u) << "flows are in no plot";
}

TEST(Html, LatencyOfMeasuredLinksAndWhyThereIsNoBound) {
  Report r = test_report();
  r.links[0].latency.emplace();
  for (const int64_t ms : {2, 2, 4}) r.links[0].latency->record(ms * kTestMs);
  r.links[0].wait_max = {0, 3 * kTestMs, 1};
  for (ReportImpact& impact : r.impacts) {
    impact.bound.reset();
    impact.why_no_bound = "no other path is left";
  }
  const std::string html = report_html(r);
  EXPECT_TRUE(has(html,
                  ">to_azure</td><td class=\"n\">3</td><td class=\"n\">3.000\u00a0ms</td>"
                  "<td class=\"n\">2.000\u00a0ms</td>"));
  EXPECT_TRUE(has(html, "<td class=\"n\">4.000\u00a0ms</td></tr>"));
  EXPECT_TRUE(has(html, "Links of circuits</h3>"));
  EXPECT_TRUE(has(html, "none<small>no other path is left</small>"));
}

Report with_loads() {
  Report r = test_report();
  for (ReportLink& l : r.links) {
    l.latency.emplace().record(kTestMs, 10);
    l.wait_mean = l.wait_max = std::vector<int64_t>(600, 0);
    l.delay_mean = l.delay_max = std::vector<int64_t>(600, kTestMs);
  }
  r.links[1].wait_mean[3] = 5 * kTestMs, r.links[1].wait_max[3] = 7 * kTestMs;
  r.links[1].delay_mean[4] = r.links[1].delay_max[4] = kNever;
  return r;
}

TEST(Html, QueueAndDelayOfLinksAreSteps) {
  const std::string html = report_html(with_loads());
  const auto plots = data_of(html)["plots"];
  ASSERT_EQ(plots.size(), 7u);
  EXPECT_TRUE(plots[3]["step"] && plots[3]["band"]);
  ASSERT_EQ(plots[3]["series"].size(), 1u) << "only the link that anything waited for";
  EXPECT_EQ(plots[3]["series"][0]["values"][3], 5 * kTestMs);
  EXPECT_EQ(plots[3]["series"][0]["upper"][3], 7 * kTestMs);
  ASSERT_EQ(plots[4]["series"].size(), 4u);
  EXPECT_TRUE(plots[4]["series"][1]["values"][4].is_null());
  EXPECT_FALSE(plots[0]["step"]);
  EXPECT_TRUE(has(html, " upper\" d=\"M0 100H"));
}

TEST(Html, ManyLinksAreBounded) {
  Report r = with_loads();
  for (int i = 0; i < 40; i++) {
    r.links.push_back(r.links[0]);
    r.links.back().name = "link " + std::to_string(i);
    r.links.back().bytes[7] = 1'000'000'000u + static_cast<uint64_t>(i);
  }
  const std::string html = report_html(r);
  const auto series = data_of(html)["plots"][0]["series"];
  ASSERT_EQ(series.size(), 8u);
  EXPECT_EQ(series[0]["name"], "link 32") << "those with the greatest rates, in their order";
  EXPECT_TRUE(has(html, "Those with the greatest values; 34 are left out."));
}

TEST(Html, DropsByReasonAndPlace) {
  Report r = test_report();
  r.replay_start_ns = kTestSecond;
  r.drop_places = {{.where = "router ce",
                    .stage = "limiter",
                    .reason = "policer",
                    .packets = 3,
                    .first = {{138, 0, "packet 138", "udp 10.0.0.1:5 > <evil>", 3 * kTestSecond},
                              {281, 2, "probe 7", "udp a > b", 4 * kTestSecond}}},
                   {.where = "link er-sjc/primary to_azure",
                    .stage = "",
                    .reason = "link_down",
                    .packets = 1'624,
                    .first = {{9, 0, "packet 9", "arp", 5 * kTestSecond}}}};
  const std::string html = report_html(r);
  const size_t more = html.find(">1,624<"), less = html.find(">router ce<");
  EXPECT_LT(html.find("id=\"drops\""), more);
  EXPECT_LT(more, less) << "most first";
  for (const char* value :
       {">link_down<", "<small>stage limiter</small>", ">2.000000\u00a0s<",
        "packet 138: udp 10.0.0.1:5 &gt; &lt;evil&gt;<small>dropped: policer at router ce, stage "
        "limiter</small>",
        "probe 7 (packet 281), copy 2: udp a &gt; b",
        "<code>erbium explain <span class=\"dir\">.</span> --packet 138</code>",
        "dropped: link_down at link er-sjc/primary to_azure</small>"})
    EXPECT_TRUE(has(html, value)) << value;
  EXPECT_EQ(
      failover_json(r)["drops"][0].dump(),
      R"({"where":"router ce","stage":"limiter","reason":"policer","packets":3,"first":[)"
      R"({"packet":138,"name":"packet 138","flow":"udp 10.0.0.1:5 > <evil>","at_ns":3000000000},)"
      R"({"packet":281,"copy":2,"name":"probe 7","flow":"udp a > b","at_ns":4000000000}]})");
}

TEST(Html, TheWaysOfDroppedPackets) {
  Report r = test_report();
  r.drop_places = {{.where = "router ce", .stage = "limiter", .reason = "policer", .packets = 1}};
  EXPECT_FALSE(has(report_html(r), "<details class=\"way\">")) << "unless asked for";
  const Journey journey{
      .id = 7,
      .name = "packet 7",
      .flow = "udp a > <evil>",
      .ends = {{.fate = EndKind::dropped, .where = "router ce", .reason = "policer"},
               {.copy = 2, .fate = EndKind::left, .where = "port cloud"}}};
  r.explained = {journey};
  const std::string html = report_html(r);
  EXPECT_TRUE(has(html, "<summary>packet 7, dropped: policer at router ce; left by port cloud<"));
  EXPECT_TRUE(has(html, "<pre>packet 7: udp a &gt; &lt;evil&gt;, 0 bytes\n"));
}

TEST(Html, OutagesOfTheControlPlane) {
  Report r = test_report();
  r.impacts[0].control = {.outage_ns = 812 * kTestMs, .until_ns = 812 * kTestMs};
  r.impacts[1].control = {.outage_ns = 2 * kTestMs, .until_ns = 42 * kTestMs};
  std::string html = report_html(r);
  EXPECT_TRUE(has(html, "No route</th>"));
  EXPECT_TRUE(has(html, ">812.0\u00a0ms</td>"));
  EXPECT_TRUE(has(html, ">2.000\u00a0ms<small>back 42.00\u00a0ms after</small>"));
  r.impacts[1].control->open_end = true;
  html = report_html(r);
  EXPECT_TRUE(has(html, ">\u2265\u00a02.000\u00a0ms</td>"));
  const auto outages = failover_json(r)["outages"];
  EXPECT_EQ(outages[0]["control_outage_ns"], 812 * kTestMs);
  EXPECT_EQ(outages[0]["control_restored_ns"], 812 * kTestMs);
  EXPECT_EQ(outages[1]["control_outage_open"], true);
  EXPECT_FALSE(outages[1].contains("control_restored_ns"));
  EXPECT_FALSE(outages[2].contains("control_outage_ns")) << "not known";
}

TEST(Html, AnOutageOfTheControlPlaneThatNoPacketSaw) {
  Report r = test_report();
  r.impacts = {{.event = 0, .stream = 0, .impact = {.sent = 5}, .control = ControlOutage{}},
               {.event = 0,
                .stream = 1,
                .control = ControlOutage{.outage_ns = 1014 * kTestMs, .until_ns = 1014 * kTestMs}}};
  const std::string html = report_html(r);
  EXPECT_TRUE(has(html, ">1.014\u00a0s</td>"));
  EXPECT_TRUE(has(html, "<td class=\"n\">none</td><td class=\"n\">none</td>"))
      << "the tables carried what shares a row";
}

TEST(Html, LinksThatWereDownHaveABar) {
  const std::string html = report_html(test_report());
  EXPECT_TRUE(has(html, "link er-sjc/primary <span"));
  EXPECT_FALSE(has(html, "link er-sjc/secondary <span"));
  const auto states = data_of(html)["sessions"];
  ASSERT_EQ(states.size(), 5u) << "behind the sessions";
  EXPECT_EQ(states[4][1][1], "down");
}

TEST(Html, QuietRunsSaySo) {
  Report r = test_report();
  for (ReportLink& l : r.links) l.dropped.assign(l.dropped.size(), 0);
  for (ReportStream& s : r.streams) s.bins.lost.assign(s.bins.lost.size(), 0);
  const std::string html = report_html(r);
  EXPECT_TRUE(has(html, "No packet was dropped on a link. No packet of a stream was lost."));
  EXPECT_EQ(data_of(html)["plots"].size(), 3u);
}

TEST(Html, TimesCountFromTheReplaysStart) {
  Report r = test_report();
  r.replay_start_ns = 1'015 * kTestMs;
  const std::string html = report_html(r);
  EXPECT_TRUE(has(html, ">8.985000\u00a0s<"));
  EXPECT_FALSE(has(html, ">10.000000\u00a0s<"));
  EXPECT_TRUE(has(html, ">0\u00a0s</span>"));
  EXPECT_TRUE(has(html, "1.015\u00a0s behind its beginning"));
  EXPECT_EQ(data_of(html)["replay_start_ns"], r.replay_start_ns);
}

TEST(Html, LinksOfTheBackboneAreNotPlotted) {
  Report r = test_report();
  for (ReportLink& l : r.links) l.of_circuit = l.name == "er-sjc/primary";
  EXPECT_EQ(data_of(report_html(r))["plots"][0]["series"].size(), 1u);
}

TEST(Html, RemarksStandAtTheTop) {
  Report r = test_report();
  r.remarks = {"er/primary is <Active>"};
  EXPECT_TRUE(has(report_html(r), "<p class=\"overall fair\">er/primary is &lt;Active&gt;.</p>"));
}

TEST(Html, OpenOutagesAreAtLeast) {
  Report r = test_report();
  r.impacts[0].impact.longest->open_end = true;
  EXPECT_TRUE(has(report_html(r), "\u2265\u00a0813.0\u00a0ms"));
}

}  // namespace
}  // namespace erbium::cp
