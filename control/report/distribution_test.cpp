// Distributions of latencies against the histogram they are drawn from.
#include "control/report/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace erbium::cp {
namespace {

constexpr int64_t kMs = 1'000'000;

Histogram of(std::initializer_list<int64_t> values) {
  Histogram out;
  for (const int64_t v : values) out.record(v);
  return out;
}

TEST(Distribution, LogarithmsAgreeWithTheLibrarys) {
  EXPECT_EQ(log2_fixed(1), 0);
  EXPECT_EQ(log2_fixed(2), 65'536);
  EXPECT_EQ(log2_fixed(uint64_t{1} << 63), 63 * 65'536);
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; i++) {
    const uint64_t v = (random() >> random() % 64) | 1;
    EXPECT_NEAR(static_cast<double>(log2_fixed(v)), std::log2(static_cast<double>(v)) * 65'536,
                1.01)
        << v;
  }
}

TEST(Distribution, AxisHoldsEveryValueInOrder) {
  const Histogram near = of({kMs, 2 * kMs}), far = of({500 * kMs});
  const LatencyAxis axis({{"near", &near}, {"far", &far}});
  EXPECT_GT(axis.place(kMs), 0);
  EXPECT_LT(axis.place(kMs), axis.place(2 * kMs));
  EXPECT_LT(axis.place(500 * kMs), 10'000);
  // Equal ratios are equally far apart, to the rounding.
  EXPECT_NEAR(static_cast<double>(axis.place(4 * kMs) - axis.place(2 * kMs)),
              static_cast<double>(axis.place(2 * kMs) - axis.place(kMs)), 1);
  EXPECT_EQ(axis.ticks(), (std::vector<int64_t>{kMs, 2 * kMs, 5 * kMs, 10 * kMs, 20 * kMs, 50 * kMs,
                                                100 * kMs, 200 * kMs, 500 * kMs}));
}

TEST(Distribution, AxisOfOneValueHasTicks) {
  for (const int64_t v : {int64_t{0}, int64_t{1}, 1'201'136 * int64_t{1}, int64_t{1} << 60}) {
    const Histogram one = of({v});
    const LatencyAxis axis({{"one", &one}});
    EXPECT_FALSE(axis.ticks().empty()) << v;
    EXPECT_LE(axis.ticks().size(), 12u) << v;
    EXPECT_GE(axis.place(v), 0) << v;
    EXPECT_LE(axis.place(v), 10'000) << v;
  }
}

TEST(Distribution, LinesClimbToTheShareThatHasArrived) {
  const Histogram h = of({1 * kMs, 1 * kMs, 1 * kMs, 10 * kMs});
  const std::string svg = distribution_svg({{"a<b", &h}}, "latency");
  EXPECT_NE(svg.find("V25H"), std::string::npos) << "three of four: " << svg;
  EXPECT_NE(svg.find("V0H1000\""), std::string::npos);
  EXPECT_NE(svg.find("a&lt;b"), std::string::npos);
}

TEST(Distribution, LinesOfWideHistogramsStayShort) {
  Histogram wide;
  std::mt19937_64 random(2);
  for (int i = 0; i < 200'000; i++)
    wide.record(static_cast<int64_t>(random() >> random() % 60 >> 2));
  EXPECT_GT(wide.buckets().size(), 4'000u);
  EXPECT_LT(distribution_svg({{"wide", &wide}}, "latency").size(), 8'000u);
}

}  // namespace
}  // namespace erbium::cp
