// For tests: BGP speakers joined in pairs over a TestNet, run in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "control/bgp/speaker.h"
#include "control/bgp/test_net.h"
#include "control/rib/rib.h"

namespace erbium::cp::bgp {

inline net::Prefix prefix(const char* text) { return *net::Prefix::parse(text); }
inline net::Ip ip(const char* text) { return *net::Ip::parse(text); }

// Takes and sends all, unless a test says otherwise.
struct TestPolicy : Policy {
  std::function<bool(PeerId, RouteInPolicy&)> on_import = [](PeerId, RouteInPolicy&) {
    return true;
  };
  std::function<bool(PeerId, PeerId, RouteInPolicy&)> on_export =
      [](PeerId, PeerId, RouteInPolicy&) { return true; };

  bool import(PeerId from, RouteInPolicy& route) const override { return on_import(from, route); }
  bool export_to(PeerId to, PeerId from, RouteInPolicy& route) const override {
    return on_export(to, from, route);
  }
};

// What a FIB would be told: the ways to a prefix, none where it is unreachable.
struct Path {
  PeerId peer = 0;
  net::Ip next_hop;
  auto operator<=>(const Path&) const = default;
};
struct RouteChange {
  net::Prefix prefix;
  std::vector<Path> paths;  // sorted
};

// Speakers 0, 1, 2, ... with AS 65000 + number and address 10.0.0.(number + 1), joined in pairs.
struct World {
  explicit World(unsigned count, SpeakerConfig common = {})
      : net([this](TestEnd to, const Event& event, Time at) {
          now = at;
          deliver(to, event);
        }) {
    for (unsigned i = 0; i < count; i++) {
      SpeakerConfig config = common;
      config.asn = 65000 + i;
      config.identifier = 0x0a000001 + i;
      nodes.push_back({std::make_unique<TestPolicy>(), nullptr, {}, {}, {}, {}, {}});
      nodes[i].speaker = std::make_unique<Speaker>(config, *nodes[i].policy);
    }
  }

  using Adjust = std::function<void(unsigned node, PeerConfig&)>;
  void join(unsigned a, unsigned b, const Adjust& adjust = {}) {
    TestEnd ends[2];
    for (const auto& [side, self, other] : {std::tuple(0, a, b), std::tuple(1, b, a)}) {
      PeerConfig config;
      config.name = std::to_string(other);
      config.session.peer_as = 65000 + other;
      config.session.families = {Family::v4, Family::v6};
      config.session.hold_time = Duration::s(90);
      config.session.seed = self * 16 + other;
      config.local = ip("10.0.0.1").plus(self);
      config.remote = ip("10.0.0.1").plus(other);
      config.local6 = ip("fd00::1").plus(self);
      config.remote6 = ip("fd00::1").plus(other);
      if (adjust) adjust(self, config);
      ends[side] = {self, nodes[self].speaker->add_peer(config)};
    }
    net.pair(ends[0], ends[1], Duration::ms(2), 700);
    for (const TestEnd end : ends) deliver(end, Start{});
  }

  void deliver(TestEnd to, const Event& event) {
    with(to.node, [&](Speaker& s, Output& out) { s.handle(to.peer, event, now, out); });
  }
  // Calls into one speaker and performs what comes out.
  template <class F>
  void with(unsigned node, F call) {
    Output out;
    call(*nodes[node].speaker, out);
    if (out.lost_peer()) nodes[node].speaker->clean_up(now, out);
    for (const PeerAction& action : out.transport) {
      if (const auto* sent = std::get_if<Send>(&action.action)) note(node, *sent);
      net.perform({node, action.peer}, action.action, now);
    }
    for (const PeerChange& change : out.peers) nodes[node].reachable.push_back(change.reachable);
    if (!out.chosen.empty()) nodes[node].outputs_with_routes++;
    for (const net::Prefix& prefix : out.chosen) {
      const RouteChange change{prefix, ways(node, prefix)};
      nodes[node].changes.push_back(change);
      if (change.paths.empty())
        nodes[node].fib.erase(change.prefix);
      else
        nodes[node].fib[change.prefix] = change.paths;
    }
    for (LogLine& line : out.log) nodes[node].log.push_back(line.what + " " + line.text);
  }
  std::vector<Path> ways(unsigned node, const net::Prefix& prefix) {
    const rib::Rib& rib = nodes[node].speaker->rib();
    std::vector<rib::Path> chosen;
    rib.chosen(prefix, chosen);
    std::vector<Path> out;
    for (const rib::Path& path : chosen)
      if (path.peer != rib::kLocal)
        out.push_back({path.peer, rib.pool().next_hop(path.accepted, prefix.address.family)});
    std::sort(out.begin(), out.end());
    return out;
  }
  void note(unsigned node, const Send& sent) {
    for (size_t at = 0; at < sent.octets.size();
         at += static_cast<size_t>(sent.octets[at + 16] << 8 | sent.octets[at + 17])) {
      const auto length = static_cast<size_t>(sent.octets[at + 16] << 8 | sent.octets[at + 17]);
      const auto message = decode(std::span(sent.octets).subspan(at, length),
                                  {.as4 = true, .multiprotocol_v6 = true});
      ASSERT_TRUE(message);
      if (const auto* update = std::get_if<Update>(&message->message))
        nodes[node].sent.push_back(*update);
    }
  }

  void run(Duration span) {
    const Time until = now + span;
    for (;;) {
      Time next = net.next();
      for (const Node& node : nodes) next = std::min(next, node.speaker->next_deadline());
      if (next > until) break;
      now = next;
      if (net.next() == next) {
        net.step();
        continue;
      }
      for (unsigned i = 0; i < nodes.size(); i++)
        with(i, [&](Speaker& s, Output& out) { s.timers(now, out); });
    }
    now = until;
  }

  void originate(unsigned node, const std::vector<const char*>& prefixes,
                 PathAttributes attributes = {}) {
    for (const char* p : prefixes)
      with(node, [&](Speaker& s, Output& out) { s.originate(prefix(p), attributes, now, out); });
  }
  void withdraw(unsigned node, const char* p) {
    with(node, [&](Speaker& s, Output& out) { s.withdraw(prefix(p), now, out); });
  }

  Speaker& operator[](unsigned node) { return *nodes[node].speaker; }
  // "192.0.2.0/24 via 1: 65001 65000" for each route, best first.
  std::vector<std::string> routes(unsigned node) {
    std::vector<std::string> out;
    for (const RouteView& view : nodes[node].speaker->routes())
      out.push_back(view.prefix.str() + " from " + std::to_string(view.from) +
                    (view.best        ? "*"
                     : view.multipath ? "="
                                      : "") +
                    " [" + view.attributes.as_path.str() + "]");
    return out;
  }
  bool logged(unsigned node, const std::string& beginning) {
    for (const std::string& line : nodes[node].log)
      if (line.starts_with(beginning)) return true;
    return false;
  }

  struct Node {
    std::unique_ptr<TestPolicy> policy;
    std::unique_ptr<Speaker> speaker;
    std::map<net::Prefix, std::vector<Path>> fib;
    std::vector<RouteChange> changes;
    std::vector<Update> sent;
    std::vector<std::string> log;
    std::vector<bool> reachable;  // as its peers came and went
    unsigned outputs_with_routes = 0;
  };
  Time now;
  std::vector<Node> nodes;
  TestNet net;
};

}  // namespace erbium::cp::bgp
