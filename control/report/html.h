// A run's report as one HTML file that needs nothing else: no network, no server, and for its
// tables and static drawings no script. Text of the scenario is escaped wherever it stands; a
// Content-Security-Policy in the page forbids every load.
#pragma once

#include <string>

#include "control/report/report.h"

namespace erbium::cp {

// The whole file. The same report gives the same bytes.
std::string report_html(const Report& report);

}  // namespace erbium::cp
