#include "control/rib/decision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "control/rib/test_routes.h"

namespace erbium::cp::rib {
namespace {

using test::attributes;
using test::Table;
using Peers = std::vector<PeerId>;

constexpr const char* kTo = "192.168.0.0/16";

bgp::PathAttributes with_med(bgp::PathAttributes a, uint32_t med) {
  a.med = med;
  return a;
}

bgp::PathAttributes with_local_pref(bgp::PathAttributes a, uint32_t local_pref) {
  a.local_pref = local_pref;
  return a;
}

// Each step decides only among what the steps before it left, so each test makes all later steps
// prefer the other path.
TEST(Decision, WeightBeatsLocalPreference) {
  Table t;
  t.announce(1, kTo, with_local_pref(attributes({65001}), 500), 10);
  t.announce(2, kTo, attributes({65002, 65002, 65002}), 11);
  EXPECT_EQ(t.chosen(kTo), Peers{2});
}

TEST(Decision, LocalPreferenceBeatsPathLengthAndDefaultsTo100) {
  Table t;
  t.announce(1, kTo, with_local_pref(attributes({65001}), 99));
  t.announce(2, kTo, attributes({65002, 65002}));
  EXPECT_EQ(t.chosen(kTo), Peers{2});
  t.announce(1, kTo, with_local_pref(attributes({65001}), 101));
  EXPECT_EQ(t.chosen(kTo), Peers{1});
  t.announce(1, kTo, with_local_pref(attributes({65001, 65001}), 100));
  EXPECT_EQ(t.chosen(kTo), (Peers{1, 2}));
}

TEST(Decision, PathLengthBeatsOriginAndASetCountsAsOne) {
  Table t;
  bgp::PathAttributes set = attributes({65001});
  set.as_path.segments.push_back({bgp::AsSegment::Type::set, {1, 2, 3, 4}});
  set.origin = bgp::Origin::incomplete;
  t.announce(1, kTo, set);
  t.announce(2, kTo, attributes({65002, 65002, 65002}));
  EXPECT_EQ(t.chosen(kTo), Peers{1});
  t.announce(2, kTo, attributes({65002, 65002}));  // as long, origin IGP
  EXPECT_EQ(t.chosen(kTo), Peers{2});
}

TEST(Decision, OriginBeatsMed) {
  Table t;
  bgp::PathAttributes egp = attributes({65001});
  egp.origin = bgp::Origin::egp;
  t.announce(1, kTo, egp);
  t.announce(2, kTo, with_med(attributes({65001}), 1000));
  EXPECT_EQ(t.chosen(kTo), Peers{2});
}

TEST(Decision, MedOnlyBetweenPathsOfOneNeighbour) {
  Table t;
  t.announce(1, kTo, with_med(attributes({65001, 7}), 50));
  t.announce(2, kTo, with_med(attributes({65002, 7}), 10));
  EXPECT_EQ(t.chosen(kTo), (Peers{1, 2}));
  t.announce(3, kTo, with_med(attributes({65001, 8}), 49));
  EXPECT_EQ(t.chosen(kTo), (Peers{2, 3}));
  t.announce(3, kTo, attributes({65001, 8}));  // absent is the lowest, RFC 4271 §9.1.2.2 c
  t.announce(1, kTo, with_med(attributes({65001, 7}), 0));
  EXPECT_EQ(t.chosen(kTo), (Peers{1, 2, 3}));
}

TEST(Decision, MedAlwaysComparedWhenAskedFor) {
  RibConfig config;
  config.decision.always_compare_med = true;
  Table t(config);
  t.announce(1, kTo, with_med(attributes({65001}), 50));
  t.announce(2, kTo, with_med(attributes({65002}), 10));
  EXPECT_EQ(t.chosen(kTo), Peers{2});
}

TEST(Decision, ExternalBeforeInternal) {
  Table t;
  t.rib.set_peer(1, {net::Ip::v4(1), false});
  t.announce(1, kTo, attributes({65001}));
  EXPECT_EQ(t.chosen(kTo), Peers{1});
  t.announce(2, kTo, attributes({65002}));
  EXPECT_EQ(t.chosen(kTo), Peers{2});
}

TEST(Decision, LocalRoutesAlwaysWin) {
  Table t;
  t.announce(1, kTo, with_local_pref(attributes({}), 1000), 50000);
  t.announce(kLocal, kTo, with_local_pref(attributes({1, 2, 3}), 1));
  EXPECT_EQ(t.chosen(kTo), Peers{kLocal});
}

TEST(Decision, RefusedPathsAreNeverChosen) {
  Table t;
  t.announce(1, kTo, attributes({65001}), 0, true);
  EXPECT_EQ(t.chosen(kTo), Peers{});
  t.announce(2, kTo, attributes({65001, 65001}));
  EXPECT_EQ(t.chosen(kTo), Peers{2});
}

// RFC 4271 §9.1.2.2 f comes before g.
TEST(Decision, TheLowestIdentifierComesBeforeTheLowestAddress) {
  Table t;
  for (PeerId peer = 1; peer <= 3; ++peer) {
    t.rib.set_peer(peer, {net::Ip::v4(0x0a000000 + peer), true, 0, 10 - peer});
    t.announce(peer, kTo, attributes({64000 + peer}));
  }
  EXPECT_EQ(t.chosen(kTo), (Peers{3, 2, 1}));
}

TEST(Decision, LowestAddressesMakeTheSetAndTheBest) {
  RibConfig config;
  config.decision.max_paths = 2;
  Table t(config, 3);
  t.rib.set_peer(4, {test::ip("9.0.0.1")});
  for (PeerId peer = 1; peer <= 4; ++peer) t.announce(peer, kTo, attributes({64000 + peer}));
  EXPECT_EQ(t.chosen(kTo), (Peers{4, 1}));
}

TEST(Decision, StrictMultipathWantsTheSamePath) {
  RibConfig config;
  config.decision.multipath_relax = false;
  Table t(config);
  t.announce(1, kTo, attributes({65001, 7}));
  t.announce(2, kTo, attributes({65002, 7}));
  t.announce(3, kTo, attributes({65001, 7}, "192.0.2.3"));
  EXPECT_EQ(t.chosen(kTo), (Peers{1, 3}));
}

// The known cycle of MED: of three paths, pairwise comparison by step order gives a different
// winner for each order of arrival. Grouped by neighbour there is one answer.
TEST(Decision, DoesNotDependOnTheOrderOfArrival) {
  const std::vector<bgp::PathAttributes> paths = {
      with_med(attributes({65001, 1}), 20), with_med(attributes({65002, 1}), 15),
      with_med(attributes({65001, 1}, "192.0.2.9"), 10), with_med(attributes({65002, 2}), 30)};
  Peers order = {1, 2, 3, 4};
  unsigned orders = 0;
  do {
    Table t;
    for (const PeerId peer : order) t.announce(peer, kTo, paths[peer - 1]);
    EXPECT_EQ(t.chosen(kTo), (Peers{2, 3}));
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 24u);
}

// Peers 1 and 2 are of bundle 0, 3 and 4 of bundle 1, 5 and 6 of bundle 2.
TEST(Decision, AnEcmpSetHasSoManyBundles) {
  Table t({.decision = {.max_bundles = 2}}, 6);
  for (PeerId id = 1; id <= 6; id++)
    t.rib.set_peer(id, {net::Ip::v4(0x0a000000 + id), true, (id - 1) / 2});
  for (PeerId id = 1; id <= 6; id++) t.announce(id, kTo, attributes({65000 + id}));
  EXPECT_EQ(t.chosen(kTo), (Peers{1, 2, 3, 4}));
  t.withdraw(2, kTo);
  EXPECT_EQ(t.chosen(kTo), (Peers{1, 3, 4})) << "no third bundle fills the gap";
  t.withdraw(1, kTo);
  EXPECT_EQ(t.chosen(kTo), (Peers{3, 4, 5, 6}));
  t.announce(1, kTo, attributes({65001}), 5);
  EXPECT_EQ(t.chosen(kTo), Peers{1}) << "only among equals";
}

}  // namespace
}  // namespace erbium::cp::rib
