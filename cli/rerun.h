// What a run leaves in its output directory so that it can be run again: rerun.yaml, the scenario
// as it was, and rerun.json, the seed and what was replayed, with sizes and check sums. Neither has
// a path in it; where the inputs stood is told by `wall` in summary.json, seen from the directory,
// so that a tree that is moved as a whole stays good.
#pragma once

#include <string>

#include "cli/run_options.h"
#include "common/run_stats.h"
#include "control/config/scenario.h"

namespace erbium::cli {

inline constexpr const char* kRerunScenario = "rerun.yaml";
inline constexpr const char* kRerun = "rerun.json";

// Fills stats.wall.scenario and .captures.
void note_inputs(const cp::Scenario& scenario, const RunOptions& options, RunStats& stats);

// The text of rerun.json. Reads every capture and MRT file, for their check sums.
std::string rerun_json(const cp::Scenario& scenario, const RunOptions& options);

// The scenario of the run that wrote `directory`, ready to be run again. Throws NotFoundError where
// no run was or an input is gone, InvalidError where an input is not what it was, UsageError where
// a run cannot be repeated: on real time, or from a pipe.
cp::Scenario scenario_of_run(const std::string& directory);

}  // namespace erbium::cli
