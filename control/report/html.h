// A run's report as one HTML file that needs nothing else: no network, no server, and for its
// tables and static drawings no script. Text of the scenario is escaped wherever it stands; a
// Content-Security-Policy in the page forbids every load.
#pragma once

#include <string>
#include <vector>

#include "control/report/report.h"
#include "control/report/svg.h"

namespace erbium::cp {

// The whole file. The same report gives the same bytes.
std::string report_html(const Report& report);

// The plots of the page, in its order; those without any value that is not zero have no series.
std::vector<Plot> report_plots(const Report& report);

}  // namespace erbium::cp
