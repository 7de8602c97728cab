// What the routers forward by, as a file: every VRF with its routes, sorted, with next hops by the
// names of their interfaces, so that files of two runs can be compared whatever ids they used.
#pragma once

#include <string>

#include "dataplane/agent/agent.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

// JSON: {"vrfs": [{"vrf", "router", "routes": [{"prefix", "next_hops": [...]}]}]}.
std::string fib_json(const Agent& agent, const Network& network);

}  // namespace erbium::dp
