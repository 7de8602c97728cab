// Scenario time from the processor's time stamp counter: one counter read and one multiplication a
// reading, no system call. The counter must be invariant, as it is on every x86-64-v3 machine.
#pragma once

#include <rte_cycles.h>

#include <cstdint>

#include "common/units.h"

namespace erbium::dp {

class LiveClock {
 public:
  // Measures the counter against the system's monotonic clock, which takes 50 ms.
  LiveClock();

  // Makes this moment time 0.
  void start() { zero_ = rte_rdtsc(); }

  // Time since start().
  Time now() const {
    __extension__ using Wide = unsigned __int128;
    return Time::from_ns(static_cast<int64_t>(Wide{rte_rdtsc() - zero_} * ns_per_cycle_ >> 32));
  }

 private:
  uint64_t ns_per_cycle_;  // times 2^32
  uint64_t zero_ = 0;
};

}  // namespace erbium::dp
