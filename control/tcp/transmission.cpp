// The sending half of a connection: what may go out, what has arrived, and what goes out again.
#include <algorithm>

#include "control/tcp/connection.h"
#include "control/tcp/sequence.h"

namespace erbium::cp::tcp {
namespace {

// However wide the peer's window: 64,000 octets, which leaves a window of 65,535 not quite full.
constexpr uint32_t kMaxInFlight = 64'000;
constexpr unsigned kDuplicates = 3;  // RFC 5681 §3.2
// Between acknowledgements that answer what does not belong here, lest two ends that disagree about
// the connection answer each other for ever (RFC 5961 §7).
constexpr Duration kChallengeInterval = Duration::ms(500);

}  // namespace

// RFC 9293 §3.10.7.4, first: some of it lies in the window.
bool Connection::acceptable(const Segment& s) const {
  const int64_t start = distance(rcv_nxt_, s.seq), length = s.length();
  if (start >= kReceiveWindow) return false;
  return length == 0 ? start >= 0 : start + length > 0;
}

// False: the segment is to be dropped (RFC 5961 §5.2).
bool Connection::acknowledge(const Segment& s, Time now, Output& out) {
  const int64_t ahead = distance(snd_una_, s.ack);
  if (before(snd_nxt_, s.ack) || ahead < -int64_t{max_wnd_}) {
    challenge(now, out);
    return false;
  }
  if (ahead == 0) count_duplicate(s, now, out);
  if (ahead >= 0 && (before(snd_wl1_, s.seq) || (snd_wl1_ == s.seq && !before(s.ack, snd_wl2_)))) {
    snd_wnd_ = s.window;
    max_wnd_ = std::max(max_wnd_, snd_wnd_);
    snd_wl1_ = s.seq;
    snd_wl2_ = s.ack;
  }
  if (ahead > 0) advance(s, now, out);
  if (ahead == 0 && snd_wnd_ == 0) progress_at_ = now;  // closed, but alive: RFC 9293 §3.8.6.1
  return true;
}

void Connection::advance(const Segment& s, Time now, Output& out) {
  const int32_t octets = std::max(distance(data_seq_, s.ack), 0);
  const size_t acknowledged = std::min(static_cast<size_t>(octets), queue_.size());
  queue_.acknowledge(acknowledged);
  data_seq_ += static_cast<uint32_t>(acknowledged);
  snd_una_ = s.ack;
  progress_at_ = now;
  duplicates_ = 0;
  if (timed_at_ && !before(s.ack, timed_seq_)) {
    rto_.sample(now - *timed_at_);
    timed_at_.reset();
  }
  if (in_flight() == 0) {
    retransmit_at_ = Time::max();
    recover_.reset();
    if (fin_sent_) on_fin_acknowledged(now);
    return;
  }
  arm(now);  // RFC 6298 §5.3
  if (!recover_) return;
  if (!before(s.ack, *recover_)) {
    recover_.reset();
  } else {  // RFC 6582 §3.2, step 3: what follows was lost too
    ++counters_->fast_retransmits;
    retransmit(out);
  }
}

// RFC 5681 §2: an acknowledgement that says nothing new while something is in flight.
void Connection::count_duplicate(const Segment& s, Time now, Output& out) {
  if (in_flight() == 0 || s.length() != 0 || s.window != snd_wnd_ || recover_) return;
  if (++duplicates_ != kDuplicates) return;
  recover_ = snd_nxt_;
  ++counters_->fast_retransmits;
  retransmit(out);
  arm(now);
}

// Sends what the window allows. A segment smaller than it could be is sent only as the last one, or
// when nothing else is in flight (RFC 9293 §3.8.6.2.1).
void Connection::transmit(Time now, Output& out) {
  if (fin_sent_ || (state_ != State::established && state_ != State::close_wait)) return;
  const uint32_t window = std::min(snd_wnd_, kMaxInFlight);
  while (true) {
    const size_t sent = snd_nxt_ - data_seq_, pending = queue_.size() - sent;
    const uint32_t room = window > in_flight() ? window - in_flight() : 0;
    const size_t n = std::min({pending, size_t{mss_}, size_t{room}});
    if (n == 0 && in_flight() == 0 && pending > 0 && retransmit_at_ == Time::max()) {
      progress_at_ = now;  // the window is closed: the timer will probe it
      arm(now);
    }
    if (n == 0 || (n < pending && n < mss_ && in_flight() > 0)) break;
    const bool last = n == pending, fin = last && closing_;
    emit(static_cast<uint8_t>(kAck | (last ? kPsh : 0) | (fin ? kFin : 0)), snd_nxt_,
         queue_.view(sent, n), out);
    sent_new(static_cast<uint32_t>(n), now);
    if (fin) return note_fin(now);
  }
  if (closing_ && snd_nxt_ - data_seq_ == queue_.size()) {
    emit(kFin | kAck, snd_nxt_, {}, out);
    note_fin(now);
  }
}

// The FIN has just been emitted.
void Connection::note_fin(Time now) {
  fin_sent_ = true;
  state_ = state_ == State::close_wait ? State::last_ack : State::fin_wait_1;
  sent_new(1, now);
}

void Connection::sent_new(uint32_t length, Time now) {
  const bool first = in_flight() == 0;
  if (first) progress_at_ = now;
  snd_nxt_ += length;
  if (!timed_at_) {
    timed_at_ = now;
    timed_seq_ = snd_nxt_;
  }
  if (first || retransmit_at_ == Time::max()) arm(now);
}

// Sends the first segment that is not acknowledged again.
void Connection::retransmit(Output& out) {
  timed_at_.reset();  // Karn's algorithm
  if (state_ == State::syn_sent) return emit(kSyn, iss_, {}, out);
  if (state_ == State::syn_received) return emit(kSyn | kAck, iss_, {}, out);
  const uint32_t flying = in_flight() - (fin_sent_ ? 1 : 0);
  const size_t n = std::min<size_t>(flying, mss_);
  const bool fin = fin_sent_ && n == flying, last = n > 0 && n == queue_.size();
  emit(static_cast<uint8_t>(kAck | (last ? kPsh : 0) | (fin ? kFin : 0)), snd_una_,
       queue_.view(0, n), out);
}

void Connection::timer(Time now, Output& out) {
  if (now >= linger_at_) {
    state_ = State::closed;
    return;
  }
  if (now < retransmit_at_) return;
  if (in_flight() == 0) {  // RFC 9293 §3.8.6.1: one octet into the closed window
    emit(kAck | kPsh, snd_nxt_, queue_.view(0, 1), out);
    retransmit_at_ = Time::max();
    return sent_new(1, now);
  }
  if (now - progress_at_ >= config_->user_timeout) return die(Reason::timeout, out);
  ++counters_->timeouts;
  if (state_ == State::syn_sent || state_ == State::syn_received) {
    syn_again_ = true;
  } else {
    recover_ = snd_nxt_;
  }
  duplicates_ = 0;
  rto_.back_off();
  retransmit(out);
  arm(now);
}

void Connection::arm(Time now) {
  retransmit_at_ = std::min(now + rto_.value(), progress_at_ + config_->user_timeout);
}

void Connection::challenge(Time now, Output& out) {
  if (challenged_at_ && now - *challenged_at_ < kChallengeInterval) return;
  challenged_at_ = now;
  ++counters_->challenges;
  pure_ack(out);
}

void Connection::pure_ack(Output& out) { emit(kAck, snd_nxt_, {}, out); }

void Connection::emit(uint8_t flags, uint32_t seq, std::span<const uint8_t> payload, Output& out) {
  Segment s;
  s.src_port = addresses_.local_port;
  s.dst_port = addresses_.remote_port;
  s.seq = seq;
  s.flags = flags;
  s.window = s.has(kRst) ? uint16_t{0} : kReceiveWindow;
  if (s.has(kAck)) {
    s.ack = rcv_nxt_;
    ack_due_ = false;
  }
  if (s.has(kSyn)) s.mss = addresses_.local.is_v4() ? config_->mss_v4 : config_->mss_v6;
  s.payload = payload;
  ++counters_->sent;
  out.packets.push_back(
      build_segment({addresses_.local, addresses_.remote, 0, config_->ttl, config_->tos, {}}, s));
}

}  // namespace erbium::cp::tcp
