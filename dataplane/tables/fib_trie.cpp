// Building and changing the trie. One routine lays routes over the slots of the root or of a node,
// another finds the slots a batch of changes touches; a node's final form is made in one place.
#include "dataplane/tables/fib_trie.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/memory.h"

namespace erbium::dp {
namespace {

constexpr size_t kChangesAhead = 8;  // changes in flight

constexpr std::array<uint32_t, 1u << FibView::Table::kStride> kEmptyRoot{};

// Sizes a 32-bit entry per slot against about as many bytes of nodes; steps of the stride keep
// the boundaries of nodes at /24 and /48.
constexpr unsigned kRootBits[] = {6, 12, 18};
constexpr size_t kRootRoutes[] = {0, 1024, 32768};  // from this many routes on

// Bit i: entry i differs from the one before it; bit 0 always.
uint64_t run_starts(const uint32_t* entry) {
  constexpr unsigned kSlots = 1u << FibView::Table::kStride;
  uint8_t differs[kSlots] = {1};
  for (unsigned i = 1; i < kSlots; ++i) differs[i] = entry[i] != entry[i - 1];
  uint64_t starts = 0;
  for (unsigned i = 0; i < kSlots; i += 8) {
    uint64_t eight;
    std::memcpy(&eight, differs + i, sizeof eight);
    // Moves the low bit of byte k to bit 56 + k.
    starts |= (eight * 0x0102040810204080) >> 56 << i;
  }
  return starts;
}

}  // namespace

template <class Key>
typename FibTrie<Key>::Table FibTrie<Key>::empty_table() {
  Table table;
  table.root = kEmptyRoot.data();
  return table;
}

template <class Key>
NextHopGroupId FibTrie<Key>::upsert(Key address, unsigned length, NextHopGroupId group) {
  ERBIUM_CHECK(length <= kBits && group != kNoRoute && group <= kMaxNextHopGroup);
  const Route route(masked(address, length), length, group);
  const NextHopGroupId old = routes_.upsert(route);
  if (old != group) note_change(route);
  return old;
}

template <class Key>
NextHopGroupId FibTrie<Key>::erase(Key address, unsigned length) {
  ERBIUM_CHECK(length <= kBits);
  const Route route(masked(address, length), length, kNoRoute);
  const NextHopGroupId old = routes_.erase(route);
  if (old != kNoRoute) note_change(route);
  return old;
}

template <class Key>
void FibTrie<Key>::clear() {
  routes_.clear();
  rebuild_ = true;
  std::vector<Route>().swap(changes_);
}

// A rebuild costs about as much as the separate changes of one route in sixteen.
template <class Key>
void FibTrie<Key>::note_change(const Route& route) {
  if (rebuild_) return;
  changes_.push_back(route);
  if (changes_.size() <= 64 + routes_.size() / 16) return;
  rebuild_ = true;
  std::vector<Route>().swap(changes_);
}

// Grows at the thresholds and shrinks at a quarter of them.
template <class Key>
unsigned FibTrie<Key>::wanted_root_bits(size_t routes, unsigned now) {
  unsigned wanted = kRootBits[0];
  for (size_t i = 1; i < std::size(kRootBits); ++i) {
    const size_t from = kRootBits[i] <= now ? kRootRoutes[i] / 4 : kRootRoutes[i];
    if (routes >= from) wanted = kRootBits[i];
  }
  return wanted;
}

template <class Key>
bool FibTrie<Key>::commit() {
  if (changes_.empty() && !rebuild_) return false;
  const unsigned root_bits = wanted_root_bits(routes_.size(), table_.root_bits);
  if (rebuild_ || root_bits != table_.root_bits || root_.words() == nullptr ||
      routes_.size() == 0 || arena_.sparse()) {
    rebuild(root_bits);
  } else {
    apply_changes();
  }
  changes_.clear();
  rebuild_ = false;
  arena_.publish();
  table_.arena = arena_.words();
  table_.default_route = routes_.find(Route(0, 0, kNoRoute));
  return true;
}

template <class Key>
void FibTrie<Key>::rebuild(unsigned root_bits) {
  arena_.restart();
  if (root_.words() != nullptr) retired_roots_.push_back(std::move(root_));
  root_ = FibBuffer();
  table_ = empty_table();
  if (routes_.size() == 0) return;
  root_ = take_root(sizeof(uint32_t) << root_bits);
  std::fill_n(root_.words(), size_t{1} << root_bits, kNoRoute);
  Slots slots{root_.words(), 0, 0, root_bits, 0};
  Cursor cursor = routes_.begin();
  if (cursor->length() == 0) cursor.next();
  fill_slots(slots, cursor, 0, 0);
  table_.root = root_.words();
  table_.root_bits = root_bits;
}

template <class Key>
void FibTrie<Key>::apply_changes() {
  std::sort(changes_.begin(), changes_.end(),
            [](const Route& a, const Route& b) { return a.before(b); });
  FibBuffer root = take_root(root_.bytes());
  std::memcpy(root.words(), root_.words(), root_.bytes());
  retired_roots_.push_back(std::exchange(root_, std::move(root)));
  table_.root = root_.words();
  Slots slots{root_.words(), 0, 0, table_.root_bits, 0};
  Changes changes(changes_);
  while (!changes.empty() && changes.front().length() == 0) changes = changes.subspan(1);
  change_slots(slots, changes);
}

// Fetches what a change in the slots of the root will look at.
template <class Key>
void FibTrie<Key>::prefetch_change(const Slots& slots, const Route& change) const {
  const uint32_t entry = slots.entry[slots.slot(change.address())];
  if (entry & Table::kNode) {
    const uint32_t* node = arena_.at(entry & Table::kIndex);
    __builtin_prefetch(node);
    __builtin_prefetch(node + kCacheLine / sizeof *node);
  }
  routes_.prefetch(Route(masked(change.address(), slots.stride), slots.stride + 1, kNoRoute));
}

// Brings every slot that one of the sorted `changes` covers or lies in up to date.
template <class Key>
void FibTrie<Key>::change_slots(Slots& slots, Changes changes) {
  size_t done = 0;  // slots before this one are final
  while (!changes.empty()) {
    if (slots.depth == 0 && changes.size() > kChangesAhead)
      prefetch_change(slots, changes[kChangesAhead]);
    const Route& change = changes.front();
    const size_t slot = slots.slot(change.address());
    const size_t covered = slots.covers(change.length());
    size_t taken = 1;
    while (covered == 0 && taken < changes.size() && slots.slot(changes[taken].address()) == slot) {
      ++taken;
    }
    const Changes group = changes.first(taken);
    changes = changes.subspan(taken);
    if (slot < done) continue;
    if (covered > 0) {
      for (size_t i = slot; i < slot + covered; ++i) retire_subtree(slots.entry[i]);
      Cursor inside = routes_.lower_bound(Route(change.address(), change.length() + 1, kNoRoute));
      std::fill_n(slots.entry + slot, covered,
                  routes_.covering(inside, change.address(), change.length()));
      fill_slots(slots, inside, change.address(), change.length());
      done = slot + covered;
    } else {
      const unsigned depth = slots.depth + slots.stride;
      slots.entry[slot] = update(slots.entry[slot], masked(change.address(), depth), depth, group);
      done = slot + 1;
    }
    if (slots.stride == kStride) {
      for (size_t i = slot; i < done; ++i) slots.fresh |= uint64_t{1} << i;
    }
  }
}

// Makes anew what `entry` stands for, after `changes`, which all lie in base/depth.
template <class Key>
uint32_t FibTrie<Key>::update(uint32_t entry, Key base, unsigned depth, Changes changes) {
  Cursor inside = routes_.lower_bound(Route(base, depth + 1, kNoRoute));
  if (!(entry & Table::kNode) || !inside.more_than(kSmallSubtree, base, depth)) {
    retire_subtree(entry);
    const NextHopGroupId inherited = routes_.covering(inside, base, depth);
    if (!inside.valid() || masked(inside->address(), depth) != base) return inherited;
    return build(inside, depth, inherited);
  }
  uint32_t entries[kSlots];
  Slots slots{entries, base, depth, kStride, 0};
  unpack(entry, slots);
  change_slots(slots, changes);
  return make_node(slots);
}

// Lays the routes from the cursor on that are inside prefix/length over the slots.
template <class Key>
void FibTrie<Key>::fill_slots(Slots& slots, Cursor& cursor, Key prefix, unsigned length) {
  while (cursor.valid() && masked(cursor->address(), length) == prefix) {
    const size_t slot = slots.slot(cursor->address());
    if (const size_t covered = slots.covers(cursor->length())) {
      std::fill_n(slots.entry + slot, covered, cursor->group());
      cursor.next();
    } else {
      slots.entry[slot] = build(cursor, slots.depth + slots.stride, slots.entry[slot]);
    }
  }
}

// The entry for the `depth` leading bits of the route at the cursor, from the routes longer than
// that; leaves the cursor behind them. `inherited` is the group that covers all of it.
template <class Key>
uint32_t FibTrie<Key>::build(Cursor& cursor, unsigned depth, uint32_t inherited) {
  uint32_t entries[kSlots];
  Slots slots{entries, masked(cursor->address(), depth), depth, kStride, ~uint64_t{0}};
  std::fill_n(entries, kSlots, inherited);
  fill_slots(slots, cursor, slots.base, depth);
  return make_node(slots);
}

template <class Key>
uint32_t FibTrie<Key>::make_node(const Slots& slots) {
  const uint32_t* entry = slots.entry;
  const uint64_t starts = run_starts(entry);
  const auto runs = static_cast<unsigned>(std::popcount(starts));
  if (runs == 1 && !(entry[0] & Table::kNode)) return entry[0];
  if constexpr (kBits == 128) {
    if (runs <= 3) {
      // A node entry is a run of one slot: two or three runs around it are a chain's link.
      const auto second = static_cast<unsigned>(std::countr_zero(starts & ~uint64_t{1}));
      const unsigned slot = entry[0] & Table::kNode ? 0 : second;
      const uint32_t other = entry[slot == 0 ? 1 : 0];
      if (entry[slot] & Table::kNode && !(other & Table::kNode) &&
          std::count(entry, entry + kSlots, other) == kSlots - 1) {
        return make_skip(slots, slot, other);
      }
    }
  }
  const uint32_t index = arena_.allocate(1 + (runs + 1) / 2);
  uint32_t* words = arena_.at(index);
  std::memcpy(words, &starts, sizeof starts);
  words += 2;
  for (uint64_t left = starts; left != 0; left &= left - 1) {
    *words++ = entry[std::countr_zero(left)];
  }
  return Table::kNode | index;
}

// One link of a chain: merged with the rest of the chain where that is a skip node with room.
template <class Key>
uint32_t FibTrie<Key>::make_skip(const Slots& slots, unsigned slot, uint32_t other) {
  uint32_t child = slots.entry[slot];
  uint64_t bits = uint64_t{slot} << (64 - kStride);
  uint32_t count = kStride;
  if (child & Table::kSkip) {
    const uint32_t index = child & Table::kIndex;
    const uint32_t* words = arena_.at(index);
    if (words[2] + kStride <= kMaxSkip && words[3] == other) {
      uint64_t rest;
      std::memcpy(&rest, words, sizeof rest);
      bits |= rest >> kStride;
      count += words[2];
      child = words[4];
      if (slots.fresh >> slot & 1) {
        arena_.free(index, 3);
      } else {
        arena_.retire(index, 3);
      }
    }
  }
  return allocate_skip(bits, count, other, child);
}

template <class Key>
uint32_t FibTrie<Key>::allocate_skip(uint64_t bits, uint32_t count, uint32_t miss, uint32_t hit) {
  const uint32_t index = arena_.allocate(3);
  uint32_t* words = arena_.at(index);
  std::memcpy(words, &bits, sizeof bits);
  words[2] = count;
  words[3] = miss;
  words[4] = hit;
  return Table::kNode | Table::kSkip | index;
}

// The slots of a node, or of the first link of a skip node; the node itself is retired.
template <class Key>
void FibTrie<Key>::unpack(uint32_t entry, Slots& slots) {
  retire_node(entry);
  const uint32_t* words = arena_.at(entry & Table::kIndex);
  uint64_t head;
  std::memcpy(&head, words, sizeof head);
  if (!(entry & Table::kSkip)) {
    const uint32_t* run = words + 1;
    for (unsigned i = 0; i < kSlots; ++i) {
      run += head >> i & 1;
      slots.entry[i] = *run;
    }
    return;
  }
  const uint32_t count = words[2];
  const uint32_t miss = words[3];
  const uint32_t hit = words[4];
  const auto slot = static_cast<unsigned>(head >> (64 - kStride));
  std::fill_n(slots.entry, kSlots, miss);
  slots.fresh |= uint64_t{1} << slot;
  slots.entry[slot] = hit;
  if (count > kStride) {
    slots.entry[slot] = allocate_skip(head << kStride, count - kStride, miss, hit);
  }
}

template <class Key>
unsigned FibTrie<Key>::units_of(uint32_t entry) const {
  if (entry & Table::kSkip) return 3;
  uint64_t starts;
  std::memcpy(&starts, arena_.at(entry & Table::kIndex), sizeof starts);
  return 1 + (static_cast<unsigned>(std::popcount(starts)) + 1) / 2;
}

template <class Key>
void FibTrie<Key>::retire_node(uint32_t entry) {
  arena_.retire(entry & Table::kIndex, units_of(entry));
}

template <class Key>
void FibTrie<Key>::retire_subtree(uint32_t entry) {
  if (!(entry & Table::kNode)) return;
  retire_node(entry);
  const uint32_t* words = arena_.at(entry & Table::kIndex);
  if (entry & Table::kSkip) return retire_subtree(words[4]);
  uint64_t starts;
  std::memcpy(&starts, words, sizeof starts);
  const auto runs = static_cast<unsigned>(std::popcount(starts));
  for (unsigned i = 0; i < runs; ++i) retire_subtree(words[2 + i]);
}

template <class Key>
FibBuffer FibTrie<Key>::take_root(size_t bytes) {
  if (spare_root_.bytes() == bytes) return std::move(spare_root_);
  return FibBuffer(bytes);
}

template <class Key>
void FibTrie<Key>::reclaim() {
  arena_.reclaim();
  spare_root_ = FibBuffer();
  for (FibBuffer& root : retired_roots_) {
    if (root.bytes() == root_.bytes()) spare_root_ = std::move(root);
  }
  std::vector<FibBuffer>().swap(retired_roots_);
}

template <class Key>
size_t FibTrie<Key>::memory_bytes() const {
  size_t bytes = routes_.memory_bytes() + arena_.memory_bytes() + root_.bytes() +
                 spare_root_.bytes() + changes_.capacity() * sizeof(Route) +
                 retired_roots_.capacity() * sizeof(FibBuffer);
  for (const FibBuffer& root : retired_roots_) bytes += root.bytes();
  return bytes;
}

template class FibTrie<uint32_t>;
template class FibTrie<FibKey6>;

}  // namespace erbium::dp
