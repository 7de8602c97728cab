// One session against packets made by hand, to the nanosecond.
#include "control/bfd/session.h"

#include <gtest/gtest.h>

namespace erbium::cp::bfd {
namespace {

constexpr uint32_t kOurs = 11, kTheirs = 22;

Time at(Duration d) { return Time{} + d; }
Time ms(int64_t n) { return at(Duration::ms(n)); }

class BfdSession : public testing::Test {
 protected:
  void make(Intervals intervals = {}) {
    session_.emplace(SessionConfig{kOurs, intervals, 7}, at({}));
  }

  Packet peer(State state) {
    Packet p;
    p.state = state;
    p.detect_multiplier = 3;
    p.my_discriminator = kTheirs;
    p.your_discriminator = kOurs;
    p.desired_min_tx = 300'000;
    p.required_min_rx = 300'000;
    return p;
  }
  void give(const Packet& p, uint8_t hop_limit = 255) {
    const auto octets = encode(p);
    session_->handle(Received{hop_limit, octets}, now_, actions_);
  }
  // Packets sent since the last call; changes of state are kept in changes_.
  std::vector<Packet> sent() {
    std::vector<Packet> out;
    for (const Action& a : actions_) {
      if (const auto* s = std::get_if<Send>(&a)) {
        out.push_back(std::get<Packet>(parse(s->payload)));
      } else {
        changes_.push_back(std::get<StateChanged>(a));
      }
    }
    actions_.clear();
    return out;
  }
  std::vector<Packet> tick() {
    now_ = session_->next_deadline();
    session_->handle(Timer{}, now_, actions_);
    return sent();
  }
  // Up at `now_`, the poll sequence of coming up over.
  void come_up(Intervals intervals = {}) {
    make(intervals);
    tick();
    now_ = ms(10);
    give(peer(State::init));
    Packet final = peer(State::up);
    final.final = true;
    give(final);
    sent();
    ASSERT_EQ(session_->state(), State::up);
    changes_.clear();
  }

