#include "control/rib/rib.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "bench/bgp_like.h"
#include "control/rib/test_routes.h"

namespace erbium::cp::rib {
namespace {

using bench::SplitMix;
using net::Family;
using net::Prefix;
using test::attributes;
using test::prefix;
using test::Table;
using Prefixes = std::vector<Prefix>;

constexpr const char* kTo = "192.168.0.0/16";
constexpr const char* kTo6 = "2001:db8::/32";

TEST(Rib, ReportsOnlyWhatChangesTheChoice) {
  Table t;
  t.announce(1, kTo, attributes({65001}));
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo)});
  t.announce(1, kTo, attributes({65001}));  // the same again
  EXPECT_EQ(t.changed(), Prefixes{});
  t.announce(2, kTo, attributes({65002, 65002}));  // longer
  EXPECT_EQ(t.changed(), Prefixes{});
  t.announce(3, kTo, attributes({65003}));  // joins
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo)});
  bgp::PathAttributes tagged = attributes({65003});
  tagged.communities = {1};
  t.announce(3, kTo, tagged);  // neither the best nor another way
  EXPECT_EQ(t.changed(), Prefixes{});
  tagged.next_hop = test::ip("192.0.2.77");
  t.announce(3, kTo, tagged);  // another way
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo)});
  bgp::PathAttributes best = attributes({65001});
  best.communities = {2};
  t.announce(1, kTo, best);  // the same way, but passed on differently
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo)});
  EXPECT_TRUE(t.withdraw(2, kTo));
  EXPECT_EQ(t.changed(), Prefixes{});
  EXPECT_FALSE(t.withdraw(2, kTo));
  EXPECT_TRUE(t.withdraw(1, kTo));
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo)});
  EXPECT_TRUE(t.withdraw(3, kTo));
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo)});
  EXPECT_EQ(t.rib.size(), 0u);
  EXPECT_EQ(t.rib.pool().size(), 0u);
}

TEST(Rib, ReportsStandbyChangesWhenAskedFor) {
  RibConfig config;
  config.report_standby = true;
  Table t(config);
  t.announce(1, kTo, attributes({65001}));
  EXPECT_EQ(t.standby(), Prefixes{});
  t.announce(2, kTo, attributes({65002, 65002}));
  EXPECT_EQ(t.standby(), Prefixes{prefix(kTo)});
  t.announce(2, kTo, attributes({65002, 65002}));
  t.announce(3, kTo, attributes({65003}), 0, true);  // refused: nobody's alternative
  EXPECT_EQ(t.standby(), Prefixes{});
  EXPECT_TRUE(t.withdraw(2, kTo));
  EXPECT_EQ(t.standby(), Prefixes{prefix(kTo)});
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo)});
}

TEST(Rib, RefusedPathsAreKeptAndCounted) {
  Table t;
  t.announce(1, kTo, attributes({65001}), 0, true);
  t.announce(1, kTo6, attributes({65001}, "2001:db8::1"));
  EXPECT_EQ(t.changed(), Prefixes{prefix(kTo6)});
  EXPECT_EQ(t.rib.count(1, Family::v4), 1u);
  EXPECT_EQ(t.rib.accepted(1, Family::v4), 0u);
  EXPECT_EQ(t.rib.count(1, Family::v6), 1u);
  EXPECT_EQ(t.rib.accepted(1, Family::v6), 1u);
  EXPECT_EQ(t.rib.count(7, Family::v6), 0u);
  Path path;
  ASSERT_TRUE(t.rib.find(1, prefix(kTo), path));
  EXPECT_EQ(t.rib.pool().at(path.received), attributes({65001}));
  EXPECT_EQ(path.accepted, kNoAttributes);
  EXPECT_FALSE(t.rib.find(2, prefix(kTo), path));
}

TEST(Rib, PolicyKeepsBothSetsAlive) {
  Table t;
  {
    const AttributesRef received = t.rib.pool().intern(attributes({65001}));
    bgp::PathAttributes changed = attributes({65001});
    changed.local_pref = 300;
    const AttributesRef accepted = t.rib.pool().intern(changed);
    t.rib.update(1, prefix(kTo), received.id(), accepted.id(), 5, t.changes);
  }
  EXPECT_EQ(t.rib.pool().size(), 2u);
  std::vector<Path> paths;
  t.rib.chosen(prefix(kTo), paths);
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_EQ(t.rib.pool().at(paths[0].accepted).local_pref, 300u);
  EXPECT_EQ(t.rib.pool().at(paths[0].received).local_pref, std::nullopt);
  EXPECT_EQ(paths[0].weight, 5u);
  t.withdraw(1, kTo);
  EXPECT_EQ(t.rib.pool().size(), 0u);
}

