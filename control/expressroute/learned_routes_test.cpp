// What FibGroups say of several VRFs, as the dataplane is told it: ids, reuse of those of removed
// groups, and that a lost peer is one change for each group.
#include "control/expressroute/learned_routes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace erbium::cp {
namespace {

using Lines = std::vector<std::string>;
using rib::FibDelta;
using rib::Hop;

net::Prefix prefix(const char* text) { return *net::Prefix::parse(text); }
net::Ip ip(const char* text) { return *net::Ip::parse(text); }

class LearnedRoutesTest : public testing::Test {
 protected:
  // "hop 3 = 192.0.2.1 on 7", "group 5 = 3 4", "group 5 removed", "1: 10.0.0.0/8 -> 5".
  Lines take() {
    Lines out;
    routes_.take().each([&](const api::ToDataplane& m) {
      if (m.has_next_hop())
        out.push_back("hop " + std::to_string(m.next_hop().id()) + " = " +
                      api::ip_from(m.next_hop().address().ip())->str() + " on " +
                      std::to_string(m.next_hop().interface()));
      if (m.has_next_hop_group()) {
        const api::NextHopGroup& group = m.next_hop_group();
        std::string line = "group " + std::to_string(group.id());
        line += group.removed() ? " removed" : " =";
        for (const uint32_t hop : group.next_hops()) line += " " + std::to_string(hop);
        out.push_back(line);
      }
      if (m.has_route())
        out.push_back(std::to_string(m.route().vrf()) + ": " +
                      api::ip_from(m.route().prefix().ip())->str() + "/" +
                      std::to_string(m.route().prefix().length()) + " -> " +
                      std::to_string(m.route().group()));
    });
    return out;
  }
  void apply(uint32_t vrf, const FibDelta& delta) {
    routes_.apply(
        vrf, delta, interfaces_, [](const net::Prefix& p) { return p != prefix("172.16.0.0/30"); },
        [](const net::Prefix&) { return 0u; });
  }

  const std::vector<uint32_t> interfaces_{7, 8};  // of peers 1, 2
  const Hop first_{1, ip("192.0.2.1")}, second_{2, ip("192.0.2.5")};
  LearnedRoutes routes_{2, 4};
};

TEST_F(LearnedRoutesTest, IdsFollowThoseOfOthers) {
  apply(1, {.groups = {{1, {first_, second_}}}, .routes = {{prefix("10.0.0.0/8"), 1}}});
  EXPECT_EQ(take(), (Lines{"hop 3 = 192.0.2.1 on 7", "hop 4 = 192.0.2.5 on 8", "group 5 = 3 4",
                           "1: 10.0.0.0/8 -> 5"}));
  EXPECT_TRUE(take().empty());
}

TEST_F(LearnedRoutesTest, VrfsHaveGroupsOfTheirOwnAndShareNextHops) {
  apply(1, {.groups = {{1, {first_}}}});
  apply(2, {.groups = {{1, {first_}}}, .routes = {{prefix("fd00::/8"), 1}}});
  EXPECT_EQ(take(),
            (Lines{"hop 3 = 192.0.2.1 on 7", "group 5 = 3", "group 6 = 3", "2: fd00::/8 -> 6"}));
}

TEST_F(LearnedRoutesTest, ALostPeerIsAChangeOfTheGroup) {
  apply(1, {.groups = {{1, {first_, second_}}}, .routes = {{prefix("10.0.0.0/8"), 1}}});
  take();
  apply(1, {.groups = {{1, {second_}}}});
  EXPECT_EQ(take(), Lines{"group 5 = 4"});
  apply(1, {.groups = {{1, {}}}});
  EXPECT_EQ(take(), Lines{"group 5 ="});
}

TEST_F(LearnedRoutesTest, AnIdReturnsInALaterGeneration) {
  apply(1, {.groups = {{1, {first_}}}, .routes = {{prefix("10.0.0.0/8"), 1}}});
  take();
  apply(1, {.routes = {{prefix("10.0.0.0/8"), 0}}, .removed = {1}});
  apply(1, {.groups = {{1, {first_}}}});
  EXPECT_EQ(take(), (Lines{"1: 10.0.0.0/8 -> 0", "group 5 removed", "group 6 = 3"}));
  apply(1, {.groups = {{2, {first_}}}});
  EXPECT_EQ(take(), Lines{"group 5 = 3"});
}

TEST_F(LearnedRoutesTest, ARestartKeepsIds) {
  apply(1, {.groups = {{1, {first_}}, {2, {second_}}}});
  take();
  apply(1, {.groups = {{1, {second_}}}, .removed = {2}});
  routes_.restart();
  apply(1, {.groups = {{1, {second_}}}, .routes = {{prefix("10.0.0.0/8"), 1}}});
  EXPECT_EQ(take(), (Lines{"hop 3 = 192.0.2.1 on 7", "hop 4 = 192.0.2.5 on 8", "group 5 = 4",
                           "1: 10.0.0.0/8 -> 5"}));
  apply(1, {.groups = {{2, {first_}}}});
  EXPECT_EQ(take(), Lines{"group 6 = 3"});
}

TEST_F(LearnedRoutesTest, UnwantedPrefixesGetNoRoute) {
  apply(1, {.groups = {{1, {first_}}}, .routes = {{prefix("172.16.0.0/30"), 1}}});
  apply(1, {.routes = {{prefix("172.16.0.0/30"), 0}}, .removed = {1}});
  EXPECT_EQ(take(), (Lines{"hop 3 = 192.0.2.1 on 7", "group 5 = 3", "group 5 removed"}));
}

}  // namespace
}  // namespace erbium::cp
