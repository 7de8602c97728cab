// The tables of the HTML report, each empty when there is nothing to show.
#pragma once

#include <string>

#include "control/report/report.h"

namespace erbium::cp {

std::string expectations_html(const Report& report);
std::string events_html(const Report& report);
std::string outages_html(const Report& report);
std::string convergence_html(const Report& report);
std::string sessions_html(const Report& report);
std::string streams_html(const Report& report);
std::string windows_html(const Report& report);  // latency by event
std::string links_html(const Report& report);
std::string latencies_html(const Report& report);  // distributions, and percentiles of links
std::string drops_html(const Report& report);      // by reason and place, with examples

}  // namespace erbium::cp
