// What the flows of captures went through (FlowResults), as messages of the channel and back. What
// happened in the windows can be more than a frame holds, so it travels in parts.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "common/api/channel.h"
#include "common/run_stats.h"

namespace erbium::api {

Latencies latencies(const Histogram& histogram);
// nullopt when it is none.
std::optional<Histogram> histogram(const Latencies& from);

// Without what happened in the windows, which to_parts() gives.
FlowsCounts to_message(const FlowResults& flows);
FlowResults from_message(const FlowsCounts& counts);

// Hands what happened to every flow to `take`, in messages that are well below kMaxFrame.
void to_parts(const FlowResults& flows, const std::function<void(const FlowPart&)>& take);
// Appends a part to what has come, by index of the flow; false when it makes no sense.
bool add_part(std::vector<std::vector<Impact>>& impacts, const FlowPart& part);
// Puts what has come into the flows, of a run with so many links; false when it does not fit.
bool add_impacts(FlowResults& flows, std::vector<std::vector<Impact>> impacts, size_t links);

}  // namespace erbium::api
