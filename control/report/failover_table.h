// Outages, sessions and expectations of a run as tables that fit a terminal, and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "control/report/report.h"

namespace erbium::cp {

// Empty where there is nothing to say. Only what an event did is shown: of streams that lost
// nothing and kept their path one line for each event.
std::string failover_table(const Report& report);

// The same, complete: "events", "streams", "outages", "convergence", "sessions", "expectations".
nlohmann::ordered_json failover_json(const Report& report);

}  // namespace erbium::cp