  std::optional<Session> session_;
  Time now_;
  Actions actions_;
  std::vector<StateChanged> changes_;
};

TEST_F(BfdSession, StartsSlowlyAndTellsItsIntervals) {
  make({Duration::ms(50), Duration::ms(40), 5});
  auto first = tick();
  EXPECT_EQ(now_, at({}));
  ASSERT_EQ(first.size(), 1u);
  Packet wanted;
  wanted.detect_multiplier = 5;
  wanted.my_discriminator = kOurs;
  wanted.desired_min_tx = 1'000'000;
  wanted.required_min_rx = 40'000;
  EXPECT_EQ(first[0], wanted);
  for (int i = 0; i < 100; ++i) {
    const Time before = now_;
    ASSERT_EQ(tick().size(), 1u);
    EXPECT_GE(now_ - before, Duration::ms(750));
    EXPECT_LE(now_ - before, Duration::s(1));
  }
}

TEST_F(BfdSession, ThreeWayHandshakeFromEitherEnd) {
  make();
  tick();
  now_ = ms(100);
  Packet down = peer(State::down);
  down.your_discriminator = 0;
  give(down);
  auto answer = sent();
  ASSERT_EQ(answer.size(), 1u) << "told at once";
  EXPECT_EQ(answer[0].state, State::init);
  EXPECT_EQ(answer[0].your_discriminator, kTheirs);
  EXPECT_FALSE(answer[0].poll);
  now_ = ms(120);
  give(peer(State::up));
  answer = sent();
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer[0].state, State::up);
  EXPECT_TRUE(answer[0].poll) << "300 ms instead of a second";
  EXPECT_EQ(answer[0].desired_min_tx, 300'000u);
  EXPECT_EQ(session_->since(), ms(120));
  ASSERT_EQ(changes_.size(), 2u);
  EXPECT_EQ(changes_[0].to, State::init);
  EXPECT_EQ(changes_[1].from, State::init);

  make();  // from Down straight to Up
  tick();
  give(peer(State::init));
  EXPECT_EQ(session_->state(), State::up);
}

// RFC 5880 §6.2: all states by all states received.
TEST_F(BfdSession, StateMachineIsThatOfTheStandard) {
  const State kDown = State::down, kInit = State::init, kUp = State::up, kAdmin = State::admin_down;
  const struct {
    State ours, theirs, next;
  } table[] = {{kDown, kAdmin, kDown},  {kDown, kDown, kInit},   {kDown, kInit, kUp},
               {kDown, kUp, kDown},     {kInit, kAdmin, kDown},  {kInit, kDown, kInit},
               {kInit, kInit, kUp},     {kInit, kUp, kUp},       {kUp, kAdmin, kDown},
               {kUp, kDown, kDown},     {kUp, kInit, kUp},       {kUp, kUp, kUp},
               {kAdmin, kDown, kAdmin}, {kAdmin, kInit, kAdmin}, {kAdmin, kUp, kAdmin},
               {kAdmin, kAdmin, kAdmin}};
  for (const auto& row : table) {
    make();
    if (row.ours == kInit) give(peer(kDown));
    if (row.ours == kUp) give(peer(kInit));
    if (row.ours == kAdmin) session_->handle(AdminDown{}, now_, actions_);
    ASSERT_EQ(session_->state(), row.ours);
    sent();
    changes_.clear();
    give(peer(row.theirs));
    sent();
    EXPECT_EQ(session_->state(), row.next) << name(row.ours) << " hears " << name(row.theirs);
    EXPECT_EQ(changes_.size(), row.ours == row.next ? 0u : 1u);
    if (row.next == kDown && row.ours != kDown) {
      EXPECT_EQ(session_->diagnostic(), Diagnostic::neighbor_signaled_down);
    }
  }
}

TEST_F(BfdSession, DetectsToTheNanosecond) {
  come_up();
  EXPECT_EQ(session_->detection_time(), Duration::ms(900));
  const Time heard = now_;
  while (session_->next_deadline() < heard + Duration::ms(900)) tick();
  EXPECT_EQ(session_->state(), State::up);
  session_->handle(Timer{}, heard + Duration::ns(899'999'999), actions_);
  EXPECT_EQ(session_->state(), State::up);
  EXPECT_EQ(session_->next_deadline(), heard + Duration::ms(900));
  sent();
  auto last = tick();
  EXPECT_EQ(now_, heard + Duration::ms(900));
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].state, State::down);
  EXPECT_EQ(last[0].diagnostic, Diagnostic::detection_time_expired);
  EXPECT_EQ(last[0].your_discriminator, 0u);
  EXPECT_EQ(last[0].desired_min_tx, 1'000'000u);
  ASSERT_EQ(changes_.size(), 1u);
  EXPECT_EQ(changes_[0].diagnostic, Diagnostic::detection_time_expired);
  EXPECT_EQ(session_->counters().downs, 1u);
}

TEST_F(BfdSession, PacketAtTheLastMomentCountsAndOneLaterDoesNot) {
  for (int64_t late : {0, 1}) {
    come_up();
    now_ = now_ + Duration::ms(900) + Duration::ns(late);
    give(peer(State::up));
    sent();
    EXPECT_EQ(session_->state(), late ? State::down : State::up);
  }
}

