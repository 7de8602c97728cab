#include "control/scenario/bounds.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "control/config/decode.h"
#include "control/config/shape.h"
#include "control/config/test_scenario.h"
#include "control/expressroute/compiler.h"

namespace erbium::cp {
namespace {

constexpr int64_t kMs = 1'000'000;

class BoundsTest : public ::testing::Test {
 protected:
  // "0 to 100 ms: text", or why there is none.
  std::string bound(const std::string& timeline, const std::string& what, const std::string& target,
                    int64_t at_ms, const std::string& base = sessions(true)) {
    scenario_ = load_text(base + "timeline:\n  - " + timeline + "\n", "scenario.yaml");
    const Compiler compiler(scenario_, TopologyOptions{});
    const RunRecord record{.scenario = scenario_,
                           .topology = compiler.topology(),
                           .stats = stats_,
                           .control = control_};
    const auto found = Bounds(record).of({at_ms * kMs, what, target, ""});
    if (!found.bound) return found.why_none;
    return std::to_string(found.bound->at_least_ns / kMs) + " to " +
           std::to_string(found.bound->at_most_ns / kMs) + " ms: " + found.bound->text;
  }
  static std::string sessions(bool bfd) {
    return edited("        vlan: 100",
                  std::string("        vlan: 100\n") +
                      (bfd ? "        bfd: { tx: 300ms, rx: 300ms, multiplier: 3 }"
                           : "        timers: { keepalive: 10s, hold: 30s }")) +
           "control: { gateway_delay: { min: 0s, max: 2s } }\n";
  }

  Scenario scenario_;
  RunStats stats_{.virtual_time_ns = 60'000 * kMs};
  std::vector<RunEvent> control_;
};

// Propagation: 2 s to the gateway at most, four times 1 ms of control and four times 1 ms of link.
TEST_F(BoundsTest, LossThatNobodySees) {
  const char* drop = "{ at: 1s, do: silent_drop, target: er/primary }";
  EXPECT_EQ(bound(drop, "silent_drop", "er/primary both", 1000),
            "600 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
  EXPECT_EQ(bound(drop, "silent_drop", "er/primary both", 1000, sessions(false)),
            "20000 to 32008 ms: hold time 30\u00a0s + propagation");
  EXPECT_EQ(bound("{ at: 1s, do: link_down, target: er/primary, dir: to_azure }", "link_down",
                  "er/primary to_azure", 1000),
            "600 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
}

TEST_F(BoundsTest, LossThatSomebodySeesAtOnce) {
  EXPECT_EQ(
      bound("{ at: 1s, do: link_down, target: er/primary }", "link_down", "er/primary both", 1000),
      "0 to 2008 ms: link event + propagation");
  EXPECT_EQ(bound("{ at: 1s, do: bgp_reset, target: er/primary/private }", "bgp_reset",
                  "er/primary/private", 1000),
            "0 to 2008 ms: told at once + propagation");
}

// One latency of control, and twice the longest delay (1 ms) and queue (10 ms).
TEST_F(BoundsTest, WithoutSessionsRoutesFollowTheLink) {
  EXPECT_EQ(bound("{ at: 1s, do: silent_drop, target: er/primary }", "silent_drop",
                  "er/primary both", 1000, kBaseScenario + kStatic),
            "0 to 23 ms: routes follow the link + control latency");
}

TEST_F(BoundsTest, WhatBringsRoutesBackLosesNothing) {
  EXPECT_EQ(bound("{ at: 1s, do: silent_drop, target: er/primary, for: 2s }", "silent_drop_ends",
                  "er/primary both", 3000),
            "0 to 0 ms: routes are added first");
  EXPECT_EQ(bound("{ at: 1s, do: prepend, target: er/primary, prepend: 3 }", "prepend",
                  "er/primary", 1000),
            "0 to 0 ms: routes are added first");
}

TEST_F(BoundsTest, NoneWhereNothingIsPromised) {
  EXPECT_EQ(bound("{ at: 1s, do: ce_restart, target: ce, for: 5s }", "ce_restart", "ce", 1000),
            "what is kept follows from graceful restart");
  EXPECT_EQ(bound("{ at: 1s, do: silent_drop, target: er }", "silent_drop", "er both", 1000),
            "no other path is left");
  EXPECT_EQ(bound("{ at: 1s, do: msee_reload, target: msee-a }", "msee_reload", "msee-a", 1000),
            "0 to 2008 ms: told at once + propagation");
  EXPECT_EQ(bound("{ at: 1s, do: set_link, target: er/primary, rate: 1Mbps }", "set_link",
                  "er/primary both", 1000),
            "what is lost follows from the load");
  EXPECT_EQ(bound("{ at: 1s, do: withdraw, target: ce, prefix: 192.168.0.0/16 }", "withdraw",
                  "ce 192.168.0.0/16", 1000),
            "the prefix stays away");
  EXPECT_EQ(bound("{ at: 1s, do: withdraw, target: ce, prefix: 192.168.0.0/16, for: 5s }",
                  "withdraw", "ce 192.168.0.0/16", 1000),
            "0 to 7008 ms: for 5000\u00a0ms + propagation");
}

TEST_F(BoundsTest, NoneWhereAnAnnouncementEndsSessions) {
  const char* announce = "{ at: 1s, do: announce, target: ce, prefix: 192.168.0.0/16 }";
  EXPECT_EQ(bound(announce, "announce", "ce 192.168.0.0/16", 1000),
            "0 to 0 ms: routes are added first");
  control_ = {{1002 * kMs, "bgp_max_prefixes", "er/primary/private ipv4 msee-a"}};
  EXPECT_EQ(bound(announce, "announce", "ce 192.168.0.0/16", 1000),
            "over the prefix limit sessions end");
}

// Every event and end of one has a bound or a reason, and docs/report.md says so of each.
TEST_F(BoundsTest, EveryKindOfEventIsDocumented) {
  std::ifstream file(ERBIUM_SOURCE_ROOT "/docs/report.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string docs = text.str();
  const Shape& verbs = event_object().find("do")->shape;
  for (const std::string& verb : verbs.scalar.words) {
    EXPECT_NE(docs.find("`" + verb + "`"), std::string::npos) << verb;
    for (const char* suffix : {"", "_ends"})
      EXPECT_NE(
          bound("{ at: 1s, do: link_up, target: er/primary }", verb + suffix, "er/primary", 9), "")
          << verb << suffix;
  }
}

}  // namespace
}  // namespace erbium::cp
