#include "control/tcp/connection.h"

#include <algorithm>
#include <utility>

#include "control/tcp/sequence.h"

namespace erbium::cp::tcp {
namespace {

// Of a peer that announces none (RFC 9293 §3.7.1), and the least that is believed.
constexpr uint16_t kDefaultMssV4 = 536, kDefaultMssV6 = 1220, kLeastMss = 64;

}  // namespace

const char* name(Reason reason) {
  switch (reason) {
    case Reason::fin:
      return "fin";
    case Reason::reset:
      return "reset";
    case Reason::timeout:
      return "timeout";
  }
  return "?";
}

Connection::Connection(const Config& config, Counters& counters, const Addresses& addresses,
                       ConnectionId id, uint32_t iss)
    : config_(&config),
      counters_(&counters),
      addresses_(addresses),
      id_(id),
      iss_(iss),
      snd_una_(iss),
      snd_nxt_(iss),
      data_seq_(iss + 1) {}

void Connection::connect(Time now, Output& out) {
  state_ = State::syn_sent;
  emit(kSyn, iss_, {}, out);
  sent_new(1, now);
}

void Connection::accept(const Segment& syn, Time now, Output& out) {
  open_ = Open::passive;
  state_ = State::syn_received;
  begin(syn);
  emit(kSyn | kAck, iss_, {}, out);
  sent_new(1, now);
}

// What a SYN says of the peer.
void Connection::begin(const Segment& syn) {
  const bool v4 = addresses_.local.is_v4();
  const uint16_t theirs = syn.mss != 0 ? syn.mss : v4 ? kDefaultMssV4 : kDefaultMssV6;
  mss_ = std::max(kLeastMss, std::min(theirs, v4 ? config_->mss_v4 : config_->mss_v6));
  rcv_nxt_ = syn.seq + 1;
  snd_wnd_ = max_wnd_ = syn.window;
  snd_wl1_ = syn.seq;
  snd_wl2_ = syn.ack;
}

void Connection::send(std::span<const uint8_t> octets) {
  if (!closing_) queue_.append(octets);
}

void Connection::push(Time now, Output& out) { transmit(now, out); }

void Connection::close(Time now, Output& out) {
  id_.reset();
  if (state_ == State::syn_sent) {
    state_ = State::closed;
    return;
  }
  closing_ = true;
  transmit(now, out);
}

void Connection::abort(Output& out) {
  id_.reset();
  if (synchronized() && state_ != State::time_wait && state_ != State::closed)
    emit(kRst | kAck, snd_nxt_, {}, out);
  state_ = State::closed;
}

// RFC 9293 §3.10.7.4, with the checks of RFC 5961.
void Connection::handle(const Segment& s, Time now, Output& out) {
  ++counters_->received;
  if (state_ == State::syn_sent) return in_syn_sent(s, now, out);
  if (state_ == State::syn_received && s.has(kSyn) && s.seq + 1 == rcv_nxt_ && !s.has(kAck))
    return retransmit(out);  // our SYN and ACK has been lost
  if (!acceptable(s)) {
    if (s.has(kRst)) return;
    if (state_ == State::time_wait && s.has(kFin)) linger(state_, config_->time_wait, now);
    return s.payload.empty() ? challenge(now, out) : pure_ack(out);
  }
  if (s.has(kRst)) return on_reset(s, now, out);
  if (s.has(kSyn)) return challenge(now, out);  // RFC 5961 §4
  if (!s.has(kAck)) return;
  if (state_ == State::syn_received && !on_open_acknowledged(s, out)) return;
  if (!acknowledge(s, now, out) || state_ == State::closed) return;
  take_payload(s, out);
  if (fin_at_ == reassembly_.next()) on_fin(now, out);
  transmit(now, out);
  if (ack_due_) pure_ack(out);
}

// RFC 9293 §3.10.7.3. Data on a SYN is left to be sent again.
void Connection::in_syn_sent(const Segment& s, Time now, Output& out) {
  const bool answers = s.has(kAck) && s.ack == snd_nxt_;
  if (s.has(kAck) && !answers) {
    if (!s.has(kRst)) emit(kRst, s.ack, {}, out);
    return;
  }
  if (s.has(kRst)) {
    if (answers) die(Reason::reset, out);
    return;
  }
  if (!s.has(kSyn)) return;
  begin(s);
  if (!answers) {  // both sides open at once
    state_ = State::syn_received;
    emit(kSyn | kAck, iss_, {}, out);
    return;
  }
  state_ = State::established;
  advance(s, now, out);
  established(out);
  ack_due_ = true;
  transmit(now, out);
  if (ack_due_) pure_ack(out);
}

bool Connection::on_open_acknowledged(const Segment& s, Output& out) {
  if (s.ack != snd_nxt_) {
    emit(kRst, s.ack, {}, out);
    return false;
  }
  state_ = State::established;
  established(out);
  return true;
}

void Connection::established(Output& out) {
  if (syn_again_) rto_.lost_syn();
  if (!id_) return;
  if (open_ == Open::active) {
    out.events.push_back(Connected{*id_});
  } else {
    out.events.push_back(
        Accepted{*id_, addresses_.remote, addresses_.local_port, addresses_.remote_port});
  }
}

void Connection::on_reset(const Segment& s, Time now, Output& out) {
  if (s.seq != rcv_nxt_) return challenge(now, out);  // RFC 5961 §3.2
  die(Reason::reset, out);
}

// Takes the part of the payload that is new. What is out of order or known is acknowledged at once
// and alone, so that the peer counts a duplicate.
void Connection::take_payload(const Segment& s, Output& out) {
  if (s.payload.empty() && !s.has(kFin)) return;
  const bool open =
      state_ == State::established || state_ == State::fin_wait_1 || state_ == State::fin_wait_2;
  if (!open) return pure_ack(out);
  const int32_t ahead = distance(rcv_nxt_, s.seq);
  const uint64_t next = reassembly_.next();
  const size_t known =
      ahead < 0 ? std::min(static_cast<size_t>(-int64_t{ahead}), s.payload.size()) : 0;
  const uint64_t position = next + static_cast<uint64_t>(std::max(ahead, 0));
  const auto fresh = s.payload.subspan(known);
  if (s.has(kFin)) fin_at_ = position + fresh.size();

  std::vector<uint8_t> octets = reassembly_.add(position, fresh);
  rcv_nxt_ += static_cast<uint32_t>(octets.size());
  ack_due_ = !octets.empty();
  if (octets.empty() && fin_at_ != reassembly_.next()) return pure_ack(out);
  if (id_ && !octets.empty()) out.events.push_back(Received{*id_, std::move(octets)});
}

void Connection::on_fin(Time now, Output& out) {
  fin_at_.reset();
  ++rcv_nxt_;
  ack_due_ = true;
  switch (state_) {
    case State::established:
      state_ = State::close_wait;
      closing_ = true;
      tell_closed(Reason::fin, out);
      return;
    case State::fin_wait_1:
      state_ = State::closing;
      return;
    case State::fin_wait_2:
      return linger(State::time_wait, config_->time_wait, now);
    default:
      return;
  }
}

void Connection::on_fin_acknowledged(Time now) {
  switch (state_) {
    case State::fin_wait_1:
      return linger(State::fin_wait_2, config_->user_timeout, now);
    case State::closing:
      return linger(State::time_wait, config_->time_wait, now);
    case State::last_ack:
      state_ = State::closed;
      return;
    default:
      return;
  }
}

void Connection::linger(State state, Duration how_long, Time now) {
  state_ = state;
  linger_at_ = now + how_long;
}

void Connection::tell_closed(Reason reason, Output& out) {
  if (id_) out.events.push_back(Closed{*id_, reason});
  id_.reset();
}

void Connection::die(Reason reason, Output& out) {
  const bool opening = state_ == State::syn_sent || state_ == State::syn_received;
  if (!opening) {
    tell_closed(reason, out);
  } else if (id_ && open_ == Open::active) {
    out.events.push_back(ConnectFailed{*id_, reason});
  }
  id_.reset();
  state_ = State::closed;
}

}  // namespace erbium::cp::tcp
