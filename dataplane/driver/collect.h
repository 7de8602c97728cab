// Reads the counters of a network into plain statistics.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/run_stats.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

// Of every link direction, by id.
std::vector<LinkStats> collect_links(const Network& network);
// `oversize` is by port id: frames that the driver refused.
RunStats collect(Network& network, std::span<const uint64_t> oversize);

}  // namespace erbium::dp
