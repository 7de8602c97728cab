// Two containers that keep large tables small: a slab that numbers its elements with 32-bit ids and
// a hash index that holds nothing but such ids.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/check.h"

namespace erbium::cp::rib {

inline constexpr uint32_t kNoId = UINT32_MAX;

// Elements in chunks of kChunk: they never move, and growing copies nothing. Ids of removed
// elements are used again, the last one first. T has a member `uint32_t link`, which is the slab's
// own while the element is free; a free element otherwise equals T{}.
template <class T, uint32_t kChunk>
class Slab {
 public:
  static_assert(std::has_single_bit(kChunk));

  // The id of an element that equals T{}.
  uint32_t add() {
    ++size_;
    if (free_ != kNoId) {
      const uint32_t id = free_;
      free_ = (*this)[id].link;
      (*this)[id].link = T{}.link;
      return id;
    }
    if (end_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return end_++;
  }
  // All memory is given back with the last element.
  void remove(uint32_t id) {
    if (--size_ == 0) return clear();
    (*this)[id] = T{};
    (*this)[id].link = free_;
    free_ = id;
  }
  void clear() {
    chunks_ = std::vector<std::unique_ptr<T[]>>();
    free_ = kNoId;
    end_ = 0;
    size_ = 0;
  }

  T& operator[](uint32_t id) { return chunks_[id / kChunk][id % kChunk]; }
  const T& operator[](uint32_t id) const { return chunks_[id / kChunk][id % kChunk]; }
  size_t size() const { return size_; }
  uint32_t end() const { return end_; }  // every id is below; free elements are among them
  size_t memory_bytes() const {
    return chunks_.size() * (kChunk * sizeof(T) + kMallocHeader) +
           chunks_.capacity() * sizeof(void*);
  }

 private:
  static constexpr size_t kMallocHeader = 16;

  std::vector<std::unique_ptr<T[]>> chunks_;
  uint32_t free_ = kNoId;
  uint32_t end_ = 0;
  size_t size_ = 0;
};

// Open addressing with linear probing, at most three quarters full, 4 bytes a slot. A slot of a
// table of 2^n holds an id in its low n bits and a piece of the hash above, so that elements which
// differ are hardly ever looked at. Ids should be dense: there are more slots than the largest id.
class IdIndex {
 public:
  // True where add() of this id needs a grow() before it.
  bool full_for(uint32_t id) const {
    return used_ >= slots_.size() / 4 * 3 || id + 1 >= slots_.size();
  }
  // Empties the index and makes room for twice as many; the caller adds all elements again.
  void grow() { reset(slots_.empty() ? 4 : bits_ + 1); }
  // Empties it without giving up room, for the caller to add what is left.
  void refill() { reset(bits_); }
  void clear() {
    slots_ = std::vector<uint32_t>();
    bits_ = 0;
    used_ = 0;
  }

  // The id for which equal(id) among those with this hash, or kNoId.
  template <class Equal>
  uint32_t find(uint32_t hash, Equal equal) const {
    if (slots_.empty()) return kNoId;
    const uint32_t tag = hash & tag_mask();
    for (size_t at = home(hash); slots_[at] != kEmpty; at = (at + 1) & (slots_.size() - 1)) {
      if ((slots_[at] & tag_mask()) == tag && equal(slots_[at] & ~tag_mask())) {
        return slots_[at] & ~tag_mask();
      }
    }
    return kNoId;
  }

  void prefetch(uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home(hash)]);
  }

  // The id must not be there yet.
  void add(uint32_t hash, uint32_t id) {
    ERBIUM_CHECK(!full_for(id));
    size_t at = home(hash);
    while (slots_[at] != kEmpty) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = (hash & tag_mask()) | id;
    ++used_;
  }

  // The id must be there. hash_of(id) says where others belong that its place is filled with.
  template <class HashOf>
  void remove(uint32_t hash, uint32_t id, HashOf hash_of) {
    const size_t mask = slots_.size() - 1;
    size_t hole = home(hash);
    while ((slots_[hole] & ~tag_mask()) != id) hole = (hole + 1) & mask;
    for (size_t at = (hole + 1) & mask; slots_[at] != kEmpty; at = (at + 1) & mask) {
      const size_t wanted = home(hash_of(slots_[at] & ~tag_mask()));
      if (((at - wanted) & mask) < ((at - hole) & mask)) continue;  // would come before its home
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = kEmpty;
    --used_;
  }

  size_t memory_bytes() const { return slots_.capacity() * sizeof(uint32_t); }

 private:
  static constexpr uint32_t kEmpty = UINT32_MAX;

  // The multiplication brings all bits of the hash to the top, where the slot is taken from; the
  // tag is made of other bits of the same hash.
  size_t home(uint32_t hash) const { return (hash * 0x9e3779b1u) >> (32 - bits_); }
  uint32_t tag_mask() const { return ~uint32_t{0} << bits_; }
  void reset(unsigned bits) {
    ERBIUM_CHECK(bits < 32);
    bits_ = bits;
    slots_.assign(size_t{1} << bits, kEmpty);
    used_ = 0;
  }

  std::vector<uint32_t> slots_;
  unsigned bits_ = 0;
  size_t used_ = 0;
};

}  // namespace erbium::cp::rib
