// The flows of replayed captures: what every event did to each of them, measured while packets
// pass. A packet is known by its id from its entry until it leaves by a port or ends in a router
// or on a link; packets are then decided in the order of entry, which no cut of the run changes,
// and nothing is kept of them but what their flow adds up (common/impact.h).  Memory: 32 bytes for
// each of the last kRemembered packets, and for every one that entered since the oldest still
// inside; flows up to kFlowBytes, those that come later are summed; histograms of latencies up to
// kHistogramBytes: when they are used up, the smaller half of the flows loses its histograms for
// good.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/run_stats.h"
#include "dataplane/core/network.h"
#include "dataplane/driver/flow_key.h"
#include "dataplane/driver/paths.h"

namespace erbium::dp {

class Flows final : public ArrivalObserver {
 public:
  static constexpr size_t kTop = 32;  // flows that results() names
  static constexpr size_t kFlowBytes = size_t{24} << 20, kHistogramBytes = size_t{12} << 20;
  static constexpr size_t kMostFlows = 65'536;
  static constexpr uint64_t kRemembered = 65'536;  // a copy of a packet further back is not seen
  // A pause in sending ends an outage: what happens to packets that are not sent is not known.
  static constexpr int64_t kIdleNs = 1'000'000'000;

  // Windows begin at the times that the network's configuration says, behind `start`.
  Flows(Network& network, const FlowsConfig& config, Time start);
  ~Flows() override;

  // Every packet of the captures, in the order of their ids, from 1 on.
  void entered(uint32_t port, Packet p);
  // One that the port refused.
  void refused();
  void left(Packet p);  // by a port
  void arrived(uint32_t link, Packet p) override;
  void ended(Packet p, const Ending& ending) override;
  // What lies before the end of the window has been told.
  void settle();

  // The run is over; called once.
  FlowResults finish();
  size_t most_flows() const { return most_flows_; }

 private:
  void left(Packet p, uint32_t ip_at);
  // Of an entry, or the slot of a flow: no flow; or from kUncounted on, by port, one without place.
  static constexpr uint32_t kNone = UINT32_MAX, kUncounted = uint32_t{1} << 31;

  enum class State : uint8_t { inside, received, lost };
  struct Entry {
    int64_t sent_ns;
    int64_t received_ns;
    uint32_t flow;
    uint32_t number;  // in the flow
    Paths::Id path;
    State state;
    bool late;
  };
  struct Flow {
    explicit Flow(const FlowKey& k) : key(k), meter(kIdleNs) {}
    FlowKey key;
    uint32_t entered = 0;
    uint32_t decided = 0;
    uint64_t in_flight = 0;
    uint32_t last_left = 0;  // the highest number that has left, counted from 1
    ImpactMeter meter;
  };
  struct Entering {
    uint64_t id;
    uint64_t hash;
    FlowKey key;
  };
  struct Leaving {
    int64_t time;
    uint64_t id;
    auto operator<=>(const Leaving&) const = default;
  };

  Entry* entry_of(uint64_t id);
  void add(int64_t sent_ns, uint32_t flow);
  void grow();
  uint32_t find_or_add(const FlowKey& key, uint64_t hash);
  void find_flows();
  void prefetch(size_t leaving);
  void leave(const Leaving& leaving);
  void decide(const Entry& entry);
  void take_histograms();
  Impact& uncounted(const Entry& entry);
  FlowResult result(const Flow& flow, PathNumbers& numbers) const;
  std::vector<FlowResult> sum_rest(std::span<const Flow* const> flows) const;

  Network& network_;
  std::vector<int64_t> events_ns_;
  EventWindows windows_;
  size_t most_flows_;
  Paths paths_;

  // The last packets, a ring by id; those before decided_id_ are decided.
  std::vector<Entry> entries_;
  uint64_t decided_id_ = 1, next_id_ = 1;
  std::vector<Entering> entering_;  // of the running window
  std::vector<Leaving> leaving_;    // the same

  std::vector<Flow> flows_;
  std::vector<uint32_t> by_hash_;  // open addressing
  size_t histogram_bytes_ = 0;
  struct Sum {
    uint64_t in_flight = 0;
    std::vector<Impact> impacts;  // by window
  };
  std::vector<Sum> uncounted_;  // by port; of flows that found no place
};

}  // namespace erbium::dp