TEST_F(BfdSession, SlowerSideWinsInBothDirections) {
  come_up({Duration::ms(300), Duration::ms(400), 3});
  Packet p = peer(State::up);
  p.required_min_rx = 750'000;
  p.desired_min_tx = 100'000;
  p.detect_multiplier = 5;
  give(p);
  EXPECT_EQ(session_->transmit_interval(), Duration::ms(750));
  EXPECT_EQ(session_->detection_time(), Duration::ms(5 * 400));
  p.required_min_rx = 10'000;
  p.desired_min_tx = 2'000'000;
  give(p);
  EXPECT_EQ(session_->transmit_interval(), Duration::ms(300));
  EXPECT_EQ(session_->detection_time(), Duration::ms(5 * 2'000));
}

TEST_F(BfdSession, WhatAShorterIntervalMakesOverdueIsDueAtOnce) {
  come_up();
  Packet p = peer(State::up);
  p.required_min_rx = 60'000'000;
  p.desired_min_tx = 60'000'000;
  give(p);
  now_ = now_ + Duration::s(20);
  p.required_min_rx = 300'000;
  give(p);
  EXPECT_EQ(session_->next_deadline(), now_);
  EXPECT_EQ(tick().size(), 1u);
  EXPECT_GT(session_->next_deadline(), now_);
}

TEST_F(BfdSession, JitterStaysInItsBoundsAndFillsThem) {
  for (uint8_t multiplier : {uint8_t{1}, uint8_t{3}}) {
    come_up({Duration::ms(300), Duration::ms(300), multiplier});
    Duration least = Duration::max(), most;
    for (int i = 0; i < 1'000; ++i) {
      const Time before = now_;
      ASSERT_EQ(tick().size(), 1u);
      least = std::min(least, now_ - before);
      most = std::max(most, now_ - before);
      give(peer(State::up));
    }
    const Duration highest = multiplier == 1 ? Duration::ms(270) : Duration::ms(300);
    EXPECT_GE(least, Duration::ms(225));
    EXPECT_LE(least, Duration::ms(226));
    EXPECT_LE(most, highest);
    EXPECT_GE(most, highest - Duration::ms(1));
  }
}

TEST_F(BfdSession, SlowerSendingWaitsForTheFinal) {
  come_up();
  session_->handle(SetIntervals{{Duration::ms(900), Duration::ms(300), 3}}, now_, actions_);
  auto told = sent();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].poll);
  EXPECT_EQ(told[0].desired_min_tx, 900'000u);
  EXPECT_EQ(session_->transmit_interval(), Duration::ms(300));
  told = tick();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].poll) << "until the Final";
  Packet final = peer(State::up);
  final.final = true;
  give(final);
  EXPECT_EQ(session_->transmit_interval(), Duration::ms(900));
  told = tick();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_FALSE(told[0].poll);
}

TEST_F(BfdSession, SoonerDetectionWaitsForTheFinalAndLaterDoesNot) {
  come_up();
  Packet fast = peer(State::up);
  fast.desired_min_tx = 10'000;
  give(fast);
  session_->handle(SetIntervals{{Duration::ms(300), Duration::ms(100), 3}}, now_, actions_);
  EXPECT_EQ(session_->detection_time(), Duration::ms(900));
  fast.final = true;
  give(fast);
  EXPECT_EQ(session_->detection_time(), Duration::ms(300));
  session_->handle(SetIntervals{{Duration::ms(200), Duration::ms(600), 3}}, now_, actions_);
  EXPECT_EQ(session_->detection_time(), Duration::ms(1'800));
  EXPECT_EQ(session_->transmit_interval(), Duration::ms(300)) << "the peer wants no more";
}

TEST_F(BfdSession, ChangeDuringAPollIsPolledAfterIt) {
  come_up();
  session_->handle(SetIntervals{{Duration::ms(600), Duration::ms(300), 3}}, now_, actions_);
  session_->handle(SetIntervals{{Duration::ms(900), Duration::ms(300), 3}}, now_, actions_);
  Packet final = peer(State::up);
  final.final = true;
  give(final);  // may answer the first
  EXPECT_EQ(session_->transmit_interval(), Duration::ms(300));
  sent();
  EXPECT_TRUE(tick()[0].poll);
  give(final);
  EXPECT_EQ(session_->transmit_interval(), Duration::ms(900));
  EXPECT_EQ(session_->counters().polls, 3u);  // coming up, and these
}

TEST_F(BfdSession, MultiplierAloneNeedsNoPoll) {
  come_up();
  session_->handle(SetIntervals{{Duration::ms(300), Duration::ms(300), 5}}, now_, actions_);
  const auto told = sent();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].detect_multiplier, 5);
  EXPECT_FALSE(told[0].poll);
}

TEST_F(BfdSession, PollIsAnsweredAtOnceBesideTheSchedule) {
  come_up();
  const Time next = session_->next_deadline();
  now_ = now_ + Duration::ms(1);
  Packet poll = peer(State::up);
  poll.poll = true;
  give(poll);
  const auto answer = sent();
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_TRUE(answer[0].final);
  EXPECT_FALSE(answer[0].poll);
  EXPECT_EQ(session_->next_deadline(), next);
}

TEST_F(BfdSession, GoesDownWithThePath) {
  come_up();
  sent();
  changes_.clear();
  session_->handle(PathDown{}, now_, actions_);
  const auto told = sent();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].state, State::down);
  EXPECT_EQ(told[0].diagnostic, Diagnostic::path_down);
  EXPECT_EQ(told[0].your_discriminator, 0u);
  ASSERT_EQ(changes_.size(), 1u);
  EXPECT_EQ(changes_[0].from, State::up);
  session_->handle(PathDown{}, now_, actions_);
  for (const Time end = now_ + Duration::s(5); now_ < end;) tick();
  EXPECT_EQ(changes_.size(), 1u);
  EXPECT_EQ(session_->diagnostic(), Diagnostic::path_down) << "the detection time is over already";
}

