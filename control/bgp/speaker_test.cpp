#include "control/bgp/speaker.h"

#include <gtest/gtest.h>

#include "control/bgp/test_world.h"

namespace erbium::cp::bgp {
namespace {

using Lines = std::vector<std::string>;

constexpr Duration kSettle = Duration::s(20);

TEST(Speaker, TwoSpeakersComeUpAndTellAll) {
  World w(2);
  w.originate(0, {"192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"});
  w.join(0, 1);
  w.run(kSettle);
  EXPECT_EQ(w[0].session(1).state(), State::established);
  EXPECT_EQ(w[1].session(1).state(), State::established);
  EXPECT_EQ(w.routes(1), (Lines{"192.0.2.0/24 from 1* [65000]", "198.51.100.0/24 from 1* [65000]",
                                "2001:db8::/32 from 1* [65000]"}));
  EXPECT_EQ(w.nodes[1].fib.at(prefix("192.0.2.0/24")), (std::vector<Path>{{1, ip("10.0.0.1")}}));
  EXPECT_EQ(w.nodes[1].fib.at(prefix("2001:db8::/32")), (std::vector<Path>{{1, ip("fd00::1")}}));
  EXPECT_EQ(w[1].prefixes_from(1, Family::v4), 2u);
  EXPECT_EQ(w[1].prefixes_from(1, Family::v6), 1u);
  EXPECT_TRUE(w.logged(1, "session_up AS 65000, identifier 10.0.0.1, hold time 90 s"));
  EXPECT_TRUE(w.nodes[0].fib.empty());  // nothing of its own comes back, nor is reported
}

// RFC 4271 §6.3; "192.0.2.0/24" comes with the sender's address, 10.0.0.1.
TEST(Speaker, ANextHopOutsideTheLinkIsNotTaken) {
  for (const char* subnet : {"10.0.0.0/30", "10.0.0.2/32"}) {
    World w(2);
    w.originate(0, {"192.0.2.0/24", "2001:db8::/32"});
    w.join(0, 1, [&](unsigned node, PeerConfig& config) {
      if (node == 1) config.subnet = prefix(subnet);
    });
    w.run(kSettle);
    EXPECT_EQ(w.nodes[1].fib.count(prefix("192.0.2.0/24")), subnet[7] == '0' ? 1u : 0u) << subnet;
    EXPECT_EQ(w.nodes[1].fib.count(prefix("2001:db8::/32")), 1u);
  }
}

TEST(Speaker, EqualAttributesShareAnUpdateAndEndOfRibFollows) {
  World w(2);
  PathAttributes other;
  other.communities = {42};
  w.originate(0, {"192.0.2.0/24", "203.0.113.0/24"});
  w.originate(0, {"198.51.100.0/24"}, other);
  w.join(0, 1);
  w.run(kSettle);
  const auto& sent = w.nodes[0].sent;
  ASSERT_EQ(sent.size(), 4u);
  EXPECT_EQ(sent[0].announced, (std::vector{prefix("192.0.2.0/24"), prefix("203.0.113.0/24")}));
  EXPECT_EQ(sent[1].announced, std::vector{prefix("198.51.100.0/24")});
  EXPECT_EQ(end_of_rib(sent[2]), Family::v4);
  EXPECT_EQ(end_of_rib(sent[3]), Family::v6);
}

TEST(Speaker, AnnouncementsAndWithdrawalsFollowOneByOne) {
  World w(2);
  w.join(0, 1);
  w.run(kSettle);
  w.originate(0, {"192.0.2.0/24"});
  w.run(Duration::ms(2));
  EXPECT_EQ(w.nodes[1].fib.count(prefix("192.0.2.0/24")), 1u);
  w.withdraw(0, "192.0.2.0/24");
  w.run(Duration::ms(2));
  EXPECT_TRUE(w.nodes[1].fib.empty());
  EXPECT_TRUE(w.routes(1).empty());
  EXPECT_TRUE(w[0].advertised(1).empty());
}

TEST(Speaker, NothingIsSentWhereNothingChanged) {
  World w(2);
  w.originate(0, {"192.0.2.0/24"});
  w.join(0, 1);
  w.run(kSettle);
  const size_t before = w.nodes[0].sent.size();
  PathAttributes preferred;
  preferred.local_pref = 500;  // changes the table, not what an external peer is told
  w.originate(0, {"192.0.2.0/24"}, preferred);
  w.with(0, [&](Speaker& s, Output& out) { s.refresh_export(1, w.now, out); });
  EXPECT_EQ(w.nodes[0].sent.size(), before);
}

TEST(Speaker, ExportPrependsSetsTheNextHopAndDropsWhatIsInternal) {
  World w(3);
  PathAttributes attributes;
  attributes.med = 9;  // of the first router: sent to its neighbour and no further
  attributes.local_pref = 300;
  attributes.communities = {12076u << 16 | 5010u % 65536};
  w.originate(0, {"192.0.2.0/24"}, attributes);
  w.join(0, 1);
  w.join(1, 2);
  w.run(kSettle);
  const auto told = w[1].advertised(2);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].from, 1u);
  EXPECT_EQ(told[0].attributes.as_path.str(), "65001 65000");
  EXPECT_EQ(told[0].attributes.next_hop, ip("10.0.0.2"));
  EXPECT_EQ(w[0].advertised(1)[0].attributes.med, 9u);
  EXPECT_FALSE(told[0].attributes.med);
  EXPECT_FALSE(told[0].attributes.local_pref);
  EXPECT_EQ(told[0].attributes.communities, attributes.communities);
  EXPECT_EQ(w.routes(2), (Lines{"192.0.2.0/24 from 1* [65001 65000]"}));
}

