// Seeded numbers without state: the same words give the same 64 bits on every machine. The rounds
// are those of splitmix64.
#pragma once

#include <cstdint>

#include "common/net/address.h"

namespace erbium::cp::wire {

constexpr uint64_t mix(uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
  n = (n ^ n >> 27) * 0x94d049bb133111eb;
  return n ^ n >> 31;
}

constexpr uint64_t mix(uint64_t a, uint64_t b) { return mix(mix(a) ^ b); }

inline uint64_t mix(uint64_t seed, const net::Ip& ip) {
  uint64_t half[2] = {0, 0};
  for (unsigned i = 0; i < 16; ++i) half[i / 8] = half[i / 8] << 8 | ip.bytes[i];
  return mix(mix(seed, half[0]), half[1]);
}

}  // namespace erbium::cp::wire
