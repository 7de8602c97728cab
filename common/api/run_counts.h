// What a run counted, as messages of the channel and back.
#pragma once

#include <functional>
#include <vector>

#include "common/api/channel.h"
#include "common/api/flow_counts.h"
#include "common/run_stats.h"

namespace erbium::api {

LinkCounts to_message(const LinkStats& link);
LinkStats from_message(const LinkCounts& link);

// Without the packets of its streams and what happened to its flows, which to_parts() gives.
RunCounts to_message(const RunStats& stats);
RunStats from_message(const RunCounts& counts);

// What has come of streams and flows, by index.
struct Parts {
  std::vector<StreamResult> streams;
  std::vector<std::vector<Impact>> impacts;
};

// Hands every packet of every stream and everything that happened to every flow to `take`, in
// messages that are well below kMaxFrame.
void to_parts(const RunStats& stats, const std::function<void(const FromDataplane&)>& take);
// Appends a part to what has come; false when it is no part of any stream or flow.
bool add_part(Parts& parts, const StreamPart& part);
bool add_part(Parts& parts, const FlowPart& part);
// Puts the parts into `stats`; false when they do not fit together.
bool add_parts(RunStats& stats, Parts parts);

}  // namespace erbium::api
