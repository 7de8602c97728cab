// Deterministic routing tables that look like the Internet's, for tests and benchmarks: prefix
// lengths drawn with roughly the shares of public BGP tables (IPv4 about 57 % /24, then /22 and
// /23, few /8; IPv6 about 46 % /48, then /32), clustered in allocations as registries hand out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/net/address.h"

namespace erbium::bench {

// splitmix64: one multiply-xorshift round per number, the same on every platform.
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }

 private:
  uint64_t state_;
};

struct LengthShare {
  uint8_t length;
  uint16_t per_mille;
};

inline constexpr LengthShare kShares4[] = {
    {24, 572}, {22, 115}, {23, 96}, {21, 50}, {20, 48}, {19, 37}, {18, 20}, {17, 14}, {16, 26},
    {15, 6},   {14, 5},   {13, 3},  {12, 2},  {11, 2},  {10, 1},  {9, 1},   {8, 2}};
inline constexpr LengthShare kShares6[] = {{48, 460}, {32, 150}, {44, 90}, {40, 75}, {36, 60},
                                           {47, 30},  {46, 30},  {33, 25}, {29, 40}, {42, 20},
                                           {38, 10},  {56, 5},   {64, 5}};

inline uint8_t draw_length(std::span<const LengthShare> shares, SplitMix& random) {
  uint32_t at = random.below(1000);
  for (const LengthShare& share : shares) {
    if (at < share.per_mille) return share.length;
    at -= share.per_mille;
  }
  return shares.front().length;
}

// A block of addresses somewhere in the unicast space, whose holder announces several prefixes,
// often neighbours.
struct Allocation {
  net::Ip base;
  unsigned length;
};

inline Allocation draw_allocation(net::Family family, SplitMix& random) {
  if (family == net::Family::v4) {
    constexpr uint8_t kLengths[] = {14, 15, 16, 16, 17, 18, 18, 19, 19, 20, 20, 21, 22};
    uint32_t first = 0;
    do first = 1 + random.below(223);
    while (first == 10 || first == 127);
    const unsigned length = kLengths[random.below(std::size(kLengths))];
    const uint32_t rest = static_cast<uint32_t>(random.next()) & 0xffffff;
    return {net::Ip::v4(first << 24 | (rest >> (32 - length) << (32 - length))), length};
  }
  constexpr uint16_t kBlocks[] = {0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00};
  const uint32_t top = uint32_t{kBlocks[random.below(std::size(kBlocks))]} << 16 |
                       (static_cast<uint32_t>(random.next()) & 0x000fffff);
  net::Ip base{net::Family::v6, {}};
  for (unsigned i = 0; i < 4; ++i) base.bytes[i] = static_cast<uint8_t>(top >> (24 - 8 * i));
  return {base, random.below(3) == 0 ? 29u : 32u};
}

// Sets bits from..to-1 of the address to the low bits of `value`.
inline void set_bits(net::Ip& ip, unsigned from, unsigned to, uint64_t value) {
  for (unsigned bit = to; bit-- > from; value >>= 1) {
    const auto mask = static_cast<uint8_t>(0x80u >> bit % 8);
    uint8_t& byte = ip.bytes[bit / 8];
    byte = static_cast<uint8_t>(value & 1 ? byte | mask : byte & ~mask);
  }
}

// n different canonical prefixes, in no particular order; the same for the same arguments.
inline std::vector<net::Prefix> bgp_like(net::Family family, size_t n, uint64_t seed) {
  SplitMix random(seed);
  const std::span<const LengthShare> shares =
      family == net::Family::v4 ? std::span<const LengthShare>(kShares4) : kShares6;
  std::vector<net::Prefix> routes;
  while (routes.size() < n) {
    for (size_t missing = n - routes.size(), made = 0; made < missing;) {
      const Allocation block = draw_allocation(family, random);
      const size_t count = 1 + random.below(24);
      uint64_t at = random.next();
      for (size_t i = 0; i < count && made < missing; ++i, ++made) {
        net::Prefix prefix{block.base, draw_length(shares, random)};
        at = random.below(3) == 0 ? random.next() : at + 1;
        if (prefix.length > block.length) set_bits(prefix.address, block.length, prefix.length, at);
        routes.push_back(prefix.canonical());
      }
    }
    std::sort(routes.begin(), routes.end());
    routes.erase(std::unique(routes.begin(), routes.end()), routes.end());
  }
  for (size_t i = routes.size(); i > 1; --i) {
    std::swap(routes[i - 1], routes[random.below(static_cast<uint32_t>(i))]);
  }
  return routes;
}

// An address inside the prefix, the bits behind it random.
inline net::Ip address_in(const net::Prefix& prefix, SplitMix& random) {
  net::Ip ip = prefix.address;
  for (unsigned from = prefix.length; from < ip.bits(); from += 32) {
    set_bits(ip, from, std::min(from + 32, ip.bits()), random.next());
  }
  return ip;
}

}  // namespace erbium::bench
