// Two ways from a customer's router to a network: which changes of tables and links leave a flow
// without a way, and for how long.
#include "control/scenario/route_history.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

net::Ip ip(const char* text) { return *net::Ip::parse(text); }

// Port "lan" -- VRF 1 == link 1 "er/primary" == VRF 2 -- port "cloud"
//                     == link 2 "er/secondary" == VRF 3 -- the same
// Interfaces 1 (lan), 2 and 3 (to the links), 4 and 5 (their far ends), 6 and 7 (cloud).
class RouteHistoryTest : public ::testing::Test {
 protected:
  RouteHistoryTest() {
    const auto port = [&](uint32_t id, const char* name) {
      api::ToDataplane m;
      m.mutable_port()->set_id(id);
      m.mutable_port()->set_name(name);
      history_.hear(m, Time());
    };
    port(1, "lan");
    port(2, "cloud");
    for (const uint32_t trunk : {1, 2, 3, 4, 5, 6, 7}) {
      api::ToDataplane m;
      m.mutable_trunk()->set_id(trunk);
      m.mutable_trunk()->set_port(trunk == 1 ? 1 : trunk >= 6 ? 2 : 0);
      m.mutable_trunk()->set_link(trunk == 2 || trunk == 3 ? trunk - 1 : 0);
      history_.hear(m, Time());
      interface(0, trunk, trunk <= 3 ? 1 : trunk % 2 == 0 ? 2 : 3, 100);
      next_hop(trunk, trunk == 1 || trunk >= 6 ? api::NextHop::CONNECTED : api::NextHop::GATEWAY);
      group(0, trunk, {trunk});
    }
    link(0, 1, true);
    link(0, 2, true);
    group(0, 9, {2, 3});
    route(0, 1, "192.168.0.0/16", 1);
    route(0, 2, "10.0.0.0/8", 6);
    route(0, 3, "10.0.0.0/8", 7);
    commit(0);
  }
  void next_hop(uint32_t id, api::NextHop::Kind kind) {
    api::ToDataplane m;
    m.mutable_next_hop()->set_id(id);
    m.mutable_next_hop()->set_kind(kind);
    m.mutable_next_hop()->set_interface(id);
    history_.hear(m, Time());
  }
  void interface(int64_t at, uint32_t id, uint32_t vrf, uint32_t vid) {
    api::ToDataplane m;
    m.mutable_interface()->set_id(id);
    m.mutable_interface()->set_trunk(id);
    m.mutable_interface()->set_vrf(vrf);
    m.mutable_interface()->set_outer_vid(vid);
    history_.hear(m, Time::from_ns(at));
  }
  void link(int64_t at, uint32_t id, bool up) {
    api::ToDataplane m;
    m.mutable_link()->set_id(id);
    m.mutable_link()->set_name(id == 1 ? "er/primary" : "er/secondary");
    m.mutable_link()->set_to_trunk(3 + id);
    m.mutable_link()->set_up(up);
    history_.hear(m, Time::from_ns(at));
  }
  void group(int64_t at, uint32_t id, std::initializer_list<uint32_t> hops) {
    api::ToDataplane m;
    m.mutable_next_hop_group()->set_id(id);
    for (const uint32_t hop : hops) m.mutable_next_hop_group()->add_next_hops(hop);
    history_.hear(m, Time::from_ns(at));
  }
  void route(int64_t at, uint32_t vrf, const char* prefix, uint32_t to) {
    const auto p = net::Prefix::parse(prefix);
    api::ToDataplane m;
    m.mutable_route()->set_vrf(vrf);
    m.mutable_route()->set_group(to);
    m.mutable_route()->mutable_prefix()->set_ip(api::to_bytes(p->address));
    m.mutable_route()->mutable_prefix()->set_length(p->length);
    history_.hear(m, Time::from_ns(at));
  }
  void commit(int64_t at) {
    api::ToDataplane m;
    m.mutable_commit()->set_at_ns(at);
    history_.hear(m, Time::from_ns(at));
  }
  using Gaps = std::vector<RouteHistory::Gap>;
  std::optional<Gaps> gaps(const char* links = "", const char* to = "10.0.1.4") {
    return history_.gaps({ip("192.168.1.9"), ip(to), "", ""}, 100, links);
  }

  RouteHistory history_;
};

TEST_F(RouteHistoryTest, UntilAGroupLeadsOverALinkThatIsUp) {
  route(0, 1, "10.0.0.0/8", 2);
  link(100, 1, false);
  commit(100);
  group(250, 2, {3});
  commit(250);
  link(900, 1, true);
  commit(900);
  group(950, 2, {2});
  commit(950);
  EXPECT_EQ(gaps(), (Gaps{{100, 250}})) << "what comes back is not missed";
}

