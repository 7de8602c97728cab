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

// For DPDK's libraries and its cycle counter without a device, as benchmarks use them; a replay
// does without EAL. No huge pages, no root, no telemetry; the one thread floats over the CPUs it
// is allowed. Once a process. Throws MachineError.
void start_eal_for_replay();

// For live runs: the PCI addresses of NICs, which need huge pages; `extra` is appended to EAL's
// arguments. Until release_eal_messages() what EAL logs is kept, unless `extra` sets --log-level.
void start_eal_for_live(const std::vector<std::string>& pci, const std::vector<std::string>& extra);
// What EAL and the drivers have logged since the last call, on one line for an error text.
std::string take_eal_messages();
// From now on EAL logs to stderr.
void release_eal_messages();

}  // namespace erbium::dp
