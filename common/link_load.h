// How a link fared over time: what a report shows of its queue and its delay.
#pragma once

#include <cstdint>

namespace erbium {

// Of the packets that a measured link took: the wait for the first bit, and the delay from the
// offer to the arrival at the far end. Sums are of the run, the greatest since the last count.
struct LinkLoad {
  uint64_t packets = 0;
  int64_t wait_sum_ns = 0, delay_sum_ns = 0;
  int64_t wait_max_ns = 0, delay_max_ns = 0;
  bool operator==(const LinkLoad&) const = default;
};

}  // namespace erbium
