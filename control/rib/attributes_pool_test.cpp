#include "control/rib/attributes_pool.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "bench/bgp_like.h"
#include "control/rib/test_routes.h"

namespace erbium::cp::rib {
namespace {

using test::attributes;

TEST(AttributesPool, EqualSetsShareAnId) {
  AttributesPool pool;
  const AttributesRef a = pool.intern(attributes({1, 2}));
  const AttributesRef b = pool.intern(attributes({1, 2}));
  const AttributesRef c = pool.intern(attributes({1, 3}));
  EXPECT_EQ(a.id(), b.id());
  EXPECT_NE(a.id(), c.id());
  EXPECT_NE(a.id(), kNoAttributes);
  EXPECT_EQ(*c, attributes({1, 3}));
  EXPECT_EQ(pool.size(), 2u);
}

// Whatever member differs makes another set.
TEST(AttributesPool, EveryAttributeCounts) {
  using bgp::PathAttributes;
  const std::vector<std::function<void(PathAttributes&)>> edits = {
      [](PathAttributes&) {},
      [](PathAttributes& a) { a.origin = bgp::Origin::egp; },
      [](PathAttributes& a) { a.as_path.segments[0].asns.push_back(3); },
      [](PathAttributes& a) { a.as_path.segments[0].type = bgp::AsSegment::Type::set; },
      [](PathAttributes& a) {
        a.as_path.segments = {{bgp::AsSegment::Type::sequence, {1}},
                              {bgp::AsSegment::Type::sequence, {2}}};
      },
      [](PathAttributes& a) { a.next_hop = test::ip("192.0.2.2"); },
      [](PathAttributes& a) { a.next_hop.reset(); },
      [](PathAttributes& a) { a.next_hop6 = test::ip("2001:db8::1"); },
      [](PathAttributes& a) { a.next_hop_link_local = test::ip("2001:db8::1"); },
      [](PathAttributes& a) { a.med = 0; },
      [](PathAttributes& a) { a.local_pref = 0; },
      [](PathAttributes& a) { a.atomic_aggregate = true; },
      [](PathAttributes& a) {
        a.aggregator = {1, 2};
      },
      [](PathAttributes& a) {
        a.aggregator = {2, 1};
      },
      [](PathAttributes& a) { a.communities = {1}; },
      [](PathAttributes& a) {
        a.communities = {1, 1};
      },
      [](PathAttributes& a) {
        a.large_communities = {{1, 0, 0}};
      },
      [](PathAttributes& a) { a.extended_communities = {1}; },
      [](PathAttributes& a) {
        a.unknown = {{0xc0, 99, {}}};
      },
      [](PathAttributes& a) {
        a.unknown = {{0xc0, 99, {0}}};
      },
  };
  AttributesPool pool;
  std::vector<AttributesRef> refs;
  for (const auto& edit : edits) {
    PathAttributes a = attributes({1, 2});
    edit(a);
    refs.push_back(pool.intern(a));
    EXPECT_EQ(*refs.back(), a);
  }
  EXPECT_EQ(pool.size(), edits.size());
}

TEST(AttributesPool, LastReferenceFreesAndIdsAreUsedAgain) {
  AttributesPool pool;
  const AttributesRef keeper = pool.intern(attributes({9}));
  pool.intern(attributes({1}));
  const size_t before = pool.memory_bytes();
  AttributesId id = kNoAttributes;
  {
    AttributesRef a = pool.intern(attributes({1, 2, 3}));
    id = a.id();
    AttributesRef copy = a;
    a = AttributesRef();
    EXPECT_EQ(copy->as_path, attributes({1, 2, 3}).as_path);
    EXPECT_EQ(pool.size(), 2u);
    EXPECT_GT(pool.memory_bytes(), before);
    AttributesRef moved = std::move(copy);
    EXPECT_TRUE(moved);
    EXPECT_FALSE(copy);  // NOLINT: a moved-from handle is empty by contract
  }
  EXPECT_EQ(pool.size(), 1u);
  EXPECT_EQ(pool.memory_bytes(), before);
  EXPECT_EQ(pool.intern(attributes({4})).id(), id);
  EXPECT_EQ(*keeper, attributes({9}));
}

TEST(AttributesPool, RankHoldsWhatDecides) {
  AttributesPool pool;
  const AttributesRef bare = pool.intern(bgp::PathAttributes{});
  EXPECT_EQ(pool.rank(bare.id()).local_pref, 100u);
  EXPECT_EQ(pool.rank(bare.id()).med, 0u);
  EXPECT_EQ(pool.rank(bare.id()).neighbour_as, 0u);
  bgp::PathAttributes a = attributes({65001, 7, 7});
  a.local_pref = 7;
  a.med = 8;
  a.origin = bgp::Origin::incomplete;
  const AttributesRef full = pool.intern(a);
  EXPECT_EQ(pool.rank(full.id()).local_pref, 7u);
  EXPECT_EQ(pool.rank(full.id()).path_length, 3u);
  EXPECT_EQ(pool.rank(full.id()).med, 8u);
  EXPECT_EQ(pool.rank(full.id()).neighbour_as, 65001u);
  EXPECT_EQ(pool.rank(full.id()).origin, bgp::Origin::incomplete);
}

// Random comings and goings against a map, with many removals, which move index slots.
TEST(AttributesPool, AgreesWithAMapOverRandomUse) {
  AttributesPool pool;
  std::map<uint32_t, AttributesRef> held;
  bench::SplitMix random(5);
  for (unsigned step = 0; step < 200'000; ++step) {
    const uint32_t key = random.below(step % 50'000 < 25'000 ? 3000 : 300);
    if (random.below(2) == 0) {
      held[key] = pool.intern(attributes({key, key + 1}));
    } else {
      held.erase(key);
    }
    if (step % 5000 != 0) continue;
    ASSERT_EQ(pool.size(), held.size());
    for (const auto& [k, ref] : held) {
      ASSERT_EQ(*ref, attributes({k, k + 1}));
      ASSERT_EQ(pool.intern(attributes({k, k + 1})).id(), ref.id());
    }
  }
}

}  // namespace
}  // namespace erbium::cp::rib
