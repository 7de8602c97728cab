// Probes as streams of the dataplane: which port each enters and leaves by, what its packets look
// like and how many there are.
#pragma once

#include <vector>

#include "common/api/messages.h"
#include "control/config/scenario.h"
#include "control/expressroute/topology.h"

namespace erbium::cp {

// From the start of replay to the end of the scenario: as the file says, or ten seconds behind the
// end of its last event. Absent: the file says nothing and has no probe.
std::optional<Duration> scenario_length(const Scenario& scenario);

// A probe that goes both ways makes two: "name" and "name/back".
std::vector<api::ToDataplane> probe_streams(const Scenario& scenario, const Topology& topology);

}  // namespace erbium::cp
