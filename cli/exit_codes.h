// What the exit status of `erbium` and its two processes means; documented in README.md.
#pragma once

namespace erbium::cli {

enum ExitCode : int {
  kDone = 0,
  kExpectationFailed = 1,
  kDifferent = 1,  // of diff
  kUsage = 2,
  kNotFound = 3,
  kInvalid = 4,    // configuration or capture
  kMachine = 5,    // EAL, NIC, memory, disk, permission
  kPeer = 6,       // the other process is gone, or speaks another protocol
  kWarnings = 7,   // with --strict
  kInternal = 70,  // a mistake in erbium itself
  kInterrupted = 130,
};

}  // namespace erbium::cli
