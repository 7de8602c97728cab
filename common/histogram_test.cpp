#include "common/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace erbium {
namespace {

constexpr uint32_t kParts[] = {0,       1,       10'000,  250'000, 500'000,
                               900'000, 990'000, 999'000, 999'999, 1'000'000};

TEST(Histogram, EmptyIsZero) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(h.min(), 0);
  EXPECT_EQ(h.max(), 0);
  EXPECT_EQ(h.percentile(500'000), 0);
  EXPECT_TRUE(h.buckets().empty());
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram h;
  for (int64_t v = 1; v <= 100; v++) h.record(v);
  EXPECT_EQ(h.percentile(0), 1);
  EXPECT_EQ(h.percentile(500'000), 50);
  EXPECT_EQ(h.percentile(500'001), 51);
  EXPECT_EQ(h.percentile(990'000), 99);
  EXPECT_EQ(h.percentile(999'000), 100);
  EXPECT_EQ(h.percentile(1'000'000), 100);
}

TEST(Histogram, BucketsMeetWithoutGapOrOverlap) {
  Histogram h;
  std::vector<int64_t> edges;
  for (int bits = 0; bits < 63; bits++)
    for (const int64_t v : {(int64_t{1} << bits) - 1, int64_t{1} << bits}) h.record(v);
  h.record(std::numeric_limits<int64_t>::max());
  for (const Histogram::Bucket& b : h.buckets()) {
    EXPECT_LE(b.first, b.last);
    EXPECT_LE((b.last - b.first) * 128, std::max<int64_t>(b.first, 128)) << b.first;
  }
  const auto all = h.buckets();
  for (size_t i = 1; i < all.size(); i++) EXPECT_LT(all[i - 1].last, all[i].first);
  // 2^k - 1 ends a bucket, 2^k begins the next.
  for (size_t i = 1; i < all.size(); i++)
    if ((all[i].first & (all[i].first - 1)) == 0 && all[i - 1].last + 1 == all[i].first)
      edges.push_back(all[i].first);
  EXPECT_EQ(edges.size(), 63u);  // 2^0 ... 2^62
  EXPECT_EQ(all.back().last, std::numeric_limits<int64_t>::max());
}

TEST(Histogram, NegativeCountsAsZeroAndTimesMultiply) {
  Histogram h;
  h.record(-5);
  h.record(7, 3);
  h.record(9, 0);
  EXPECT_EQ(h.count(), 4u);
  EXPECT_EQ(h.min(), 0);
  EXPECT_EQ(h.max(), 7);
  EXPECT_EQ(h.buckets(), (std::vector<Histogram::Bucket>{{0, 0, 1}, {7, 7, 3}}));
}

// Against the sorted values: nearest rank, never below, less than 1/128 above.
TEST(Histogram, PercentilesOfRandomValues) {
  std::mt19937_64 rng(7);
  for (int round = 0; round < 60; round++) {
    const size_t n = 1 + rng() % 3000;
    const int bits = 1 + static_cast<int>(rng() % 62);
    Histogram h;
    std::vector<int64_t> values;
    for (size_t i = 0; i < n; i++) {
      const auto v = static_cast<int64_t>(rng() >> (64 - bits) >> (rng() % 8));
      values.push_back(v);
      h.record(v);
    }
    std::sort(values.begin(), values.end());
    ASSERT_EQ(h.count(), n);
    EXPECT_EQ(h.min(), values.front());
    EXPECT_EQ(h.max(), values.back());
    for (const uint32_t part : kParts) {
      const size_t rank = std::max<size_t>(1, (n * part + 999'999) / 1'000'000);
      const int64_t truth = values[rank - 1], found = h.percentile(part);
      EXPECT_GE(found, truth) << part;
      EXPECT_LE(found - truth, truth / 128) << part << " of " << n << ", " << truth;
    }
  }
}

TEST(Histogram, MergeEqualsRecordingAll) {
  std::mt19937_64 rng(8);
  Histogram all, parts[3];
  for (int i = 0; i < 5000; i++) {
    const auto v = static_cast<int64_t>(rng() >> (rng() % 60 + 1));
    all.record(v);
    parts[rng() % 3].record(v);
  }
  Histogram merged;
  for (const size_t i : {2, 0, 1}) merged.merge(parts[i]);
  merged.merge(Histogram());
  EXPECT_EQ(merged, all);
}

}  // namespace
}  // namespace erbium
