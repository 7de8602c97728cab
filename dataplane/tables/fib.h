// The forwarding table of one VRF: longest-prefix match for IPv4 and IPv6 (RFC 4632 section 5.1)
// from an address to a next-hop group. A direct-pointing root, whose size grows with the table,
// leads to a trie of 6-bit strides whose nodes are run-length compressed with a bit vector and
// popcount, the idea of "Poptrie" (Asai and Ohara, SIGCOMM 2015); a node and its entries lie
// together, so that a level costs about one cache line. Changes are staged by the one
// writer and published by commit() as a new immutable FibView: a reader sees one generation or the
// next, never half, and never waits. What a commit replaces is kept until reclaim().
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>

#include "common/net/address.h"

namespace erbium::dp {

// Dense id assigned by control, 1..kMaxNextHopGroup.
using NextHopGroupId = uint32_t;
inline constexpr NextHopGroupId kNoRoute = 0;
inline constexpr NextHopGroupId kMaxNextHopGroup = (1u << 24) - 1;

// Most addresses in one bulk lookup.
inline constexpr unsigned kFibBurst = 32;

__extension__ typedef unsigned __int128 FibKey6;  // an IPv6 address as an integer

// The 16 bytes of an IPv6 address, network order, as an integer.
inline FibKey6 fib_key6(const uint8_t* address) noexcept {
  static_assert(std::endian::native == std::endian::little);
  uint64_t half[2];
  std::memcpy(half, address, sizeof half);
  return FibKey6{__builtin_bswap64(half[0])} << 64 | __builtin_bswap64(half[1]);
}

// The leading n bits and what follows them, 0 < n < 64 (32 for IPv4); for the wide type without the
// branches that general shifts need.
inline size_t fib_lead(uint32_t address, unsigned n) noexcept { return address >> (32 - n); }
inline size_t fib_lead(FibKey6 address, unsigned n) noexcept {
  return static_cast<uint64_t>(address >> 64) >> (64 - n);
}
inline uint32_t fib_shift(uint32_t address, unsigned n) noexcept { return address << n; }
inline FibKey6 fib_shift(FibKey6 address, unsigned n) noexcept {
  const auto high = static_cast<uint64_t>(address >> 64);
  const auto low = static_cast<uint64_t>(address);
  return FibKey6{high << n | low >> (64 - n)} << 64 | low << n;
}

// One published generation of a Fib, immutable. Any number of threads may look up in it at once.
class alignas(64) FibView {
 public:
  // The next-hop group of the longest matching prefix, or kNoRoute. `dst` is in host order.
  NextHopGroupId lookup4(uint32_t dst) const noexcept { return v4_.lookup<uint32_t>(dst); }
  // `dst`: 16 bytes in network order, any alignment.
  NextHopGroupId lookup6(const uint8_t* dst) const noexcept {
    return v6_.lookup<FibKey6>(fib_key6(dst));
  }

  // The same for a burst, n <= kFibBurst, with the memory accesses of all addresses overlapped.
  void lookup4_bulk(const uint32_t* dst, NextHopGroupId* out, unsigned n) const noexcept;
  // dst[i] points to the 16 bytes of an address, in network order.
  void lookup6_bulk(const uint8_t* const* dst, NextHopGroupId* out, unsigned n) const noexcept;

  // The same where packet i belongs to the VRF of views[i] (not null).
  static void lookup4_bulk(const FibView* const* views, const uint32_t* dst, NextHopGroupId* out,
                           unsigned n) noexcept;
  static void lookup6_bulk(const FibView* const* views, const uint8_t* const* dst,
                           NextHopGroupId* out, unsigned n) noexcept;

  // One family. The entry of a root or a node is a next-hop group, or with kNode the index (in
  // units of 8 bytes) of a node in the arena, or with kNode and kSkip that of a skip node (IPv6).
  // A node is a 64-bit vector, in which bit i is set where slot i differs from slot i-1 (bit 0
  // always), then one entry for each set bit. A skip node stands for a chain of nodes that have one
  // child each and the same leaf in all other slots: the address bits compared (left-aligned, 64
  // bits), their number (a multiple of kStride), the entry of a mismatch, the entry of a match.
  struct Table {
    static constexpr uint32_t kNode = 1u << 31;
    static constexpr uint32_t kSkip = 1u << 30;
    static constexpr uint32_t kIndex = kSkip - 1;
    static constexpr unsigned kStride = 6;

