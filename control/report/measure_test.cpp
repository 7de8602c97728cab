#include "control/report/measure.h"

#include <gtest/gtest.h>

#include <random>

namespace erbium::cp {
namespace {

constexpr int64_t kMs = 1'000'000;

// Packets every 10 ms from 0, each 1 ms on its way, some lost.
struct Sample {
  std::vector<int64_t> received;
  std::vector<uint16_t> paths;
  explicit Sample(size_t n) : received(n), paths(n) {
    for (size_t i = 0; i < n; i++) received[i] = static_cast<int64_t>(i) * 10 * kMs + kMs;
  }
  void lose(size_t first, size_t last) {
    for (size_t i = first; i <= last; i++) received[i] = kNever;
  }
  Stream stream() const {
    return {.name = "s", .interval_ns = 10 * kMs, .received_ns = received, .paths = paths};
  }
};

TEST(Gaps, OneRunOfLostPackets) {
  Sample s(100);
  s.lose(20, 24);
  const auto found = gaps(s.stream(), 2000 * kMs);
  ASSERT_EQ(found.size(), 1u);
  const Gap& gap = found[0];
  EXPECT_EQ(gap.begin_ns, 190 * kMs);    // packet 19 arrived
  EXPECT_EQ(gap.end_ns, 250 * kMs);      // packet 25 arrived
  EXPECT_EQ(gap.outage_ns(), 60 * kMs);  // six intervals for five lost
  EXPECT_EQ(gap.at_least_ns, 40 * kMs);  // four are proven
  EXPECT_EQ(gap.from_ns, 201 * kMs);     // packet 20 would have arrived
  EXPECT_EQ(gap.lost(), 5u);
  EXPECT_FALSE(gap.open_begin || gap.open_end);
}

TEST(Gaps, OpenAtBothEnds) {
  Sample s(100);
  s.lose(0, 2);
  s.lose(90, 99);
  const auto found = gaps(s.stream(), 2000 * kMs);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].open_begin);
  EXPECT_EQ(found[0].outage_ns(), 30 * kMs);
  EXPECT_EQ(found[0].from_ns, 0);
  EXPECT_TRUE(found[1].open_end);
  EXPECT_EQ(found[1].outage_ns(), 100 * kMs);  // sent(99) - sent(89)
  EXPECT_EQ(found[1].at_least_ns, 90 * kMs);
}

TEST(Gaps, PacketsOnTheirWayAreNotLost) {
  Sample s(100);
  s.lose(98, 99);
  EXPECT_TRUE(gaps(s.stream(), 981 * kMs).empty());
  EXPECT_EQ(totals(s.stream(), 981 * kMs).in_flight, 2u);
  // One of them had its millisecond.
  EXPECT_EQ(totals(s.stream(), 981 * kMs + 1).lost, 1u);
  EXPECT_EQ(totals(s.stream(), 981 * kMs + 1).in_flight, 1u);
}

TEST(Gaps, NothingArrived) {
  Sample s(10);
  s.lose(0, 9);
  const auto found = gaps(s.stream(), 100 * kMs);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].open_begin && found[0].open_end);
  EXPECT_EQ(found[0].lost(), 10u);
  EXPECT_TRUE(gaps(Stream{}, 0).empty());
}

TEST(Gaps, TimesOfAReplayedCapture) {
  const std::vector<int64_t> sent = {0, 5, 100, 101, 500}, received = {2, kNever, kNever, 103, 502};
  const auto found = gaps({.name = "f", .sent_ns = sent, .received_ns = received}, 1000);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].outage_ns(), 101);
  EXPECT_EQ(found[0].at_least_ns, 95);
  EXPECT_EQ(found[0].from_ns, 7);
}

// The network drops in [from, until): the reported outage is never shorter and less than two
// intervals longer, the proven one never longer.
TEST(Gaps, BracketTheTruth) {
  std::mt19937_64 rng(3);
  for (int round = 0; round < 2000; round++) {
    const int64_t from = static_cast<int64_t>(rng() % (500 * kMs)) + 20 * kMs;
    const int64_t truth = static_cast<int64_t>(rng() % (300 * kMs)) + 1;
    Sample s(100);
    for (size_t i = 0; i < 100; i++) {
      const auto sent = static_cast<int64_t>(i) * 10 * kMs;
      if (sent >= from && sent < from + truth) s.received[i] = kNever;
    }
    for (const Gap& gap : gaps(s.stream(), 2000 * kMs)) {
      EXPECT_GT(gap.outage_ns(), truth);
      EXPECT_LT(gap.outage_ns(), truth + 20 * kMs);
      EXPECT_LT(gap.at_least_ns, truth);
      EXPECT_GT(gap.at_least_ns, truth - 20 * kMs);
    }
  }
}

