#include "dataplane/core/calendar.h"

#include <algorithm>
#include <bit>

namespace erbium::dp {
namespace {

constexpr uint64_t kMaxSlots = 1 << 16;
bool later(const Arrival& a, const Arrival& b) { return b < a; }

}  // namespace

Calendar::Calendar(Duration slot, Duration horizon) {
  shift_ = static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(slot.ns())) - 1);
  const auto span = static_cast<uint64_t>(horizon.ns());
  while ((span >> shift_) + 2 > kMaxSlots) shift_++;
  const uint64_t slots = std::max<uint64_t>(64, std::bit_ceil((span >> shift_) + 2));
  mask_ = slots - 1;
  slots_.resize(slots);
  occupied_.resize(slots / 64);
}

void Calendar::push_late(const Arrival& arrival) {
  late_.push_back(arrival);
  std::push_heap(late_.begin(), late_.end(), later);
}

void Calendar::rebuild_late() { std::make_heap(late_.begin(), late_.end(), later); }

void Calendar::reuse(std::vector<Arrival>& entries) {
  if (spare_.empty()) return;
  entries = std::move(spare_.back());
  spare_.pop_back();
}

void Calendar::clear_slot(uint64_t slot) {
  auto& entries = slots_[slot & mask_];
  entries.clear();
  spare_.push_back(std::move(entries));
  entries = {};
  occupied_[(slot & mask_) / 64] &= ~(uint64_t{1} << (slot & 63));
}

// The slot number of the earliest occupied slot; only when one is occupied.
uint64_t Calendar::first_slot() const {
  const uint64_t words = occupied_.size();
  const uint64_t start = base_ & mask_;
  for (uint64_t i = 0;; i++) {
    const uint64_t word = (start / 64 + i) % words;
    uint64_t bits = occupied_[word];
    if (i == 0) bits &= ~uint64_t{0} << (start % 64);
    if (bits == 0) continue;
    const uint64_t index = word * 64 + static_cast<unsigned>(std::countr_zero(bits));
    return base_ + ((index - base_) & mask_);
  }
}

void Calendar::drain(Time to, std::vector<Arrival>& out) {
  const uint64_t last = static_cast<uint64_t>(to.ns()) >> shift_;
  if (to.ns() <= earliest_) {
    base_ = std::max(base_, last);
    return;
  }
  const size_t first_out = out.size();
  while (size_ > late_.size()) {
    const uint64_t slot = first_slot();
    if (slot > last) break;
    auto& entries = slots_[slot & mask_];
    const bool whole = slot < last;
    // Of the slot that `to` cuts, what lies before it goes and the rest stays.
    const auto gone =
        whole ? entries.begin()
              : std::stable_partition(entries.begin(), entries.end(),
                                      [&](const Arrival& a) { return a.time >= to.ns(); });
    size_ -= static_cast<size_t>(entries.end() - gone);
    out.insert(out.end(), gone, entries.end());
    entries.erase(gone, entries.end());
    if (entries.empty()) clear_slot(slot);
    if (!whole) break;
    base_ = slot + 1;
  }
  base_ = std::max(base_, last);
  while (!late_.empty() && late_.front().time < to.ns()) {
    out.push_back(late_.front());
    std::pop_heap(late_.begin(), late_.end(), later);
    late_.pop_back();
    size_--;
  }
  earliest_ = late_.empty() ? INT64_MAX : late_.front().time;
  if (size_ > late_.size())
    earliest_ = std::min(earliest_, static_cast<int64_t>(first_slot() << shift_));
  const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first_out);
  if (!std::is_sorted(begin, out.end())) std::sort(begin, out.end());
}

Time Calendar::next() const {
  Time earliest = late_.empty() ? Time::max() : Time::from_ns(late_.front().time);
  if (size_ > late_.size())
    for (const Arrival& a : slots_[first_slot() & mask_])
      earliest = std::min(earliest, Time::from_ns(a.time));
  return earliest;
}

}  // namespace erbium::dp
