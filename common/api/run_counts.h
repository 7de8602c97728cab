// What a run counted, as messages of the channel and back.
#pragma once

#include <functional>

#include "common/api/channel.h"
#include "common/run_stats.h"

namespace erbium::api {

LinkCounts to_message(const LinkStats& link);
LinkStats from_message(const LinkCounts& link);

// Without the packets of its streams, which to_parts() gives.
RunCounts to_message(const RunStats& stats);
RunStats from_message(const RunCounts& counts);

// Hands every packet of every stream to `take`, in messages that are well below kMaxFrame.
void to_parts(const RunStats& stats, const std::function<void(const StreamPart&)>& take);
// Appends a part to what has come of the streams; false when it is no part of any.
bool add_part(std::vector<StreamResult>& packets, const StreamPart& part);
// Puts the packets into the streams of `stats`; false when they do not fit together.
bool add_packets(RunStats& stats, std::vector<StreamResult> packets);

}  // namespace erbium::api
