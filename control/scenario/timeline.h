// The timeline of a scenario as generations: what happens to links, circuits and sessions, and what
// follows one control latency later. Pure: it is asked when something is due and what.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/run_stats.h"
#include "control/config/scenario.h"
#include "control/expressroute/compiler.h"
#include "control/expressroute/sessions.h"
#include "control/report/report.h"
#include "control/scenario/link_faults.h"

namespace erbium::cp {

// The word of the file.
const char* word(TimelineEvent::Verb verb);
// When things happen on the timeline, from replay's start: events, their ends, works. Ascending.
std::vector<Duration> event_times(const Scenario& scenario);

// Something that the timeline did, or the routes that followed from it.
struct TimelineNote : RunEvent {
  std::optional<size_t> index;  // of the event in the file; absent: routes
  EventPhase phase = EventPhase::begins;
};

class Timeline {
 public:
  // `sessions` is null where routes follow from the file alone.
  Timeline(const Scenario& scenario, Compiler& compiler, Sessions* sessions = nullptr);

  // Times of the file's timeline count from here; nothing is due before it was called.
  void start(Time at);
  // The same for one that takes over at `now` from another: what was due until then is done to
  // the compiler, and to the sessions as if it happened now. A full generation must follow.
  void resume(Time start, Time now);
  // When something is due; Time::max() when nothing is.
  Time next() const;
  // What is due at or before `now`, in order. Also noted in events().
  std::vector<Generation> take(Time now);

  const std::vector<TimelineNote>& events() const { return events_; }

 private:
  using Generations = std::vector<Generation>;
  struct Step {
    // `work`: a maintenance goes from prepending to work; `follow`: control reacts; `flap`: the
    // link goes down, or up again.
    enum class Kind { event, work, undo, follow, flap } kind = Kind::event;
    size_t event = 0;   // index in the scenario's timeline
    uint64_t flap = 0;  // flap: so many changes have been before; the even ones are down
  };
  struct Before {  // a link direction as it was before an event that is undone later
    size_t circuit_link, link;
    Direction dir;
    LinkChange state;
  };

  void apply(size_t index, Time at, Generations& out);
  void work(size_t index, Time at);
  void undo(size_t index, Time at, Generations& out);
  void follow_later(size_t index, Time at);
  void follow(size_t index, Time at, Generations& out);
  void apply_to_customer(const TimelineEvent& event, bool begins, Time at, Generations& out);
  void apply_to_links(size_t index, Time at, Generations& out);
  void flap(size_t index, uint64_t change, Time at, Generations& out);
  // What the faults in force leave of a direction: up, down or silent.
  // `carrier`: the ends see what comes up.
  LinkChange state(size_t circuit_link, Direction dir, bool carrier) const;
  // That of every link of the event, to the dataplane.
  void set_links(const TimelineEvent& event, Time at, Generations& out);
  void lift_faults(const TimelineEvent& event);
  void reload(size_t index, bool begins, Time at, Generations& out);
  void isolate(size_t index, bool begins, Time at, Generations& out);
  // `begins` or ends, to the sessions.
  void apply_to_sessions(size_t index, bool begins, Time at, Generations& out);
  void remember(size_t index);
  void note(Time at, const std::string& what, size_t index, EventPhase phase);
  template <class Act>
  void each_link(const TimelineEvent& event, Act act) const;

  const Scenario& scenario_;
  Compiler& compiler_;
  Sessions* sessions_;
  // Sessions know no time before it.
  Time for_sessions(Time at) const { return std::max(at, resumed_); }

  // Carriers as each change left them, for its `follow`: by circuit link.
  std::map<std::pair<Time, size_t>, std::vector<std::pair<size_t, bool>>> carriers_;
  std::multimap<Time, Step> due_;
  Time timeline_start_;
  Time resumed_;
  LinkFaults faults_;
  std::map<size_t, std::vector<Before>> before_;
  std::map<size_t, BitRate> bandwidth_before_;
  std::vector<TimelineNote> events_;
};

}  // namespace erbium::cp