TEST(Speaker, SplitHorizon) {
  World w(3);
  w.originate(0, {"192.0.2.0/24"});
  w.join(0, 1);
  w.join(1, 2);
  w.run(kSettle);
  EXPECT_TRUE(w[1].advertised(1).empty());
  for (const Update& update : w.nodes[2].sent) EXPECT_TRUE(update.announced.empty());
}

TEST(Speaker, ATriangleHasLongerWaysAndNoLoops) {
  World w(3);
  w.join(0, 1);
  w.join(1, 2);
  w.join(2, 0);
  w.originate(0, {"192.0.2.0/24"});
  w.run(kSettle);
  // 1 hears it from 0 (peer 1) and around from 2 (peer 2).
  EXPECT_EQ(w.routes(1),
            (Lines{"192.0.2.0/24 from 1* [65000]", "192.0.2.0/24 from 2 [65002 65000]"}));
  EXPECT_EQ(w.routes(0), (Lines{"192.0.2.0/24 from 0* []"}));
  // Losing the direct session, it goes around; and there is one change, not two.
  const size_t before = w.nodes[1].changes.size();
  w.deliver({0, 1}, Stop{cease(Cease::admin_shutdown)});
  w.run(Duration::ms(2));
  ASSERT_EQ(w.nodes[1].changes.size(), before + 1);
  EXPECT_EQ(w.nodes[1].changes.back().paths, (std::vector<Path>{{2, ip("10.0.0.3")}}));
}

TEST(Speaker, OwnAsInThePathIsRefusedUnlessAllowed) {
  for (const bool allowed : {false, true}) {
    SpeakerConfig common;
    common.allow_own_as = allowed;
    World w(2, common);
    PathAttributes looped;
    looped.as_path.prepend(65001);
    w.originate(0, {"192.0.2.0/24"}, looped);
    w.join(0, 1);
    w.run(kSettle);
    EXPECT_EQ(w.nodes[1].fib.size(), allowed ? 1u : 0u);
    EXPECT_EQ(w[1].prefixes_from(1, Family::v4), allowed ? 1u : 0u);
  }
}

TEST(Speaker, NoExportStays) {
  World w(3);
  PathAttributes attributes;
  attributes.communities = {0xffffff01};
  w.join(0, 1);
  w.join(1, 2);
  w.nodes[0].policy->on_export = [&](PeerId, PeerId, RouteInPolicy& route) {
    route.attributes = attributes;
    return true;
  };
  w.originate(0, {"192.0.2.0/24"});
  w.run(kSettle);
  EXPECT_EQ(w.routes(1).size(), 1u);
  EXPECT_TRUE(w.routes(2).empty());
}

TEST(Speaker, EcmpOverTwoPeers) {
  World w(3);
  w.originate(0, {"192.0.2.0/24"});
  w.originate(2, {"192.0.2.0/24"});
  w.join(1, 0);
  w.join(1, 2);
  w.run(kSettle);
  EXPECT_EQ(w.routes(1), (Lines{"192.0.2.0/24 from 1* [65000]", "192.0.2.0/24 from 2= [65002]"}));
  const auto& fib = w.nodes[1].fib;
  EXPECT_EQ(fib.at(prefix("192.0.2.0/24")),
            (std::vector<Path>{{1, ip("10.0.0.1")}, {2, ip("10.0.0.3")}}));
  // The best is passed on, though not to its own source.
  EXPECT_TRUE(w[1].advertised(1).empty());
  EXPECT_EQ(w[1].advertised(2).size(), 1u);
}

