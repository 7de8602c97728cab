// Shares of a whole: probabilities, and what may come on top.
#pragma once

#include <compare>
#include <cstdint>

namespace erbium::cp {

// A probability, exact as it is written: in units of 10^-11.
struct Share {
  static constexpr uint64_t kAll = 100'000'000'000;
  uint64_t units = 0;
  auto operator<=>(const Share&) const = default;
};

}  // namespace erbium::cp
