// Where a driver gets control's input from: generations that take effect at a time of the scenario,
// and packets of host ports. In one process control hands them over directly; their times are part
// of the input.
//
// The contract that makes a run independent of how it is cut into windows: what control does
// because of a delivery, it does at `delivery.at + latency()` or later. No window is longer than
// latency(), so that time has not yet passed when the delivery is handed over, after its window.
// Control must then order its work by time alone, never by when it was told.
#pragma once

#include <optional>
#include <vector>

#include "common/delivery.h"
#include "common/units.h"

namespace erbium::dp {

class ControlSource {
 public:
  virtual ~ControlSource() = default;
  // When control wants to act next: a generation, a packet to inject, a timer; Time::max() when
  // there is nothing. A window never reaches past it.
  virtual Time next() const = 0;
  // Hands everything that is due at or before `now` to the agent; next() is later than `now` then.
  // What is injected may lie at `now` or later.
  virtual void deliver(Time now) = 0;
  // The replay's first packet enters at `at`: times of the timeline count from there.
  virtual void replay_starts(Time at) = 0;

  // What host ports have received in the last window, in (time, packet id) order; never empty.
  virtual void delivered(std::vector<Delivery>) {}
  // Least time from a delivery to anything that control does because of it.
  virtual Duration latency() const { return Duration::max(); }
  // When the sessions had converged, so that a replay may start; nullopt as long as they have not.
  // It is for control to bound how long that may take.
  virtual std::optional<Time> converged() const { return Time(); }
  // Nothing is pending but what never ends, such as the timers of sessions that are up.
  virtual bool quiet() const { return next() == Time::max(); }
};

}  // namespace erbium::dp
