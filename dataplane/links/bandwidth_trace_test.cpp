// The closed form against a queue that is served millisecond by millisecond, as Mahimahi does it.
#include "dataplane/links/bandwidth_trace.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace erbium::dp {
namespace {

Time ms(int64_t n) { return Time() + Duration::ms(n); }

TEST(BandwidthTrace, ServesOneOpportunityAfterTheOther) {
  BandwidthTrace trace({1, 1, 3}, Time());
  EXPECT_EQ(trace.serve(Time(), 1504), ms(1));
  EXPECT_EQ(trace.serve(Time(), 1504), ms(1));
  EXPECT_EQ(trace.serve(Time(), 1504), ms(3));
  EXPECT_EQ(trace.serve(Time(), 1504), ms(4)) << "it begins again behind its end";
}

TEST(BandwidthTrace, SmallPacketsShareAndLargeOnesSpan) {
  BandwidthTrace trace({2, 4}, Time());
  EXPECT_EQ(trace.serve(Time(), 1000), ms(2));
  EXPECT_EQ(trace.serve(Time(), 504), ms(2));
  EXPECT_EQ(trace.serve(Time(), 1505), ms(6));
  EXPECT_EQ(trace.serve(Time(), 1503), ms(6)) << "what the large one left";
}

TEST(BandwidthTrace, WhatNobodyWaitsForIsLost) {
  BandwidthTrace trace({1, 2, 10}, Time());
  EXPECT_EQ(trace.serve(Time(), 100), ms(1));
  EXPECT_EQ(trace.serve(ms(1) + Duration::ns(1), 100), ms(2)) << "the rest of the first is gone";
  EXPECT_EQ(trace.serve(ms(2), 100), ms(2)) << "just in time";
  EXPECT_EQ(trace.start(ms(3)), ms(10));
  EXPECT_EQ(trace.start(ms(10)), ms(10));
  EXPECT_EQ(trace.start(ms(10) + Duration::ns(1)), ms(11));
  EXPECT_EQ(trace.start(ms(95)), ms(100));
}

TEST(BandwidthTrace, CountsFromItsOrigin) {
  BandwidthTrace trace({0, 5}, ms(3));
  EXPECT_EQ(trace.serve(Time(), 1504), ms(3));
  EXPECT_EQ(trace.serve(ms(4), 1504), ms(8));
  EXPECT_EQ(trace.serve(ms(4), 1504), ms(8)) << "the zero of the next round";
  EXPECT_EQ(trace.serve(ms(4), 1504), ms(13));
}

TEST(BandwidthTrace, ClearForgetsWhatWasInService) {
  BandwidthTrace trace({10, 20}, Time());
  EXPECT_EQ(trace.serve(Time(), 3000), ms(20));
  trace.clear(ms(5));
  EXPECT_EQ(trace.serve(ms(5), 1504), ms(10));
}

// Packets in a queue, an opportunity at a time.
class Queue {
 public:
  Queue(const std::vector<uint32_t>& list) : list_(list) {}
  void push(Time at, uint32_t bytes) { waiting_.push_back({at, bytes}); }
  std::vector<Time> run(size_t packets) {
    std::vector<Time> out;
    for (int64_t round = 0; out.size() < packets; round++)
      for (const uint32_t at : list_) {
        const Time now = ms(round * list_.back() + at);
        for (uint32_t left = 1504; left > 0 && !waiting_.empty() && waiting_[0].first <= now;) {
          const uint32_t part = std::min(left, waiting_[0].second);
          left -= part;
          waiting_[0].second -= part;
          if (waiting_[0].second > 0) continue;
          waiting_.pop_front();
          out.push_back(now);
        }
      }
    return out;
  }

 private:
  const std::vector<uint32_t> list_;
  std::deque<std::pair<Time, uint32_t>> waiting_;
};

TEST(BandwidthTrace, AgreesWithAQueueServedStepByStep) {
  for (uint64_t seed = 0; seed < 20; seed++) {
    std::mt19937_64 random(seed);
    std::vector<uint32_t> list;
    for (uint32_t at = 0; list.size() < 50;) {
      at += random() % 3 == 0 ? static_cast<uint32_t>(random() % 20) : 0;
      list.push_back(at);
    }
    list.push_back(list.back() + 1);
    BandwidthTrace trace(list, Time());
    Queue queue(list);
    std::vector<Time> served;
    Time now;
    for (int i = 0; i < 2000; i++) {
      if (random() % 2 == 0) now = now + Duration::us(static_cast<int64_t>(random() % 8000));
      const auto bytes = static_cast<uint32_t>(1 + random() % 4000);
      served.push_back(trace.serve(now, bytes));
      queue.push(now, bytes);
    }
    ASSERT_EQ(served, queue.run(served.size())) << seed;
  }
}

}  // namespace
}  // namespace erbium::dp
