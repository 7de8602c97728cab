// Joins both halves in one thread: what control says goes to the agent and into the journal, what
// host ports receive and links have done goes to control.
#pragma once

#include <vector>

#include "cli/output.h"
#include "control/scenario/controller.h"
#include "dataplane/agent/agent.h"
#include "dataplane/driver/control_source.h"

namespace erbium::cli {

class ControlLink final : public dp::ControlSource {
 public:
  // Delivers generation 1 at once. `journal` may be null.
  ControlLink(cp::Controller& controller, dp::Agent& agent, dp::Network& network,
              Duration sample_interval, OutputFile* journal);

  Time next() const override { return controller_.next(); }
  void deliver(Time now) override { controller_.deliver(now); }
  void replay_starts(Time at) override { controller_.replay_starts(at); }
  void delivered(std::vector<Delivery> deliveries) override { controller_.delivered(deliveries); }
  Duration latency() const override { return controller_.latency(); }
  std::optional<Time> converged() const override { return controller_.converged(); }
  bool quiet() const override { return controller_.quiet(); }

 private:
  cp::Controller& controller_;
};

}  // namespace erbium::cli
