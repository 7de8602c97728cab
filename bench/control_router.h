// A router as a run has it, but for the emulated wire below its sessions: octets of BGP go into a
// speaker with its table, next-hop groups, messages, the agent and the FIB, and packets through the
// hop that forwards by it. Every call is one generation. Takes all that peers announce and tells
// them nothing: one Adj-RIB-In each and a Loc-RIB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bench/bench_network.h"
#include "control/bgp/speaker.h"
#include "control/expressroute/learned_routes.h"
#include "control/rib/fib_groups.h"

namespace erbium::bench {

class ControlRouter {
 public:
  static constexpr uint32_t kAsn = 65000;  // its peers have the next ones
  // What peer `p` sets as next hop: a neighbour of the hop, behind its port 2.
  static net::Ip next_hop_of(cp::bgp::PeerId p);

  // `frames` are what forward() sends.
  ControlRouter(cp::bgp::PeerId peers, const Frames& frames);

  // A connection from the peer, and octets from it; what is to be sent back. Connections are
  // numbered as peers are.
  std::vector<uint8_t> accept(cp::bgp::PeerId peer);
  std::vector<uint8_t> receive(cp::bgp::PeerId peer, std::span<const uint8_t> octets);
  // accept() and the handshake of a peer that speaks IPv4.
  void establish(cp::bgp::PeerId peer);

  // BFD finds the peer gone: the FIB is switched. Then what is left to do prefix by prefix.
  void lose(cp::bgp::PeerId peer);
  void clean_up();

  // Processor seconds of this thread, by part, and what the agent was told. May be reset.
  struct Cost {
    double bgp = 0, groups = 0, messages = 0, dataplane = 0;
    size_t generations = 0, changed_groups = 0, changed_routes = 0;

    double control() const { return bgp + groups + messages; }
    double all() const { return control() + dataplane; }
  };
  Cost cost;

  size_t prefixes_from(cp::bgp::PeerId peer) const;
  // Of the tables of routes and groups.
  size_t rib_bytes() const { return speaker_.memory_bytes() + groups_.memory_bytes(); }
  const BenchNetwork& hop() const { return hop_; }
  // Sends each frame into port 1 and returns how many left by port 2.
  size_t forward();

 private:
  struct TakesAll final : cp::bgp::Policy {
    bool import(cp::bgp::PeerId, cp::bgp::RouteInPolicy&) const override { return true; }
    bool export_to(cp::bgp::PeerId, cp::bgp::PeerId, cp::bgp::RouteInPolicy&) const override {
      return false;
    }
  };

  cp::bgp::Output handle(cp::bgp::PeerId peer, const cp::bgp::Event& event);
  void update_fib(const cp::bgp::Output& output);
  void commit(const cp::MessageList& messages);

  TakesAll policy_;
  cp::bgp::Speaker speaker_;
  cp::rib::FibGroups groups_;
  BenchNetwork hop_;
  cp::LearnedRoutes learned_;
  std::vector<uint32_t> interfaces_;  // by peer
  Feeder feeder_;
  size_t frames_;
};

}  // namespace erbium::bench
