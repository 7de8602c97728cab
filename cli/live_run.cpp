#include "cli/live_run.h"

#include "dataplane/driver/eal.h"

namespace erbium::cli {

int run_live(const cp::Scenario&, const RunOptions&, const std::atomic<bool>&) {
  throw dp::MachineError("live runs are not built yet");
}

}  // namespace erbium::cli
