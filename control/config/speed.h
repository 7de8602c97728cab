// How much faster than it was captured a capture is replayed.
#pragma once

#include <cstdint>

namespace erbium::cp {

// A factor as written, kept exact: 1.5 is 15 / 10. Both are 0 where it is no plain decimal number
// above 0, with at most nine digits on either side of the point.
struct Speed {
  uint64_t factor = 1, unit = 1;
};

}  // namespace erbium::cp
