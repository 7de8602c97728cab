// Joins both halves in one thread: generations of the timeline go to the agent as they fall due,
// and into the journal.
#pragma once

#include <string>

#include "cli/output.h"
#include "control/scenario/timeline.h"
#include "dataplane/agent/agent.h"
#include "dataplane/driver/control_source.h"

namespace erbium::cli {

class ControlLink final : public dp::ControlSource {
 public:
  // Delivers generation 1 at once. `journal` may be null.
  ControlLink(cp::Compiler& compiler, cp::Timeline& timeline, dp::Agent& agent,
              OutputFile* journal);

  Time next() const override { return timeline_.next(); }
  void deliver(Time now) override;
  void replay_starts(Time at) override;
  Time replay_start() const { return replay_start_; }

 private:
  void hand_over(const cp::Generation& generation);

  cp::Timeline& timeline_;
  dp::Agent& agent_;
  OutputFile* journal_;
  Time replay_start_;
};

}  // namespace erbium::cli
