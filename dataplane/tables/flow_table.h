// Flows that were seen lately, at most so many: a hash table whose entries also stand in the order
// in which they were last seen, so that the one to forget next is always at hand.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/units.h"
#include "dataplane/core/flow_tuple.h"

namespace erbium::dp {

class FlowTable {
 public:
  // At most `most` flows, at least 1; one that was silent for longer than `age` is forgotten.
  FlowTable(uint64_t most, Duration age) : most_(most), age_(age) {}

  // Sees a packet of the flow, whose tuple hashes to `hash`, at `now`, which never runs backwards.
  // False where the flow is new and there is no room for it.
  bool see(const FlowTuple& flow, uint64_t hash, Time now) {
    forget(now);
    if (const uint32_t known = find(flow, hash)) {
      unlink(known);
      append(known, now);
      return true;
    }
    if (size_ >= most_) return false;
    if (size_ == buckets_.size()) grow();
    const uint32_t id = free_ != 0 ? std::exchange(free_, entries_[free_].chain) : add();
    entries_[id].flow = flow;
    entries_[id].hash = hash;
    put(id);
    append(id, now);
    size_++;
    return true;
  }

  // What is kept is kept, also where it is more than `most`.
  void configure(uint64_t most, Duration age) {
    most_ = most;
    age_ = age;
  }

  uint64_t size() const { return size_; }

 private:
  struct Entry {
    FlowTuple flow;
    uint64_t hash = 0;
    Time seen;
    uint32_t older = 0, newer = 0;  // 0: none
    uint32_t chain = 0;             // of its bucket, or of the free ones
  };

  size_t bucket(uint64_t hash) const { return hash & (buckets_.size() - 1); }

  uint32_t find(const FlowTuple& flow, uint64_t hash) const {
    uint32_t id = buckets_[bucket(hash)];
    while (id != 0 && !(entries_[id].hash == hash && entries_[id].flow == flow))
      id = entries_[id].chain;
    return id;
  }

  uint32_t add() {
    entries_.emplace_back();
    return static_cast<uint32_t>(entries_.size() - 1);
  }

  void put(uint32_t id) {
    uint32_t& first = buckets_[bucket(entries_[id].hash)];
    entries_[id].chain = std::exchange(first, id);
  }

  void grow() {
    buckets_.assign(buckets_.size() * 2, 0);
    for (uint32_t id = oldest_; id != 0; id = entries_[id].newer) put(id);
  }

  void append(uint32_t id, Time now) {
    Entry& entry = entries_[id];
    entry.seen = now;
    entry.newer = 0;
    entry.older = std::exchange(newest_, id);
    (entry.older != 0 ? entries_[entry.older].newer : oldest_) = id;
  }

  void unlink(uint32_t id) {
    const Entry& entry = entries_[id];
    (entry.older != 0 ? entries_[entry.older].newer : oldest_) = entry.newer;
    (entry.newer != 0 ? entries_[entry.newer].older : newest_) = entry.older;
  }

  void forget(Time now) {
    while (oldest_ != 0 && now - entries_[oldest_].seen > age_) {
      const uint32_t id = oldest_;
      uint32_t* at = &buckets_[bucket(entries_[id].hash)];
      while (*at != id) at = &entries_[*at].chain;
      *at = entries_[id].chain;
      unlink(id);
      entries_[id].chain = std::exchange(free_, id);
      size_--;
    }
  }

  uint64_t most_;
  Duration age_;
  uint64_t size_ = 0;
  std::vector<Entry> entries_{1};
  std::vector<uint32_t> buckets_ = std::vector<uint32_t>(64);
  uint32_t oldest_ = 0, newest_ = 0, free_ = 0;
};

}  // namespace erbium::dp
