// One TCP connection (RFC 9293 §3.3, §3.10) of an emulated endpoint: in-order delivery,
// retransmission (RFC 6298) with fast retransmit and recovery by partial acknowledgements (RFC
// 6582) but without congestion control, and resets as RFC 5961. Everything received is acknowledged
// at once, and the receive window is always open because octets are handed on as they come. Of the
// states of RFC 9293, LISTEN is the endpoint's, and CLOSE-WAIT passes without stopping: a peer that
// closes gets our FIN behind what is queued.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "common/units.h"
#include "control/tcp/reassembly.h"
#include "control/tcp/rto.h"
#include "control/tcp/segment.h"
#include "control/tcp/send_queue.h"
#include "control/tcp/types.h"

namespace erbium::cp::tcp {

enum class State : uint8_t {
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
  closed
};

struct Addresses {
  net::Ip local, remote;
  uint16_t local_port = 0, remote_port = 0;
  auto operator<=>(const Addresses&) const = default;
};

class Connection {
 public:
  // `config` and `counters` outlive the connection. `iss`: initial sequence number.
  Connection(const Config& config, Counters& counters, const Addresses& addresses, ConnectionId id,
             uint32_t iss);

  void connect(Time now, Output& out);                     // active open
  void accept(const Segment& syn, Time now, Output& out);  // passive open
  void send(std::span<const uint8_t> octets);              // queued
  void push(Time now, Output& out);   // what is queued goes out as the window allows
  void close(Time now, Output& out);  // FIN after what is queued; no event will follow
  void abort(Output& out);            // RST; no event will follow
  void handle(const Segment& segment, Time now, Output& out);
  void timer(Time now, Output& out);  // deadline() has come

  Time deadline() const { return std::min(retransmit_at_, linger_at_); }
  State state() const { return state_; }
  // Empty once the owner has closed it or was told that it is.
  std::optional<ConnectionId> id() const { return id_; }
  uint32_t receive_next() const { return rcv_nxt_; }
  size_t queued() const { return queue_.size(); }  // octets not acknowledged

 private:
  enum class Open : uint8_t { active, passive };

  // connection.cpp: events and states
  void in_syn_sent(const Segment& segment, Time now, Output& out);
  void on_reset(const Segment& segment, Time now, Output& out);
  bool on_open_acknowledged(const Segment& segment, Output& out);
  void on_fin(Time now, Output& out);
  void on_fin_acknowledged(Time now);
  void take_payload(const Segment& segment, Output& out);
  void begin(const Segment& syn);
  void established(Output& out);
  void linger(State state, Duration how_long, Time now);
  void tell_closed(Reason reason, Output& out);
  void die(Reason reason, Output& out);

  // transmission.cpp: acknowledgements, windows, retransmission
  bool acceptable(const Segment& segment) const;
  bool acknowledge(const Segment& segment, Time now, Output& out);
  void advance(const Segment& segment, Time now, Output& out);
  void count_duplicate(const Segment& segment, Time now, Output& out);
  void transmit(Time now, Output& out);
  void note_fin(Time now);
  void retransmit(Output& out);
  void challenge(Time now, Output& out);
  void pure_ack(Output& out);
  void emit(uint8_t flags, uint32_t seq, std::span<const uint8_t> payload, Output& out);
  void sent_new(uint32_t length, Time now);
  void arm(Time now);
  uint32_t in_flight() const { return snd_nxt_ - snd_una_; }
  bool synchronized() const { return state_ != State::syn_sent; }

  const Config* config_;
  Counters* counters_;
  Addresses addresses_;
  std::optional<ConnectionId> id_;
  State state_ = State::closed;
  Open open_ = Open::active;

  // Send sequence space, RFC 9293 §3.3.1. queue_ begins at data_seq_, which is snd_una_ but for a
  // SYN or FIN that is not acknowledged.
  uint32_t iss_, snd_una_, snd_nxt_, data_seq_;
  uint32_t snd_wnd_ = 0, max_wnd_ = 0, snd_wl1_ = 0, snd_wl2_ = 0;
  uint16_t mss_ = 0;
  SendQueue queue_;
  bool closing_ = false, fin_sent_ = false;

  uint32_t rcv_nxt_ = 0;
  Reassembly reassembly_;
  std::optional<uint64_t> fin_at_;  // position of the peer's FIN in the stream
  bool ack_due_ = false;

  Rto rto_;
  std::optional<Time> timed_at_;  // one segment at a time is measured
  uint32_t timed_seq_ = 0;        // its end
  unsigned duplicates_ = 0;
  std::optional<uint32_t> recover_;  // while recovering: what had been sent when loss was noticed
  bool syn_again_ = false;
  Time progress_at_;  // the last acknowledgement of something new, or the first octet in flight
  Time retransmit_at_ = Time::max(), linger_at_ = Time::max();
  std::optional<Time> challenged_at_;
};

}  // namespace erbium::cp::tcp
