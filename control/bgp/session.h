// One BGP session: the finite state machine of RFC 4271 §8 with its timers, collision detection and
// hold-time negotiation, above a codec and below a RIB. It performs nothing: events come in with
// their time, actions go out, and next_deadline() says when it wants to be asked again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/units.h"
#include "control/bgp/codec.h"
#include "control/bgp/message.h"
#include "control/bgp/message_stream.h"

namespace erbium::cp::bgp {

struct SessionConfig {
  uint32_t local_as = 0;
  uint32_t peer_as = 0;     // another one in its OPEN: Bad Peer AS
  uint32_t identifier = 0;  // also breaks ties of collisions
  std::vector<Family> families = {Family::v4};
  Duration hold_time = Duration::s(180);  // proposed; 0 or 3 s and more
  // Absent: a third of the negotiated hold time, at most; never more often than once a second.
  std::optional<Duration> keepalive;
  Duration connect_retry = Duration::s(120);
  // After an error or a stop that is lifted: how long it stays in Idle (DampPeerOscillations,
  // §8.1.1), not growing.
  Duration idle_hold = Duration::s(5);
  bool passive = false;  // never connects by itself
  std::optional<GracefulRestart> graceful_restart;
  uint64_t seed = 0;  // of the jitter, RFC 4271 §10: 75 to 100 % of the timers
};

enum class State : uint8_t { idle, connect, active, open_sent, open_confirm, established };
const char* name(State state);  // "OpenSent"

// Connections are numbered by whoever owns the transport.
using ConnectionId = uint32_t;

// ---- events ----
struct Start {              // ManualStart; without effect unless Idle and stopped
  bool restarting = false;  // of graceful restart: said in OPENs until Established
};
struct Stop {  // ManualStop: NOTIFICATION Cease, then Idle until Start
  Notification notification;
  std::string reason{};  // as the log has it; empty: the words of the NOTIFICATION
};
struct Reset {  // NOTIFICATION (reset, too many prefixes), then up again
  Notification notification;
  std::optional<Duration> after;  // absent: idle_hold
};
struct BfdDown {};  // Cease/BFD Down, up again after idle_hold
struct Connected {
  ConnectionId id;
};  // our connect succeeded
struct Accepted {
  ConnectionId id;
};  // the peer connected
struct ConnectFailed {
  ConnectionId id;
};
struct Closed {
  ConnectionId id;
};  // by the peer or by an error
struct Received {
  ConnectionId id;
  std::span<const uint8_t> octets;
};
struct Timer {};  // next_deadline() has come
struct Announce {
  Update update;
};  // to be sent, in Established only
struct Refresh {
  Family family;
};  // asks the peer to send all again
using Event = std::variant<Start, Stop, Reset, BfdDown, Connected, Accepted, ConnectFailed, Closed,
                           Received, Timer, Announce, Refresh>;

// ---- actions ----
struct Connect {
  ConnectionId id;
};  // ids from 1, of the session's choosing, below 1 << 31
struct Close {
  ConnectionId id;
};  // after what was sent has gone out
struct Send {
  ConnectionId id;
  std::vector<uint8_t> octets;
};
struct Up {
  std::vector<Family> families;
  Open peer;
};  // entered Established
struct Down {
  std::string reason;
  bool sent, received;
  Notification notification;
};  // left it
struct Learned {
  Update update;
};  // from the peer, after RFC 7606
struct RefreshAsked {
  Family family;
};
struct StateChanged {
  State from, to;
  std::string reason;
};
struct Faulty {
  AttributeError error;
};  // for the log
using Action =
    std::variant<Connect, Close, Send, Up, Down, Learned, RefreshAsked, StateChanged, Faulty>;
using Actions = std::vector<Action>;

struct SessionCounters {
  uint64_t messages_sent = 0, messages_received = 0;
  uint64_t updates_sent = 0, updates_received = 0;
  uint64_t established = 0;  // times
};

class Session {
 public:
  explicit Session(SessionConfig config);

  // Appends what is to be done. `now` never runs backwards.
  void handle(const Event& event, Time now, Actions& out);
  // When handle(Timer) is wanted; Time::max() when it is not.
  Time next_deadline() const;

  State state() const;
  Time since() const;          // entered the state
  Duration hold_time() const;  // negotiated; of the configuration before
  const SessionConfig& config() const;
  const SessionCounters& counters() const;

 private:
  // One TCP connection from its OPEN on. There are at most two, one opened by either side, and of
  // those only one outlives the OpenConfirm state (§6.8).
  struct Link {
    ConnectionId id;
    bool ours;
    State state = State::open_sent;
    Time hold_at = Time::max(), keepalive_at = Time::max();
    Duration hold{}, keepalive{};  // negotiated
    CodecOptions options{};
    std::vector<Family> families{};
    Open peer{};
    MessageStream stream{};
  };
  struct End;

  void on(const Start&, Actions& out);
  void on(const Stop&, Actions& out);
  void on(const Reset&, Actions& out);
  void on(const BfdDown&, Actions& out);
  void on(const Connected&, Actions& out);
  void on(const Accepted&, Actions& out);
  void on(const ConnectFailed&, Actions& out);
  void on(const Closed&, Actions& out);
  void on(const Received&, Actions& out);
  void on(const Timer&, Actions& out);
  void on(const Announce&, Actions& out);
  void on(const Refresh&, Actions& out);

  void receive(Link& link, Open& open, Actions& out);
  void receive(Link& link, Update& update, Actions& out);
  void receive(Link& link, Notification& notification, Actions& out);
  void receive(Link& link, Keepalive& keepalive, Actions& out);
  void receive(Link& link, RouteRefresh& refresh, Actions& out);
  std::optional<Notification> refuse(const Open& open, std::string& why) const;
  void negotiate(Link& link, Open open);
  bool collides(ConnectionId id, Actions& out);
  void unexpected(const Link& link, const char* what, Actions& out);

  void run(Actions& out);
  void connect(Actions& out);
  void open(ConnectionId id, bool ours, Actions& out);
  void establish(Link& link, Actions& out);
  void end(ConnectionId id, const End& why, Actions& out);
  void end_all(const Notification& notification, const std::string& reason, Time idle_until,
               Actions& out);
  void cut(ConnectionId id, const End& why, Actions& out);
  void idle(Time until, const std::string& reason, Actions& out);
  void drop_connect(Actions& out);
  void restart_connect_retry();
  void settle(const std::string& reason, Actions& out);
  void send(Link& link, const Message& message, Actions& out);

  Link* find(ConnectionId id);
  Link* established();
  Duration jittered(Duration longest);

  SessionConfig config_;
  SessionCounters counters_;
  State state_ = State::idle;
  Time now_, since_;
  bool stopped_ = true;          // by ManualStop or never started
  bool running_ = false;         // not in Idle
  bool restarting_ = false;      // said in OPENs
  ConnectionId connecting_ = 0;  // our connect in progress
  ConnectionId last_connect_ = 0;
  Time connect_retry_at_ = Time::max(), idle_until_ = Time::max();
  std::vector<Link> links_;
  uint64_t draws_ = 0;
};

}  // namespace erbium::cp::bgp
