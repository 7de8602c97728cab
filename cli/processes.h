// erbium run --processes: the two halves of a run as programs of their own, on a socket between
// them.
#pragma once

#include "cli/command.h"

namespace erbium::cli {

// Runs erbium-dataplane and erbium-control, which are found beside this program. `words` are those
// behind `erbium run`. Returns control's exit code; kPeer when one of the two has died, which a
// line on stderr says. Throws NotFoundError, IoError.
int run_processes(const Words& words);

}  // namespace erbium::cli
