// Deadlines of numbered things, the earliest on top; equal ones in order of their numbers. A binary
// heap that knows where each number stands, so that moving a deadline costs at most the logarithm
// of their count, and nothing when its place stays.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/units.h"

namespace erbium::cp::bfd {

class DeadlineHeap {
 public:
  // Numbers count up from 0: this is the next one.
  void add(Time deadline) {
    const auto index = static_cast<uint32_t>(place_.size());
    place_.push_back(index);
    heap_.push_back({deadline, index});
    rise(index);
  }

  void set(uint32_t index, Time deadline) {
    const uint32_t at = place_[index];
    const bool earlier = deadline < heap_[at].first;
    heap_[at].first = deadline;
    earlier ? rise(at) : sink(at);
  }

  bool empty() const { return heap_.empty(); }
  Time first_deadline() const { return heap_.empty() ? Time::max() : heap_[0].first; }
  uint32_t first() const { return heap_[0].second; }  // only unless empty

 private:
  using Entry = std::pair<Time, uint32_t>;

  void put(uint32_t at, Entry entry) {
    heap_[at] = entry;
    place_[entry.second] = at;
  }

  void rise(uint32_t at) {
    const Entry entry = heap_[at];
    for (; at > 0 && entry < heap_[(at - 1) / 2]; at = (at - 1) / 2) put(at, heap_[(at - 1) / 2]);
    put(at, entry);
  }

  void sink(uint32_t at) {
    const Entry entry = heap_[at];
    const auto size = static_cast<uint32_t>(heap_.size());
    while (true) {
      uint32_t child = 2 * at + 1;
      if (child + 1 < size && heap_[child + 1] < heap_[child]) ++child;
      if (child >= size || entry < heap_[child]) break;
      put(at, heap_[child]);
      at = child;
    }
    put(at, entry);
  }

  std::vector<Entry> heap_;
  std::vector<uint32_t> place_;  // of each number in the heap
};

}  // namespace erbium::cp::bfd
