#include "control/bgp/session.h"

#include <gtest/gtest.h>

#include <map>

#include "control/bgp/test_session.h"

namespace erbium::cp::bgp {
namespace {

// ---- RFC 4271 §8.2.2, every state with every event ----

enum class Ev {
  start,
  stop,
  reset,
  bfd,
  connected,
  accepted,
  connect_failed,
  closed,
  open,
  keepalive,
  update,
  refresh,
  notification,
  garbage,
  timer,
  announce
};

std::string apply(Driver& d, Ev event) {
  switch (event) {
    case Ev::start:
      return d(Start{});
    case Ev::stop:
      return d(Stop{cease(Cease::admin_shutdown)});
    case Ev::reset:
      return d(Reset{cease(Cease::admin_reset), {}});
    case Ev::bfd:
      return d(BfdDown{});
    case Ev::connected:
      return d(Connected{1});
    case Ev::accepted:
      return d(Accepted{kIn});
    case Ev::connect_failed:
      return d(ConnectFailed{1});
    case Ev::closed:
      return d(Closed{1});
    case Ev::open:
      return d.receive(peer_open());
    case Ev::keepalive:
      return d.receive(Keepalive{});
    case Ev::update:
      return d.receive(announcement());
    case Ev::refresh:
      return d.receive(RouteRefresh{Family::v4});
    case Ev::notification:
      return d.receive(cease(Cease::admin_reset));
    case Ev::garbage:
      return d(Received{1, std::vector<uint8_t>(19, 0x55)});
    case Ev::timer:
      return d.wait();
    case Ev::announce:
      return d(Announce{announcement()});
  }
  return "";
}

struct Row {
  State state;
  Ev event;
  const char* actions;
};

// Events that are not listed for a state leave it alone.
const Row kRows[] = {
    {State::idle, Ev::start, "Connect1 Connect"},
    {State::idle, Ev::accepted, "Closein"},
    {State::connect, Ev::stop, "Close1 Idle"},
    {State::connect, Ev::reset, "Close1 Idle"},
    {State::connect, Ev::connected, "Send1(OPEN) OpenSent"},
    {State::connect, Ev::accepted, "Sendin(OPEN) OpenSent"},
    {State::connect, Ev::connect_failed, "Active"},
    {State::connect, Ev::closed, "Active"},
    {State::connect, Ev::timer, "Close1 Connect2"},
    {State::active, Ev::stop, "Idle"},
    {State::active, Ev::reset, "Idle"},
    {State::active, Ev::accepted, "Sendin(OPEN) OpenSent"},
    {State::active, Ev::timer, "Connect2 Connect"},
    {State::open_sent, Ev::stop, "Send1(NOTIFICATION 6/2) Close1 Idle"},
    {State::open_sent, Ev::reset, "Send1(NOTIFICATION 6/4) Close1 Idle"},
    {State::open_sent, Ev::bfd, "Send1(NOTIFICATION 6/10) Close1 Idle"},
    {State::open_sent, Ev::accepted, "Sendin(OPEN)"},
    {State::open_sent, Ev::closed, "Active"},
    {State::open_sent, Ev::open, "Send1(KEEPALIVE) OpenConfirm"},
    {State::open_sent, Ev::keepalive, "Send1(NOTIFICATION 5/1) Close1 Idle"},
    {State::open_sent, Ev::update, "Send1(NOTIFICATION 5/1) Close1 Idle"},
    {State::open_sent, Ev::refresh, "Send1(NOTIFICATION 5/1) Close1 Idle"},
    {State::open_sent, Ev::notification, "Close1 Idle"},
    {State::open_sent, Ev::garbage, "Send1(NOTIFICATION 1/1) Close1 Idle"},
    {State::open_sent, Ev::timer, "Send1(NOTIFICATION 4/0) Close1 Idle"},
    {State::open_confirm, Ev::stop, "Send1(NOTIFICATION 6/2) Close1 Idle"},
    {State::open_confirm, Ev::reset, "Send1(NOTIFICATION 6/4) Close1 Idle"},
    {State::open_confirm, Ev::bfd, "Send1(NOTIFICATION 6/10) Close1 Idle"},
    {State::open_confirm, Ev::accepted, "Sendin(OPEN)"},
    {State::open_confirm, Ev::closed, "Idle"},
    {State::open_confirm, Ev::open, "Send1(NOTIFICATION 5/2) Close1 Idle"},
    {State::open_confirm, Ev::keepalive, "Established Up"},
    {State::open_confirm, Ev::update, "Send1(NOTIFICATION 5/2) Close1 Idle"},
    {State::open_confirm, Ev::refresh, "Send1(NOTIFICATION 5/2) Close1 Idle"},
    {State::open_confirm, Ev::notification, "Close1 Idle"},
    {State::open_confirm, Ev::garbage, "Send1(NOTIFICATION 1/1) Close1 Idle"},
    {State::open_confirm, Ev::timer, "Send1(KEEPALIVE)"},
    {State::established, Ev::stop, "Send1(NOTIFICATION 6/2) Close1 Down-sent Idle"},
    {State::established, Ev::reset, "Send1(NOTIFICATION 6/4) Close1 Down-sent Idle"},
    {State::established, Ev::bfd, "Send1(NOTIFICATION 6/10) Close1 Down-sent Idle"},
    {State::established, Ev::accepted, "Sendin(NOTIFICATION 6/7) Closein"},
    {State::established, Ev::closed, "Down Idle"},
    {State::established, Ev::open, "Send1(NOTIFICATION 5/3) Close1 Down-sent Idle"},
    {State::established, Ev::update, "Learned"},
    {State::established, Ev::refresh, "RefreshAsked"},
    {State::established, Ev::notification, "Close1 Down-received Idle"},
    {State::established, Ev::garbage, "Send1(NOTIFICATION 1/1) Close1 Down-sent Idle"},
    {State::established, Ev::timer, "Send1(KEEPALIVE)"},
    {State::established, Ev::announce, "Send1(UPDATE)"},
};

TEST(Session, EveryEventInEveryState) {
  std::map<std::pair<State, Ev>, std::string> wanted;
  for (const Row& row : kRows) wanted[{row.state, row.event}] = row.actions;
  for (int s = 0; s <= static_cast<int>(State::established); s++)
    for (int e = 0; e <= static_cast<int>(Ev::announce); e++) {
      const auto state = static_cast<State>(s);
      const auto event = static_cast<Ev>(e);
      if (state == State::idle && event == Ev::timer) continue;  // it wants none
      Driver d;
      d.reach(state);
      ASSERT_EQ(d.session.state(), state);
      EXPECT_EQ(apply(d, event), (wanted[{state, event}])) << name(state) << ", event " << e;
      EXPECT_GE(d.session.next_deadline(), d.now);
    }
}

TEST(Session, IdleAsksForNoTimerUntilStarted) {
  Driver d;
  EXPECT_EQ(d.session.next_deadline(), Time::max());
  d(Stop{cease(Cease::admin_shutdown)});
  EXPECT_EQ(d.session.next_deadline(), Time::max());
}

TEST(Session, EstablishedTellsWhatWasAgreed) {
  Driver d;
  d.reach(State::open_confirm);
  EXPECT_EQ(d.session.hold_time(), Duration::s(90));
  EXPECT_EQ(d.receive(Keepalive{}), "Established Up");
  const auto& up = std::get<Up>(d.actions.back());
  EXPECT_EQ(up.families, std::vector{Family::v4});
  EXPECT_EQ(up.peer, peer_open());
  EXPECT_EQ(d.session.since(), d.now);
  EXPECT_EQ(d.session.counters().established, 1u);
  EXPECT_EQ(d.session.counters().messages_received, 2u);
  EXPECT_EQ(d.session.counters().messages_sent, 2u);
}

// ---- timers ----

TEST(Session, HoldTimerExpiresToTheNanosecond) {
  Driver d;
  d.reach(State::established);
  const Time heard = d.now;
  std::string last;
  while (d.session.state() == State::established) last = d.wait();
  EXPECT_EQ(last, "Send1(NOTIFICATION 4/0) Close1 Down-sent Idle");
  EXPECT_EQ(d.now, heard + Duration::s(90));
  // idle_hold later it tries again.
  EXPECT_EQ(d.wait(), "Connect2 Connect");
  EXPECT_EQ(d.now, heard + Duration::s(95));
}

TEST(Session, KeepaliveAndUpdateHoldTheSessionRefreshDoesNot) {
  Driver d;
  d.reach(State::established);
  const Time up = d.now;
  d.now = up + Duration::s(10);
  d.receive(Keepalive{});
  d.now = up + Duration::s(20);
  d.receive(announcement());
  d.now = up + Duration::s(30);
  d.receive(RouteRefresh{Family::v4});
  while (d.session.state() == State::established) d.wait();
  EXPECT_EQ(d.now, up + Duration::s(110));
}

TEST(Session, OpenSentWaitsFourMinutes) {
  Driver d;
  d.reach(State::open_sent);
  EXPECT_EQ(d.session.next_deadline(), d.now + Duration::s(240));
}

TEST(Session, KeepalivesAreAThirdOfTheHoldTimeLessJitter) {
  Driver d;
  d.reach(State::established);
  int64_t least = INT64_MAX, most = 0;
  for (int i = 0; i < 500; i++) {
    const Time before = d.now;
    ASSERT_EQ(d.wait(), "Send1(KEEPALIVE)");
    least = std::min(least, (d.now - before).ns());
    most = std::max(most, (d.now - before).ns());
    d.receive(Keepalive{});
  }
  EXPECT_GE(least, Duration::ms(22'500).ns());
  EXPECT_LT(least, Duration::ms(22'700).ns());
  EXPECT_LE(most, Duration::s(30).ns());
  EXPECT_GT(most, Duration::ms(29'800).ns());
}

TEST(Session, KeepalivesAreNeverCloserThanASecond) {
  SessionConfig c = config();
  c.hold_time = Duration::s(3);
  Driver d(c);
  d.reach(State::established);
  for (int i = 0; i < 20; i++) {
    const Time before = d.now;
    d.wait();
    EXPECT_EQ(d.now, before + Duration::s(1));
    d.receive(Keepalive{});
  }
}

TEST(Session, ConfiguredKeepalivesAreKeptWithinAThird) {
  SessionConfig c = config();
  c.keepalive = Duration::s(10);
  Driver d(c);
  d.reach(State::established);
  EXPECT_LE(d.session.next_deadline(), d.now + Duration::s(10));
  c.keepalive = Duration::s(60);  // the peer's 90 s allow 30 s
  Driver e(c);
  e.reach(State::established);
  EXPECT_LE(e.session.next_deadline(), e.now + Duration::s(30));
}

TEST(Session, AnUpdateSentPutsTheKeepaliveOff) {
  Driver d;
  d.reach(State::established);
  d.now = d.session.next_deadline() - Duration::ns(1);
  d(Announce{announcement()});
  EXPECT_GE(d.session.next_deadline(), d.now + Duration::ms(22'500));
}

TEST(Session, HoldTimeZeroStopsBothTimers) {
  SessionConfig c = config();
  c.hold_time = Duration();
  Driver d(c);
  d.reach(State::established);
  EXPECT_EQ(d.session.next_deadline(), Time::max());
  EXPECT_EQ(d.session.hold_time(), Duration());
}

TEST(Session, JitterIsAFunctionOfTheSeed) {
  const auto first_retry = [](uint64_t seed) {
    SessionConfig c = config();
    c.seed = seed;
    Driver d(c);
    d(Start{});
    return d.session.next_deadline() - d.now;
  };
  EXPECT_EQ(first_retry(1), first_retry(1));
  EXPECT_NE(first_retry(1), first_retry(2));
  for (uint64_t seed = 0; seed < 200; seed++) {
    EXPECT_GE(first_retry(seed), Duration::s(75));
    EXPECT_LE(first_retry(seed), Duration::s(100));
  }
}

// ---- start and stop ----

TEST(Session, StopLastsUntilStart) {
  Driver d;
  d.reach(State::established);
  Notification shutdown = cease(Cease::admin_shutdown, "maintenance at 3");
  d(Stop{shutdown});
  EXPECT_EQ(std::get<Down>(d.actions[2]).notification, shutdown);
  EXPECT_EQ(std::get<Down>(d.actions[2]).reason, describe(shutdown));
  EXPECT_EQ(d.session.next_deadline(), Time::max());
  EXPECT_EQ(d(Accepted{kIn}), "Closein");
  d.now = d.now + Duration::s(60);
  EXPECT_EQ(d(Start{}), "Connect2 Connect");
  EXPECT_EQ(d(Start{}), "");
}

TEST(Session, AStopThatIsLiftedAtOnceStillWaitsInIdle) {
  Driver d;
  d.reach(State::established);
  const Time stopped = d.now;
  d(Stop{cease(Cease::admin_shutdown)});
  d.now = d.now + Duration::s(2);
  EXPECT_EQ(d(Start{}), "");
  EXPECT_EQ(d.wait(), "Connect2 Connect");
  EXPECT_EQ(d.now, stopped + Duration::s(5));
}

TEST(Session, ResetComesBackWhenItSays) {
  Driver d;
  d.reach(State::established);
  const Time reset = d.now;
  d(Reset{cease(Cease::max_prefixes), Duration::s(77)});
  EXPECT_EQ(d.wait(), "Connect2 Connect");
  EXPECT_EQ(d.now, reset + Duration::s(77));
}

TEST(Session, PassiveOnlyListens) {
  SessionConfig c = config();
  c.passive = true;
  Driver d(c);
  EXPECT_EQ(d(Start{}), "Active");
  EXPECT_EQ(d.session.next_deadline(), Time::max());
  EXPECT_EQ(d(Accepted{kIn}), "Sendin(OPEN) OpenSent");
  EXPECT_EQ(d(Closed{kIn}), "Active");
  EXPECT_EQ(d.session.next_deadline(), Time::max());
}

}  // namespace
}  // namespace erbium::cp::bgp
