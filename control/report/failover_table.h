// Outages, sessions and expectations of a run as tables of 80 columns, and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/report/report.h"

namespace erbium::cp {

// Empty where there is nothing to say. Only what an event did is shown: streams that lost nothing
// and kept their path are counted.
std::string failover_table(const Report& report);

// A line or two for each: met or missed, and by how much.
std::string expectations_text(const std::vector<ReportExpectation>& expectations,
                              const std::string& indent = "");

// The same, complete: "events", "streams", "outages", "convergence", "sessions", "expectations".
nlohmann::ordered_json failover_json(const Report& report);

}  // namespace erbium::cp
