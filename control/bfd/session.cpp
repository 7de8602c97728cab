#include "control/bfd/session.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "control/wire/mix.h"

namespace erbium::cp::bfd {
namespace {

uint32_t microseconds(Duration d) { return static_cast<uint32_t>(d.ns() / 1'000); }
Duration from_wire(uint32_t microseconds) { return Duration::us(microseconds); }

template <typename... Act>
struct Overload : Act... {
  using Act::operator()...;
};
template <typename... Act>
Overload(Act...) -> Overload<Act...>;

bool valid(const Intervals& i) {
  const auto whole = [](Duration d) { return d.ns() % 1'000 == 0 && d <= kMaxInterval; };
  return i.desired_min_tx >= Duration::us(1) && i.required_min_rx >= Duration::us(1) &&
         whole(i.desired_min_tx) && whole(i.required_min_rx) && i.detect_multiplier > 0;
}

}  // namespace

Session::Session(const SessionConfig& config, Time start)
    : discriminator_(config.discriminator),
      seed_(config.seed),
      wanted_(config.intervals),
      since_(start),
      sent_at_(start),
      next_tx_(start) {
  ERBIUM_CHECK(config.discriminator != 0 && valid(config.intervals));
  settle_intervals();
}

void Session::handle(const Event& event, Time now, Actions& out) {
  std::visit(Overload{
                 [&](const Received& e) { receive(e.hop_limit, e.payload, now, out); },
                 [&](const Timer&) { timer(now, out); },
                 [&](const AdminDown&) {
                   if (state_ != State::admin_down)
                     change(State::admin_down, Diagnostic::administratively_down, now, out);
                 },
                 [&](const AdminUp&) {
                   if (state_ == State::admin_down) change(State::down, Diagnostic::none, now, out);
                 },
                 [&](const PathDown&) {
                   if (state_ != State::init && state_ != State::up) return;
                   heard_at_.reset();
                   detect_at_ = Time::max();
                   remote_discriminator_ = 0;
                   change(State::down, Diagnostic::path_down, now, out);
                 },
                 [&](const SetIntervals& e) { set(e.intervals, now, out); },
             },
             event);
}

void Session::timer(Time now, Actions& out) {
  if (now >= detect_at_) expire(now, out);
  if (now >= next_tx_) send(false, now, out);
}

// RFC 5880 §6.8.6, in its order. A packet that comes when its time is just over is too late; one
// that comes at that very moment is not.
void Session::receive(uint8_t hop_limit, std::span<const uint8_t> payload, Time now, Actions& out) {
  if (now > detect_at_) expire(now, out);
  const auto discard = [&](Discard why) { ++counters_.discarded[static_cast<size_t>(why)]; };
  if (hop_limit != kHopLimit) return discard(Discard::hop_limit);
  const auto parsed = parse(payload);
  if (const auto* why = std::get_if<Discard>(&parsed)) return discard(*why);
  const auto& packet = std::get<Packet>(parsed);
  if (packet.your_discriminator != 0 && packet.your_discriminator != discriminator_)
    return discard(Discard::unknown_session);
  if (packet.authentication) return discard(Discard::authentication);
  accept(packet, now, out);
}

void Session::accept(const Packet& packet, Time now, Actions& out) {
  remote_discriminator_ = packet.my_discriminator;
  remote_state_ = packet.state;
  remote_diagnostic_ = packet.diagnostic;
  remote_demand_ = packet.demand;
  remote_required_rx_ = from_wire(packet.required_min_rx);
  remote_desired_tx_ = from_wire(packet.desired_min_tx);
  remote_multiplier_ = packet.detect_multiplier;
  if (packet.final) final();
  heard_at_ = now;
  if (state_ == State::admin_down) {
    ++counters_.discarded[static_cast<size_t>(Discard::admin_down)];
    return schedule(now);
  }
  ++counters_.received;
  follow(packet, now, out);
  schedule(now);
  if (packet.poll) send(true, now, out);
}

// The state machine of §6.2.
void Session::follow(const Packet& packet, Time now, Actions& out) {
  const auto become = [&](State to, Diagnostic why) { change(to, why, now, out); };
  if (packet.state == State::admin_down) {
    if (state_ != State::down) become(State::down, Diagnostic::neighbor_signaled_down);
    return;
  }
  switch (state_) {
    case State::down:
      if (packet.state == State::down) become(State::init, diagnostic_);
      if (packet.state == State::init) become(State::up, Diagnostic::none);
      return;
    case State::init:
      if (packet.state != State::down) become(State::up, Diagnostic::none);
      return;
    case State::up:
      if (packet.state == State::down) become(State::down, Diagnostic::neighbor_signaled_down);
      return;
    case State::admin_down:
      return;
  }
}

// §6.8.4, and §6.8.1 of bfd.RemoteDiscr.
void Session::expire(Time now, Actions& out) {
  heard_at_.reset();
  detect_at_ = Time::max();
  remote_discriminator_ = 0;
  if (state_ == State::init || state_ == State::up)
    change(State::down, Diagnostic::detection_time_expired, now, out);
}

// Tells the peer at once (§6.8.7, last paragraph).
void Session::change(State to, Diagnostic why, Time now, Actions& out) {
  const Duration before = desired_min_tx();
  const State from = state_;
  state_ = to;
  diagnostic_ = why;
  since_ = now;
  if (to == State::up) ++counters_.ups;
  if (from == State::up) ++counters_.downs;
  out.push_back(StateChanged{from, to, why});
  if (desired_min_tx() != before) poll();
  settle_intervals();
  send(false, now, out);
}

void Session::set(const Intervals& intervals, Time now, Actions& out) {
  ERBIUM_CHECK(valid(intervals));
  if (intervals == wanted_) return;
  const Duration tx = desired_min_tx(), rx = wanted_.required_min_rx;
  wanted_ = intervals;
  if (desired_min_tx() != tx || wanted_.required_min_rx != rx) poll();
  settle_intervals();
  send(false, now, out);
}

// §6.8.3: while up, sending more slowly and detecting sooner wait for the end of the poll sequence;
// everything else is in force at once.
void Session::settle_intervals() {
  const bool wait = polling_ && state_ == State::up;
  const Duration tx = desired_min_tx(), rx = wanted_.required_min_rx;
  tx_used_ = wait ? std::min(tx_used_, tx) : tx;
  rx_used_ = wait ? std::max(rx_used_, rx) : rx;
}

// Sequences do not overlap: one that is wanted during another follows it (§6.5).
void Session::poll() {
  if (polling_) {
    poll_again_ = true;
    return;
  }
  polling_ = true;
  ++counters_.polls;
}

void Session::final() {
  if (!polling_) return;
  polling_ = false;
  if (std::exchange(poll_again_, false)) return poll();
  settle_intervals();
}

Duration Session::desired_min_tx() const {
  return state_ == State::up ? wanted_.desired_min_tx
                             : std::max(wanted_.desired_min_tx, kSlowInterval);
}

Duration Session::transmit_interval() const { return std::max(tx_used_, remote_required_rx_); }

Duration Session::detection_time() const { return receive_interval() * remote_multiplier_; }

// §6.8.7: nothing periodic to a peer that wants nothing, or that is in demand mode.
bool Session::quiet() const {
  if (remote_required_rx_ == Duration{}) return true;
  return remote_demand_ && !polling_ && state_ == State::up && remote_state_ == State::up;
}

// A quarter of the interval at most is taken off, and a tenth at least when one lost packet would
// be the end of the session (§6.8.7).
Duration Session::jittered(Duration interval) {
  const int64_t most = interval.ns() / 4;
  const int64_t least = wanted_.detect_multiplier == 1 ? (interval.ns() + 9) / 10 : 0;
  const uint64_t random = wire::mix(seed_, draws_++);
  const auto off = least + static_cast<int64_t>(random % static_cast<uint64_t>(most - least + 1));
  return Duration::ns(interval.ns() - off);
}

// Derives both deadlines from what is known now. The jitter is drawn once for every packet. What is
// overdue because an interval has shrunk is due now.
void Session::schedule(Time now) {
  if (transmit_interval() != interval_) {
    interval_ = transmit_interval();
    gap_ = jittered(interval_);
  }
  next_tx_ = quiet() ? Time::max() : std::max(sent_at_ + gap_, now);
  detect_at_ = heard_at_ ? std::max(*heard_at_ + detection_time(), now) : Time::max();
}

void Session::send(bool final, Time now, Actions& out) {
  Packet p;
  p.diagnostic = diagnostic_;
  p.state = state_;
  p.poll = polling_ && !final;
  p.final = final;
  p.detect_multiplier = wanted_.detect_multiplier;
  p.my_discriminator = discriminator_;
  p.your_discriminator = remote_discriminator_;
  p.desired_min_tx = microseconds(desired_min_tx());
  p.required_min_rx = microseconds(wanted_.required_min_rx);
  out.push_back(Send{encode(p)});
  ++counters_.sent;
  if (final) return;
  sent_at_ = now;
  interval_ = transmit_interval();
  gap_ = jittered(interval_);
  schedule(now);
}

}  // namespace erbium::cp::bfd
