#include "control/rib/fib_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
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

constexpr const char* kTo = "192.168.0.0/16";
constexpr const char* kOther = "192.169.0.0/16";

RibConfig reporting(unsigned max_paths = 8) {
  RibConfig config;
  config.report_standby = true;
  config.decision.max_paths = max_paths;
  return config;
}

// What a dataplane has after the deltas; refuses those that are not in order.
class Fib {
 public:
  void apply(const FibDelta& delta) {
    for (const FibDelta::Group& group : delta.groups) groups_[group.id] = group.members;
    for (const FibDelta::Route& route : delta.routes) {
      if (route.group == kNoGroup) {
        EXPECT_EQ(routes_.erase(route.prefix), 1u);
      } else {
        EXPECT_TRUE(groups_.contains(route.group));
        routes_[route.prefix] = route.group;
      }
    }
    for (const GroupId id : delta.removed) {
      EXPECT_EQ(groups_.erase(id), 1u);
      for (const auto& [to, group] : routes_) EXPECT_NE(group, id);
    }
  }
  std::vector<PeerId> way(const Prefix& to) const {
    std::vector<PeerId> out;
    for (const Hop& hop : hops(to)) out.push_back(hop.peer);
    return out;
  }
  std::vector<Hop> hops(const Prefix& to) const {
    const auto at = routes_.find(to);
    return at == routes_.end() ? std::vector<Hop>() : groups_.at(at->second);
  }
  size_t routes() const { return routes_.size(); }
  size_t groups() const { return groups_.size(); }

 private:
  std::map<GroupId, std::vector<Hop>> groups_;
  std::map<Prefix, GroupId> routes_;
};

class FibGroupsOfFewRoutes : public testing::Test {
 protected:
  void announce(PeerId peer, const char* to, std::vector<uint32_t> as_path) {
    table.announce(peer, to, attributes(std::move(as_path)));
  }
  FibDelta settle() {
    groups.refresh(table.changed());
    groups.refresh(table.standby());
    FibDelta delta = groups.take();
    fib.apply(delta);
    return delta;
  }
  FibDelta lose(PeerId peer) {
    groups.peer_down(peer);
    FibDelta delta = groups.take();
    fib.apply(delta);
    return delta;
  }
  FibDelta clean_up(PeerId peer) {
    table.rib.withdraw_peer(peer, table.changes);
    return settle();
  }
  using Peers = std::vector<PeerId>;
  Peers way(const char* to) const { return fib.way(prefix(to)); }

  Table table{reporting()};
  FibGroups groups{table.rib};
  Fib fib;
};

TEST_F(FibGroupsOfFewRoutes, PrefixesOfOnePlanShareAGroup) {
  for (const char* to : {kTo, kOther}) {
    announce(1, to, {65001});
    announce(2, to, {65001, 65001});
  }
  const FibDelta delta = settle();
  EXPECT_EQ(groups.groups(), 1u);
  ASSERT_EQ(delta.groups.size(), 1u);
  EXPECT_EQ(delta.groups[0].members, (std::vector<Hop>{{1, test::ip("192.0.2.1")}}));
  EXPECT_EQ(way(kOther), Peers{1});
  EXPECT_TRUE(settle().empty());
}

TEST_F(FibGroupsOfFewRoutes, LossIsOneChangeAndCleanUpNoneWhereAllAreAlike) {
  for (const char* to : {kTo, kOther}) {
    announce(1, to, {65001});
    announce(2, to, {65001, 65001});
  }
  settle();
  const FibDelta loss = lose(1);
  EXPECT_EQ(loss.groups.size(), 1u);
  EXPECT_TRUE(loss.routes.empty());
  EXPECT_EQ(way(kTo), Peers{2});
  EXPECT_TRUE(clean_up(1).empty());
  EXPECT_EQ(way(kOther), Peers{2});
  groups.peer_up(1);
  announce(1, kTo, {65001});
  const FibDelta back = settle();
  EXPECT_EQ(back.routes.size(), 1u);
  EXPECT_EQ(way(kTo), Peers{1});
  EXPECT_EQ(way(kOther), Peers{2});
}

TEST_F(FibGroupsOfFewRoutes, AStandbyPathOfALonePrefixSendsNothing) {
  announce(1, kTo, {65001});
  settle();
  announce(2, kTo, {65001, 65001});
  EXPECT_TRUE(settle().empty());
  EXPECT_EQ(lose(1).groups.size(), 1u);
  EXPECT_EQ(way(kTo), Peers{2}) << "the group knows of it";
}

