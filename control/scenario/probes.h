// What the dataplane is to measure: probes, as streams: which port each enters and leaves by, what
// its packets look like and how many there are; and the flows of captures.
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

// Whether the flows of captures can be measured: there are some, and something happens to them.
bool has_flows(const Scenario& scenario);
// Whether an expectation needs them.
bool expects_flows(const Scenario& scenario);
// Has them measured between the events of the timeline.
api::ToDataplane measured_flows(const Scenario& scenario);

}  // namespace erbium::cp
