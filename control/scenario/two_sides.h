// Parts the ends of ties into two sides so that the heaviest ties cross: a maximum spanning forest
// by packets, coloured in two, each tree then turned by the evidence that its ties carry.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace erbium::cp {

// Between two ends, the lower first.
struct Tie {
  uint64_t packets = 0;
  int64_t evidence = 0;  // positive when the lower end is the customer's
};

// By end, 0 to `ends` - 1: whether it is on Azure's side. Without evidence the side with more ends
// is the customer's, and among equals the one with the lowest.
std::vector<bool> two_sides(uint32_t ends,
                            const std::map<std::pair<uint32_t, uint32_t>, Tie>& ties);

}  // namespace erbium::cp
