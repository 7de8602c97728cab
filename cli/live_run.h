// erbium run --live: the same network on real time, with the scenario's devices as ports.
#pragma once

#include <atomic>

#include "cli/run_options.h"
#include "control/config/scenario.h"

namespace erbium::cli {

// Runs until `stop` is set or the duration has passed. Returns an exit code.
int run_live(const cp::Scenario& scenario, const RunOptions& options,
             const std::atomic<bool>& stop);

}  // namespace erbium::cli