TEST_F(BfdSession, AdministrativelyDownIsToldAndLifted) {
  come_up();
  session_->handle(AdminDown{}, now_, actions_);
  auto told = sent();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].state, State::admin_down);
  EXPECT_EQ(told[0].diagnostic, Diagnostic::administratively_down);
  Packet poll = peer(State::up);
  poll.poll = true;
  give(poll);
  EXPECT_TRUE(sent().empty()) << "discarded before the Final";
  EXPECT_EQ(session_->counters().discarded[static_cast<size_t>(Discard::admin_down)], 1u);
  const Time asked = now_;
  do told = tick();
  while (told.empty());  // the detection time of the peer runs out beside it
  EXPECT_EQ(told[0].state, State::admin_down) << "keeps telling";
  EXPECT_LE(now_ - asked, Duration::s(1));
  session_->handle(AdminUp{}, now_, actions_);
  told = sent();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].state, State::down);
  EXPECT_EQ(told[0].diagnostic, Diagnostic::none);
  session_->handle(AdminUp{}, now_, actions_);
  EXPECT_TRUE(actions_.empty());
}

TEST_F(BfdSession, PeerThatWantsNothingGetsNothingPeriodic) {
  come_up();
  Packet p = peer(State::up);
  p.required_min_rx = 0;
  give(p);
  EXPECT_EQ(session_->next_deadline(), now_ + Duration::ms(900)) << "detection alone";
}

TEST_F(BfdSession, PeerInDemandModeHearsPollsAlone) {
  come_up();
  Packet p = peer(State::up);
  p.demand = true;
  give(p);
  EXPECT_EQ(session_->next_deadline(), now_ + Duration::ms(900));
  session_->handle(SetIntervals{{Duration::ms(200), Duration::ms(300), 3}}, now_, actions_);
  EXPECT_LE(session_->next_deadline(), now_ + Duration::ms(300));
  p.final = true;
  give(p);
  EXPECT_EQ(session_->next_deadline(), now_ + Duration::ms(900));
  p.state = State::down;  // demand mode is over with the session
  p.final = false;
  give(p);
  EXPECT_EQ(session_->state(), State::down);
  EXPECT_GE(session_->next_deadline(), now_ + Duration::ms(750));
  EXPECT_LE(session_->next_deadline(), now_ + Duration::s(1));
}

TEST_F(BfdSession, DiscardsLeaveNoTrace) {
  come_up();
  const auto discarded = [&](Discard why) {
    return session_->counters().discarded[static_cast<size_t>(why)];
  };
  const Time deadline = session_->next_deadline();
  now_ = now_ + Duration::ms(100);
  give(peer(State::down), 254);
  EXPECT_EQ(discarded(Discard::hop_limit), 1u);
  Packet p = peer(State::down);
  p.your_discriminator = 99;
  give(p);
  EXPECT_EQ(discarded(Discard::unknown_session), 1u);
  p = peer(State::down);
  p.version = 0;
  give(p);
  EXPECT_EQ(discarded(Discard::version), 1u);
  p = peer(State::down);
  p.authentication = true;
  p.length = 28;
  std::vector<uint8_t> octets(28);
  const auto head = encode(p);
  std::copy(head.begin(), head.end(), octets.begin());
  session_->handle(Received{255, octets}, now_, actions_);
  EXPECT_EQ(discarded(Discard::authentication), 1u);
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(session_->state(), State::up);
  EXPECT_EQ(session_->next_deadline(), deadline);
}

TEST_F(BfdSession, ForgottenDiscriminatorAfterDetectionTimeInDown) {
  make();
  tick();
  Packet p = peer(State::up);  // of an old session: no way up from Down
  give(p);
  EXPECT_EQ(session_->state(), State::down);
  EXPECT_EQ(session_->remote_discriminator(), kTheirs);
  const Time heard = now_;
  while (now_ < heard + Duration::ms(900)) tick();
  EXPECT_EQ(session_->remote_discriminator(), 0u);
  EXPECT_TRUE(changes_.empty());
}

}  // namespace
}  // namespace erbium::cp::bfd