TEST(Totals, AddUp) {
  Sample s(100);
  s.lose(20, 24);
  s.lose(50, 50);
  s.received[30] = 321 * kMs;  // behind packet 31
  s.received[40] = 431 * kMs;  // behind 41 and 42
  s.received[42] = 422 * kMs;
  const StreamTotals t = totals(s.stream(), 2000 * kMs);
  EXPECT_EQ(t.sent, 100u);
  EXPECT_EQ(t.lost, 6u);
  EXPECT_EQ(t.received, 94u);
  EXPECT_EQ(t.reordered, 2u);
  EXPECT_EQ(t.longest_outage_ns, 60 * kMs);
  EXPECT_EQ(t.latency.count(), 94u);
  EXPECT_EQ(t.latency.max(), 31 * kMs);
  EXPECT_EQ(t.latency.min(), kMs);
}

TEST(Impacts, FailoverAndReturn) {
  Sample s(100);
  s.lose(20, 28);  // fails at 200.5 ms: packet 20 was on its way
  for (size_t i = 29; i < 60; i++) s.paths[i] = 1;
  const std::vector<int64_t> events = {200 * kMs + kMs / 2, 600 * kMs};
  const auto found = impacts(s.stream(), events, 1000 * kMs);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].lost, 0u);
  EXPECT_EQ(found[0].after, 0);
  EXPECT_FALSE(found[0].switched_ns);
  EXPECT_EQ(found[1].lost, 9u);
  EXPECT_EQ(found[1].gaps, 1u);
  EXPECT_EQ(found[1].longest->outage_ns(), 100 * kMs);
  EXPECT_EQ(found[1].before, 0);
  EXPECT_EQ(found[1].after, 1);
  EXPECT_EQ(found[1].switched_ns, 291 * kMs);
  EXPECT_EQ(found[2].lost, 0u);
  EXPECT_EQ(found[2].before, 1);
  EXPECT_EQ(found[2].after, 0);
  EXPECT_EQ(found[2].switched_ns, 601 * kMs);
  EXPECT_EQ(found[2].latency().count(), 40u);
  EXPECT_EQ(found[0].sent + found[1].sent + found[2].sent, 100u);
}

TEST(Impacts, AnOutageAcrossEventsBelongsToTheFirst) {
  Sample s(100);
  s.lose(20, 69);
  const std::vector<int64_t> events = {200 * kMs, 500 * kMs};
  const auto found = impacts(s.stream(), events, 1000 * kMs);
  EXPECT_EQ(found[1].lost, 50u);
  EXPECT_EQ(found[1].after, kNoPath);
  EXPECT_EQ(found[2].lost, 0u);
  EXPECT_EQ(found[2].before, 0);
  EXPECT_EQ(found[2].after, 0);
}

TEST(Impacts, EventsAtOneTimeShareTheFirstOnesWindow) {
  Sample s(100);
  s.lose(20, 24);
  const std::vector<int64_t> events = {200 * kMs, 200 * kMs, 600 * kMs};
  const auto found = impacts(s.stream(), events, 1000 * kMs);
  EXPECT_EQ(found[1].lost, 5u);
  EXPECT_EQ(found[2].sent, 0u);
  EXPECT_EQ(found[3].sent, 40u);
}

TEST(Impacts, LongestOfSeveralGapsAndTheirSum) {
  Sample s(100);
  s.lose(10, 10);
  s.lose(20, 22);
  s.lose(30, 32);
  const auto found = impacts(s.stream(), std::vector<int64_t>{50 * kMs}, 2000 * kMs);
  EXPECT_EQ(found[1].gaps, 3u);
  EXPECT_EQ(found[1].longest->first_lost, 20u);
  EXPECT_EQ(found[1].outage_sum_ns, (20 + 40 + 40) * kMs);
  EXPECT_EQ(found[0].lost, 0u);
}

TEST(Impacts, DuplicatesCountWhereTheirPacketWasSent) {
  Sample s(100);
  const std::vector<uint32_t> repeated = {3, 70, 70};
  Stream stream = s.stream();
  stream.repeated = repeated;
  const auto found = impacts(stream, std::vector<int64_t>{500 * kMs}, 2000 * kMs);
  EXPECT_EQ(found[0].duplicated, 1u);
  EXPECT_EQ(found[1].duplicated, 2u);
  EXPECT_EQ(totals(stream, 2000 * kMs).duplicated, 3u);
}

TEST(Streams, OfAResult) {
  RunStats stats;
  stats.links = {{.name = "er/primary"}, {.name = "msee-a/gw"}};
  StreamResult result{.name = "p", .first_ns = 5, .interval_ns = 7, .received_ns = {6, -1}};
  result.path = {0, 0};
  result.paths = {{0, 1}};
  const Stream stream = stream_of(result);
  EXPECT_EQ(stream.sent(1), 12);
  EXPECT_EQ(stream.path(0), 0);
  EXPECT_EQ(path_text(stats, result.paths, stream.path(0)), "er/primary, msee-a/gw");
  EXPECT_EQ(path_text(stats, result.paths, kNoPath), "");
}

}  // namespace
}  // namespace erbium::cp
