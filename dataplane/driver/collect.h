// Reads the counters and tables of a network into plain values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/forwarding_state.h"
#include "common/run_stats.h"
#include "dataplane/core/network.h"
#include "dataplane/driver/refusal.h"

namespace erbium::dp {

// Of every link direction, by id. The greatest loads begin anew.
std::vector<LinkStats> collect_links(Network& network);
// `refused` is by port id: frames that the driver let enter nowhere.
RunStats collect(Network& network, std::span<const RefusalCounts> refused);

// Neighbours that are known or being asked for, by node, interface and address.
std::vector<NeighborState> collect_neighbors(const Network& network);
// What `fib`, the table of `vrf`, holds, in order of prefix.
std::vector<RouteState> collect_routes(const Network& network, const Fib& fib, uint32_t vrf);

}  // namespace erbium::dp
