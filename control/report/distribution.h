// The cumulative distribution of latencies as inline SVG: which share of the packets took at most
// so long, over a logarithmic axis of time. Integers only, so that every machine draws the same.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/histogram.h"

namespace erbium::cp {

struct Distribution {
  std::string name;
  const Histogram* latency;  // not empty
};

// 2^16 times the logarithm of v to the base of 2; v is at least 1.
int64_t log2_fixed(uint64_t v);

// The axis of time, from below the least value to above the greatest.
class LatencyAxis {
 public:
  explicit LatencyAxis(const std::vector<Distribution>& all);
  // In tenths of a thousandth of its length.
  int64_t place(int64_t ns) const;
  // Round times, four to ten of them where there are so many.
  std::vector<int64_t> ticks() const;

 private:
  int64_t least_ = INT64_MAX, greatest_ = 0;
};

// At most 400 points a line, each exact.
std::string distribution_svg(const std::vector<Distribution>& all, const std::string& title);

}  // namespace erbium::cp
