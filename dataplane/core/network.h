// The emulated network: nodes, links, limiters and the ports at its edge, run window by window.
// A driver decides what a window is; within one, nothing that a packet causes at one node can reach
// another, because every link is at least as long as the window (see docs/determinism.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/delivery.h"
#include "dataplane/core/flows_config.h"
#include "dataplane/core/node.h"
#include "dataplane/core/observer.h"
#include "dataplane/core/packet_pool.h"
#include "dataplane/core/pipeline.h"
#include "dataplane/core/stream.h"
#include "dataplane/links/circuit_limiter.h"
#include "dataplane/links/link.h"
#include "dataplane/tables/forwarding.h"

namespace erbium::dp {

struct PortCounts {
  uint64_t packets = 0;
  uint64_t bytes = 0;
};

// A port of the network: where packets enter and leave it. The driver fills it and drains `sent`.
struct Port {
  std::string name;
  uint32_t trunk = 0;
  PortCounts rx, tx;
  std::vector<rte_mbuf*> sent;  // of the last window, each at its own time
};

// Limits that only the run, not the configuration, decides. None of them shows in the output.
struct NetworkOptions {
  unsigned max_burst = Burst::kMax;
  Duration slot = Duration::us(16);      // calendar slot, about the window length
  Duration horizon = Duration::ms(100);  // longest time a packet usually spends on a link
};

class Network {
 public:
  Network(PacketPool& pool, std::vector<std::string> optional_stages, NetworkOptions options);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // ---- configuration: called between windows, ids dense from 1 ----
  void set_reply_latency(Duration latency) { reply_latency_ = latency; }
  void set_arp_age(Duration age) { arp_age_ = age; }
  void add_port(uint32_t id, const std::string& name);
  void add_node(uint32_t id, const NodeConfig& config);
  void set_link(uint32_t id, const LinkConfig& config, Time now);
  void impair_link(uint32_t id, const std::optional<ImpairmentConfig>& config) {
    links_[id]->impair(config);
  }
  void set_limiter(uint32_t id, const LimiterConfig& config, Time now);
  void set_stream(uint32_t id, StreamConfig config);
  void set_flows(FlowsConfig config) { flows_ = std::move(config); }
  // Publishes a generation: packets from `now` on see it.
  void apply(const Forwarding* tables, Time now);

  // ---- running ----
  // Takes a complete frame that comes in by a port; within a window in (time, id) order.
  void receive(uint32_t port, Packet p);
  // Takes an IP packet that control sends by a host port at `at`, not before run_to(). When memory
  // is used up the packet is lost, and out_of_memory().
  void inject(uint32_t host_port, Time at, std::span<const uint8_t> packet);
  // Runs everything before `to`; then every port's `sent` is complete up to it.
  void run(Time to);
  // The earliest time at which anything is to be done; Time::max() when nothing is.
  Time next() const;
  // The earliest deadline of a node, such as a neighbour's age; Time::max() when there is none.
  Time next_deadline() const;
  // The end of the last run().
  Time run_to() const { return run_to_; }
  // What host ports have received since the last call, in (time, packet id) order.
  std::vector<Delivery> take_deliveries();
  bool has_deliveries() const { return !deliveries_.empty(); }
  // Ends a packet that left through a port.
  void free_sent(Port& port);

