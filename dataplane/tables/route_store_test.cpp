// The store of routes against an ordered map, over random histories that grow it to several
// branches and shrink it again: what a change returns, order, positions and their neighbours.
#include "dataplane/tables/route_store.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <utility>

#include "bench/bgp_like.h"

namespace erbium::dp {
namespace {

using bench::SplitMix;

template <class Key>
class RouteStoreTest : public testing::Test {
 protected:
  using Route = typename RouteOf<Key>::type;
  using At = std::pair<Key, unsigned>;
  static constexpr unsigned kBits = sizeof(Key) * 8;

  At any() {
    const unsigned length = 8 + random_.below(kBits - 7);
    Key address = random_.below(1u << 20);
    address <<= kBits - 20;
    return {masked(address, length), length};
  }
  At one_of_them() {
    const auto at = judge_.lower_bound(any());
    return at == judge_.end() || random_.below(3) == 0 ? judge_.begin()->first : at->first;
  }
  void upsert(const At& at, NextHopGroupId group) {
    const auto [known, added] = judge_.try_emplace(at, group);
    const NextHopGroupId before = added ? kNoRoute : std::exchange(known->second, group);
    ASSERT_EQ(store_.upsert(Route(at.first, at.second, group)), before);
  }
  void erase(const At& at) {
    const auto node = judge_.extract(at);
    ASSERT_EQ(store_.erase(Route(at.first, at.second, kNoRoute)), node ? node.mapped() : kNoRoute);
  }
  static bool is(const Route& route, const std::pair<const At, NextHopGroupId>& wanted) {
    return route.address() == wanted.first.first && route.length() == wanted.first.second &&
           route.group() == wanted.second;
  }
  // Around a position, whatever was looked at before.
  void look(const At& at) {
    const Route wanted(at.first, at.second, kNoRoute);
    store_.prefetch(Route(any().first, 8, kNoRoute));
    const auto cursor = store_.lower_bound(wanted);
    const auto there = judge_.lower_bound(at);
    ASSERT_EQ(cursor.valid(), there != judge_.end());
    if (cursor.valid()) {
      ASSERT_TRUE(is(*cursor, *there));
    }
    ASSERT_EQ(cursor.previous() == nullptr, there == judge_.begin());
    if (cursor.previous() != nullptr) {
      ASSERT_TRUE(is(*cursor.previous(), *std::prev(there)));
    }
    const size_t n = random_.below(200);
    auto nth = there;
    for (size_t i = 0; i < n && nth != judge_.end(); ++i) ++nth;
    ASSERT_EQ(cursor.more_than(n, masked(at.first, 8), 8),
              nth != judge_.end() && masked(nth->first.first, 8) == masked(at.first, 8));
    const auto known = judge_.find(at);
    ASSERT_EQ(store_.find(wanted), known == judge_.end() ? kNoRoute : known->second);
  }
  void compare() {
    ASSERT_EQ(store_.size(), judge_.size());
    auto wanted = judge_.begin();
    for (auto at = store_.begin(); at.valid(); at.next(), ++wanted) {
      ASSERT_NE(wanted, judge_.end());
      ASSERT_TRUE(is(*at, *wanted));
    }
    ASSERT_EQ(wanted, judge_.end());
  }

  RouteStore<Key> store_;
  std::map<At, NextHopGroupId> judge_;
  SplitMix random_{5};
};

using Keys = testing::Types<uint32_t, FibKey6>;
TYPED_TEST_SUITE(RouteStoreTest, Keys);

TYPED_TEST(RouteStoreTest, AgreesWithAnOrderedMapWhileItGrowsAndShrinks) {
  constexpr unsigned kRoutes = 60'000;  // of IPv4 some 1,400 leaves in 15 branches
  const size_t empty = this->store_.memory_bytes();
  for (unsigned round = 0; round < 2; ++round) {
    while (this->judge_.size() < kRoutes) {
      this->upsert(this->any(), 1 + this->random_.below(100));
      if (this->random_.below(4) == 0) this->erase(this->any());
      if (this->random_.below(8) == 0) this->look(this->any());
      ASSERT_FALSE(this->HasFatalFailure());
    }
    this->compare();
    const size_t full = this->store_.memory_bytes();
    while (this->judge_.size() > kRoutes / 20) {
      this->erase(this->one_of_them());
      if (this->random_.below(8) == 0) this->look(this->any());
      ASSERT_FALSE(this->HasFatalFailure());
    }
    this->compare();
    EXPECT_LE(this->store_.memory_bytes(), full / 4);
  }
  while (!this->judge_.empty()) this->erase(this->judge_.begin()->first);
  EXPECT_FALSE(this->store_.begin().valid());
  EXPECT_EQ(this->store_.memory_bytes(), empty);
}

TYPED_TEST(RouteStoreTest, FillsCompletelyInOrder) {
  constexpr unsigned kRoutes = 20'000;
  for (unsigned i = 0; i < kRoutes; ++i) {
    TypeParam address = i;
    address <<= sizeof(TypeParam) * 8 - 20;
    this->upsert({address, 20}, 1 + i % 7);
  }
  this->compare();
  EXPECT_LE(this->store_.memory_bytes(),
            kRoutes * sizeof(typename RouteOf<TypeParam>::type) * 11 / 10);
}

}  // namespace
}  // namespace erbium::dp