TEST(Speaker, ImportPolicyDecidesAndARefreshDecidesAgain) {
  World w(3);
  w.originate(0, {"192.0.2.0/24", "198.51.100.0/24"});
  w.originate(2, {"192.0.2.0/24", "198.51.100.0/24"});
  TestPolicy& policy = *w.nodes[1].policy;
  policy.on_import = [](PeerId from, RouteInPolicy& route) {
    if (from == 1 && route.prefix == prefix("192.0.2.0/24")) return false;
    if (from == 2) route.attributes.local_pref = 50;
    return true;
  };
  w.join(1, 0);
  w.join(1, 2);
  w.run(kSettle);
  EXPECT_EQ(w.routes(1), (Lines{"192.0.2.0/24 from 2* [65002]", "198.51.100.0/24 from 1* [65000]",
                                "198.51.100.0/24 from 2 [65002]"}));
  EXPECT_EQ(w[1].prefixes_from(1, Family::v4), 1u);
  const size_t before = w.nodes[1].changes.size();
  policy.on_import = [](PeerId, RouteInPolicy& route) {
    route.weight = 7;
    return true;
  };
  for (const PeerId peer : {1u, 2u})
    w.with(1, [&](Speaker& s, Output& out) { s.refresh_import(peer, w.now, out); });
  // What came is still known as it came: local preference is gone, the refused route is back.
  EXPECT_EQ(w.routes(1),
            (Lines{"192.0.2.0/24 from 1* [65000]", "192.0.2.0/24 from 2= [65002]",
                   "198.51.100.0/24 from 1* [65000]", "198.51.100.0/24 from 2= [65002]"}));
  EXPECT_GT(w.nodes[1].changes.size(), before);
  const size_t after = w.nodes[1].changes.size();
  w.with(1, [&](Speaker& s, Output& out) { s.refresh_import(1, w.now, out); });
  EXPECT_EQ(w.nodes[1].changes.size(), after);
}

TEST(Speaker, ExportPolicyIsAppliedAgainOnRefresh) {
  World w(2);
  w.originate(0, {"192.0.2.0/24", "198.51.100.0/24"});
  w.join(0, 1);
  w.run(kSettle);
  w.nodes[0].policy->on_export = [](PeerId, PeerId, RouteInPolicy& route) {
    if (route.prefix == prefix("192.0.2.0/24")) return false;
    route.attributes.as_path.prepend(65000, 8);
    return true;
  };
  w.with(0, [&](Speaker& s, Output& out) { s.refresh_export(1, w.now, out); });
  w.run(Duration::ms(2));
  EXPECT_EQ(w.routes(1),
            (Lines{"198.51.100.0/24 from 1* [65000 65000 65000 65000 65000 65000 65000 "
                   "65000 65000]"}));
}

TEST(Speaker, RouteRefreshIsAnsweredWithEverything) {
  World w(2);
  w.originate(0, {"192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"});
  w.join(0, 1);
  w.run(kSettle);
  w.nodes[0].sent.clear();
  w.deliver({1, 1}, Refresh{Family::v4});
  w.run(Duration::ms(10));
  ASSERT_EQ(w.nodes[0].sent.size(), 1u);
  EXPECT_EQ(w.nodes[0].sent[0].announced.size(), 2u);
  EXPECT_EQ(w.routes(1).size(), 3u);
}

TEST(Speaker, SessionLossTakesAllRoutesAtOnce) {
  World w(3);
  std::vector<std::string> text;
  for (int i = 0; i < 50; i++) text.push_back("10." + std::to_string(i) + ".0.0/16");
  for (const std::string& p : text) w.originate(0, {p.c_str()});
  w.join(0, 1);
  w.join(1, 2);
  w.run(kSettle);
  ASSERT_EQ(w.nodes[2].fib.size(), 50u);
  w.nodes[1].outputs_with_routes = 0;
  w.nodes[1].sent.clear();
  const Time before = w.now;
  w.net.cut({0, 1});
  w.run(Duration::s(91));
  EXPECT_TRUE(w.logged(1, "session_down hold timer expired"));
  EXPECT_GT(w[1].session(1).since(), before);
  EXPECT_EQ(w.nodes[1].outputs_with_routes, 1u);
  EXPECT_TRUE(w.nodes[1].fib.empty());
  EXPECT_TRUE(w.nodes[2].fib.empty());
  ASSERT_EQ(w.nodes[1].sent.size(), 1u);  // one UPDATE withdraws them from the third
  EXPECT_EQ(w.nodes[1].sent[0].withdrawn.size(), 50u);
  w.net.cut({0, 1}, false);
  w.run(Duration::s(130));
  EXPECT_EQ(w.nodes[2].fib.size(), 50u);
}

