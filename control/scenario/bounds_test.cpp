#include "control/scenario/bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  static std::string sessions(bool bfd, const std::string& timers = "keepalive: 10s, hold: 30s") {
    return edited("        vlan: 100",
                  std::string("        vlan: 100\n        timers: { ") + timers + " }" +
                      (bfd ? "\n        bfd: { tx: 300ms, rx: 300ms, multiplier: 3 }" : "")) +
           "control: { gateway_delay: { min: 0s, max: 2s } }\n";
  }
  // "0 to 100 ms: text", or why there is none: of what happens at `at_ms` to a probe to Azure, or
  // back.
  std::string bound(const std::string& timeline, int64_t at_ms, bool back = false,
                    const std::string& base = sessions(true)) {
    scenario_ = load_text(base + kProbe + "timeline:\n" + timeline, "scenario.yaml");
    const Compiler compiler(scenario_, TopologyOptions{});
    const RunRecord record{.scenario = scenario_,
                           .topology = compiler.topology(),
                           .stats = stats_,
                           .timeline = notes(),
                           .control = control_,
                           .sessions = sessions_};
    ReportEvent event{.at_ns = at_ms * kMs};
    for (const TimelineNote& note : record.timeline)
      if (note.at_ns == event.at_ns) event.index = *note.index;
    const Promise found = Bounds(record).of(event, {.name = back ? "p/back" : "p"});
    if (!found.bound) return found.why_none;
    return std::to_string(found.bound->at_least_ns / kMs) + " to " +
           std::to_string(found.bound->at_most_ns / kMs) + " ms: " + found.bound->text;
  }
  Scenario scenario_;
  RunStats stats_{.virtual_time_ns = 60'000 * kMs};
  std::vector<RunEvent> control_;
  std::vector<SessionHistory> sessions_;

 private:
  static constexpr const char* kProbe =
      "probes: [{ name: p, from: 192.168.1.1, to: 10.0.1.4, pps: 100, both_ways: true }]\n";

  // Without the draws: `down` and `up` in turn.
  void add_flaps(std::vector<TimelineNote>& out, size_t i) const {
    const TimelineEvent& event = scenario_.timeline[i];
    bool up = false;
    for (Duration at = event.at; at < event.at + *event.lasts; up = !up) {
      out.push_back({{at.ns(), "", ""}, i, up ? EventPhase::comes_up : EventPhase::goes_down});
      at = at + (up ? event.up : event.down);
    }
  }
  // What the timeline would have noted.
  std::vector<TimelineNote> notes() const {
    std::vector<TimelineNote> out;
    for (size_t i = 0; i < scenario_.timeline.size(); i++) {
      const TimelineEvent& event = scenario_.timeline[i];
      out.push_back({{event.at.ns(), "", ""}, i, EventPhase::begins});
      if (event.warn)
        out.push_back({{(event.at + *event.warn).ns(), "", ""}, i, EventPhase::works});
      if (event.verb == TimelineEvent::Verb::flap) add_flaps(out, i);
      if (event.lasts)
        out.push_back({{(event.at + *event.lasts).ns(), "", ""}, i, EventPhase::ends});
    }
    std::stable_sort(out.begin(), out.end(), [](const TimelineNote& a, const TimelineNote& b) {
      return a.at_ns < b.at_ns;
    });
    return out;
  }
};

const std::string kDrop = "  - { at: 1s, do: silent_drop, target: er/primary }\n";

