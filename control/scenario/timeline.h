// The timeline of a scenario as generations: what happens to links and circuits, and the routes
// that follow one control latency later. Pure: it is asked when something is due and what.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/run_stats.h"
#include "control/config/scenario.h"
#include "control/expressroute/compiler.h"

namespace erbium::cp {

class Timeline {
 public:
  Timeline(const Scenario& scenario, Compiler& compiler);

  // Times of the file's timeline count from here; nothing is due before it was called.
  void start(Time at);
  // When something is due; Time::max() when nothing is.
  Time next() const;
  // What is due at or before `now`, in order. Also noted in events().
  std::vector<Generation> take(Time now);

  const std::vector<RunEvent>& events() const { return events_; }

 private:
  struct Step {
    enum class Kind { event, undo, routes } kind = Kind::event;
    size_t event = 0;  // index in the scenario's timeline
  };
  struct Before {  // a link direction as it was before an event that is undone later
    std::string circuit;
    size_t link;
    Direction dir;
    LinkChange state;
  };

  void apply(size_t index, Time at, std::vector<Generation>& out);
  void undo(size_t index, Time at, std::vector<Generation>& out);
  void remember(size_t index);
  void note(Time at, const std::string& what, const TimelineEvent& event);

  const Scenario& scenario_;
  Compiler& compiler_;
  std::multimap<Time, Step> due_;
  std::map<size_t, std::vector<Before>> before_;
  std::map<size_t, BitRate> bandwidth_before_;
  std::vector<RunEvent> events_;
};

}  // namespace erbium::cp
