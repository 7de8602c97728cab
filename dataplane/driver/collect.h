// Reads the counters of a network into plain statistics.
#pragma once

#include <cstdint>
#include <span>

#include "common/run_stats.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

// `oversize` is by port id: frames that the driver refused.
RunStats collect(Network& network, std::span<const uint64_t> oversize);

}  // namespace erbium::dp
