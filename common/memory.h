// What the machine's memory is made of, in octets.
#pragma once

#include <cstddef>

namespace erbium {

inline constexpr size_t kCacheLine = 64;
inline constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace erbium
