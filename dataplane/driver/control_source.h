// Where a driver gets control's input from: generations that take effect at a time of the scenario.
// In one process control hands them over directly; their times are part of the input.
#pragma once

#include "common/units.h"

namespace erbium::dp {

class ControlSource {
 public:
  virtual ~ControlSource() = default;
  // When the next generation is due; Time::max() when none is.
  virtual Time next() const = 0;
  // Hands every generation that is due at or before `now` to the agent.
  virtual void deliver(Time now) = 0;
  // The replay's first packet enters at `at`: times of the timeline count from there.
  virtual void replay_starts(Time at) = 0;
};

}  // namespace erbium::dp
