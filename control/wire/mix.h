// Seeded numbers from words and addresses.
#pragma once

#include <cstdint>

#include "common/mix.h"
#include "common/net/address.h"

namespace erbium::cp::wire {

using erbium::mix;

inline uint64_t mix(uint64_t seed, const net::Ip& ip) {
  uint64_t half[2] = {0, 0};
  for (unsigned i = 0; i < 16; ++i) half[i / 8] = half[i / 8] << 8 | ip.bytes[i];
  return mix(mix(seed, half[0]), half[1]);
}

}  // namespace erbium::cp::wire
