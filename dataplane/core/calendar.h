// The arrivals of one node, ordered by (time, id, copy): a calendar queue. A ring of slots of equal
// width holds what lies within the horizon, a heap the rest; a slot is sorted when its time comes,
// which is nearly free because every link delivers in order. The ring is as long as the delays it
// has seen and slot memory is recycled, so that memory follows the packets in flight, not the
// horizon: a long ring that is seldom used would miss the cache with every packet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "dataplane/core/packet.h"

namespace erbium::dp {

struct Arrival {
  int64_t time;
  uint64_t id;
  rte_mbuf* mbuf;

  bool operator<(const Arrival& o) const {
    if (time != o.time) return time < o.time;
    if (id != o.id) return id < o.id;
    return Packet(mbuf).meta().copy < Packet(o.mbuf).meta().copy;
  }
};

inline bool later(const Arrival& a, const Arrival& b) { return b < a; }

class Calendar {
 public:
  // Slots are a power of two wide, at most `slot`, unless `horizon` then needs more than 2^16 of
  // them. The ring grows up to `horizon`. Both at least 1 ns.
  Calendar(Duration slot, Duration horizon);

  // `arrival.time` must not lie before the end of the last drain.
  void push(const Arrival& arrival) {
    size_++;
    if (arrival.time < earliest_) earliest_ = arrival.time;
    const uint64_t slot = static_cast<uint64_t>(arrival.time) >> shift_;
    if (slot - base_ > mask_) [[unlikely]]
      return push_far(arrival);
    auto& entries = slots_[slot & mask_];
    if (entries.capacity() == 0) reuse(entries);
    if (entries.empty()) occupied_[(slot & mask_) / 64] |= uint64_t{1} << (slot & 63);
    entries.push_back(arrival);
  }

  // Appends every arrival before `to` to `out`, sorted, and removes them.
  void drain(Time to, std::vector<Arrival>& out);

  // The time of the earliest arrival; Time::max() when there is none.
  Time next() const { return earliest_ == INT64_MAX ? Time::max() : Time::from_ns(earliest_); }

  // Removes and hands to `take(Packet)` every arrival for which `match(Packet)` holds.
  template <typename Match, typename Take>
  void remove_if(Match&& match, Take&& take) {
    auto sweep = [&](std::vector<Arrival>& list) {
      return std::erase_if(list, [&](const Arrival& a) {
               if (!match(Packet(a.mbuf))) return false;
               take(Packet(a.mbuf));
               size_--;
               return true;
             }) > 0;
    };
    forget_taken();
    for (uint64_t slot = base_; slot <= base_ + mask_; slot++)
      if (sweep(slots_[slot & mask_]) && slots_[slot & mask_].empty()) clear_slot(slot);
    if (sweep(late_)) rebuild_late();
    earliest_ = find_earliest();
  }

  // Whether `match(Packet)` holds for an arrival.
  template <typename Match>
  bool any_of(Match&& match) const {
    const auto matches = [&](const Arrival& a) { return match(Packet(a.mbuf)); };
    for (uint64_t slot = base_; slot <= base_ + mask_ && size_ > late_.size(); slot++)
      if (std::any_of(begin(slot), slots_[slot & mask_].end(), matches)) return true;
    return std::any_of(late_.begin(), late_.end(), matches);
  }

  // Fetches up to `most` packets that a drain up to `to` is about to give.
  void prefetch(Time to, size_t most) const;

  size_t size() const { return size_; }

 private:
  using Entries = std::vector<Arrival>;
  // The first arrival of a slot that has not been drained.
  Entries::const_iterator begin(uint64_t slot) const {
    const auto taken = static_cast<std::ptrdiff_t>(slot == base_ ? taken_ : 0);
    return slots_[slot & mask_].begin() + taken;
  }

  uint64_t first_slot() const;
  int64_t find_earliest() const;
  void push_far(const Arrival& arrival);
  void grow(uint64_t slots);
  void sort_base();
  void forget_taken();
  void rebuild_late();
  void reuse(Entries& entries);
  void clear_slot(uint64_t slot);

  unsigned shift_;
  uint64_t mask_;
  uint64_t most_slots_;
  uint64_t base_ = 0;  // slot number of the end of the last drain
  // Of slot base_: so many have been drained, so many stand in order (the drained among them).
  size_t taken_ = 0, sorted_ = 0;
  size_t size_ = 0;
  int64_t earliest_ = INT64_MAX;
  std::vector<Entries> slots_;
  std::vector<uint64_t> occupied_;  // a bit for each slot that holds arrivals
  std::vector<Entries> spare_;      // emptied slots' memory
  Entries late_;                    // heap, earliest first
};

}  // namespace erbium::dp
