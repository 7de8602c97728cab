// Seeded numbers without state: the same words give the same 64 bits on every machine. The rounds
// are those of splitmix64.
#pragma once

#include <cstdint>

namespace erbium {

constexpr uint64_t mix(uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
  n = (n ^ n >> 27) * 0x94d049bb133111eb;
  return n ^ n >> 31;
}

constexpr uint64_t mix(uint64_t a, uint64_t b) { return mix(mix(a) ^ b); }

}  // namespace erbium
