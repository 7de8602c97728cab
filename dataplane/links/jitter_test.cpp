// The jitter's distributions against their formulas in floating point.
#include "dataplane/links/jitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/mix.h"

namespace erbium::dp {
namespace {

using enum Jitter::Distribution;
constexpr int64_t kSize = 1'000'000;

// The shares of draws below x, in units of the jitter.
double uniform_below(double x) { return std::clamp((x + 1) / 2, 0.0, 1.0); }
double normal_below(double x) {
  const double cut = std::erf(4 / std::sqrt(2.0));
  return std::clamp((std::erf(x / std::sqrt(2.0)) / cut + 1) / 2, 0.0, 1.0);
}
double pareto_below(double x) {
  const double s = 2.022686333091319, c = 0.000252006844223442;
  return std::clamp((1 - std::pow(1 + x / s, -3)) / (1 - c), 0.0, 1.0);
}

// The largest distance between the draws' shares and the formula's (Kolmogorov-Smirnov).
double distance(const Jitter& jitter, double (*below)(double)) {
  constexpr int kDraws = 1'000'000;
  std::vector<int64_t> draws(kDraws);
  for (uint64_t i = 0; i < kDraws; i++) draws[i] = jitter.draw(mix(7, i)).ns();
  std::sort(draws.begin(), draws.end());
  double most = 0;
  for (int i = 0; i < kDraws; i++) {
    const double share = below(static_cast<double>(draws[static_cast<size_t>(i)]) / kSize);
    most = std::max(
        {most, std::abs(share - i / double{kDraws}), std::abs(share - (i + 1) / double{kDraws})});
  }
  return most;
}

constexpr double kOneInAThousand = 1.95 / 1000;  // for 10^6 draws

TEST(Jitter, FollowsItsDistribution) {
  const auto distance_of = [](Jitter::Distribution distribution, double (*below)(double)) {
    return distance({.size = Duration::ns(kSize), .distribution = distribution}, below);
  };
  EXPECT_LT(distance_of(uniform, uniform_below), kOneInAThousand);
  EXPECT_LT(distance_of(normal, normal_below), kOneInAThousand);
  EXPECT_LT(distance_of(pareto, pareto_below), kOneInAThousand);
}

// Over all of what decides but the last step of the tail.
TEST(Jitter, TablesHaveTheQuantiles) {
  const Jitter gauss{.size = Duration::ns(kSize)};
  const Jitter tail{.size = Duration::ns(kSize), .distribution = pareto};
  for (uint64_t q = 1 << 16; q < uint64_t{1} << 32; q += q / 50 + 1) {
    const double share = static_cast<double>(q) / 4294967296.0;
    const auto z = static_cast<double>(gauss.draw(q << 32 | 1).ns()) / kSize;
    EXPECT_NEAR(2 * (1 - normal_below(z)), share, share * 0.004) << q;
    const auto x = static_cast<double>(tail.draw(q << 32).ns()) / kSize;
    EXPECT_NEAR(1 - pareto_below(x), share, share * 0.004) << q;
  }
}

TEST(Jitter, IsCutOff) {
  const uint64_t all = ~uint64_t{0};
  const auto ends = [](Jitter::Distribution distribution, uint64_t bits) {
    return Jitter{.size = Duration::ns(kSize), .distribution = distribution}.draw(bits).ns();
  };
  EXPECT_EQ(ends(uniform, 0), -kSize);
  EXPECT_EQ(ends(uniform, all), kSize);
  EXPECT_EQ(ends(normal, 0), -4 * kSize);
  EXPECT_EQ(ends(normal, 1), 4 * kSize);
  EXPECT_EQ(ends(normal, all), 0);
  EXPECT_EQ(ends(pareto, 0), 30 * kSize);
  EXPECT_EQ(ends(pareto, all), 0);
}

TEST(Jitter, ReachesNoFurtherThanItSays) {
  for (const auto distribution : {uniform, normal, pareto})
    for (const Duration size : {Duration::ns(1), Duration::ns(999), Jitter::kMost}) {
      const Jitter jitter{.size = size, .distribution = distribution};
      for (const uint64_t bits : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, ~uint64_t{1}})
        EXPECT_GE(jitter.draw(bits), Duration() - jitter.reach());
      for (uint64_t i = 0; i < 1000; i++)
        EXPECT_GE(jitter.draw(mix(i)), Duration() - jitter.reach());
    }
}

}  // namespace
}  // namespace erbium::dp
