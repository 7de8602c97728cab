// What a forwarding table may hold: budgets for small and large tables, and that memory comes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "bench/bgp_like.h"
#include "dataplane/tables/fib.h"

namespace erbium::dp {
namespace {

using bench::SplitMix;
using net::Family;
using net::Prefix;

TEST(FibMemory, OfSmallTables) {
  for (const Family family : {Family::v4, Family::v6}) {
    Fib fib;
    for (const Prefix& p : bench::bgp_like(family, 100, 11)) {
      fib.upsert(p, 1 + p.length);
      fib.commit();
      fib.reclaim();
    }
    EXPECT_LE(fib.memory_bytes(), 64u << 10);
  }
  Fib fib;
  for (const Prefix& p : bench::bgp_like(Family::v4, 4000, 12)) fib.upsert(p, 1 + p.length);
  fib.commit();
  EXPECT_LE(fib.memory_bytes(), (512u << 20) / 1000);
}

// The worst moment counts: what a rebuild replaced is still held, the next changes are staged.
TEST(FibMemory, OfAMillionRoutes) {
  const std::vector<Prefix> routes = bench::bgp_like(Family::v4, 1'000'000, 13);
  Fib fib;
  size_t peak = 0;
  for (unsigned round = 1; round <= 2; ++round) {
    for (size_t i = 0; i < routes.size(); ++i) {
      fib.upsert(routes[i], static_cast<NextHopGroupId>(1 + i * round % 1000));
    }
    fib.commit();
    peak = std::max(peak, fib.memory_bytes());
  }
  EXPECT_EQ(fib.routes(), routes.size());
  EXPECT_LE(peak, 40u << 20);
}

TEST(FibMemory, ReturnsAfterEraseOfEverything) {
  for (const Family family : {Family::v4, Family::v6}) {
    const std::vector<Prefix> routes = bench::bgp_like(family, 50'000, 17);
    Fib fib;
    const size_t empty = fib.memory_bytes();
    for (const Prefix& p : routes) fib.upsert(p, 1);
    fib.commit();
    fib.reclaim();
    const size_t full = fib.memory_bytes();
    for (size_t i = 0; i < routes.size(); ++i) {
      ASSERT_TRUE(fib.erase(routes[i]));
      if (i % 100 == 0) {
        fib.commit();
        fib.reclaim();
      }
      if (i == routes.size() * 9 / 10) {
        EXPECT_LE(fib.memory_bytes(), full / 2);
      }
    }
    fib.commit();
    fib.reclaim();
    EXPECT_LE(fib.memory_bytes(), empty + 4096);
  }
}

// Nodes freed bit by bit are given back too, where the root keeps its size throughout.
TEST(FibMemory, FollowsSlowShrinking) {
  const std::vector<Prefix> routes = bench::bgp_like(Family::v6, 20'000, 37);
  Fib fib;
  for (const Prefix& p : routes) fib.upsert(p, 1);
  fib.commit();
  fib.reclaim();
  const size_t full = fib.memory_bytes();
  for (size_t i = 1000; i < routes.size(); ++i) {
    fib.erase(routes[i]);
    if (i % 50 == 0) {
      fib.commit();
      fib.reclaim();
    }
  }
  EXPECT_LE(fib.memory_bytes(), full / 4);
}

// Churn over the same routes must not make the table grow without bound.
TEST(FibMemory, StaysBoundedUnderChurn) {
  const std::vector<Prefix> routes = bench::bgp_like(Family::v4, 40'000, 19);
  Fib fib;
  for (size_t i = 0; i < routes.size(); i += 2) fib.upsert(routes[i], 1);
  fib.commit();
  fib.reclaim();
  const size_t start = fib.memory_bytes();
  SplitMix random(23);
  for (unsigned i = 0; i < 200'000; ++i) {
    const Prefix& p = routes[random.below(static_cast<uint32_t>(routes.size()))];
    if (!fib.erase(p)) fib.upsert(p, 1 + random.below(50));
    if (i % 64 == 0) {
      fib.commit();
      fib.reclaim();
    }
  }
  EXPECT_LE(fib.memory_bytes(), start * 2);
}

}  // namespace
}  // namespace erbium::dp
