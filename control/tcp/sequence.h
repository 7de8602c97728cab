// Sequence numbers of TCP: comparisons modulo 2^32 (RFC 9293 §3.4).
#pragma once

#include <cstdint>

namespace erbium::cp::tcp {

// From `a` to `b`: negative when `b` lies before `a`.
constexpr int32_t distance(uint32_t a, uint32_t b) { return static_cast<int32_t>(b - a); }
constexpr bool before(uint32_t a, uint32_t b) { return distance(a, b) > 0; }

}  // namespace erbium::cp::tcp
