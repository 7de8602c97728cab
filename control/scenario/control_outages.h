// For how long after each event the routes carried each stream nowhere: the outage of the control
// plane, beside that which its packets saw.
#pragma once

#include "control/config/scenario.h"
#include "control/report/report.h"
#include "control/scenario/route_history.h"

namespace erbium::cp {

// Fills in `control` of the report's impacts, where it is known. As with lost packets, a time
// without a route belongs to the latest event before it began, whole.
void add_control_outages(Report& report, const Scenario& scenario, const RouteHistory& routes);

}  // namespace erbium::cp
