#include "control/report/svg.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "control/report/test_report.h"

namespace erbium::cp {
namespace {

size_t occurrences(const std::string& in, const std::string& what) {
  size_t n = 0;
  for (size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) n++;
  return n;
}

TEST(Plots, AxisEndsALittleAboveTheValues) {
  const auto top = [](int64_t value) { return Plot{"", "", "", {{"", {value}, {}}}}.top(); };
  EXPECT_EQ(top(0), 1);
  EXPECT_EQ(top(1), 1);
  EXPECT_EQ(top(100), 120);
  EXPECT_EQ(top(1000), 1200);
  EXPECT_EQ(top(95), 100);
  EXPECT_EQ(top(10'000'000'000), 12'000'000'000);
  EXPECT_EQ((Plot{"", "", "", {{"", {1}, {70}}}}.top()), 80);
}

TEST(Plots, PeaksOutliveThinning) {
  const Report report{.duration_ns = 100'000, .bin_ns = 100};
  Plot plot{"t", "", "packets/s", {{"s", std::vector<int64_t>(1000, 0), {}}}};
  plot.series[0].values[501] = 100;  // top 120: 16.6 from above
  const std::string svg = plot_svg(plot, report);
  EXPECT_LE(occurrences(svg, "L"), 300u);
  EXPECT_EQ(occurrences(svg, " 16.6"), 1u) << svg;
}

TEST(Plots, NothingArrivedIsAHoleInTheLine) {
  const Report report{.duration_ns = 40, .bin_ns = 10};
  const Plot plot{"t", "", "ns", {{"s", {10, kNever, 10, 10}, {}}}};
  const std::string svg = plot_svg(plot, report);
  EXPECT_NE(svg.find("d=\"M125 0M625 0L875 0\""), std::string::npos) << svg;
}

TEST(States, OneBarForEachTimeInAState) {
  Report report{.duration_ns = 100};
  report.events = {{50, "link_down", "<x>"}};
  const std::string svg =
      states_svg({"s", "bfd", {{0, "Down"}, {10, "Init"}, {20, "Up"}, {20, "Up"}}}, report);
  EXPECT_EQ(occurrences(svg, "<rect"), 3u);  // the one without length is left out
  EXPECT_NE(svg.find("class=\"bad\" x=\"0\""), std::string::npos);
  EXPECT_NE(svg.find("class=\"fair\" x=\"100000\""), std::string::npos);
  EXPECT_NE(svg.find("class=\"good\" x=\"200000\" y=\"1\" width=\"800000\""), std::string::npos);
  EXPECT_NE(svg.find("x1=\"500000\""), std::string::npos);
  EXPECT_NE(svg.find("link_down &lt;x&gt;"), std::string::npos);
}

TEST(States, Kinds) {
  EXPECT_EQ(kind_of("Established"), StateKind::good);
  EXPECT_EQ(kind_of("OpenSent"), StateKind::fair);
  EXPECT_EQ(kind_of("AdminDown"), StateKind::fair);
  EXPECT_EQ(kind_of("down"), StateKind::bad);
}

TEST(Topology, EveryNodeAndLinkWithItsLastState) {
  Report report;
  add_test_topology(report);
  report.topology[1].states.push_back({5, "down"});
  report.topology.push_back(report.topology[0]);  // parallel: not on top of the first
  const std::string svg = topology_svg(report);
  EXPECT_EQ(occurrences(svg, "<rect"), 5u);
  EXPECT_EQ(occurrences(svg, "<line"), 6u);
  EXPECT_NE(svg.find("id=\"link-1\" class=\"bad\""), std::string::npos);
  for (const TopologyNode& node : report.nodes)
    EXPECT_NE(svg.find(">" + node.name + "<"), std::string::npos);
  const auto line = [&](const char* id) { return svg.substr(svg.find("<line", svg.find(id)), 40); };
  EXPECT_NE(line("link-0"), line("link-5"));
}

TEST(Topology, LongNamesAreCutBetweenCharacters) {
  Report report;
  report.nodes = {{TopologyNode::Kind::ce, "abcdefghijklmnopqr\u00e9\u00e9\u00e9", ""}};
  const std::string svg = topology_svg(report);
  EXPECT_NE(svg.find(">abcdefghijklmnopqr\u2026<"), std::string::npos) << svg;
  EXPECT_NE(svg.find("<title>abcdefghijklmnopqr\u00e9\u00e9\u00e9</title>"), std::string::npos);
}

}  // namespace
}  // namespace erbium::cp