TEST_F(FibGroupsOfFewRoutes, EverythingIsWhatTheDeltasHaveLedTo) {
  for (const char* to : {kOther, kTo}) announce(1, to, {65001});
  announce(2, kTo, {65001, 65001});
  settle();
  lose(1);
  const FibDelta all = groups.everything();
  EXPECT_TRUE(all.removed.empty());
  ASSERT_EQ(all.groups.size(), fib.groups());
  ASSERT_EQ(all.routes.size(), 2u);
  EXPECT_EQ(all.routes[0].prefix, prefix(kTo)) << "in order of prefix";
  Fib anew;
  anew.apply(all);
  for (const char* to : {kTo, kOther}) EXPECT_EQ(anew.hops(prefix(to)), fib.hops(prefix(to)));
  clean_up(1);
  EXPECT_EQ(groups.everything().routes.size(), 1u);
}

TEST_F(FibGroupsOfFewRoutes, DifferentBackupsAreDifferentGroups) {
  for (const char* to : {kTo, kOther}) announce(1, to, {65001});
  announce(2, kTo, {65001, 65001});
  announce(3, kOther, {65001, 65001});
  settle();
  EXPECT_EQ(groups.groups(), 2u);
  EXPECT_EQ(lose(1).groups.size(), 2u);
  EXPECT_EQ(way(kTo), Peers{2});
  EXPECT_EQ(way(kOther), Peers{3});
}

TEST_F(FibGroupsOfFewRoutes, LossWithoutBackupLeavesNoWayAndThenNoRoute) {
  announce(1, kTo, {65001});
  settle();
  const FibDelta loss = lose(1);
  ASSERT_EQ(loss.groups.size(), 1u);
  EXPECT_TRUE(loss.groups[0].members.empty());
  const FibDelta clean = clean_up(1);
  ASSERT_EQ(clean.routes.size(), 1u);
  EXPECT_EQ(clean.routes[0].group, kNoGroup);
  EXPECT_EQ(clean.removed.size(), 1u);
  EXPECT_EQ(groups.groups(), 0u);
  EXPECT_EQ(table.rib.label(prefix(kTo)), kNoGroup);
}

TEST_F(FibGroupsOfFewRoutes, LossOfAStandbyChangesNoForwarding) {
  announce(1, kTo, {65001});
  announce(2, kTo, {65001, 65001});
  announce(3, kTo, {65001, 65001, 65001});
  settle();
  EXPECT_TRUE(lose(2).empty());
  EXPECT_TRUE(clean_up(2).empty());
  EXPECT_EQ(lose(1).groups.size(), 1u);  // the plan has been brought up to date
  EXPECT_EQ(way(kTo), Peers{3});
}

// Without the lowest MED of its AS, peer 3 comes in: striking out peer 1 would not have found it.
TEST_F(FibGroupsOfFewRoutes, FallbackIsADecisionNotAStrikingOut) {
  bgp::PathAttributes low = attributes({65001}), high = attributes({65001});
  low.med = 1;
  high.med = 2;
  table.announce(1, kTo, low);
  announce(2, kTo, {65002});
  table.announce(3, kTo, high);
  settle();
  EXPECT_EQ(way(kTo), (Peers{1, 2}));
  lose(1);
  EXPECT_EQ(way(kTo), (Peers{2, 3}));
}

// The path limit cuts peer 4 off, yet its MED keeps peer 2 out.
TEST_F(FibGroupsOfFewRoutes, APeerOutsideThePrimaryMayMatter) {
  Table t(reporting(2));
  FibGroups limited(t.rib);
  for (const PeerId peer : {1u, 3u}) t.announce(peer, kTo, attributes({65000}));
  for (const PeerId peer : {2u, 4u}) {
    bgp::PathAttributes a = attributes({65001});
    a.med = 9 - peer;
    t.announce(peer, kTo, a);
  }
  limited.refresh(t.changed());
  limited.refresh(t.standby());
  fib.apply(limited.take());
  EXPECT_EQ(way(kTo), (Peers{1, 3}));
  limited.peer_down(4);
  fib.apply(limited.take());
  EXPECT_EQ(way(kTo), (Peers{1, 2}));
}

TEST_F(FibGroupsOfFewRoutes, LossOfTheWholePrimaryTakesTheLastSet) {
  announce(1, kTo, {65001});
  announce(2, kTo, {65001});
  announce(3, kTo, {65001, 65001});
  settle();
  EXPECT_EQ(way(kTo), (Peers{1, 2}));
  lose(1);
  EXPECT_EQ(way(kTo), Peers{2});
  lose(2);
  EXPECT_EQ(way(kTo), Peers{3});
  lose(3);
  EXPECT_EQ(way(kTo), Peers{});
}

