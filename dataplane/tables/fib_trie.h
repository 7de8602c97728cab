// The writer's half of a forwarding table for one family: keeps the routes, remembers which
// prefixes changed, and turns them into roots and nodes (see FibView::Table). Leaves are pushed:
// a slot holds the group of the longest prefix that covers it, so a change rebuilds from the route
// store exactly the slots its prefix covers, on a copy of the path from the root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/tables/fib.h"
#include "dataplane/tables/fib_arena.h"
#include "dataplane/tables/route_store.h"

namespace erbium::dp {

template <class Key>
class FibTrie {
 public:
  using Route = typename RouteOf<Key>::type;
  static constexpr unsigned kBits = sizeof(Key) * 8;

  // Staged changes. `address` may have host bits; `length` is at most kBits.
  NextHopGroupId upsert(Key address, unsigned length, NextHopGroupId group);
  NextHopGroupId erase(Key address, unsigned length);
  // Fetches what either of them will look at.
  void prefetch(Key address, unsigned length) const {
    routes_.prefetch(Route(masked(address, length), length, kNoRoute));
  }
  void clear();

  // Builds what readers see of the staged state. Returns false, and changes nothing, where nothing
  // was staged. The caller publishes table().
  bool commit();
  const FibView::Table& table() const { return table_; }
  void reclaim();

  const RouteStore<Key>& routes() const { return routes_; }
  size_t memory_bytes() const;

 private:
  using Table = FibView::Table;
  using Cursor = typename RouteStore<Key>::Cursor;
  using Changes = std::span<const Route>;
  static constexpr unsigned kStride = Table::kStride;
  static constexpr unsigned kSlots = 1u << kStride;
  static constexpr size_t kSmallSubtree = 4;  // routes: below, rebuilding beats descending
  static constexpr unsigned kMaxSkip = 60;    // bits

  // The slots of a node (or of the root) while it is being made, and where it stands.
  struct Slots {
    uint32_t* entry;
    Key base;         // address of the node
    unsigned depth;   // its length in bits
    unsigned stride;  // log2 of the number of slots
    uint64_t fresh;   // bit per slot of a node: what it points to was made in this commit

    size_t slot(Key address) const {
      return static_cast<size_t>(static_cast<Key>(address << depth) >> (kBits - stride));
    }
    // Slots a prefix of this length covers; 0 where it is longer than one slot's.
    size_t covers(unsigned length) const {
      return length > depth + stride ? 0 : size_t{1} << (depth + stride - length);
    }
  };

  void note_change(const Route& route);
  static unsigned wanted_root_bits(size_t routes, unsigned now);
  void rebuild(unsigned root_bits);
  void apply_changes();
  void change_slots(Slots& slots, Changes changes);
  void prefetch_change(const Slots& slots, const Route& change) const;
  uint32_t update(uint32_t entry, Key base, unsigned depth, Changes changes);
  void fill_slots(Slots& slots, Cursor& cursor, Key prefix, unsigned length);
  uint32_t build(Cursor& cursor, unsigned depth, uint32_t inherited);
  uint32_t make_node(const Slots& slots);
  uint32_t make_skip(const Slots& slots, unsigned slot, uint32_t other);
  uint32_t allocate_skip(uint64_t bits, uint32_t count, uint32_t miss, uint32_t hit);
  void unpack(uint32_t entry, Slots& slots);
  void retire_node(uint32_t entry);
  void retire_subtree(uint32_t entry);
  unsigned units_of(uint32_t entry) const;
  FibBuffer take_root(size_t bytes);

  RouteStore<Key> routes_;
  std::vector<Route> changes_;  // staged prefixes, in the order of arrival
  bool rebuild_ = false;        // too many to keep
  FibArena arena_;
  FibBuffer root_;
  FibBuffer spare_root_;
  std::vector<FibBuffer> retired_roots_;
  Table table_ = empty_table();

  static Table empty_table();
};

extern template class FibTrie<uint32_t>;
extern template class FibTrie<FibKey6>;

}  // namespace erbium::dp
