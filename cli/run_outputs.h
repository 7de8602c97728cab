// What every kind of run has in common around the network: the output directory, the captures to
// read, and the results as files and on stdout.
#pragma once

#include <chrono>
#include <string>

#include "cli/run_options.h"
#include "common/run_stats.h"
#include "control/config/scenario.h"
#include "control/report/report.h"

namespace erbium::cli {

// Throws UsageError when the capture to be replayed stands where a run in `directory` would write.
void refuse_own_output(const std::string& directory, const std::string& capture);

// With the directories above it. Throws IoError.
void make_directory(const std::string& directory);

// Makes the directory ready for a new run: what an older one left under its names goes. Throws
// IoError.
void prepare_directory(const std::string& directory);

// Throws NotFoundError for a capture of the scenario that is not there.
void refuse_missing_captures(const cp::Scenario& scenario);

// Adds what the machine spent since `begun`.
void measure(RunStats& stats, std::chrono::steady_clock::time_point begun);

// summary.json, counters.json, and what it takes to run it again (rerun.h); notes in `stats` where
// the inputs stand. Throws IoError.
void write_results(RunStats& stats, const cp::Scenario& scenario, const RunOptions& options);
void print_results(const RunStats& stats, const cp::Scenario& scenario, const RunOptions& options,
                   const cp::Report& report);
// What is odd about the input and the run, on stderr. Returns how many of it are warnings.
unsigned warn(const RunStats& stats, const cp::Scenario& scenario);
// Whether a report.html is written: the scenario asks for it, or has probes
// or flows that can be measured, and does not say.
bool reported(const cp::Scenario& scenario);
// Whether the flows of captures are measured: for the report, or for an expectation.
bool measures_flows(const cp::Scenario& scenario);
// report.html and failover.json. Throws IoError.
void write_report(const cp::Report& report, bool partial, const RunOptions& options);
// report.html once more; the one that is there stays until this one is whole. Throws IoError.
void rewrite_report(const cp::Report& report, const RunOptions& options);
bool missed(const cp::Report& report);

// What is not accounted for, empty when all is; the results are then partial. Called before they
// are written.
std::string conservation(RunStats& stats);
// Throws InternalError when conservation() found something.
void refuse_unbalanced(const std::string& found);

}  // namespace erbium::cli