  // ---- state ----
  Port& port(uint32_t id) { return ports_[id]; }
  size_t ports() const { return ports_.size(); }
  const Node& node(uint32_t id) const { return *nodes_[id]; }
  Node& node(uint32_t id) { return *nodes_[id]; }
  size_t nodes() const { return nodes_.size(); }
  Link& link(uint32_t id) { return *links_[id]; }
  const Link& link(uint32_t id) const { return *links_[id]; }
  size_t links() const { return links_.size(); }
  CircuitLimiter& limiter(uint32_t id) { return *limiters_[id]; }
  const CircuitLimiter& limiter(uint32_t id) const { return *limiters_[id]; }
  size_t limiters() const { return limiters_.size(); }
  // By id; those without a frame are not there.
  const std::vector<StreamConfig>& streams() const { return streams_; }
  // nullopt: flows of captures are not measured.
  const std::optional<FlowsConfig>& flows() const { return flows_; }
  const Forwarding& tables() const { return *tables_; }
  PacketPool& pool() { return pool_; }
  Duration reply_latency() const { return reply_latency_; }
  Duration arp_age() const { return arp_age_; }
  // Least delay of all links, the longest window that keeps causality.
  Duration least_delay() const;

  // Neighbours that were to be resolved at once and are not yet; when the last one was.
  uint32_t unresolved() const { return unresolved_; }
  void resolving() { unresolved_++; }
  void resolved(Time at) {
    unresolved_--;
    resolved_at_ = at;
  }
  Time resolved_at() const { return resolved_at_; }

  // ---- called by nodes ----
  void transmit(std::span<rte_mbuf* const> packets, const Trunk& trunk, NodeCounters& counters);
  void deliver(Packet p, uint32_t host_port);
  bool observed() const { return !observers_.empty(); }
  void arrived(uint32_t link, Packet p) {
    for (ArrivalObserver* observer : observers_) observer->arrived(link, p);
  }
  // Frees it.
  void end(Packet p, const Ending& ending) {
    for (ArrivalObserver* observer : observers_) observer->ended(p, ending);
    p.free();
  }
  // The name of the reason that an ending has, and of the stage that gave it; null on a link.
  const char* reason(const Ending& ending) const;
  const char* stage(const Ending& ending) const;
  void observe_arrivals(ArrivalObserver* observer) { observers_.push_back(observer); }
  // One that follows packets, from the next window on; null: none.
  void follow(Tracer* tracer) { tracer_ = tracer; }
  Tracer* tracer() const { return tracer_; }
  void forget_observer(ArrivalObserver* observer) { std::erase(observers_, observer); }

  // Packets that are inside: on links, held, or scheduled.
  uint64_t inside() const;
  // Whether any of them was not sent by a host port: control may always be about to send another.
  bool busy() const;
  // Time of the last arrival that a node has run.
  Time last_activity() const;
  // Pool bytes that the links can hold at most, by rate, delay and queue limit, in frames of 594
  // bytes (the middle of the IMIX).
  uint64_t most_in_flight_bytes() const;
  // First allocation that failed, if any: the run cannot go on.
  bool out_of_memory() const { return pool_.exhausted(); }

 private:
  void admit(std::span<rte_mbuf* const> packets, uint32_t link);
  template <bool kTraced>
  void admit(std::span<rte_mbuf* const> packets, uint32_t link);
  void copy(Packet p, Link& link);
  void serve_deferred(Time to);

  PacketPool& pool_;
  const NetworkOptions options_;
  Pipeline router_, cross_connect_;
  Duration reply_latency_ = Duration::us(50);
  Duration arp_age_ = Duration::s(14'400);
  std::vector<Port> ports_{1};
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<CircuitLimiter>> limiters_;
  const Forwarding* tables_ = nullptr;
  std::vector<StreamConfig> streams_{1};
  std::optional<FlowsConfig> flows_;
  std::vector<ArrivalObserver*> observers_;
  Tracer* tracer_ = nullptr;
  std::vector<Delivery> deliveries_;
  Time run_to_;
  uint32_t unresolved_ = 0;
  Time resolved_at_;

  // A shaper moves packets into the future, past others bound for the same link: what goes into
  // such a link is sorted by time before the link sees it.
  std::vector<bool> deferred_;          // by link
  std::vector<Arrival> waiting_;        // all deferred links, heap by (time, id)
  std::vector<uint32_t> link_to_node_;  // by link: far node
};

}  // namespace erbium::dp
