// How much longer or shorter than its delay a packet takes on a link, drawn from 64 random bits by
// tables of quantiles and integer arithmetic, so that every compiler and machine draws the same.
#pragma once

#include <cstdint>

#include "common/units.h"

namespace erbium::dp {

struct Jitter {
  enum class Distribution : uint8_t {
    uniform,  // evenly from -size to +size
    normal,   // around 0 with standard deviation `size`, cut off at four of them
    pareto,   // never below 0: shape 3, mean `size`, cut off at thirty times that
  };
  static constexpr Duration kMost = Duration::s(10);

  Duration size;  // 0: none; at most kMost
  Distribution distribution = Distribution::normal;
  bool keep_order = true;  // a packet waits for those in front of it

  bool operator==(const Jitter&) const = default;

  // What `bits`, evenly distributed, come to.
  Duration draw(uint64_t bits) const;
  // No draw lies further below 0 than this.
  Duration reach() const;
};

}  // namespace erbium::dp