TEST(Rib, WithdrawPeerReportsInOrder) {
  Table t;
  const Prefixes order = {prefix("0.0.0.0/0"),   prefix("10.0.0.0/8"),    prefix("10.0.0.0/16"),
                          prefix("10.1.0.0/16"), prefix("2001:db8::/32"), prefix("fd00::/8")};
  for (const char* to :
       {"fd00::/8", "10.1.0.0/16", "0.0.0.0/0", "10.0.0.0/16", "2001:db8::/32", "10.0.0.0/8"}) {
    t.announce(1, to, attributes({65001}));
  }
  t.announce(2, "10.9.0.0/16", attributes({65002}));
  EXPECT_EQ(t.rib.prefixes_of(1), order);
  t.changes.clear();
  t.rib.withdraw_peer(1, t.changes);
  EXPECT_EQ(t.changed(), order);
  EXPECT_EQ(t.rib.prefixes(), Prefixes{prefix("10.9.0.0/16")});
  EXPECT_EQ(t.rib.prefixes(Family::v6), Prefixes{});
  EXPECT_EQ(t.rib.count(1, Family::v4) + t.rib.count(1, Family::v6), 0u);
  t.rib.withdraw_peer(1, t.changes);
  EXPECT_EQ(t.changed(), Prefixes{});
}

void set_label(Rib& rib, const char* to, uint32_t label) {
  const Prefixes twice(2, prefix(to));
  rib.relabel(twice, [&](const Prefix&, std::vector<Path>&, uint32_t) { return label; });
}

TEST(Rib, RelabelSeesPathsAndLabelsOfManyPrefixes) {
  Table t;
  Prefixes to = bench::bgp_like(Family::v4, 300, 21);
  const Prefixes v6 = bench::bgp_like(Family::v6, 100, 21);
  to.insert(to.begin() + 50, v6.begin(), v6.end());
  for (size_t i = 0; i < to.size(); ++i) {
    const bool v4 = to[i].address.is_v4();
    t.announce(static_cast<PeerId>(1 + i % 3), to[i].str(),
               attributes({65001}, v4 ? "192.0.2.1" : "2001:db8::1"));
  }
  for (const uint32_t round : {0u, 1u}) {
    uint32_t i = 0;
    t.rib.relabel(to, [&](const Prefix& p, std::vector<Path>& paths, uint32_t label) {
      EXPECT_EQ(p, to[i]);
      EXPECT_EQ(label, round * (i + 1));
      EXPECT_EQ(paths.size(), 1u);
      EXPECT_EQ(paths.at(0).peer, 1 + i % 3);
      return ++i;
    });
    EXPECT_EQ(i, to.size());
  }
}

TEST(Rib, LabelsKeepAPrefixKnown) {
  Table t;
  t.announce(1, kTo, attributes({65001}));
  set_label(t.rib, kTo, 7);
  t.withdraw(1, kTo);
  EXPECT_EQ(t.rib.size(), 0u);
  EXPECT_EQ(t.rib.prefixes(), Prefixes{});
  EXPECT_EQ(t.rib.label(prefix(kTo)), 7u);
  t.announce(2, kTo, attributes({65001}));
  t.rib.withdraw_peer(2, t.changes);
  EXPECT_EQ(t.rib.label(prefix(kTo)), 7u);
  set_label(t.rib, kTo, 0);
  EXPECT_EQ(t.rib.label(prefix(kTo)), 0u);
  set_label(t.rib, "10.0.0.0/8", 0);
  EXPECT_EQ(t.rib.label(prefix("10.0.0.0/8")), 0u);
}

// A table as one would write it without a thought for memory, choosing by elimination of pairs as
// RFC 4271 §9.1.2.2 words it.
class Naive {
 public:
  struct Entry {
    bgp::PathAttributes received;
    std::optional<bgp::PathAttributes> accepted;
    uint32_t weight = 0;
    bool operator==(const Entry&) const = default;
  };
  using Chosen = std::vector<std::pair<PeerId, net::Ip>>;

  std::map<Prefix, std::map<PeerId, Entry>> table;

  // What decides between a and b before MED; higher is better.
  static auto merit(const Entry& e) {
    return std::make_tuple(e.weight, e.accepted->local_pref.value_or(100),
                           -static_cast<int64_t>(e.accepted->as_path.length()),
                           -static_cast<int>(e.accepted->origin));
  }
  static bool beats(const Entry& a, const Entry& b) {
    if (merit(a) != merit(b)) return merit(a) > merit(b);
    return a.accepted->as_path.first() == b.accepted->as_path.first() &&
           a.accepted->med.value_or(0) < b.accepted->med.value_or(0);
  }

