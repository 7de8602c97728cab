// What a stage may use besides its packet: the tables of the current generation, its node's
// neighbours, and the ways in which a packet leaves or enters the path.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/core/answer.h"
#include "dataplane/core/packet.h"
#include "dataplane/core/verdict.h"
#include "dataplane/tables/forwarding.h"

namespace erbium::dp {

class Burst;
class CircuitLimiter;
class NeighborTable;
class Network;
class Node;

class Context {
 public:
  Context(Network& network, Node& node) : network_(network), node_(node) {}

  const Forwarding& tables() const { return *tables_; }
  NeighborTable& neighbors() const;

  // Accounts for a packet that does not go on, and frees it where the verdict ends it.
  void settle(Packet p, Verdict verdict);

  // Schedules a packet of the running stage's own making (its descriptor's originated[cause]) as an
  // arrival of this node at `at`, which must be later than the packets of the burst by at least
  // reply_latency(). Takes the packet.
  void emit(Packet p, Time at, Entry entry, uint16_t cause);

  // Gives back a packet that this node held: it arrives again at `at`.
  void release(Packet p, Time at, Entry entry);
  // Ends a held packet at `now` with a drop reason of the running stage.
  void drop_held(Packet p, uint16_t reason, Time now);

  // Hands control a copy of the packet, by a host port of this node. The verdict is then a punt.
  void deliver(Packet p, uint32_t host_port);

  // A packet that a limit has kept the running stage from making (its descriptor's
  // withheld[cause]).
  void withhold(uint16_t cause);

  // A copy of what the packet carries and knows, with `length` bytes of undefined content: the
  // caller gives it its copy number. Accounted for as a packet that this node has copied. A null
  // mbuf when the pool's cap is reached.
  Packet copy(Packet p, uint32_t length);
  // Runs what the running stage passes on through the rest of the path, before its own burst: for
  // a stage that makes more of them than a burst holds.
  void run_rest(Burst& burst);

  // An empty packet with room in front, or a null mbuf when the pool's cap is reached.
  Packet allocate(uint32_t length);

  // Configured delay of what a router does beside forwarding: replies, learning.
  Duration reply_latency() const;

  // Has the running stage's on_deadline() called at `at`, before packets of that time.
  void wake_at(Time at);
  // The same for the stage that owns the neighbours: something learned takes effect at `at`.
  void wake_neighbors_at(Time at);

  // A neighbour that was to be resolved at once has been resolved, or given up.
  void resolved(Time at);

  Duration arp_age() const;
  const IcmpConfig& icmp() const;

  // Sends packets out of a trunk: out of its port, or into its link, which accounts for them from
  // then on.
  void transmit(std::span<rte_mbuf* const> packets, const Trunk& trunk);

  // The state of a limiter of the circuit that this node enforces.
  CircuitLimiter& limiter(uint32_t id);

 private:
  friend class Node;
  void count(std::vector<uint64_t>& counters, uint16_t reason);
  void end(Packet p, Verdict verdict, const std::vector<Answer>& answers);

  Network& network_;
  Node& node_;
  const Forwarding* tables_ = nullptr;
  uint16_t stage_ = 0;  // index in the path of the running stage
};

}  // namespace erbium::dp
