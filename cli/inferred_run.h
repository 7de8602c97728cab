// `erbium replay` without a scenario: looks through the captures, writes the scenario that they
// call for, and says what it assumed.
#pragma once

#include "cli/run_options.h"

namespace erbium::cli {

// The options of a run of the scenario that was written. What can be read only once, standard
// input and pipes, is kept in the output directory. Throws CaptureError, NotFoundError, UsageError,
// IoError.
RunOptions inferred_run(const RunOptions& options);

}  // namespace erbium::cli
