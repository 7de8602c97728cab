// Starts DPDK's environment layer the way a run needs it. Users never write EAL arguments.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace erbium::dp {

// The machine cannot run it: EAL, port, memory or permission. One line.
class MachineError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// For replay: no huge pages, no root, no device, no telemetry; the one thread floats over the CPUs
// it is allowed. Once a process. Throws MachineError.
void start_eal_for_replay();

// For live runs: `devices` are --vdev or --allow arguments in EAL's own words, `extra` is appended.
void start_eal_for_live(const std::vector<std::string>& devices,
                        const std::vector<std::string>& extra);

}  // namespace erbium::dp
