// The session's connections, timers and states (RFC 4271 §8.2.2). What messages say is in
// session_messages.cpp. The state of the session is that of its furthest connection, or Connect
// while an attempt of ours is under way, or Active. One departure: a failed attempt leads from
// Connect to Active, as the RFC has it only while DelayOpenTimer runs. Going to Idle would refuse
// the peer's own attempt during idle_hold, and two speakers could do that to each other forever.
#include "control/bgp/session.h"

#include <algorithm>

#include "common/check.h"
#include "control/bgp/session_end.h"
#include "control/bgp/wire.h"

namespace erbium::cp::bgp {
namespace {

constexpr Duration kLargeHold = Duration::s(240);  // §8.2.2: "a HoldTimer value of 4 minutes"

uint64_t splitmix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

size_t message_count(std::span<const uint8_t> octets) {
  size_t count = 0;
  for (size_t at = 0; at + kHeader <= octets.size(); count++)
    at += static_cast<size_t>(octets[at + kMarker] << 8 | octets[at + kMarker + 1]);
  return count;
}

}  // namespace

const char* name(State state) {
  switch (state) {
    case State::idle:
      return "Idle";
    case State::connect:
      return "Connect";
    case State::active:
      return "Active";
    case State::open_sent:
      return "OpenSent";
    case State::open_confirm:
      return "OpenConfirm";
    case State::established:
      return "Established";
  }
  return "";
}

Session::Session(SessionConfig config) : config_(std::move(config)) {}

State Session::state() const { return state_; }
Time Session::since() const { return since_; }
const SessionConfig& Session::config() const { return config_; }
const SessionCounters& Session::counters() const { return counters_; }

Duration Session::hold_time() const {
  for (const Link& link : links_)
    if (link.state >= State::open_confirm) return link.hold;
  return config_.hold_time;
}

Time Session::next_deadline() const {
  Time next = stopped_ ? connect_retry_at_ : std::min(connect_retry_at_, idle_until_);
  for (const Link& link : links_) next = std::min({next, link.hold_at, link.keepalive_at});
  return next;
}

void Session::handle(const Event& event, Time now, Actions& out) {
  now_ = now;
  std::visit([&](const auto& e) { on(e, out); }, event);
}

// ---- administration ----

void Session::on(const Start& start, Actions& out) {
  if (!stopped_) return;
  stopped_ = false;
  restarting_ = start.restarting;
  if (idle_until_ == Time::max() || idle_until_ <= now_) run(out);
}

void Session::on(const Stop& stop, Actions& out) {
  // A Start that follows closely waits for what is left of idle_hold.
  const Time until = running_ ? now_ + config_.idle_hold : idle_until_;
  stopped_ = true;
  end_all(stop.notification, stop.reason, until, out);
}

void Session::on(const Reset& reset, Actions& out) {
  if (stopped_) return;
  if (running_ || reset.after)
    end_all(reset.notification, {}, now_ + reset.after.value_or(config_.idle_hold), out);
}

void Session::on(const BfdDown&, Actions& out) {
  if (!links_.empty()) end_all(cease(Cease::bfd_down), {}, now_ + config_.idle_hold, out);
}

// ---- connections ----

void Session::on(const Connected& connected, Actions& out) {
  if (connecting_ == 0 || connected.id != connecting_) return;  // given up before
  connecting_ = 0;
  open(connected.id, true, out);
}

void Session::on(const Accepted& accepted, Actions& out) {
  if (!running_) {
    out.push_back(Close{accepted.id});
    return;
  }
  if (const Link* old = established()) {
    if (!config_.graceful_restart || !old->peer.capabilities.graceful_restart) {
      // A collision with an Established connection ends the newer one (§6.8).
      std::vector<uint8_t> octets;
      encode(cease(Cease::connection_collision), {}, octets);
      counters_.messages_sent++;
      out.push_back(Send{accepted.id, std::move(octets)});
      out.push_back(Close{accepted.id});
      return;
    }
    // The peer has restarted and the old connection is dead (RFC 4724 §4.2).
    end(old->id, {.reason = "the peer restarted with a new connection", .idle = false}, out);
  }
  // A second one from the peer: it has given the first one up.
  for (const Link& link : links_)
    if (!link.ours) {
      cut(link.id, {.sent = cease(Cease::connection_collision)}, out);
      break;
    }
  open(accepted.id, false, out);
}

void Session::on(const ConnectFailed& failed, Actions& out) {
  if (connecting_ == 0 || failed.id != connecting_) return;
  connecting_ = 0;
  if (links_.empty()) restart_connect_retry();
  settle("connection failed", out);
}

void Session::on(const Closed& closed, Actions& out) {
  if (closed.id == connecting_) return on(ConnectFailed{closed.id}, out);
  if (const Link* link = find(closed.id))
    end(link->id,
        {.reason = "connection closed", .idle = link->state != State::open_sent, .closed = true},
        out);
}

void Session::open(ConnectionId id, bool ours, Actions& out) {
  connect_retry_at_ = Time::max();
  Link& link = links_.emplace_back(Link{.id = id, .ours = ours});
  link.hold_at = now_ + kLargeHold;
  Open open;
  open.asn = config_.local_as;
  open.hold_time = static_cast<uint16_t>(config_.hold_time.ns() / Duration::s(1).ns());
  open.identifier = config_.identifier;
  open.capabilities.families = config_.families;
  open.capabilities.as4 = config_.local_as;
  open.capabilities.route_refresh = true;
  open.capabilities.extended_message = true;
  open.capabilities.graceful_restart = config_.graceful_restart;
  if (config_.graceful_restart) open.capabilities.graceful_restart->restarting = restarting_;
  send(link, open, out);
  settle("connection open", out);
}

void Session::run(Actions& out) {
  idle_until_ = Time::max();
  running_ = true;
  if (!config_.passive) connect(out);
  settle("started", out);
}

void Session::connect(Actions& out) {
  ERBIUM_CHECK(last_connect_ < (1u << 31) - 1);
  connecting_ = ++last_connect_;
  out.push_back(Connect{connecting_});
  restart_connect_retry();
}

void Session::drop_connect(Actions& out) {
  if (connecting_ != 0) out.push_back(Close{connecting_});
  connecting_ = 0;
}

void Session::restart_connect_retry() {
  if (!config_.passive) connect_retry_at_ = now_ + jittered(config_.connect_retry);
}

// ---- timers ----

void Session::on(const Timer&, Actions& out) {
  if (idle_until_ <= now_ && !stopped_) run(out);
  if (connect_retry_at_ <= now_) {
    drop_connect(out);
    connect(out);
    settle("connect retry", out);
  }
  for (size_t i = 0; i < links_.size();) {
    Link& link = links_[i];
    if (link.hold_at <= now_) {
      end(link.id,
          {.reason = "hold timer expired",
           .sent = Notification{static_cast<uint8_t>(ErrorCode::hold_timer), 0, {}}},
          out);
      continue;
    }
    if (link.keepalive_at <= now_) send(link, Keepalive{}, out);
    i++;
  }
}

// RFC 4271 §10: 75 to 100 % of the timer.
Duration Session::jittered(Duration longest) {
  const int64_t quarter = longest.ns() / 4;
  const uint64_t draw = splitmix64(config_.seed + ++draws_ * 0x9e3779b97f4a7c15);
  return longest - Duration::ns(static_cast<int64_t>(draw % static_cast<uint64_t>(quarter + 1)));
}

// ---- sending ----

void Session::on(const Announce& announce, Actions& out) {
  if (Link* link = established()) send(*link, announce.update, out);
}

void Session::on(const Refresh& refresh, Actions& out) {
  Link* link = established();
  if (link && link->peer.capabilities.route_refresh) send(*link, RouteRefresh{refresh.family}, out);
}

void Session::send(Link& link, const Message& message, Actions& out) {
  Send* last = out.empty() ? nullptr : std::get_if<Send>(&out.back());
  if (!last || last->id != link.id) last = &std::get<Send>(out.emplace_back(Send{link.id, {}}));
  const size_t before = last->octets.size();
  encode(message, link.options, last->octets);
  const size_t count = message_count(std::span(last->octets).subspan(before));
  counters_.messages_sent += count;
  const bool update = std::holds_alternative<Update>(message);
  if (update) counters_.updates_sent += count;
  if (last->octets.empty()) out.pop_back();
  // §8.2.2: a KEEPALIVE or UPDATE sent restarts the KeepaliveTimer; never below a second (§4.4).
  if (link.keepalive > Duration() && (update || std::holds_alternative<Keepalive>(message)))
    link.keepalive_at = now_ + std::max(Duration::s(1), jittered(link.keepalive));
}

// ---- the end of connections ----

// Takes the connection out and says so; the state is left to the caller.
void Session::cut(ConnectionId id, const End& why, Actions& out) {
  Link* link = find(id);
  const bool was_established = link->state == State::established;
  if (why.sent) send(*link, *why.sent, out);
  if (!why.closed) out.push_back(Close{id});
  links_.erase(links_.begin() + (link - links_.data()));
  if (!was_established) return;
  const Notification& said = why.sent ? *why.sent : why.received.value_or(Notification{});
  out.push_back(Down{why.reason, why.sent.has_value(), why.received.has_value(), said});
}

// Ends one connection; the session falls to Idle, or Active, when it was the last.
void Session::end(ConnectionId id, const End& why, Actions& out) {
  cut(id, why, out);
  if (links_.empty() && why.idle) return idle(now_ + config_.idle_hold, why.reason, out);
  if (links_.empty()) restart_connect_retry();
  settle(why.reason, out);
}

void Session::end_all(const Notification& notification, const std::string& why, Time idle_until,
                      Actions& out) {
  const std::string reason = why.empty() ? describe(notification) : why;
  while (!links_.empty()) cut(links_.front().id, {.reason = reason, .sent = notification}, out);
  idle(idle_until, reason, out);
}

void Session::idle(Time until, const std::string& reason, Actions& out) {
  drop_connect(out);
  connect_retry_at_ = Time::max();
  running_ = false;
  idle_until_ = until;
  settle(reason, out);
}

// Makes the state what the connections are.
void Session::settle(const std::string& reason, Actions& out) {
  State state = State::idle;
  if (running_) state = connecting_ != 0 ? State::connect : State::active;
  for (const Link& link : links_) state = std::max(state, link.state);
  if (state == state_) return;
  out.push_back(StateChanged{state_, state, reason});
  state_ = state;
  since_ = now_;
}

Session::Link* Session::find(ConnectionId id) {
  const auto it = std::ranges::find(links_, id, &Link::id);
  return it == links_.end() ? nullptr : &*it;
}

Session::Link* Session::established() {
  const auto it = std::ranges::find(links_, State::established, &Link::state);
  return it == links_.end() ? nullptr : &*it;
}

}  // namespace erbium::cp::bgp
