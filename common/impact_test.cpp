#include "common/impact.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace erbium {
namespace {

constexpr int64_t kMs = 1'000'000;

// Packets at the given times, each 1 ms on its way; those in `lost` do not arrive.
std::vector<Gap> gaps(const std::vector<int64_t>& sent, const std::vector<size_t>& lost,
                      int64_t idle_ns) {
  GapFinder finder(idle_ns);
  std::vector<Gap> out;
  for (size_t i = 0; i < sent.size(); i++) {
    const bool gone = std::find(lost.begin(), lost.end(), i) != lost.end();
    if (const auto gap = finder.packet(
            {.number = i, .sent_ns = sent[i], .received_ns = gone ? kNever : sent[i] + kMs}))
      out.push_back(*gap);
  }
  if (const auto gap = finder.finish()) out.push_back(*gap);
  return out;
}

TEST(GapFinder, APauseEndsAGap) {
  const std::vector<int64_t> sent = {0, 10 * kMs, 20 * kMs, 5000 * kMs, 5010 * kMs, 5020 * kMs};
  const auto found = gaps(sent, {1, 2, 3, 4}, 1000 * kMs);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].outage_ns(), 20 * kMs);  // from the packet at 0 to the last lost before
  EXPECT_FALSE(found[0].open_begin);
  EXPECT_TRUE(found[0].open_end);
  EXPECT_EQ(found[1].outage_ns(), 20 * kMs);  // from the first lost to the packet at 5020
  EXPECT_TRUE(found[1].open_begin);
  EXPECT_FALSE(found[1].open_end);
  EXPECT_EQ(found[1].from_ns, 5001 * kMs);
  EXPECT_EQ(found[0].lost() + found[1].lost(), 4u);
}

TEST(GapFinder, WithoutAPauseItIsOne) {
  const std::vector<int64_t> sent = {0, 10 * kMs, 20 * kMs, 5000 * kMs, 5010 * kMs, 5020 * kMs};
  const auto found = gaps(sent, {1, 2, 3, 4}, GapFinder::kNoIdle);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].outage_ns(), 5020 * kMs);
  EXPECT_EQ(found[0].at_least_ns, 5000 * kMs);
}

TEST(EventWindows, OfEventsAtOneTimeTheFirstHasTheWindow) {
  const EventWindows windows({10, 20, 20, 30});
  EXPECT_EQ(windows.at(9), 0u);
  EXPECT_EQ(windows.at(10), 1u);
  EXPECT_EQ(windows.at(20), 2u);
  EXPECT_EQ(windows.at(29), 2u);
  EXPECT_EQ(windows.at(30), 4u);
  EXPECT_EQ(windows.end(0, 99), 10);
  EXPECT_EQ(windows.end(1, 99), 20);
  EXPECT_EQ(windows.end(2, 99), 30);
  EXPECT_EQ(windows.end(3, 99), 20);
  EXPECT_EQ(windows.end(4, 99), 99);
}

// 100 packets 10 ms apart; an event at 200 ms loses 20 to 24 and moves the rest to a longer path.
std::vector<Impact> failover() {
  const EventWindows windows({200 * kMs});
  ImpactMeter meter;
  for (size_t i = 0; i < 100; i++) {
    const auto sent = static_cast<int64_t>(i) * 10 * kMs;
    const bool moved = i >= 25;
    meter.packet(windows, {.number = i,
                           .sent_ns = sent,
                           .received_ns = i >= 20 && i < 25 ? kNever : sent + (moved ? 3 : 1) * kMs,
                           .path = moved ? 1 : 0});
  }
  meter.finish(windows);
  return meter.impacts();
}

TEST(ImpactMeter, LatencyBeforeDuringAndAfter) {
  const EventWindows windows({200 * kMs});
  ImpactMeter meter;
  for (size_t i = 0; i < 60; i++) {
    const auto sent = static_cast<int64_t>(i) * 10 * kMs;
    // 20 and 21 still come by the old path, 22 to 24 are lost.
    const int64_t delay = i < 22 ? 1 : 3;
    meter.packet(windows, {.number = i,
                           .sent_ns = sent,
                           .received_ns = i >= 22 && i < 25 ? kNever : sent + delay * kMs,
                           .path = i < 22 ? 0 : 1});
  }
  meter.finish(windows);
  const auto& found = meter.impacts();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].settled.count(), 20u);
  EXPECT_EQ(found[0].unsettled.count(), 0u);
  EXPECT_EQ(found[1].unsettled.count(), 2u);
  EXPECT_EQ(found[1].unsettled.max(), kMs);
  EXPECT_EQ(found[1].settled.count(), 35u);
  EXPECT_EQ(found[1].settled.min(), 3 * kMs);
  EXPECT_EQ(found[1].latency().count(), 37u);
  EXPECT_EQ(found[1].received, 37u);
  EXPECT_EQ(found[1].switched_ns, 253 * kMs);
}

TEST(ImpactMeter, OnlyWindowsInWhichSomethingHappened) {
  const EventWindows windows({100, 200, 300});
  ImpactMeter meter;
  meter.packet(windows, {.number = 0, .sent_ns = 50, .received_ns = 51, .path = 2});
  meter.packet(windows, {.number = 1, .sent_ns = 350, .received_ns = 351, .path = 3});
  meter.repeated(windows, 250);
  ASSERT_EQ(meter.impacts().size(), 3u);
  EXPECT_EQ(meter.impacts()[1].window, 2u);
  EXPECT_EQ(meter.impacts()[1].duplicated, 1u);
  EXPECT_EQ(meter.impacts()[2].window, 3u);
  EXPECT_EQ(meter.impacts()[2].before, 2);
  EXPECT_EQ(meter.impacts()[2].switched_ns, 351);
}

TEST(ImpactMeter, ForgetsLatenciesAndNothingElse) {
  const EventWindows windows({});
  ImpactMeter meter;
  meter.packet(windows, {.number = 0, .sent_ns = 0, .received_ns = 5});
  meter.forget_latencies();
  meter.packet(windows, {.number = 1, .sent_ns = 1, .received_ns = 7});
  EXPECT_EQ(meter.impacts()[0].latency().count(), 0u);
  EXPECT_EQ(meter.impacts()[0].received, 2u);
}

TEST(Impact, SumOfTwoFlows) {
  std::vector<Impact> a = failover();
  const std::vector<Impact> b = failover();
  ASSERT_EQ(a.size(), 2u);
  Impact sum;
  sum.merge(a[1]);
  sum.merge(b[1]);
  EXPECT_EQ(sum.sent, 160u);
  EXPECT_EQ(sum.lost, 10u);
  EXPECT_EQ(sum.gaps, 2u);
  EXPECT_EQ(sum.longest, a[1].longest);
  EXPECT_EQ(sum.before, 0);
  EXPECT_EQ(sum.after, 1);
  EXPECT_EQ(sum.settled.count(), 150u);
  a[1].after = 7;
  sum.merge(a[1]);
  EXPECT_EQ(sum.after, kNoPath) << "they went different ways";
}

}  // namespace
}  // namespace erbium
