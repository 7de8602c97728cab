#include "control/scenario/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "control/config/decode.h"
#include "control/config/test_scenario.h"

namespace erbium::cp {
namespace {

Time ms(int64_t n) { return Time() + Duration::ms(n); }

class TimelineTest : public ::testing::Test {
 protected:
  // Starts the base scenario with these events at 100 ms.
  void start(const std::string& events) {
    scenario_ = load_text(kBaseScenario + kStatic + "timeline:\n" + events, "scenario.yaml");
    compiler_.emplace(scenario_, TopologyOptions{});
    compiler_->initial();
    timeline_.emplace(scenario_, *compiler_);
    EXPECT_EQ(timeline_->next(), Time::max()) << "nothing is due before the start";
    timeline_->start(ms(100));
  }
  // What is due at `at` and not before, in words.
  std::string at(Time when) {
    EXPECT_EQ(timeline_->next(), when);
    EXPECT_TRUE(timeline_->take(when - Duration::ns(1)).empty());
    std::string out;
    for (const Generation& generation : timeline_->take(when)) {
      EXPECT_EQ(generation.at, when);
      EXPECT_EQ(generation.id, ++generations_) << "ids grow one by one";
      EXPECT_EQ(generation.messages.back().commit().at_ns(), when.ns());
      generation.each([&](const api::ToDataplane& m) { out += words(m); });
    }
    return out.empty() ? "nothing" : out.substr(0, out.size() - 1);
  }
  const char* primary() const { return state_name(compiler_->link("er", 0, Direction::to_azure)); }
  void generations(uint64_t n) { generations_ = n; }
  std::string events() const {
    std::string out;
    for (const TimelineNote& e : timeline_->events())
      out += std::to_string(e.at_ns / 1'000'000) + " " + e.what + (e.text.empty() ? "" : " ") +
             e.text + "\n";
    return out;
  }

 private:
  static std::string impairment(const api::Link& link) {
    std::string out;
    if (const auto jitter = link.impairment().jitter_ns(); jitter != 0)
      out += " jitter " + std::to_string(jitter / 1000) + "us";
    if (const auto loss = link.impairment().loss(); loss != 0)
      out += " loss " + std::to_string(loss);
    return out;
  }
  static std::string words(const api::ToDataplane& m) {
    if (m.has_link())
      return m.link().name() + " " + m.link().direction() + (m.link().up() ? " up " : " down ") +
             std::to_string(m.link().delay_ns() / 1000) + "us" + impairment(m.link()) + ";";
    if (m.has_next_hop_group())
      return "group of " + std::to_string(m.next_hop_group().next_hops_size()) + ";";
    if (m.has_limiter())
      return m.limiter().name() + " " + std::to_string(m.limiter().rate_bps()) + ";";
    if (m.has_announce()) return "announce " + std::to_string(m.announce().interface()) + ";";
    if (m.has_interface())
      return m.interface().name() + " VLAN " + std::to_string(m.interface().outer_vid()) +
             (m.interface().mute() ? " mute;" : ";");
    return "";
  }

  Scenario scenario_;
  std::optional<Compiler> compiler_;
  uint64_t generations_ = 1;

