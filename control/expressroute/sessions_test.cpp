#include "control/expressroute/sessions.h"

#include <gtest/gtest.h>

#include "control/config/test_scenario.h"
#include "control/expressroute/test_sessions.h"

namespace erbium::cp {
namespace {

const std::string kPrimary = "er/primary/private";
constexpr size_t kDown = 0, kRestart = 1;  // events of a timeline

// The base scenario's sessions, which are up.
class SessionsTest : public ::testing::Test {
 protected:
  SessionsTest() { after(Duration::s(100)); }
  void after(Duration time) {
    net_.run_to(net_.now() + time);
    now_ = net_.now();
  }
  // Of the customer's end.
  bgp::State state() const {
    for (const SessionRouter& router : net_.sessions().routers())
      for (const SessionNeighbor& neighbor : router.neighbors)
        if (router.kind == SessionRouter::Kind::customer && neighbor.session == kPrimary)
          return router.speaker->session(neighbor.peer).state();
    return bgp::State::idle;
  }
  void bgp_down(bool begins) { sessions().admin(kPrimary, kDown, !begins, now_); }
  void restart(bool begins) { sessions().ce_restart("ce", kRestart, begins, Duration::s(9), now_); }
  void carrier(bool up) { sessions().link_carrier(0, up, now_); }
  Sessions& sessions() { return net_.sessions(); }

 private:
  TestSessions net_{kBaseScenario};
  Time now_;
};

TEST_F(SessionsTest, ARestartDoesNotEndAShutdown) {
  EXPECT_EQ(state(), bgp::State::established);
  bgp_down(true);
  after(Duration::s(1));
  restart(true);
  after(Duration::s(9));
  restart(false);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::idle);
  bgp_down(false);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::established);
}

TEST_F(SessionsTest, AShutdownDoesNotEndARestart) {
  restart(true);
  after(Duration::s(1));
  bgp_down(true);
  after(Duration::s(1));
  bgp_down(false);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::idle);
  restart(false);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::established);
}

TEST_F(SessionsTest, AShutdownThatEndsWithoutCarrierStartsNothing) {
  bgp_down(true);
  after(Duration::s(1));
  carrier(false);
  after(Duration::s(1));
  bgp_down(false);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::idle);
  carrier(true);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::established);
}

TEST_F(SessionsTest, ARestartThatEndsWithoutCarrierStartsNothing) {
  restart(true);
  after(Duration::s(1));
  carrier(false);
  after(Duration::s(1));
  restart(false);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::idle);
  carrier(true);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::established);
}

TEST_F(SessionsTest, ACarrierThatComesBackDoesNotEndAShutdown) {
  carrier(false);
  after(Duration::s(1));
  bgp_down(true);
  after(Duration::s(1));
  carrier(true);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::idle);
  bgp_down(false);
  after(Duration::s(60));
  EXPECT_EQ(state(), bgp::State::established);
}

}  // namespace
}  // namespace erbium::cp