  // Best first; the peers' addresses ascend with their numbers.
  std::vector<std::pair<PeerId, Entry>> choose(const Prefix& to, unsigned max_paths) const {
    std::vector<std::pair<PeerId, Entry>> out;
    const auto at = table.find(to);
    if (at == table.end()) return out;
    for (const auto& item : at->second) {
      const auto& [peer, entry] = item;
      if (!entry.accepted) continue;
      const bool beaten = std::any_of(at->second.begin(), at->second.end(), [&](const auto& other) {
        return other.second.accepted && beats(other.second, item.second);
      });
      if (peer == kLocal) return {{peer, entry}};
      if (!beaten && out.size() < max_paths) out.emplace_back(peer, entry);
    }
    return out;
  }
};

bgp::PathAttributes random_attributes(SplitMix& random, Family family) {
  std::vector<uint32_t> path = {65000 + random.below(2)};
  for (uint32_t extra = random.below(3); extra > 0; --extra) path.push_back(7);
  bgp::PathAttributes a = attributes(path, family == Family::v4 ? "192.0.2.1" : "2001:db8::1");
  if (random.below(3) == 0) a.med = random.below(3);
  if (random.below(4) == 0) a.local_pref = 99 + random.below(3);
  if (random.below(6) == 0) a.origin = static_cast<bgp::Origin>(random.below(3));
  if (random.below(6) == 0) a.communities = {random.below(3)};
  if (random.below(6) == 0) (family == Family::v4 ? a.next_hop : a.next_hop6)->bytes[3] = 9;
  return a;
}

class Comparison {
 public:
  explicit Comparison(uint64_t seed) : random_(seed), t_(config(), kPeers) {
    to_ = bench::bgp_like(Family::v4, 150, seed);
    const Prefixes v6 = bench::bgp_like(Family::v6, 50, seed);
    to_.insert(to_.end(), v6.begin(), v6.end());
  }

  void step() {
    const PeerId peer = random_.below(40) == 0 ? kLocal : 1 + random_.below(kPeers);
    const Prefix to = to_[random_.below(static_cast<uint32_t>(to_.size()))];
    Prefixes expected;
    t_.changes.clear();
    if (const uint32_t dice = random_.below(2000); dice == 0) {
      expected = withdraw_peer(peer);
    } else {
      const auto before = naive_.choose(to, kMaxPaths);
      dice < 700 ? withdraw(peer, to) : announce(peer, to);
      if (differ(before, naive_.choose(to, kMaxPaths))) expected.push_back(to);
    }
    ASSERT_EQ(t_.changes.chosen, expected);
    check(to);
  }

  void check_all() {
    Prefixes expected;
    std::map<std::pair<PeerId, Family>, size_t> counts;
    std::set<bgp::PathAttributes> sets;
    for (const auto& [to, paths] : naive_.table) {
      if (!paths.empty()) expected.push_back(to);
      check(to);
      for (const auto& [peer, entry] : paths) {
        ++counts[{peer, to.address.family}];
        sets.insert(entry.received);
        if (entry.accepted) sets.insert(*entry.accepted);
      }
    }
    ASSERT_EQ(t_.rib.prefixes(), expected);
    ASSERT_EQ(t_.rib.size(), expected.size());
    ASSERT_EQ(t_.rib.pool().size(), sets.size());
    for (PeerId peer = 0; peer <= kPeers; ++peer) {
      for (const Family family : {Family::v4, Family::v6}) {
        ASSERT_EQ(t_.rib.count(peer, family), (counts[{peer, family}]));
      }
    }
  }

 private:
  static constexpr unsigned kMaxPaths = 3;
  static constexpr PeerId kPeers = 6;
  static RibConfig config() {
    RibConfig out;
    out.decision.max_paths = kMaxPaths;
    return out;
  }
  using Choice = std::vector<std::pair<PeerId, Naive::Entry>>;

