// One BFD session: asynchronous mode over a single hop (RFC 5880 §6.8, RFC 5881), active role, no
// echo function, no authentication, and no demand mode of our own. A peer that asks for demand mode
// gets what §6.6 promises it: while both ends are up we send nothing periodic but poll sequences.
// It performs nothing: events come in with their time, actions go out.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "common/units.h"
#include "control/bfd/packet.h"

namespace erbium::cp::bfd {

// Intervals are whole microseconds, from one to kMaxInterval.
struct Intervals {
  Duration desired_min_tx = Duration::ms(300);
  Duration required_min_rx = Duration::ms(300);
  uint8_t detect_multiplier = 3;  // from 1
  bool operator==(const Intervals&) const = default;
};
inline constexpr Duration kMaxInterval =
    Duration::s(4'294);                                    // 32 bits of microseconds hold 4294.9 s
inline constexpr Duration kSlowInterval = Duration::s(1);  // §6.8.3: at least this, unless up

struct SessionConfig {
  uint32_t discriminator = 0;  // not zero, of no other session of the system
  Intervals intervals;
  uint64_t seed = 0;  // of the jitter
};

// ---- events ----
struct Received {
  uint8_t hop_limit = 0;
  std::span<const uint8_t> payload;  // of the UDP datagram
};
struct Timer {};      // next_deadline() has come
struct AdminDown {};  // §6.8.16
struct AdminUp {};
struct PathDown {};  // the port has lost its carrier
struct SetIntervals {
  Intervals intervals;
};
using Event = std::variant<Received, Timer, AdminDown, AdminUp, PathDown, SetIntervals>;

// ---- actions ----
struct Send {
  std::array<uint8_t, kPacketLength> payload;
};
struct StateChanged {
  State from = State::down, to = State::down;
  Diagnostic diagnostic = Diagnostic::none;  // ours, of this change
};
using Action = std::variant<Send, StateChanged>;
using Actions = std::vector<Action>;

struct SessionCounters {
  uint64_t sent = 0, received = 0;  // packets; received: not discarded
  uint64_t ups = 0, downs = 0;      // times it came up, and left it
  uint64_t polls = 0;               // poll sequences begun
  DiscardCounters discarded{};
};

class Session {
 public:
  // Sends its first packet at `start`.
  Session(const SessionConfig& config, Time start);

  // Appends what is to be done. `now` never runs backwards.
  void handle(const Event& event, Time now, Actions& out);
  void receive(uint8_t hop_limit, std::span<const uint8_t> payload, Time now, Actions& out);
  void timer(Time now, Actions& out);
  // When handle(Timer) is wanted; Time::max() when it is not.
  Time next_deadline() const { return std::min(next_tx_, detect_at_); }

  State state() const { return state_; }
  Time since() const { return since_; }  // entered the state
  Diagnostic diagnostic() const { return diagnostic_; }
  State remote_state() const { return remote_state_; }
  Diagnostic remote_diagnostic() const { return remote_diagnostic_; }
  uint32_t discriminator() const { return discriminator_; }
  uint32_t remote_discriminator() const { return remote_discriminator_; }
  const Intervals& intervals() const { return wanted_; }
  // Between our packets, before jitter: §6.8.7.
  Duration transmit_interval() const;
  // Between the peer's packets, before jitter: what we require or it wants to send, the longer one.
  Duration receive_interval() const { return std::max(rx_used_, remote_desired_tx_); }
  uint8_t remote_detect_multiplier() const { return remote_multiplier_; }  // 0: not heard yet
  // §6.8.4; zero before the first packet of the peer.
  Duration detection_time() const;
  const SessionCounters& counters() const { return counters_; }

 private:
  void accept(const Packet& packet, Time now, Actions& out);
  void follow(const Packet& packet, Time now, Actions& out);
  void expire(Time now, Actions& out);
  void change(State to, Diagnostic why, Time now, Actions& out);
  void set(const Intervals& intervals, Time now, Actions& out);
  void settle_intervals();
  void poll();
  void final();
  void send(bool final, Time now, Actions& out);
  void schedule(Time now);
  bool quiet() const;
  Duration desired_min_tx() const;
  Duration jittered(Duration interval);

  uint32_t discriminator_;
  uint64_t seed_;
  uint64_t draws_ = 0;
  Intervals wanted_;
  Duration tx_used_, rx_used_;  // ours, as in force; see settle_intervals()
  State state_ = State::down;
  Diagnostic diagnostic_ = Diagnostic::none;
  Time since_;

  State remote_state_ = State::down;
  Diagnostic remote_diagnostic_ = Diagnostic::none;
  uint32_t remote_discriminator_ = 0;
  uint8_t remote_multiplier_ = 0;
  bool remote_demand_ = false;
  Duration remote_desired_tx_;
  Duration remote_required_rx_ = Duration::us(1);  // §6.8.1

  bool polling_ = false, poll_again_ = false;
  std::optional<Time> heard_at_;  // the last packet of the peer, while it counts
  Time sent_at_;                  // the last packet but Finals
  Duration gap_;                  // from it to the next, jitter taken off
  Duration interval_;             // of which gap_ was made
  Time next_tx_, detect_at_ = Time::max();
  SessionCounters counters_;
};

}  // namespace erbium::cp::bfd
