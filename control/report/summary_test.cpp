#include "control/report/summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/report/table.h"

namespace erbium::cp {
namespace {

// 10 frames in by lan: one too long, two refused by the router, one cut on the link, six out.
RunStats balanced() {
  RunStats stats;
  stats.virtual_time_ns = 1'000'000'000;
  stats.ports = {{.name = "lan", .rx = {10, 1000}, .to_node = 9, .drops = {{"oversize", 1}}},
                 {.name = "cloud", .tx = {6, 600}}};
  stats.links = {{.name = "er/primary",
                  .direction = "to_azure",
                  .sent = {6, 750'000},
                  .offered = 7,
                  .delivered = 6,
                  .policed = 2,
                  .drops = {{"queue_full", 1}}}};
  stats.nodes = {{.name = "ce", .from_ports = 9, .to_links = 7, .drops = {{"policer", 2}}},
                 {.name = "msee", .from_links = 6, .to_ports = 6}};
  stats.wall.ns = 500'000'000;
  return stats;
}

TEST(Summary, TotalsAddUp) {
  const Totals t = totals(balanced());
  EXPECT_EQ(t.rx, 10u);
  EXPECT_EQ(t.tx, 6u);
  EXPECT_EQ(t.dropped, 4u);
  EXPECT_EQ(t.drops, (NamedCounts{{"oversize", 1}, {"policer", 2}, {"queue_full", 1}}));
  EXPECT_EQ(t.in_flight + t.held + t.punted + t.consumed + t.originated + t.copied, 0u);
}

TEST(Summary, ABalancedRunHasNothingToSay) { EXPECT_EQ(unbalanced(balanced()), ""); }

// One packet too many anywhere is found and named.
TEST(Summary, EveryLedgerIsChecked) {
  RunStats run = balanced();
  run.ports[1].tx.packets++;
  EXPECT_EQ(unbalanced(run), "run: 10 packets came in, 11 are accounted for");
  RunStats node = balanced();
  node.nodes[0].from_ports++;
  EXPECT_EQ(unbalanced(node), "node ce: 10 packets came in, 9 are accounted for");
  RunStats link = balanced();
  link.links[0].delivered--;
  EXPECT_EQ(unbalanced(link), "link er/primary to_azure: 7 packets came in, 6 are accounted for");
  RunStats port = balanced();
  port.ports[0].to_node--;
  EXPECT_EQ(unbalanced(port), "port lan: 10 packets came in, 9 are accounted for");
  RunStats buffers = balanced();
  buffers.buffers_in_use = 0;
  EXPECT_EQ(unbalanced(buffers), "");
  buffers.buffers_in_use = 1;
  EXPECT_EQ(unbalanced(buffers), "packet buffers: 1 packets came in, 0 are accounted for");
}

// A packet lost on one way and invented on another cancels out in the totals.
TEST(Summary, WhatGoesFromOneToTheOtherIsChecked) {
  RunStats ports = balanced();
  ports.ports[0].to_node++;
  ports.ports[0].rx.packets++;
  ports.ports[1].tx.packets++;
  EXPECT_EQ(unbalanced(ports), "from ports to nodes: 10 packets came in, 9 are accounted for");
  // One lost at the first router less, one on the link more, one at the second router more.
  RunStats sent = balanced();
  sent.nodes[0].drops["policer"]--;
  sent.nodes[0].to_links++;
  sent.links[0].offered++;
  sent.links[0].delivered++;
  sent.nodes[1].to_ports--;
  sent.nodes[1].drops["no_route"]++;
  EXPECT_EQ(unbalanced(sent), "from links to nodes: 7 packets came in, 6 are accounted for");
  sent.nodes[1].from_links++;
  sent.nodes[1].to_ports++;
  EXPECT_EQ(unbalanced(sent), "");
}

// Held, scheduled, on a link, or between a shaper and its link.
TEST(Summary, WhatIsStillInsideIsAccountedFor) {
  RunStats stats;
  stats.ports = {{.name = "lan", .rx = {7, 700}, .to_node = 7}};
  stats.links = {{.name = "l", .direction = "to_azure", .offered = 2, .in_flight = 2}};
  stats.nodes = {{.name = "ce",
                  .from_ports = 7,
                  .to_links = 3,
                  .held = 4,
                  .scheduled = 1,
                  .originated = {{"arp", 1}}}};
  EXPECT_EQ(unbalanced(stats), "");
  EXPECT_EQ(totals(stats).in_flight, 4u);
  EXPECT_EQ(totals(stats).held, 4u);
}

TEST(Summary, JsonSaysWhatTheTotalsSay) {
  RunStats stats = balanced();
  stats.events = {{5, "link_down", "er/primary both"}};
  const std::string text = summary_json(stats, 42);
  EXPECT_EQ(text.back(), '\n');
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["seed"], 42);
  EXPECT_EQ(json["packets"]["rx"], 10);
  EXPECT_EQ(json["packets"]["dropped"], 4);
  EXPECT_EQ(json["drops"]["policer"], 2);
  EXPECT_EQ(json["links"]["er/primary"]["to_azure"]["packets"], 6);
  EXPECT_EQ(json["links"]["er/primary"]["to_azure"]["dropped"], 3) << "the limiter's as well";
  EXPECT_EQ(json["events"][0]["what"], "link_down");
  EXPECT_EQ(json["wall"]["packets_per_second"], 20);
  EXPECT_FALSE(json.contains("partial"));
  stats.partial = true;
  EXPECT_EQ(nlohmann::json::parse(summary_json(stats, 42))["partial"], true);
}

TEST(Summary, OnlyWallDependsOnTheMachine) {
  RunStats other = balanced();
  other.wall = {.ns = 1, .peak_rss_bytes = 2, .packet_pool_bytes = 3, .table_bytes = 4};
  auto a = nlohmann::json::parse(summary_json(balanced(), 1));
  auto b = nlohmann::json::parse(summary_json(other, 1));
  EXPECT_NE(a, b);
  a.erase("wall");
  b.erase("wall");
  EXPECT_EQ(a, b);
  EXPECT_EQ(counters_json(balanced()), counters_json(other));
}

TEST(Summary, CountersStandByNodeLinkAndPort) {
  const auto json = nlohmann::json::parse(counters_json(balanced()));
  EXPECT_EQ(json["nodes"]["ce"]["in"]["rx"]["ports"], 9);
  EXPECT_EQ(json["nodes"]["ce"]["out"]["dropped"]["policer"], 2);
  EXPECT_EQ(json["links"]["er/primary"]["to_azure"]["in"]["rx"], 7);
  EXPECT_EQ(json["links"]["er/primary"]["to_azure"]["out"]["dropped"]["queue_full"], 1);
  EXPECT_EQ(json["ports"]["lan"]["out"]["dropped"]["oversize"], 1);
  EXPECT_EQ(json["ports"]["cloud"]["sent"], 6);
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(table({{"NAME", "N"}, {"a", "1,234"}, {"longer"}}),
            "NAME        N\n"
            "a       1,234\n"
            "longer\n");
  EXPECT_EQ(table({}), "");
}

TEST(Table, OfARun) {
  const std::string text = run_table(balanced());
  EXPECT_NE(text.find("lan            10     1,000           0         0\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("er/primary   to_azure        6  750,000  6.00 Mbps        3\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("dropped policer"), std::string::npos);
  EXPECT_EQ(text.find("inside"), std::string::npos);
}

}  // namespace
}  // namespace erbium::cp
