// Joins both halves in one thread: generations, injected packets and deliveries pass between
// control and the agent as they fall due, and control's part goes into the journal. Also samples
// the links at a fixed interval of scenario time, for the report.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "common/run_stats.h"
#include "control/scenario/timeline.h"
#include "dataplane/agent/agent.h"
#include "dataplane/driver/control_source.h"

namespace erbium::cli {

// What every link had done at multiples of the interval, from one interval on.
struct LinkSamples {
  Duration interval = Duration::max();  // max: no samples are taken
  std::vector<std::vector<LinkStats>> at;
};

struct ControlParts {
  cp::Compiler& compiler;
  cp::Timeline& timeline;
  cp::Sessions* sessions;  // null: routes follow from the file alone
  std::vector<api::ToDataplane> streams;
};

class ControlLink final : public dp::ControlSource {
 public:
  // Delivers generation 1 at once. `journal` may be null.
  ControlLink(ControlParts parts, dp::Agent& agent, const dp::Network& network,
              Duration sample_interval, OutputFile* journal);

  Time next() const override;
  void deliver(Time now) override;
  void replay_starts(Time at) override;
  void delivered(std::vector<Delivery> deliveries) override;
  Duration latency() const override { return latency_; }
  std::optional<Time> converged() const override;
  bool quiet() const override { return parts_.timeline.next() == Time::max(); }

  Time replay_start() const { return replay_start_; }
  const LinkSamples& samples() const { return samples_; }
  // Of sessions and routes, in order.
  std::vector<RunEvent> events() const;

 private:
  void hand_over(const cp::Generation& generation);
  void hand_over(const api::ToDataplane& message, Time at);
  void sample();

  ControlParts parts_;
  dp::Agent& agent_;
  const dp::Network& network_;
  OutputFile* journal_;
  Duration latency_;
  Time replay_start_;
  std::vector<RunEvent> routes_;  // generations that followed from sessions
  LinkSamples samples_;
  Time next_sample_;
};

}  // namespace erbium::cli