TEST_F(FibGroupsOfFewRoutes, NoPlanHasALostPeer) {
  announce(1, kTo, {65001});
  settle();
  lose(1);
  announce(2, kTo, {65001, 65001});  // peer 1 has not been withdrawn yet
  settle();
  EXPECT_EQ(way(kTo), Peers{2});
}

TEST_F(FibGroupsOfFewRoutes, RoutesOfTheRouterItselfAreNotForTheFib) {
  announce(1, kTo, {65001});
  settle();
  announce(kLocal, kTo, {});
  settle();
  EXPECT_EQ(fib.routes(), 0u);
  table.withdraw(kLocal, kTo);
  settle();
  EXPECT_EQ(way(kTo), Peers{1});
}

TEST_F(FibGroupsOfFewRoutes, GroupIdsComeAgainOnlyInLaterDeltas) {
  announce(1, kTo, {65001});
  const GroupId first = settle().groups.at(0).id;
  announce(2, kTo, {65001});
  const FibDelta delta = settle();
  EXPECT_EQ(delta.removed, std::vector<GroupId>{first});
  EXPECT_NE(delta.groups.at(0).id, first);
  announce(3, kTo, {65001});
  EXPECT_EQ(settle().groups.at(0).id, first);
}

// What the decision process says about the prefix once `without` is lost, as hops.
std::vector<Hop> expected(const Rib& rib, const Prefix& to, PeerId without) {
  std::vector<Path> paths;
  rib.paths(to, paths);
  std::erase_if(paths, [&](const Path& path) { return path.peer == without; });
  rib.choose(paths);
  std::vector<Hop> out;
  for (const Path& path : paths) {
    out.push_back({path.peer, next_hop(rib.pool().at(path.accepted), to.address.family)});
  }
  return out;
}

// Losses in a random table are exact for every prefix at once, and again after the clean-up.
TEST(FibGroups, LossIsExactForEveryPrefix) {
  constexpr PeerId kPeers = 5;
  for (const uint64_t seed : {1u, 2u, 3u}) {
    SplitMix random(seed);
    Table t(reporting(2), kPeers);
    FibGroups groups(t.rib);
    Fib fib;
    std::vector<Prefix> to = bench::bgp_like(Family::v4, 200, seed);
    const std::vector<Prefix> v6 = bench::bgp_like(Family::v6, 50, seed);
    to.insert(to.end(), v6.begin(), v6.end());
    const auto settle = [&] {
      groups.refresh(t.changed());
      groups.refresh(t.standby());
      fib.apply(groups.take());
    };
    const auto check = [&](PeerId without) {
      for (const Prefix& p : to) {
        ASSERT_EQ(fib.hops(p), expected(t.rib, p, without)) << p.str() << " without " << without;
      }
    };
    for (unsigned round = 0; round < 200; ++round) {
      for (unsigned i = 0; i < 200; ++i) {
        const Prefix& p = to[random.below(static_cast<uint32_t>(to.size()))];
        const PeerId peer = 1 + random.below(kPeers);
        if (random.below(4) == 0) {
          t.rib.withdraw(peer, p, t.changes);
          continue;
        }
        bgp::PathAttributes a =
            attributes(std::vector<uint32_t>(1 + random.below(2), 65000 + random.below(2)),
                       p.address.is_v4() ? "192.0.2.1" : "2001:db8::1");
        a.med = random.below(2);
        const AttributesRef ref = t.rib.pool().intern(a);
        t.rib.update(peer, p, ref.id(), random.below(9) == 0 ? kNoAttributes : ref.id(), 0,
                     t.changes);
      }
      settle();
      constexpr PeerId kNobody = 99;
      check(kNobody);
      const PeerId peer = 1 + random.below(kPeers);
      groups.peer_down(peer);
      const FibDelta loss = groups.take();
      EXPECT_TRUE(loss.routes.empty());
      fib.apply(loss);
      check(peer);
      t.rib.withdraw_peer(peer, t.changes);
      settle();
      check(peer);
      ASSERT_EQ(fib.groups(), groups.groups());
      groups.peer_up(peer);
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " round " << round;
    }
    for (PeerId peer = 1; peer <= kPeers; ++peer) {
      groups.peer_down(peer);
      t.rib.withdraw_peer(peer, t.changes);
    }
    settle();
    EXPECT_EQ(fib.routes(), 0u);
    EXPECT_EQ(groups.groups(), 0u);
  }
}

}  // namespace
}  // namespace erbium::cp::rib
