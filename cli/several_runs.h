// erbium run A.yaml B.yaml DIRECTORY: several scenarios one after the other, each in a process of
// its own, because one that fails must not end the others. They end in one table.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "cli/run_options.h"
#include "control/report/report.h"

namespace erbium::cli {

// What one of several runs came to.
struct RunOutcome {
  std::vector<cp::ReportExpectation> expectations;
  int64_t virtual_time_ns = 0;
};

// Runs one scenario, fills the outcome in place of printing it, and returns an exit code. Called in
// the process of that run.
using RunOne = std::function<int(const RunOptions&, RunOutcome&)>;

// Whether the words ask for this: several files, a directory, or those that cover something.
bool asks_for_several(const RunOptions& options);

// Runs those that `options` name, in its order or, with `covers`, in the order of what they cover,
// each into --out/FILE, and prints the table, or JSON. Returns kExpectationFailed when one of them
// did, else the greatest exit code. Throws UsageError, NotFoundError, IoError.
int run_several(const RunOptions& options, const std::atomic<bool>& stop, const RunOne& run_one);

}  // namespace erbium::cli