    const uint32_t* root = nullptr;  // 2^root_bits entries, indexed by the leading address bits
    const uint32_t* arena = nullptr;
    uint32_t root_bits = kStride;
    NextHopGroupId default_route = kNoRoute;  // the zero-length prefix stands nowhere else

    const uint32_t* node(uint32_t entry) const noexcept {
      return arena + size_t{2} * (entry & kIndex);
    }
    // The root's entry for `key`, and what is left of it: the address bits behind root_bits.
    template <class Key>
    const uint32_t* first(Key key, Key& rest) const noexcept;
    // The entry for `rest` in the (skip) node of `entry`; takes the bits it stands for off `rest`.
    template <class Key>
    uint32_t step(uint32_t entry, Key& rest) const noexcept;
    template <class Key>
    NextHopGroupId lookup(Key key) const noexcept;
  };

 private:
  friend class Fib;
  Table v4_;
  Table v6_;
};

// A route of a table, or with kNoRoute the removal of one.
struct FibChange {
  net::Prefix prefix;
  NextHopGroupId group = kNoRoute;
};

// The writer's side. Single writer; only view() may be called by other threads.
class Fib {
 public:
  Fib();
  ~Fib();
  Fib(const Fib&) = delete;
  Fib& operator=(const Fib&) = delete;

  // Stage a route or its change, and the removal of one. Host bits of the prefix are ignored.
  // `group` is 1..kMaxNextHopGroup, anything else aborts. Returns the group that the prefix had,
  // kNoRoute where no such route was.
  NextHopGroupId upsert(const net::Prefix& prefix, NextHopGroupId group);
  NextHopGroupId erase(const net::Prefix& prefix);
  // Stages them in this order, with their memory accesses overlapped. before[i]: what upsert() or
  // erase() of changes[i] would have returned.
  void stage(std::span<const FibChange> changes, NextHopGroupId* before);
  // Stages the removal of every route.
  void clear();
  // The group of exactly this prefix among the staged routes, or kNoRoute.
  NextHopGroupId find(const net::Prefix& prefix) const;

  // Publishes what was staged since the last commit as one step.
  void commit();
  // Frees what earlier commits replaced. The owner calls it once every reader that may hold a view
  // older than the last commit has passed a quiescent state. Optional after each commit: what is
  // replaced accumulates until it is called.
  void reclaim();

  // The last published generation, never null. It stays valid until the reclaim() that follows the
  // next commit (and not beyond the Fib).
  const FibView* view() const noexcept;

  // Staged routes, all and of one family.
  size_t routes() const;
  size_t routes(net::Family family) const;
  // Bytes held: nodes, roots, route store and what waits for reclaim(), spare capacity included.
  size_t memory_bytes() const;

  // Calls f(prefix, group) for every staged route in (family, address, length) order.
  using RouteFn = std::function<void(const net::Prefix&, NextHopGroupId)>;
  void for_each(const RouteFn& f) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

template <class Key>
const uint32_t* FibView::Table::first(Key key, Key& rest) const noexcept {
  rest = fib_shift(key, root_bits);
  return root + fib_lead(key, root_bits);
}

// Without branches: which kind of node comes next is as random as the traffic.
template <class Key>
uint32_t FibView::Table::step(uint32_t entry, Key& rest) const noexcept {
  const uint32_t* words = node(entry);
  uint64_t head;
  std::memcpy(&head, words, sizeof head);
  const size_t slot = fib_lead(rest, kStride);
  unsigned at = 1 + static_cast<unsigned>(std::popcount(head << (63 - slot)));
  unsigned count = kStride;
  if constexpr (sizeof(Key) == 16) {
    const unsigned if_skip = 0 - (entry >> 30 & 1);
    count += (words[2] - kStride) & if_skip;
    const uint64_t differ = static_cast<uint64_t>(rest >> 64) ^ head;
    const unsigned skip_at = 3 + unsigned{differ >> (64 - count) == 0};
    at ^= (at ^ skip_at) & if_skip;
  }
  rest = fib_shift(rest, count);
  return words[at];
}

template <class Key>
NextHopGroupId FibView::Table::lookup(Key key) const noexcept {
  Key rest;
  uint32_t entry = *first(key, rest);
  while (entry & kNode) entry = step(entry, rest);
  return entry != kNoRoute ? entry : default_route;
}

}  // namespace erbium::dp
