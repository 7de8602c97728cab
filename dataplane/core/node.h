// One emulated router (or cross-connect): its path of stages, its arrivals, its deadlines and its
// counters. A node is the unit of ownership: nothing else touches its state while it runs.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "dataplane/core/burst.h"
#include "dataplane/core/calendar.h"
#include "dataplane/core/context.h"
#include "dataplane/core/counters.h"
#include "dataplane/core/observer.h"
#include "dataplane/core/pipeline.h"
#include "dataplane/core/stage.h"
#include "dataplane/tables/neighbor_table.h"

namespace erbium::dp {

struct NodeConfig {
  std::string name;
  NodeKind kind = kRouter;
  IcmpConfig icmp = {};
};

class Node {
 public:
  static constexpr uint32_t kMaxId = 8192;  // packet ids hold 13 bits of it

  Node(uint32_t id, NodeConfig config, const Pipeline& pipeline, Network& network, Duration slot,
       Duration horizon);

  const std::string& name() const { return config_.name; }
  uint32_t id() const { return id_; }
  NodeKind kind() const { return config_.kind; }
  const Pipeline& pipeline() const { return pipeline_; }
  const NodeCounters& counters() const { return counters_; }
  NeighborTable& neighbors() { return neighbors_; }
  const NeighborTable& neighbors() const { return neighbors_; }
  const Calendar& calendar() const { return calendar_; }

  // Arrivals by link, at their own time.
  void arrive(Packet p) { calendar_.push({p.meta().time, p.meta().id, p.mbuf()}); }
  // Arrivals by port, in (time, id) order, run in the next window; all before its end.
  void receive(Packet p) { received_.push_back({p.meta().time, p.meta().id, p.mbuf()}); }
  // An IP packet that control sends by a host port at `at`, which must not lie in the past.
  void inject(Packet p, Time at, uint32_t vrf);

  // Whether it has a packet, held or to come, that no host port has sent.
  bool busy() const;

  // Fetches the first of what run(to) is going to run.
  void prefetch(Time to) const { calendar_.prefetch(to, Burst::kMax); }
  // Runs every arrival and deadline before `to`, in (time, id, copy) order.
  void run(Time to, unsigned max_burst);

  // Time of the last arrival that was run.
  Time last_run() const { return last_run_; }

  // When something is to be run: the earliest arrival or deadline.
  Time next() const;
  // The earliest deadline; Time::max() when there is none.
  Time next_deadline() const {
    return deadlines_.empty() ? Time::max() : Time::from_ns(deadlines_.top().at);
  }

  // At `now` tells all neighbours on the interface where its addresses are.
  void announce(uint32_t interface, Time now);

  // Takes over the neighbours of a new generation at `now`.
  void configure(const Forwarding& tables, Time now);

  // Removes packets that travel on `link` and had not departed at `now`. Returns when the last of
  // those that had departed arrives, or `now` when none is on its way.
  template <typename Take>
  Time cut(uint32_t link, Time now, Take&& take) {
    Time last = now;
    calendar_.remove_if(
        [&](Packet p) {
          const Entry entry = p.meta().entry;
          if (p.meta().link != link || (entry != Entry::wire && entry != Entry::impaired))
            return false;
          if (p.meta().departure > now.ns()) return true;
          last = std::max(last, p.time());
          return false;
        },
        std::forward<Take>(take));
    return last;
  }

 private:
  friend class Context;
  struct Deadline {
    int64_t at;
    uint16_t stage;
    bool operator>(const Deadline& o) const { return at != o.at ? at > o.at : stage > o.stage; }
  };

  void gather(Time to);
  // Counts its packets as come; the place in the path where they begin.
  size_t begin_burst(Burst& burst);
  void run_burst(Burst& burst);
  void run_stages(Burst& burst, size_t from);
  // What a stage passes on before its burst is through.
  void run_rest(Burst& burst, size_t from);
  void answer_owed();
  void give_answer(Packet p, Answer answer);
  // The same where somebody follows packets: node_trace.cpp.
  void run_traced(Burst& burst);
  void follow_through(Burst& one, size_t from);
  void follow_each(const Burst& pieces, size_t from);
  void run_step(Burst& one, size_t stage);
  void answer_traced(Packet p, Answer answer);
  void run_deadlines(int64_t at);
  void merge_emitted();
  void count_arrivals(const Burst& burst);
  void end_links(Burst& burst);

  const uint32_t id_;
  const NodeConfig config_;
  const Pipeline& pipeline_;
  Network& network_;
  std::vector<std::unique_ptr<Stage>> stages_;
  struct Step {
    Stage* stage;
    uint8_t protocols;  // of the stage's descriptor
  };
  std::vector<Step> steps_;                 // the same stages as a burst needs them
  std::vector<uint64_t> emitted_sequence_;  // by stage: packets it originated so far
  NeighborTable neighbors_;
  NodeCounters counters_;
  Context context_;

  Calendar calendar_;
  std::vector<Arrival> received_;
  std::vector<Arrival> arrivals_;  // of the running window, sorted; [cursor_, end) not yet run
  size_t cursor_ = 0;
  std::vector<Arrival> emitted_;  // by the running burst, for this node
  struct Owed {
    Arrival packet;
    Answer answer;
    Ending ending;
    bool operator<(const Owed& o) const { return packet < o.packet; }
  };
  std::vector<Owed> owed_;  // packets that ended in the running burst, with an answer
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  int64_t window_end_ = 0;
  std::optional<uint16_t> following_;  // copy index of the one packet that runs and is followed
  Time last_run_;
};

}  // namespace erbium::dp
