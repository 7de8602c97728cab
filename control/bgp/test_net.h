// For tests: a network that carries the connections of BGP sessions with a delay per pair, in order
// and without loss, until it is cut. Time is virtual; nothing here knows what the octets mean.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "common/units.h"
#include "control/bgp/session.h"

namespace erbium::cp::bgp {

// One side of a pair: whoever runs the session, and which of its sessions.
struct TestEnd {
  unsigned node = 0;
  uint32_t peer = 0;
  auto operator<=>(const TestEnd&) const = default;
};

class TestNet {
 public:
  using Deliver = std::function<void(TestEnd, const Event&, Time)>;

  explicit TestNet(Deliver deliver) : deliver_(std::move(deliver)) {}

  // Octets arrive in portions of at most `portion`.
  void pair(TestEnd a, TestEnd b, Duration delay, size_t portion = SIZE_MAX) {
    pairs_.push_back({{a, b}, delay, portion});
  }
  // From now on what either side sends is lost, silently; a cut pair can be joined again.
  void cut(TestEnd end, bool is_cut = true) { find(end).is_cut = is_cut; }
  // Both sides learn at once that the transport is gone.
  void fail_connections(TestEnd end, Time now) {
    for (size_t i = 0; i < connections_.size(); i++)
      for (int side = 0; side < 2; side++)
        if (connections_[i].ends[0] == end || connections_[i].ends[1] == end)
          close(connections_[i], side, now);
  }

  void perform(TestEnd from, const Action& action, Time now) {
    if (const auto* connect = std::get_if<Connect>(&action)) return open(from, connect->id, now);
    if (const auto* sent = std::get_if<Send>(&action)) return send(from, *sent, now);
    const auto* closed = std::get_if<Close>(&action);
    if (!closed) return;
    const auto [c, side] = connection(from, closed->id);
    if (!c) return;
    c->open[side] = false;
    if (c->open[1 - side]) later(*c, 1 - side, {Item::Kind::closed, {}}, now);
  }

  Time next() const { return queue_.empty() ? Time::max() : queue_.begin()->first.first; }
  // Delivers the first thing that is due at next().
  void step() {
    const auto first = queue_.begin();
    const Time now = first->first.first;
    const Item item = std::move(first->second);
    queue_.erase(first);
    Connection& c = connections_[item.connection];
    const TestEnd to = c.ends[item.side];
    if (!c.open[item.side]) return;
    switch (item.kind) {
      case Item::Kind::syn:
        c.ids[1] = kAccepted + static_cast<ConnectionId>(item.connection);
        later(c, 0, {Item::Kind::connected, {}}, now);
        return deliver_(to, Accepted{c.ids[1]}, now);
      case Item::Kind::connected:
        return deliver_(to, Connected{c.ids[0]}, now);
      case Item::Kind::octets:
        return deliver_(to, Received{c.ids[item.side], item.octets}, now);
      case Item::Kind::closed:
        return close(c, item.side, now);
    }
  }

 private:
  static constexpr ConnectionId kAccepted = 1u << 31;

  struct Pair {
    TestEnd ends[2];
    Duration delay;
    size_t portion;
    bool is_cut = false;
  };
  struct Connection {  // opened by ends[0]
    TestEnd ends[2];
    ConnectionId ids[2];
    size_t index;
    bool open[2] = {true, true};
  };
  struct Item {
    enum class Kind { syn, connected, octets, closed } kind;
    std::vector<uint8_t> octets;
    size_t connection = 0;
    int side = 0;
  };

  Pair& find(TestEnd end) {
    return *std::ranges::find_if(
        pairs_, [&](const Pair& p) { return p.ends[0] == end || p.ends[1] == end; });
  }
  std::pair<Connection*, int> connection(TestEnd end, ConnectionId id) {
    for (Connection& c : connections_)
      for (int side = 0; side < 2; side++)
        if (c.ends[side] == end && c.ids[side] == id) return {&c, side};
    return {nullptr, 0};
  }
  void open(TestEnd from, ConnectionId id, Time now) {
    const Pair& p = find(from);
    const TestEnd to = p.ends[0] == from ? p.ends[1] : p.ends[0];
    connections_.push_back({{from, to}, {id, 0}, connections_.size()});
    later(connections_.back(), 1, {Item::Kind::syn, {}}, now);
  }
  void send(TestEnd from, const Send& sent, Time now) {
    const auto [c, side] = connection(from, sent.id);
    if (!c || !c->open[side]) return;
    const size_t portion = find(from).portion;
    for (size_t at = 0; at < sent.octets.size(); at += portion) {
      const size_t count = std::min(portion, sent.octets.size() - at);
      const auto first = sent.octets.begin() + static_cast<std::ptrdiff_t>(at);
      later(*c, 1 - side, {Item::Kind::octets, {first, first + static_cast<std::ptrdiff_t>(count)}},
            now);
      if (count < portion) break;
    }
  }
  void close(Connection& c, int side, Time now) {
    if (!c.open[side]) return;
    c.open[side] = false;
    deliver_(c.ends[side], Closed{c.ids[side]}, now);
  }
  void later(const Connection& c, int side, Item item, Time now) {
    const Pair& p = find(c.ends[0]);
    if (p.is_cut) return;
    item.connection = c.index;
    item.side = side;
    queue_.emplace(std::pair(now + p.delay, sequence_++), std::move(item));
  }

  Deliver deliver_;
  std::vector<Pair> pairs_;
  std::deque<Connection> connections_;  // references stay valid
  std::map<std::pair<Time, uint64_t>, Item> queue_;
  uint64_t sequence_ = 0;
};

}  // namespace erbium::cp::bgp