 protected:
  std::optional<Timeline> timeline_;
};

TEST_F(TimelineTest, RoutesFollowALinkOneControlLatencyLater) {
  start("  - { at: 5ms, do: link_down, target: er/primary }\n");
  EXPECT_EQ(at(ms(105)), "er/primary to_azure down 1000us;er/primary to_onprem down 1000us");
  // The gateway's way back and the CE's way there lose a member; the MSEE loses its only one.
  EXPECT_EQ(at(ms(106)), "group of 1;group of 0;group of 1");
  EXPECT_EQ(timeline_->next(), Time::max());
  EXPECT_EQ(events(), "105 link_down er/primary both\n106 routes generation 3\n");
}

TEST_F(TimelineTest, ForBringsBackWhatWas) {
  start("  - { at: 5ms, do: link_down, target: er/primary, dir: to_azure, for: 10ms }\n");
  EXPECT_EQ(at(ms(105)), "er/primary to_azure down 1000us");
  EXPECT_EQ(at(ms(106)), "group of 1;group of 0;group of 1");
  EXPECT_EQ(at(ms(115)), "er/primary to_azure up 1000us");
  EXPECT_EQ(at(ms(116)), "group of 2;group of 1;group of 2");
  EXPECT_EQ(timeline_->next(), Time::max());
  EXPECT_EQ(events(),
            "105 link_down er/primary to_azure\n106 routes generation 3\n"
            "115 link_down_ends er/primary to_azure\n116 routes generation 5\n");
}

TEST_F(TimelineTest, ALinkThatWasDownStaysDownAfterFor) {
  start(
      "  - { at: 1ms, do: link_down, target: er/primary }\n"
      "  - { at: 5ms, do: link_down, target: er/primary, dir: to_azure, for: 10ms }\n");
  at(ms(101));
  at(ms(102));
  at(ms(105));
  EXPECT_EQ(at(ms(106)), "nothing") << "no route changes";
  EXPECT_EQ(at(ms(115)), "er/primary to_azure down 1000us");
}

// Each fault ends by itself, whichever began first.
TEST_F(TimelineTest, FaultsOnOneLinkOverlap) {
  start(
      "  - { at: 1ms, do: link_down, target: er, for: 10ms }\n"
      "  - { at: 5ms, do: silent_drop, target: er/primary, for: 10ms }\n");
  timeline_->take(ms(110));
  timeline_->take(ms(111));
  timeline_->take(ms(112));
  const auto last = timeline_->take(ms(115));
  std::string ended;
  for (const Generation& generation : last)
    for (const api::ToDataplane& m : generation.messages)
      if (m.has_link()) ended += m.link().name() + (m.link().up() ? " up;" : " down;");
  EXPECT_EQ(ended, "er/primary up;er/primary up;");
}

TEST_F(TimelineTest, AFaultThatOutlastsAnotherHoldsTheLinkDown) {
  start(
      "  - { at: 1ms, do: silent_drop, target: er/primary, for: 20ms }\n"
      "  - { at: 5ms, do: link_down, target: er/primary, dir: to_azure, for: 5ms }\n");
  at(ms(101));
  at(ms(102));
  at(ms(105));
  at(ms(106));
  EXPECT_EQ(at(ms(110)), "er/primary to_azure down 1000us");
  at(ms(111));
  EXPECT_EQ(at(ms(121)), "er/primary to_azure up 1000us;er/primary to_onprem up 1000us");
}

TEST_F(TimelineTest, ALinkIsSilentWhileNothingElseHoldsItDown) {
  start(
      "  - { at: 1ms, do: silent_drop, target: er/primary, for: 20ms }\n"
      "  - { at: 5ms, do: link_down, target: er/primary, for: 5ms }\n");
  EXPECT_STREQ(primary(), "up");
  at(ms(101));
  EXPECT_STREQ(primary(), "silent");
  at(ms(102));
  at(ms(105));
  EXPECT_STREQ(primary(), "down");
  at(ms(106));
  at(ms(110));
  EXPECT_STREQ(primary(), "silent");
  at(ms(111));
  at(ms(121));
  EXPECT_STREQ(primary(), "up");
}

TEST_F(TimelineTest, SetBandwidthForAWhile) {
  start("  - { at: 5ms, do: set_bandwidth, target: er, bandwidth: 2Gbps, for: 1s }\n");
  EXPECT_NE(at(ms(105)).find(" 2000000000"), std::string::npos);
  EXPECT_NE(at(ms(1105)).find(" 1000000000"), std::string::npos);
  EXPECT_EQ(timeline_->next(), Time::max());
}

TEST_F(TimelineTest, SetLinkChangesWhatItNames) {
  start(
      "  - { at: 5ms, do: set_link, target: er/secondary, dir: to_onprem, delay: 3ms, for: 1s }\n");
  EXPECT_EQ(at(ms(105)), "er/secondary to_onprem up 3000us");
  EXPECT_EQ(at(ms(1105)), "er/secondary to_onprem up 1000us");
}

TEST_F(TimelineTest, SetBandwidthChangesEveryLimiterOfTheCircuit) {
  start("  - { at: 5ms, do: set_bandwidth, target: er, bandwidth: 2Gbps }\n");
  EXPECT_EQ(at(ms(105)),
            "er/primary to_azure 2000000000;er/primary to_onprem 2000000000;"
            "er/secondary to_azure 2000000000;er/secondary to_onprem 2000000000");
  EXPECT_EQ(events(), "105 set_bandwidth er\n");
}

TEST_F(TimelineTest, AnInstanceOfAGatewayIsGoneForAWhile) {
  start("  - { at: 5ms, do: gateway_instance_down, target: gw, for: 1s }\n");
  at(ms(105));
  EXPECT_EQ(timeline_->next(), ms(1105));
  at(ms(1105));
  EXPECT_EQ(events(), "105 gateway_instance_down gw\n1105 gateway_instance_down_ends gw\n");
  EXPECT_EQ(timeline_->next(), Time::max());
}

TEST_F(TimelineTest, BothLinksOfACircuitAndLinkUp) {
  start(
      "  - { at: 5ms, do: link_down, target: er }\n"
      "  - { at: 7ms, do: link_up, target: er/secondary }\n");
  EXPECT_EQ(at(ms(105)),
            "er/primary to_azure down 1000us;er/primary to_onprem down 1000us;"
            "er/secondary to_azure down 1000us;er/secondary to_onprem down 1000us");
  EXPECT_EQ(at(ms(106)), "group of 0;group of 0;group of 0;group of 0");
  EXPECT_EQ(
      at(ms(107)),
      "er/secondary to_azure up 1000us;er/secondary to_onprem up 1000us;announce 5;announce 4");
  EXPECT_EQ(at(ms(108)), "group of 1;group of 1;group of 1");
}

// Who sees the carrier come back announces itself, once; what a silent drop lost nobody saw go.
TEST_F(TimelineTest, EndsAnnounceThemselvesWhenTheCarrierIsBack) {
  start("  - { at: 5ms, do: link_down, target: er/primary, for: 10ms }\n");
  at(ms(105));
  at(ms(106));
  EXPECT_EQ(at(ms(115)),
            "er/primary to_azure up 1000us;er/primary to_onprem up 1000us;announce 3;announce 2");
  start("  - { at: 5ms, do: silent_drop, target: er/primary, for: 10ms }\n");
  generations(1);
  at(ms(105));
  at(ms(106));
  EXPECT_EQ(at(ms(115)), "er/primary to_azure up 1000us;er/primary to_onprem up 1000us");
}

TEST_F(TimelineTest, FaultsOfTheCustomersEndComeAndGo) {
  start(
      "  - { at: 5ms, do: arp_mute, target: er/primary, for: 10ms }\n"
      "  - { at: 7ms, do: wrong_vlan, target: er, vlan: 101, for: 20ms }\n");
  EXPECT_EQ(at(ms(105)), "er/primary/private customer VLAN 100 mute");
  EXPECT_EQ(at(ms(107)),
            "er/primary/private customer VLAN 101 mute;er/secondary/private customer VLAN 101");
  EXPECT_EQ(at(ms(115)), "er/primary/private customer VLAN 101");
  EXPECT_EQ(at(ms(127)),
            "er/primary/private customer VLAN 100;er/secondary/private customer VLAN 100");
  EXPECT_EQ(events(),
            "105 arp_mute er/primary\n107 wrong_vlan er\n115 arp_mute_ends er/primary\n"
            "127 wrong_vlan_ends er\n");
}

TEST_F(TimelineTest, AnImpairmentComesAndGoes) {
  start(
      "  - { at: 5ms, do: impair, target: er/primary, dir: to_azure, profile: far, for: 10ms }\n"
      "  - { at: 20ms, do: impair, target: er/primary, dir: to_azure, profile: lossy }\n"
      "  - { at: 21ms, do: set_link, target: er/primary, dir: to_azure, delay: 2ms }\n"
      "  - { at: 30ms, do: impair, target: er/primary, dir: to_azure }\n"
      "impairments:\n  far: { delay: { base: 7ms, jitter: 1ms } }\n"
      "  lossy: { loss: { model: random, p: 50% } }\n");
  EXPECT_EQ(at(ms(105)), "er/primary to_azure up 7000us jitter 1000us");
  EXPECT_EQ(at(ms(115)), "er/primary to_azure up 1000us") << "the link's own delay again";
  EXPECT_EQ(at(ms(116)), "nothing") << "no route changes";
  EXPECT_EQ(at(ms(120)), "er/primary to_azure up 1000us loss 4611686018427387904");
  EXPECT_EQ(at(ms(121)), "er/primary to_azure up 2000us loss 4611686018427387904");
  EXPECT_EQ(at(ms(130)), "er/primary to_azure up 2000us");
  EXPECT_EQ(
      events(),
      "105 impair er/primary to_azure with far\n115 impair_ends er/primary to_azure with far\n"
      "120 impair er/primary to_azure with lossy\n121 set_link er/primary to_azure\n"
      "130 impair er/primary to_azure without impairment\n");
}

TEST_F(TimelineTest, AFlappingLinkIsDownAndUpInTurn) {
  start("  - { at: 0s, do: flap, target: er/primary, for: 1s, up: 40ms, down: 20ms }\n");
  timeline_->take(ms(5000));
  EXPECT_EQ(timeline_->next(), Time::max());
  const auto& events = timeline_->events();
  EXPECT_EQ(events.front().what, "flap");
  int64_t last = ms(100).ns();
  bool up = true;
  int changes = 0;
  std::set<int64_t> lengths;
  for (const RunEvent& e : events) {
    if (e.what != "link_down" && e.what != "link_up") continue;
    EXPECT_EQ(e.text, "er/primary both");
    EXPECT_EQ(e.what, up ? "link_down" : "link_up");
    const int64_t length = e.at_ns - last, mean = ms(up ? 40 : 20).ns();
    if (changes++ > 0) {
      EXPECT_GE(length, mean / 2);
      EXPECT_LE(length, mean * 3 / 2);
      lengths.insert(length);
    }
    last = e.at_ns;
    up = !up;
  }
  EXPECT_GT(changes, 25);
  EXPECT_EQ(lengths.size(), static_cast<size_t>(changes - 1)) << "no two alike";
  EXPECT_EQ(std::count_if(events.begin(), events.end(),
                          [](const RunEvent& e) {
                            return e.what == "flap_ends" && e.at_ns == ms(1100).ns();
                          }),
            1);
}

TEST_F(TimelineTest, WhatIsDueTogetherComesInTheOrderOfTheFile) {
  start(
      "  - { at: 5ms, do: set_link, target: er/secondary, dir: to_azure, delay: 2ms }\n"
      "  - { at: 5ms, do: set_link, target: er/primary, dir: to_azure, delay: 3ms }\n");
  EXPECT_EQ(at(ms(105)), "er/secondary to_azure up 2000us;er/primary to_azure up 3000us");
}

}  // namespace
}  // namespace erbium::cp
