// Which captures a run writes.
#pragma once

#include <optional>

#include "cli/run_options.h"
#include "control/scenario/setup.h"
#include "dataplane/driver/emulation.h"

namespace erbium::cli {

// nullopt when no captures are wanted.
inline std::optional<dp::CaptureConfig> capture_config(const cp::Scenario& scenario,
                                                       const cp::Topology& topology,
                                                       const RunOptions& options) {
  if (!options.captures) return std::nullopt;
  return dp::capture_config(cp::output_captures(scenario, topology, options.directory));
}

}  // namespace erbium::cli
