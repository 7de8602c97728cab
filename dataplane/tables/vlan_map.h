// (trunk, outer VID, inner VID) -> interface: which circuit and peering a frame's tags stand for.
// Open addressing with linear probing at most half full; immutable after it was built.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace erbium::dp {

class VlanMap {
 public:
  // VID 0 stands for "no such tag". A key that is there already is replaced.
  void insert(uint32_t trunk, uint16_t outer, uint16_t inner, uint32_t interface) {
    if (slots_.size() < 2 * (count_ + 1)) grow();
    Slot& slot = *find(slots_, key(trunk, outer, inner));
    if (slot.interface == 0) count_++;
    slot = {key(trunk, outer, inner), interface};
  }

  // 0 when no interface has these tags.
  uint32_t lookup(uint32_t trunk, uint16_t outer, uint16_t inner) const noexcept {
    if (slots_.empty()) return 0;
    return find(slots_, key(trunk, outer, inner))->interface;
  }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t interface = 0;
  };

  static uint64_t key(uint32_t trunk, uint16_t outer, uint16_t inner) {
    return uint64_t{trunk} << 24 | uint64_t{outer} << 12 | inner;
  }
  template <typename Slots>
  static auto find(Slots& slots, uint64_t key) noexcept -> decltype(slots.data()) {
    const std::size_t mask = slots.size() - 1;
    std::size_t at = (key * 0x9e3779b97f4a7c15u) >> (64 - std::countr_one(mask));
    while (slots[at].interface != 0 && slots[at].key != key) at = (at + 1) & mask;
    return &slots[at];
  }
  void grow() {
    std::vector<Slot> bigger(slots_.empty() ? 8 : slots_.size() * 2);
    for (const Slot& slot : slots_)
      if (slot.interface != 0) *find(bigger, slot.key) = slot;
    slots_ = std::move(bigger);
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace erbium::dp