  static net::Ip hop(const Naive::Entry& entry) {
    return entry.accepted->next_hop ? *entry.accepted->next_hop : *entry.accepted->next_hop6;
  }
  static bool differ(const Choice& a, const Choice& b) {
    const bool same_way =
        std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
          return x.first == y.first && hop(x.second) == hop(y.second);
        });
    if (!same_way) return true;
    return !a.empty() && (a[0].second.accepted != b[0].second.accepted ||
                          a[0].second.weight != b[0].second.weight);
  }

  void announce(PeerId peer, const Prefix& to) {
    Naive::Entry entry;
    entry.received = random_attributes(random_, to.address.family);
    if (random_.below(8) != 0) entry.accepted = entry.received;
    if (entry.accepted && random_.below(4) == 0) entry.accepted->local_pref = 150;
    if (random_.below(10) == 0) entry.weight = random_.below(3);
    const AttributesRef received = t_.rib.pool().intern(entry.received);
    const AttributesRef accepted =
        entry.accepted ? t_.rib.pool().intern(*entry.accepted) : AttributesRef();
    t_.rib.update(peer, to, received.id(), accepted.id(), entry.weight, t_.changes);
    naive_.table[to][peer] = entry;
  }
  void withdraw(PeerId peer, const Prefix& to) {
    ASSERT_EQ(t_.rib.withdraw(peer, to, t_.changes), naive_.table[to].erase(peer) == 1);
  }
  Prefixes withdraw_peer(PeerId peer) {
    Prefixes expected;
    for (auto& [to, paths] : naive_.table) {
      const auto before = naive_.choose(to, kMaxPaths);
      paths.erase(peer);
      if (differ(before, naive_.choose(to, kMaxPaths))) expected.push_back(to);
    }
    t_.rib.withdraw_peer(peer, t_.changes);
    return expected;
  }
  void check(const Prefix& to) {
    std::vector<Path> paths;
    t_.rib.chosen(to, paths);
    const Choice expected = naive_.choose(to, kMaxPaths);
    ASSERT_EQ(paths.size(), expected.size());
    for (size_t i = 0; i < paths.size(); ++i) {
      ASSERT_EQ(paths[i].peer, expected[i].first);
      ASSERT_EQ(t_.rib.pool().at(paths[i].accepted), *expected[i].second.accepted);
      ASSERT_EQ(t_.rib.pool().at(paths[i].received), expected[i].second.received);
      ASSERT_EQ(paths[i].weight, expected[i].second.weight);
    }
  }

  SplitMix random_;
  Table t_;
  Naive naive_;
  Prefixes to_;
};

TEST(Rib, AgreesWithANaiveTableOverRandomOperations) {
  for (const uint64_t seed : {1u, 2u}) {
    Comparison comparison(seed);
    for (unsigned step = 0; step < 100'000; ++step) {
      comparison.step();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " step " << step;
      if (step % 5000 == 0) comparison.check_all();
    }
    comparison.check_all();
  }
}

// The same announcements in another order leave the same table, whatever was stored where.
TEST(Rib, DoesNotDependOnTheOrderOfArrival) {
  struct Announcement {
    PeerId peer;
    Prefix to;
    bgp::PathAttributes a;
  };
  SplitMix random(3);
  std::vector<Announcement> all;
  for (const Prefix& to : bench::bgp_like(Family::v4, 300, 3)) {
    for (PeerId peer = 1; peer <= 4; ++peer) {
      if (random.below(4) != 0) all.push_back({peer, to, random_attributes(random, Family::v4)});
    }
  }
  std::vector<std::pair<Prefix, std::vector<std::pair<PeerId, bgp::PathAttributes>>>> first;
  for (unsigned round = 0; round < 10; ++round) {
    Table t;
    for (const Announcement& it : all) {
      const AttributesRef ref = t.rib.pool().intern(it.a);
      t.rib.update(it.peer, it.to, ref.id(), ref.id(), 0, t.changes);
    }
    decltype(first) now;
    for (const Prefix& to : t.rib.prefixes()) {
      std::vector<Path> paths;
      t.rib.chosen(to, paths);
      now.emplace_back(to, 0);
      for (const Path& path : paths) {
        now.back().second.emplace_back(path.peer, t.rib.pool().at(path.accepted));
      }
    }
    if (round == 0) first = now;
    EXPECT_EQ(now, first);
    for (size_t i = all.size(); i > 1; --i) {
      std::swap(all[i - 1], all[random.below(static_cast<uint32_t>(i))]);
    }
  }
}

// What memory_bytes() says is what malloc gave, within 15 %, and small enough for a million routes.
TEST(Rib, MemoryIsWhatMallocSays) {
  constexpr size_t kRoutes = 200'000;
  const Prefixes routes = bench::bgp_like(Family::v4, kRoutes, 9);
  Changes changes;
  changes.chosen.reserve(kRoutes);
  const auto in_use = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const size_t before = in_use();
  Rib rib;
  rib.set_peer(1, {net::Ip::v4(1)});
  for (size_t i = 0; i < kRoutes; ++i) {
    const auto origin = static_cast<uint32_t>(i / 7);  // seven prefixes share a set
    bgp::PathAttributes a = attributes({65001, 3, 4, 5, origin});
    a.communities = {1, 2, origin};
    const AttributesRef ref = rib.pool().intern(a);
    rib.update(1, routes[i], ref.id(), ref.id(), 0, changes);
  }
  const auto malloced = static_cast<double>(in_use() - before);
  const auto claimed = static_cast<double>(rib.memory_bytes());
  // Sanitizers put an allocator of theirs in its place, for which mallinfo2() is all zero.
  if (before > 0) {
    EXPECT_NEAR(claimed / malloced, 1.0, 0.15);
  }
  EXPECT_LE(claimed / kRoutes, 149.0);
  rib.withdraw_peer(1, changes);
  EXPECT_LE(rib.memory_bytes(), 4096u);
}

}  // namespace
}  // namespace erbium::cp::rib
