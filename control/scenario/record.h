// What a run leaves behind for its report and its expectations, beside its counts.
#pragma once

#include <vector>

#include "common/run_stats.h"
#include "control/config/scenario.h"
#include "control/expressroute/session_router.h"
#include "control/expressroute/topology.h"
#include "control/scenario/route_history.h"
#include "control/scenario/timeline.h"

namespace erbium::cp {

// What a link direction had done by a time; the greatest loads are of the time since the sample
// before.
struct LinkSample {
  uint64_t packets = 0, bytes = 0, dropped = 0;
  LinkLoad load;
};
LinkSample link_sample(const LinkStats& link);

struct RunRecord {
  const Scenario& scenario;
  const Topology& topology;
  const RunStats& stats;
  int64_t replay_start_ns = 0;
  std::vector<TimelineNote> timeline;            // what the file's timeline did, in order
  std::vector<RunEvent> control;                 // sessions and routes, in order
  std::vector<SessionHistory> sessions;          // empty where routes follow from the file alone
  const RouteHistory* routes = nullptr;          // null: not kept
  int64_t sample_interval_ns = 0;                // 0: no samples
  std::vector<std::vector<LinkSample>> samples;  // at multiples of the interval, from one on
};

}  // namespace erbium::cp
