#include "control/report/series.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

constexpr int64_t kMs = 1'000'000, kSecond = 1'000'000'000;

TEST(Series, BinsAreRoundAndFewEnough) {
  EXPECT_EQ(bin_for(0), kMs);
  EXPECT_EQ(bin_for(600 * kMs), kMs);
  EXPECT_EQ(bin_for(601 * kMs), 2 * kMs);
  EXPECT_EQ(bin_for(60 * kSecond), 100 * kMs);
  EXPECT_EQ(bin_for(60 * kSecond, 599), 200 * kMs);
  EXPECT_EQ(bin_for(3600 * kSecond), 10 * kSecond);
}

TEST(Series, SumsAndRates) {
  const std::vector<Sample> samples = {{0, 1}, {9, 2}, {10, 4}, {24, 8}, {25, 16}, {-1, 32}};
  const auto sums = bin_sums(samples, 10, 25);
  EXPECT_EQ(sums, (std::vector<uint64_t>{3, 4, 8}));
  // The last bin is 5 ns long.
  EXPECT_EQ(bit_rates(sums, 10, 25),
            (std::vector<uint64_t>{2'400'000'000, 3'200'000'000, 12'800'000'000}));
}

TEST(Series, OfAStream) {
  const std::vector<int64_t> received = {5, 13, kNever, kNever, 47, kNever};
  const StreamBins bins =
      stream_bins({.name = "s", .interval_ns = 10, .received_ns = received}, 20, 60);
  EXPECT_EQ(bins.sent, (std::vector<uint64_t>{2, 2, 2}));
  EXPECT_EQ(bins.lost, (std::vector<uint64_t>{0, 2, 1}));  // 50 + 7 < 60
  EXPECT_EQ(bins.latency_p50, (std::vector<int64_t>{3, kNever, 7}));
  EXPECT_EQ(bins.latency_max, (std::vector<int64_t>{5, kNever, 7}));
}

}  // namespace
}  // namespace erbium::cp
