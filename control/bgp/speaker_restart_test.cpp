// Graceful restart (RFC 4724), of a peer and of the speaker's own router.
#include <gtest/gtest.h>

#include "control/bgp/speaker.h"
#include "control/bgp/test_world.h"

namespace erbium::cp::bgp {
namespace {

using Lines = std::vector<std::string>;

constexpr Duration kSettle = Duration::s(20);

World::Adjust graceful(bool forwarding_kept) {
  return [=](unsigned, PeerConfig& config) {
    config.session.graceful_restart = GracefulRestart{
        .restarting = false, .restart_time = 60, .families = {{Family::v4, forwarding_kept}}};
  };
}

TEST(Speaker, RoutesOfARestartingPeerStayUntilItHasSentAll) {
  World w(2);
  w.originate(0, {"10.1.0.0/16", "10.2.0.0/16", "2001:db8::/32"});
  w.join(0, 1, graceful(true));
  w.run(kSettle);
  w.net.fail_connections({0, 1}, w.now);
  // IPv6 is not in the capability.
  EXPECT_EQ(w.nodes[1].fib.size(), 2u);
  w.withdraw(0, "10.2.0.0/16");
  const size_t before = w.nodes[1].changes.size();
  w.run(Duration::s(30));
  EXPECT_EQ(w[1].session(1).state(), State::established);
  EXPECT_EQ(w.nodes[1].fib.count(prefix("10.1.0.0/16")), 1u);
  EXPECT_EQ(w.nodes[1].fib.count(prefix("10.2.0.0/16")), 0u);
  for (size_t i = before; i < w.nodes[1].changes.size(); i++)
    EXPECT_NE(w.nodes[1].changes[i].prefix, prefix("10.1.0.0/16"));
}

TEST(Speaker, StaleRoutesGoWithTheRestartTime) {
  World w(2);
  w.originate(0, {"10.1.0.0/16"});
  w.join(0, 1, graceful(true));
  w.run(kSettle);
  w.net.cut({0, 1});
  const Time lost = w.now;
  w.net.fail_connections({0, 1}, w.now);
  w.run(Duration::s(60) - Duration::ns(1));
  EXPECT_EQ(w.nodes[1].fib.size(), 1u);
  w.run(Duration::ns(1));
  EXPECT_EQ(w.now, lost + Duration::s(60));
  EXPECT_TRUE(w.nodes[1].fib.empty());
}

TEST(Speaker, ANotificationIsNoGracefulRestart) {
  World w(2);
  w.originate(0, {"10.1.0.0/16"});
  w.join(0, 1, graceful(true));
  w.run(kSettle);
  w.deliver({0, 1}, Stop{cease(Cease::admin_shutdown)});
  w.run(Duration::ms(2));
  EXPECT_TRUE(w.nodes[1].fib.empty());
}

TEST(Speaker, APeerThatDidNotKeepForwardingLosesItsStaleRoutesOnReturn) {
  World w(2);
  w.originate(0, {"10.1.0.0/16"});
  w.join(0, 1, graceful(false));
  w.run(kSettle);
  w.net.fail_connections({0, 1}, w.now);
  EXPECT_EQ(w.nodes[1].fib.size(), 1u);
  const size_t before = w.nodes[1].changes.size();
  w.run(Duration::s(30));
  ASSERT_EQ(w.nodes[1].changes.size(), before + 2);
  EXPECT_TRUE(w.nodes[1].changes[before].paths.empty());
  EXPECT_EQ(w.nodes[1].fib.size(), 1u);
}

// The restarting side, §4.1: what its peers have announced is used on.
TEST(Speaker, ARestartingRouterKeepsForwarding) {
  World w(2);
  w.originate(0, {"10.1.0.0/16"});
  w.originate(1, {"10.2.0.0/16", "10.3.0.0/16"});
  w.join(0, 1, [](unsigned node, PeerConfig& config) {
    GracefulRestart restart;  // peer 1 helps and has nothing to be kept itself
    if (node == 0) restart = {false, 60, {{Family::v4, true}}};
    config.session.graceful_restart = restart;
  });
  w.run(kSettle);
  w.with(0, [&](Speaker& s, Output&) { s.restart_gracefully(w.now + Duration::s(80)); });
  w.net.fail_connections({0, 1}, w.now);
  w.deliver({0, 1}, Stop{cease(Cease::admin_shutdown)});
  const Time lost = w.now;
  w.withdraw(1, "10.3.0.0/16");
  w.run(Duration::s(20));
  EXPECT_EQ(w.nodes[0].fib.size(), 2u);
  EXPECT_EQ(w.nodes[1].fib.size(), 1u);
  w.deliver({0, 1}, Start{.restarting = true});
  w.run(kSettle);
  EXPECT_EQ(w[0].session(1).state(), State::established);
  EXPECT_EQ(w.nodes[0].fib.count(prefix("10.2.0.0/16")), 1u);
  EXPECT_EQ(w.nodes[0].fib.count(prefix("10.3.0.0/16")), 0u) << "gone with End-of-RIB";
  EXPECT_EQ(w.nodes[1].fib.size(), 1u);
  for (const RouteChange& change : w.nodes[0].changes)
    EXPECT_FALSE(change.prefix == prefix("10.2.0.0/16") && change.paths.empty());
  w.run(lost + Duration::s(81) - w.now);
  EXPECT_EQ(w.nodes[0].fib.size(), 1u) << "nothing is stale any more";
}

TEST(Speaker, ARestartThatTakesTooLongLosesItsRoutes) {
  World w(2);
  w.originate(1, {"10.2.0.0/16"});
  w.join(0, 1, graceful(true));
  w.run(kSettle);
  w.with(0, [&](Speaker& s, Output&) { s.restart_gracefully(w.now + Duration::s(80)); });
  w.net.fail_connections({0, 1}, w.now);
  w.deliver({0, 1}, Stop{cease(Cease::admin_shutdown)});
  w.run(Duration::s(79));
  EXPECT_EQ(w.nodes[0].fib.size(), 1u);
  w.run(Duration::s(1));
  EXPECT_TRUE(w.nodes[0].fib.empty());
}

// ---- determinism ----

}  // namespace
}  // namespace erbium::cp::bgp