TEST(Speaker, ALostPeerIsReportedBeforeTheTableIsCleanedUp) {
  World w(3);
  for (const unsigned node : {0u, 2u}) w.originate(node, {"10.1.0.0/16", "10.2.0.0/16"});
  w.join(1, 0);
  w.join(1, 2);
  w.run(kSettle);
  Output first, second;
  w[1].handle(1, Stop{cease(Cease::admin_shutdown)}, w.now, first);
  ASSERT_EQ(first.peers.size(), 1u);
  EXPECT_EQ(first.peers[0].peer, 1u);
  EXPECT_TRUE(first.lost_peer());
  EXPECT_TRUE(first.chosen.empty());
  EXPECT_EQ(w[1].prefixes_from(1, Family::v4), 2u);
  w[1].clean_up(w.now, second);
  EXPECT_EQ(w[1].prefixes_from(1, Family::v4), 0u);
  EXPECT_EQ(second.chosen, (std::vector{prefix("10.1.0.0/16"), prefix("10.2.0.0/16")}));
  EXPECT_FALSE(second.lost_peer());
  Output third;
  w[1].clean_up(w.now, third);
  EXPECT_TRUE(third.chosen.empty() && third.transport.empty());
}

TEST(Speaker, APeerIsReportedReachableWithItsSession) {
  World w(2);
  w.originate(0, {"10.1.0.0/16"});
  w.join(0, 1);
  w.run(kSettle);
  EXPECT_EQ(w.nodes[1].reachable, std::vector{true});
  w.net.cut({0, 1});
  w.run(Duration::s(91));
  w.net.cut({0, 1}, false);
  w.run(Duration::s(130));
  EXPECT_EQ(w.nodes[1].reachable, (std::vector{true, false, true}));
}

TEST(Speaker, OneMorePrefixThanAllowedEndsTheSessionWhichReturns) {
  World w(2);
  w.originate(0, {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"});
  w.join(0, 1, [](unsigned node, PeerConfig& config) {
    if (node == 1) config.max_prefixes[0] = 3;
    if (node == 1) config.restart_after = Duration::s(60);
  });
  w.run(kSettle);
  EXPECT_EQ(w[1].session(1).state(), State::established);
  w.originate(0, {"10.4.0.0/16", "10.5.0.0/16"});
  w.run(Duration::ms(5));
  EXPECT_TRUE(w.logged(1, "max_prefixes 4 IPv4 prefixes, limit 3"));
  EXPECT_EQ(w[1].session(1).state(), State::idle);
  EXPECT_TRUE(w.nodes[1].fib.empty());
  EXPECT_TRUE(w.routes(1).empty());
  EXPECT_TRUE(w.logged(0, "session_down Cease/Maximum Number of Prefixes Reached"));
  w.withdraw(0, "10.4.0.0/16");
  w.withdraw(0, "10.5.0.0/16");
  w.run(Duration::s(59));
  EXPECT_NE(w[1].session(1).state(), State::established);
  w.run(Duration::s(120));
  EXPECT_EQ(w[1].session(1).state(), State::established);
  EXPECT_EQ(w.nodes[1].fib.size(), 3u);
}

TEST(Speaker, RefusedPrefixesDoNotCount) {
  World w(2);
  w.originate(0, {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"});
  w.nodes[1].policy->on_import = [](PeerId, RouteInPolicy& route) {
    return route.prefix == prefix("10.1.0.0/16");
  };
  w.join(0, 1, [](unsigned, PeerConfig& config) { config.max_prefixes[0] = 1; });
  w.run(kSettle);
  EXPECT_EQ(w[1].session(1).state(), State::established);
  EXPECT_FALSE(w.logged(1, "max_prefixes"));
}

TEST(Speaker, TheSameRunTwice) {
  const auto run = [] {
    World w(3);
    w.join(0, 1);
    w.join(1, 2);
    w.join(2, 0);
    for (int i = 0; i < 40; i++)
      w.originate(static_cast<unsigned>(i % 3), {("10." + std::to_string(i) + ".0.0/16").c_str()});
    w.run(Duration::s(30));
    w.net.cut({0, 1});
    w.run(Duration::s(200));
    std::vector<std::string> out;
    for (const World::Node& node : w.nodes) {
      out.insert(out.end(), node.log.begin(), node.log.end());
      for (const RouteChange& change : node.changes)
        out.push_back(change.prefix.str() + " " + std::to_string(change.paths.size()));
    }
    return out;
  };
  const auto first = run();
  EXPECT_GT(first.size(), 100u);
  EXPECT_EQ(first, run());
}

}  // namespace
}  // namespace erbium::cp::bgp
