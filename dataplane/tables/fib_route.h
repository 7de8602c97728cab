// A route as the writer of a forwarding table keeps it, in 8 bytes for IPv4 and 24 for IPv6, and
// the arithmetic of prefixes on addresses that are integers.
#pragma once

#include <bit>
#include <cstdint>

#include "dataplane/tables/fib.h"

namespace erbium::dp {

// Address, length and group of an IPv4 route, ordered by the first two: 32, 8 and 24 bits.
class Route4 {
 public:
  Route4() = default;
  Route4(uint32_t address, unsigned length, NextHopGroupId group)
      : bits_(uint64_t{address} << 32 | uint64_t{length} << 24 | group) {}
  uint32_t address() const { return static_cast<uint32_t>(bits_ >> 32); }
  unsigned length() const { return static_cast<unsigned>(bits_ >> 24) & 0xff; }
  NextHopGroupId group() const { return static_cast<uint32_t>(bits_) & kMaxNextHopGroup; }
  bool before(const Route4& o) const { return bits_ >> 24 < o.bits_ >> 24; }

 private:
  uint64_t bits_ = 0;
};

// The same for IPv6.
class Route6 {
 public:
  Route6() = default;
  Route6(FibKey6 address, unsigned length, NextHopGroupId group)
      : high_(static_cast<uint64_t>(address >> 64)),
        low_(static_cast<uint64_t>(address)),
        length_and_group_(uint64_t{length} << 24 | group) {}
  FibKey6 address() const { return FibKey6{high_} << 64 | low_; }
  unsigned length() const { return static_cast<unsigned>(length_and_group_ >> 24); }
  NextHopGroupId group() const {
    return static_cast<uint32_t>(length_and_group_) & kMaxNextHopGroup;
  }
  bool before(const Route6& o) const {
    return address() != o.address() ? address() < o.address() : length() < o.length();
  }

 private:
  uint64_t high_ = 0;
  uint64_t low_ = 0;
  uint64_t length_and_group_ = 0;
};

template <class Key>
struct RouteOf;
template <>
struct RouteOf<uint32_t> {
  using type = Route4;
};
template <>
struct RouteOf<FibKey6> {
  using type = Route6;
};

// Leading bits two addresses have in common.
inline unsigned common_bits(uint32_t a, uint32_t b) {
  return static_cast<unsigned>(std::countl_zero(a ^ b));
}
inline unsigned common_bits(FibKey6 a, FibKey6 b) {
  const auto high = static_cast<uint64_t>((a ^ b) >> 64);
  const auto low = static_cast<uint64_t>(a ^ b);
  return static_cast<unsigned>(high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(low));
}

// `address` with all but the leading `length` bits cleared.
template <class Key>
Key masked(Key address, unsigned length) {
  constexpr unsigned kBits = sizeof(Key) * 8;
  if (length == 0) return 0;
  return static_cast<Key>(address >> (kBits - length) << (kBits - length));
}

}  // namespace erbium::dp