// Propagation: 2 s to the gateway at most, four times 1 ms of control and four times 1 ms of link.
TEST_F(BoundsTest, LossThatNobodySees) {
  EXPECT_EQ(bound(kDrop, 1000), "600 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
  EXPECT_EQ(bound(kDrop, 1000, false, sessions(false)),
            "20000 to 32008 ms: hold time 30\u00a0s + propagation");
}

TEST_F(BoundsTest, BfdAndTheHoldTimerBothWait) {
  const std::string slow =
      edited("tx: 300ms, rx: 300ms, multiplier: 3", "tx: 5s, rx: 5s, multiplier: 5",
             sessions(true, "keepalive: 3s, hold: 10s"));
  EXPECT_EQ(bound(kDrop, 1000, false, slow), "7000 to 12008 ms: hold time 10\u00a0s + propagation");
}

TEST_F(BoundsTest, WithoutBfdInForceTheHoldTimerCounts) {
  EXPECT_EQ(bound("  - { at: 500ms, do: bfd_down, target: er/primary/private }\n" + kDrop, 1000),
            "20000 to 32008 ms: hold time 30\u00a0s + propagation");
}

TEST_F(BoundsTest, TheOtherDirectionMayLoseLess) {
  const char* down = "  - { at: 1s, do: link_down, target: er/primary, dir: to_azure }\n";
  EXPECT_EQ(bound(down, 1000), "600 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
  EXPECT_EQ(bound(down, 1000, true), "0 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
}

TEST_F(BoundsTest, AFaultThatIsOverFirstMayLoseLess) {
  EXPECT_EQ(bound("  - { at: 1s, do: silent_drop, target: er/primary, for: 100ms }\n", 1000),
            "100 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
}

TEST_F(BoundsTest, LossThatSomebodySeesAtOnce) {
  EXPECT_EQ(bound("  - { at: 1s, do: link_down, target: er/primary }\n", 1000),
            "0 to 2008 ms: link event + propagation");
  EXPECT_EQ(bound("  - { at: 1s, do: bgp_reset, target: er/primary/private }\n", 1000),
            "0 to 2008 ms: told at once + propagation");
  EXPECT_EQ(bound("  - { at: 1s, do: msee_reload, target: msee-a }\n", 1000),
            "0 to 2008 ms: told at once + propagation");
}

TEST_F(BoundsTest, AFlappingLinkIsAWayWhileItIsUp) {
  const std::string flap =
      "  - { at: 1s, do: flap, target: er/primary, for: 40s, up: 10s, down: 500ms }\n";
  for (const int64_t goes_down : {1000, 11'500, 22'000})
    EXPECT_EQ(bound(flap, goes_down), "0 to 2008 ms: link event + propagation") << goes_down;
  const auto other = [&](const std::string& at) {
    return flap + "  - { at: " + at + ", do: link_down, target: er/secondary }\n";
  };
  EXPECT_EQ(bound(other("8s"), 8000), "0 to 2008 ms: link event + propagation");
  EXPECT_EQ(bound(other("11700ms"), 11'700), "no other path is left");
  EXPECT_EQ(bound(other("13s"), 13'000), "no other path is left") << "its routes are not back";
}

TEST_F(BoundsTest, AFlapOfOneDirectionIsOverWithTheDrawnTime) {
  const std::string flap =
      "  - { at: 1s, do: flap, target: er/primary, dir: to_azure, for: 40s, "
      "up: 10s, down: 500ms }\n";
  EXPECT_EQ(bound(flap, 11'500), "500 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
}

TEST_F(BoundsTest, NoneIntoAStatefulFirewall) {
  const std::string base =
      edited("asn: 65001, port: lan", "asn: 65001, stateful: {}, port: lan", sessions(true));
  EXPECT_EQ(bound(kDrop, 1000, true, base),
            "a stateful firewall keeps a flow on the path where it began");
  EXPECT_EQ(bound(kDrop, 1000, false, base),
            "600 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
}

TEST_F(BoundsTest, SeveralAtOneMomentAreBoundTogether) {
  EXPECT_EQ(bound("  - { at: 1s, do: bgp_reset, target: er/primary/private }\n" + kDrop, 1000),
            "0 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
}

// One latency of control, and twice the longest delay (1 ms) and queue (10 ms).
TEST_F(BoundsTest, WithoutSessionsRoutesFollowTheLink) {
  EXPECT_EQ(bound(kDrop, 1000, false, kBaseScenario + kStatic),
            "0 to 23 ms: routes follow the link + control latency");
}

TEST_F(BoundsTest, WhatBringsRoutesBackLosesNothing) {
  EXPECT_EQ(bound("  - { at: 1s, do: silent_drop, target: er/primary, for: 2s }\n", 3000),
            "0 to 0 ms: routes are added first");
  EXPECT_EQ(bound("  - { at: 1s, do: prepend, target: er/primary, prepend: 3 }\n", 1000),
            "0 to 0 ms: routes are added first");
}

TEST_F(BoundsTest, AFaultThatIsOverMayBeNoticedAfterwards) {
  EXPECT_EQ(bound("  - { at: 1s, do: silent_drop, target: er/primary, for: 700ms }\n", 1700),
            "an earlier event may still act");
}

TEST_F(BoundsTest, NoneWhereNothingIsPromised) {
  EXPECT_EQ(bound("  - { at: 1s, do: ce_restart, target: ce, for: 5s }\n", 1000),
            "what is kept follows from graceful restart");
  EXPECT_EQ(bound("  - { at: 1s, do: set_link, target: er/primary, rate: 1Mbps }\n", 1000),
            "what is lost follows from the load");
  EXPECT_EQ(bound("  - { at: 1s, do: withdraw, target: ce, prefix: 192.168.0.0/16 }\n", 1000, true),
            "the prefix stays away");
  EXPECT_EQ(bound("  - { at: 1s, do: withdraw, target: ce, prefix: 192.168.0.0/16, for: 5s }\n",
                  1000, true),
            "0 to 7008 ms: for 5\u00a0s + propagation");
}

TEST_F(BoundsTest, NoneWhereNoOtherPathIsLeft) {
  EXPECT_EQ(bound("  - { at: 1s, do: silent_drop, target: er }\n", 1000), "no other path is left");
  const std::string both = kDrop + "  - { at: 1100ms, do: silent_drop, target: er/secondary }\n";
  EXPECT_EQ(bound(both, 1000), "another event takes the last path meanwhile");
  EXPECT_EQ(bound(both, 1100), "no other path is left");
  const std::string isolated = "  - { at: 500ms, do: core_isolation, target: msee-b }\n" + kDrop;
  EXPECT_EQ(bound(isolated, 1000), "no other path is left");
}

TEST_F(BoundsTest, APrefixAnnouncedOnOneLinkHasNoOtherWayBack) {
  const std::string base =
      edited("announce: [{ prefix: 192.168.0.0/16 }]",
             "announce: [{ prefix: 192.168.0.0/16, links: [er/primary] }]", sessions(true));
  EXPECT_EQ(bound(kDrop, 1000, true, base), "no other path is left");
  EXPECT_EQ(bound(kDrop, 1000, false, base),
            "600 to 2908 ms: BFD 300\u00a0ms \u00d7 3 + propagation");
}

TEST_F(BoundsTest, NoneBeforeSessionsAreUp) {
  sessions_ = {{"er/primary/private ipv4 ce", "bgp", {{0, "Idle"}, {2000 * kMs, "Established"}}},
               {"er/secondary/private ipv4 ce", "bgp", {{0, "Idle"}, {2000 * kMs, "Established"}}}};
  EXPECT_EQ(bound(kDrop, 1000), "no path was up before it");
}

TEST_F(BoundsTest, NoneWhereAnAnnouncementEndsSessions) {
  const char* announce = "  - { at: 1s, do: announce, target: ce, prefix: 192.168.0.0/16 }\n";
  EXPECT_EQ(bound(announce, 1000), "0 to 0 ms: routes are added first");
  control_ = {{1002 * kMs, "bgp_max_prefixes", "er/primary/private ipv4 msee-a"}};
  EXPECT_EQ(bound(announce, 1000), "over the prefix limit sessions end");
}

// docs/report.md says of every kind of event what it is bound by.
TEST_F(BoundsTest, EveryKindOfEventIsDocumented) {
  std::ifstream file(ERBIUM_SOURCE_ROOT "/docs/report.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string docs = text.str();
  for (const std::string& verb : event_object().find("do")->shape.scalar.words)
    EXPECT_NE(docs.find("`" + verb + "`"), std::string::npos) << verb;
}

}  // namespace
}  // namespace erbium::cp
