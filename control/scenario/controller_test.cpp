// The control half without a dataplane: what one says that takes over a run from another.
#include "control/scenario/controller.h"

#include <gtest/gtest.h>

#include "control/config/decode.h"
#include "control/config/test_scenario.h"

namespace erbium::cp {
namespace {

Time ms(int64_t n) { return Time() + Duration::ms(n); }

constexpr const char* kEvents =
    "timeline:\n"
    "  - { at: 5ms, do: link_down, target: er/primary }\n"
    "  - { at: 9ms, do: link_down, target: er/secondary, for: 20ms }\n";

class ControllerTest : public ::testing::Test {
 protected:
  Controller::Send into(std::vector<api::ToDataplane>& out) {
    return [&out](const api::ToDataplane& m, Time) { out.push_back(m); };
  }
  std::unique_ptr<Controller> controller() {
    return std::make_unique<Controller>(scenario_, TopologyOptions{});
  }
  // One that has been there from the start, with the replay starting at 100 ms, and has done all
  // until 115 ms.
  std::unique_ptr<Controller> undisturbed(std::vector<api::ToDataplane>& out) {
    auto c = controller();
    c->begin(
        into(out), [] { return std::vector<LinkStats>(); }, Duration::max());
    c->replay_starts(ms(100));
    while (c->next() <= ms(115)) c->deliver(c->next());
    return c;
  }
  const Scenario scenario_ = load_text(kBaseScenario + kStatic + kEvents, "scenario.yaml");
};

TEST_F(ControllerTest, OneThatTakesOverSaysWhatTheOtherWouldSayAgain) {
  std::vector<api::ToDataplane> said, again, taken_over;
  const auto first = undisturbed(said);
  const size_t before = said.size();
  first->resend(ms(115), 7);
  again.assign(said.begin() + static_cast<ptrdiff_t>(before), said.end());

  const auto second = controller();
  second->take_over(
      into(taken_over), [] { return std::vector<LinkStats>(); }, Duration::max(), ms(115), ms(100),
      7);
  ASSERT_EQ(taken_over.size(), again.size());
  for (size_t i = 0; i < again.size(); i++)
    EXPECT_EQ(taken_over[i].DebugString(), again[i].DebugString());
  EXPECT_TRUE(again.front().begin().full());
  EXPECT_EQ(again.back().commit().generation(), 8u);
  EXPECT_EQ(again.back().commit().at_ns(), ms(115).ns());
  EXPECT_EQ(second->replay_start(), ms(100));
  // What is still to come comes at its time: the secondary is back.
  EXPECT_EQ(second->next(), ms(129));
  taken_over.clear();
  second->deliver(ms(129));
  EXPECT_EQ(taken_over.front().begin().generation(), 9u);
  // Both know the same past.
  first->deliver(ms(129));
  const auto& known = first->timeline_events();
  ASSERT_EQ(second->timeline_events().size(), known.size());
  for (size_t i = 0; i < known.size(); i++) {
    EXPECT_EQ(second->timeline_events()[i].at_ns, known[i].at_ns);
    EXPECT_EQ(second->timeline_events()[i].text, known[i].text);
  }
  EXPECT_EQ(known[0].at_ns, ms(105).ns());
}

TEST_F(ControllerTest, BeforeTheReplayStartsNothingOfTheTimelineIsDone) {
  std::vector<api::ToDataplane> said;
  const auto c = controller();
  c->take_over(
      into(said), [] { return std::vector<LinkStats>(); }, Duration::ms(20), ms(50), std::nullopt,
      1);
  for (const api::ToDataplane& m : said) {
    EXPECT_TRUE(!m.has_link() || m.link().up()) << m.link().name();
  }
  EXPECT_EQ(c->next_sample(), ms(60)) << "what was to be counted before is no longer";
  c->deliver(ms(100));
  c->replay_starts(ms(100));
  EXPECT_EQ(c->next(), ms(105));
}

// Of a link that counts one packet in every sample, with a wait as long as its number.
TEST_F(ControllerTest, LongRunsAreSampledLessOftenAndKeepTheGreatest) {
  std::vector<api::ToDataplane> said;
  const auto c = controller();
  c->measure_links();
  std::vector<LinkStats> links(c->compiler().topology().links.size());
  c->begin(
      into(said),
      [&] {
        LinkLoad& load = links[0].load;
        load.packets++;
        load.wait_max_ns = static_cast<int64_t>(load.packets);
        load.wait_sum_ns += load.wait_max_ns;
        links[0].sent.packets++;
        return links;
      },
      Duration::us(100));
  for (const api::ToDataplane& m : said) {
    EXPECT_TRUE(!m.has_link() || m.link().measured()) << m.link().name();
  }
  c->deliver(ms(120) - Duration::us(100));
  EXPECT_EQ(c->next_sample(), ms(120));
  c->deliver(ms(120));
  EXPECT_EQ(c->next_sample(), ms(120) + Duration::us(200));
  RunStats stats{.virtual_time_ns = ms(120).ns()};
  stats.links = links;
  const Report report = c->report(stats);
  EXPECT_EQ(report.bin_ns, 200'000);
  const ReportLink& link = report.links[0];
  ASSERT_EQ(link.wait_max.size(), 600u);
  EXPECT_EQ(link.packets[0], 2u);
  EXPECT_EQ(link.wait_max[0], 2);
  EXPECT_EQ(link.wait_mean[0], 1) << "of 1 and 2";
  EXPECT_EQ(link.wait_max[599], 1200);
  EXPECT_EQ(link.wait_mean[599], 1199);
  EXPECT_EQ(report.links[1].delay_max[0], kNever) << "no packet";
}

TEST_F(ControllerTest, TheHashTellsNetworksApartAndNotTheirState) {
  std::vector<api::ToDataplane> said;
  const auto c = controller();
  const uint64_t hash = c->network_hash();
  EXPECT_EQ(controller()->network_hash(), hash);
  Scenario other = scenario_;
  other.seed++;
  EXPECT_NE(Controller(other, {}).network_hash(), hash);
}

}  // namespace
}  // namespace erbium::cp