TEST_F(RouteHistoryTest, FromTheWithdrawalUntilTheRouteIsBack) {
  route(0, 1, "10.0.0.0/8", 2);
  route(300, 1, "10.0.0.0/8", 0);
  commit(300);
  route(400, 1, "10.0.0.0/16", 3);
  commit(400);
  route(500, 1, "10.0.0.0/16", 0);
  commit(500);
  EXPECT_EQ(gaps(), (Gaps{{300, 400}, {500, std::nullopt}}));
  EXPECT_EQ(gaps("", "10.1.0.1"), (Gaps{{300, std::nullopt}})) << "outside of the /16";
}

TEST_F(RouteHistoryTest, TheLongestPrefixCounts) {
  route(0, 1, "10.0.0.0/8", 2);
  route(0, 1, "10.0.1.0/24", 3);
  link(200, 1, false);
  commit(200);
  EXPECT_EQ(gaps(), Gaps{});
  EXPECT_EQ(gaps("", "10.2.0.1"), (Gaps{{200, std::nullopt}}));
}

TEST_F(RouteHistoryTest, OfSharedWaysTheOneThatWasTaken) {
  route(0, 1, "10.0.0.0/8", 9);
  link(200, 2, false);
  commit(200);
  group(300, 9, {2});
  commit(300);
  EXPECT_EQ(gaps("er/primary, msee-a/ergw"), Gaps{});
  EXPECT_EQ(gaps("er/secondary, msee-b/ergw"), (Gaps{{200, 300}}));
  EXPECT_EQ(gaps(), (Gaps{{200, 300}})) << "any of them";
}

TEST_F(RouteHistoryTest, TagsThatDoNotMeetLeadNowhere) {
  route(0, 1, "10.0.0.0/8", 2);
  interface(200, 2, 1, 101);
  commit(200);
  interface(260, 2, 1, 100);
  commit(260);
  EXPECT_EQ(gaps(), (Gaps{{200, 260}}));
}

TEST_F(RouteHistoryTest, LoopsLeadNowhere) {
  route(0, 1, "10.0.0.0/8", 2);
  next_hop(8, api::NextHop::GATEWAY);  // interface 8: back over link 3 to the customer
  api::ToDataplane m;
  m.mutable_trunk()->set_id(8);
  m.mutable_trunk()->set_link(3);
  history_.hear(m, Time());
  interface(0, 8, 2, 100);
  m.Clear();
  m.mutable_link()->set_id(3);
  m.mutable_link()->set_to_trunk(2);
  m.mutable_link()->set_up(true);
  history_.hear(m, Time());
  group(0, 8, {8});
  route(150, 2, "10.0.0.0/8", 8);
  commit(150);
  EXPECT_EQ(gaps(), (Gaps{{150, std::nullopt}}));
}

TEST_F(RouteHistoryTest, ProbesAreExpectedAtTheirPort) {
  route(0, 1, "10.0.0.0/8", 2);
  api::ToDataplane m;
  m.mutable_stream()->set_name("probe");
  m.mutable_stream()->set_port_in(1);
  m.mutable_stream()->set_port_out(2);
  history_.hear(m, Time());
  ASSERT_TRUE(history_.ports_of("probe"));
  EXPECT_FALSE(history_.ports_of("other"));
  const auto [in, out] = *history_.ports_of("probe");
  const auto probe = [&, in = in, out = out] {
    return history_.gaps({ip("192.168.1.9"), ip("10.0.1.4"), in, out}, 100, "");
  };
  EXPECT_EQ(probe(), Gaps{});
  route(200, 1, "10.0.0.0/8", 1);  // back into the customer's own network
  commit(200);
  EXPECT_EQ(probe(), (Gaps{{200, std::nullopt}}));
  EXPECT_EQ(gaps(), Gaps{}) << "where no port is known any will do";
}

TEST_F(RouteHistoryTest, NothingIsKnownOfStrangers) {
  EXPECT_FALSE(history_.gaps({ip("172.16.0.1"), ip("10.0.1.4"), "", ""}, 100, ""));
  EXPECT_FALSE(history_.gaps({ip("192.168.1.9"), ip("10.0.1.4"), "cloud", ""}, 100, ""));
  route(0, 1, "10.0.0.0/8", 2);
  EXPECT_EQ(history_.gaps({ip("192.168.1.9"), ip("10.0.1.4"), "lan", ""}, 100, ""), Gaps{});
}

}  // namespace
}  // namespace erbium::cp
