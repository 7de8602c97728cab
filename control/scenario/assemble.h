// A run's report from its record: topology, series, sessions, and what every event of the timeline
// did to every stream, next to what the protocols' timers allow.
#pragma once

#include "control/report/report.h"
#include "control/scenario/record.h"

namespace erbium::cp {

Report make_report(const RunRecord& record);

}  // namespace erbium::cp
