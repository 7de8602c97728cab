// For tests: one BGP session driven by hand, and its actions as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "control/bgp/session.h"

namespace erbium::cp::bgp {

inline constexpr ConnectionId kIn = 1u << 31;  // of connections that the peer opens

inline SessionConfig config() {
  SessionConfig c;
  c.local_as = 65001;
  c.peer_as = 12076;
  c.identifier = 0x0a000001;
  c.connect_retry = Duration::s(100);
  c.idle_hold = Duration::s(5);
  c.seed = 7;
  return c;
}

inline Open peer_open() {
  Open open;
  open.asn = 12076;
  open.hold_time = 90;
  open.identifier = 0x0a000002;
  open.capabilities.families = {Family::v4};
  open.capabilities.as4 = 12076;
  open.capabilities.route_refresh = true;
  return open;
}

inline std::vector<uint8_t> octets(const Message& message) {
  std::vector<uint8_t> out;
  encode(message, {.as4 = true}, out);
  return out;
}

inline Update announcement() {
  Update update;
  update.attributes.emplace();
  update.attributes->as_path.prepend(12076);
  update.attributes->next_hop = net::Ip::parse("10.0.0.2");
  update.announced = {*net::Prefix::parse("192.0.2.0/24")};
  return update;
}

// "Send2(OPEN) Close1 OpenSent": what a test wants to know of actions, in order.
inline std::string text(const std::vector<uint8_t>& sent) {
  static constexpr const char* kNames[] = {"",          "OPEN",   "UPDATE", "NOTIFICATION",
                                           "KEEPALIVE", "REFRESH"};
  std::string out;
  for (size_t at = 0; at < sent.size();
       at += static_cast<size_t>(sent[at + 16] << 8 | sent[at + 17])) {
    out += (out.empty() ? "" : ",") + std::string(kNames[sent[at + 18]]);
    if (sent[at + 18] == 3)
      out += " " + std::to_string(sent[at + 19]) + "/" + std::to_string(sent[at + 20]);
  }
  return out;
}

inline std::string text(const Actions& actions) {
  std::string out;
  const auto word = [&](const std::string& w) { out += (out.empty() ? "" : " ") + w; };
  const auto id = [](ConnectionId c) { return c >= kIn ? "in" : std::to_string(c); };
  for (const Action& action : actions) {
    if (auto* a = std::get_if<Connect>(&action)) word("Connect" + id(a->id));
    if (auto* a = std::get_if<Close>(&action)) word("Close" + id(a->id));
    if (auto* a = std::get_if<Send>(&action))
      word("Send" + id(a->id) + "(" + text(a->octets) + ")");
    if (std::get_if<Up>(&action)) word("Up");
    if (auto* a = std::get_if<Down>(&action))
      word(a->sent ? "Down-sent" : a->received ? "Down-received" : "Down");
    if (std::get_if<Learned>(&action)) word("Learned");
    if (std::get_if<RefreshAsked>(&action)) word("RefreshAsked");
    if (auto* a = std::get_if<StateChanged>(&action)) word(name(a->to));
    if (std::get_if<Faulty>(&action)) word("Faulty");
  }
  return out;
}

// A session by itself, driven by hand.
struct Driver {
  explicit Driver(SessionConfig c = config()) : session(std::move(c)) {}

  std::string operator()(const Event& event) {
    actions.clear();
    session.handle(event, now, actions);
    return text(actions);
  }
  std::string receive(const Message& message, ConnectionId id = 1) {
    const auto bytes = octets(message);
    return (*this)(Received{id, bytes});
  }
  std::string wait() {  // until it wants to be asked
    now = session.next_deadline();
    return (*this)(Timer{});
  }
  // By its own connection, number 1.
  void reach(State state) {
    if (state == State::idle) return;
    (*this)(Start{});
    if (state == State::active) (*this)(ConnectFailed{1});
    if (state < State::open_sent) return;
    (*this)(Connected{1});
    if (state >= State::open_confirm) receive(peer_open());
    if (state >= State::established) receive(Keepalive{});
  }

  Session session;
  Actions actions;
  Time now = Time::from_ns(1'000'000'007);
};

}  // namespace erbium::cp::bgp
