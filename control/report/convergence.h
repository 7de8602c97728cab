// The stages between an event and the recovery of traffic, each next to the time that the timers of
// the protocols allow for it, and the verdicts on measured outages. All times in ns.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/units.h"
#include "control/report/measure.h"

namespace erbium::cp {

// What theory allows: an outage or a stage lasts from at_least_ns to at_most_ns.
struct Bound {
  std::string text;  // "BFD 300 ms x 3"
  int64_t at_least_ns = 0, at_most_ns = 0;
  bool operator==(const Bound&) const = default;
};

// Silent loss seen by BFD (RFC 5880 §6.8.4): the detection time runs from the last packet that
// arrived, which is at most one interval older than the fault; so multiplier - 1 to multiplier
// intervals. interval: the agreed one, max(local required minimum RX, remote desired minimum TX).
Bound bfd_bound(Duration interval, uint32_t multiplier);
// The same by BGP's hold timer (RFC 4271 §6.5): hold - keepalive to hold.
Bound hold_bound(Duration hold, Duration keepalive);
// A fault that the end itself sees.
Bound local_bound();
// The bound plus what comes behind detection: delays that always count and some that may.
Bound then(Bound bound, const std::string& text, Duration at_least, Duration at_most);

enum class Verdict {
  none,      // no bound; or nothing was lost, where an outage had to be
  within,    // the true outage can lie in the bound
  above,     // even the shortest true outage is longer
  too_short  // even the longest true outage is shorter: the run contradicts its own timers
};
const char* name(Verdict verdict);  // "within bound"

Verdict judge(const std::optional<Gap>& gap, const std::optional<Bound>& bound);
Verdict judge_time(int64_t measured_ns, const Bound& bound);

// In the order of the words that expectations have.
enum class Stage {
  link_event,
  bfd_down,
  bgp_down,
  rib_changed,
  fib_applied,
  first_packet,
  bfd_up,
  bgp_up
};
const char* name(Stage stage);  // "BFD down"

struct StageMark {
  Stage stage = Stage::link_event;
  int64_t at_ns = 0;
  std::string what;  // which session, link or table
};

struct StageBound {
  Stage stage = Stage::bfd_down;
  Bound bound;  // from the event
};

struct StageTime {
  Stage stage = Stage::link_event;
  int64_t at_ns = 0;
  int64_t after_event_ns = 0;
  std::string what;
  int64_t last_after_event_ns = 0;  // of the last mark; what is judged
  std::string last_what;
  std::optional<Bound> bound;
  Verdict verdict = Verdict::none;
  bool operator==(const StageTime&) const = default;
};

// The first and the last mark of each stage in [event_ns, until_ns), in the order of first times,
// then of stages. What routers do to their tables once a session has come up again behind the first
// applied FIB is another recovery and not counted.
std::vector<StageTime> convergence(int64_t event_ns, int64_t until_ns,
                                   std::span<const StageMark> marks,
                                   std::span<const StageBound> bounds);

// From the event to the last FIB that was applied for it: how long some router's control plane was
// out of date. Absent when no FIB changed.
std::optional<int64_t> control_outage_ns(std::span<const StageTime> stages);

}  // namespace erbium::cp
