#include "dataplane/core/calendar.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace erbium::dp {
namespace {

constexpr uint64_t kFirstSlots = 64, kMaxSlots = 1 << 16;
}  // namespace

Calendar::Calendar(Duration slot, Duration horizon) {
  shift_ = static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(slot.ns())) - 1);
  const auto span = static_cast<uint64_t>(horizon.ns());
  while ((span >> shift_) + 2 > kMaxSlots) shift_++;
  most_slots_ = std::max(kFirstSlots, std::bit_ceil((span >> shift_) + 2));
  mask_ = kFirstSlots - 1;
  slots_.resize(kFirstSlots);
  occupied_.resize(kFirstSlots / 64);
}

// Counted by push() already, and perhaps the earliest.
void Calendar::push_far(const Arrival& arrival) {
  const uint64_t slot = static_cast<uint64_t>(arrival.time) >> shift_;
  if (slot - base_ < most_slots_) {
    grow(std::bit_ceil(slot - base_ + 1));
    slots_[slot & mask_].push_back(arrival);
    occupied_[(slot & mask_) / 64] |= uint64_t{1} << (slot & 63);
    return;
  }
  late_.push_back(arrival);
  std::push_heap(late_.begin(), late_.end(), later);
}

void Calendar::grow(uint64_t slots) {
  std::vector<Entries> bigger(slots);
  std::vector<uint64_t> occupied(slots / 64);
  for (uint64_t slot = base_; slot <= base_ + mask_; slot++) {
    Entries& entries = slots_[slot & mask_];
    const uint64_t at = slot & (slots - 1);
    if (!entries.empty()) occupied[at / 64] |= uint64_t{1} << (at & 63);
    bigger[at] = std::move(entries);
  }
  slots_ = std::move(bigger);
  occupied_ = std::move(occupied);
  mask_ = slots - 1;
}

void Calendar::rebuild_late() { std::make_heap(late_.begin(), late_.end(), later); }

void Calendar::reuse(Entries& entries) {
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

// Removes what has been drained from the slot that the last drain cut.
void Calendar::forget_taken() {
  auto& entries = slots_[base_ & mask_];
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = sorted_ = 0;
}

// The slot number of the earliest occupied slot; only when one is occupied.
uint64_t Calendar::first_slot() const {
  const uint64_t words = occupied_.size();
  const uint64_t start = base_ & mask_;
  for (uint64_t i = 0;; i++) {
    const uint64_t word = (start / 64 + i) & (words - 1);
    uint64_t bits = occupied_[word];
    if (i == 0) bits &= ~uint64_t{0} << (start % 64);
    if (bits == 0) continue;
    const uint64_t index = word * 64 + static_cast<unsigned>(std::countr_zero(bits));
    return base_ + ((index - base_) & mask_);
  }
}

int64_t Calendar::find_earliest() const {
  int64_t earliest = late_.empty() ? INT64_MAX : late_.front().time;
  if (size_ == late_.size()) return earliest;
  const uint64_t slot = first_slot();
  const Entries& entries = slots_[slot & mask_];
  if (slot == base_ && sorted_ == entries.size()) return std::min(earliest, entries[taken_].time);
  for (auto at = begin(slot); at != entries.end(); ++at) earliest = std::min(earliest, at->time);
  return earliest;
}

// Puts what is left of slot base_ in order.
void Calendar::sort_base() {
  Entries& entries = slots_[base_ & mask_];
  const auto known = entries.begin() + static_cast<std::ptrdiff_t>(std::max(sorted_, taken_));
  if (!std::is_sorted(known == entries.begin() ? known : known - 1, entries.end()))
    std::sort(entries.begin() + static_cast<std::ptrdiff_t>(taken_), entries.end());
  sorted_ = entries.size();
}

// Those of the first slot are enough for what is in the cache before the rest.
void Calendar::prefetch(Time to, size_t most) const {
  if (to.ns() <= earliest_ || size_ == late_.size()) return;
  const uint64_t slot = first_slot();
  const Entries& entries = slots_[slot & mask_];
  for (auto at = begin(slot); at != entries.end() && at->time < to.ns() && most > 0; ++at, --most)
    Packet(at->mbuf).prefetch();
}

void Calendar::drain(Time to, std::vector<Arrival>& out) {
  const uint64_t last = static_cast<uint64_t>(to.ns()) >> shift_;
  const auto move_to = [this](uint64_t slot) {
    if (slot <= base_) return;
    base_ = slot;
    taken_ = sorted_ = 0;
  };
  if (to.ns() <= earliest_) return move_to(last);
  const size_t first_out = out.size();
  while (size_ > late_.size()) {
    const uint64_t slot = first_slot();
    if (slot > last) break;
    move_to(slot);
    sort_base();
    const Entries& entries = slots_[slot & mask_];
    const auto from = begin(slot);
    auto end = entries.end();
    if (slot == last)
      end = std::find_if(from, end, [&](const Arrival& a) { return a.time >= to.ns(); });
    size_ -= static_cast<size_t>(end - from);
    out.insert(out.end(), from, end);
    taken_ = static_cast<size_t>(end - entries.begin());
    if (end != entries.end()) break;
    clear_slot(slot);
    taken_ = sorted_ = 0;
  }
  move_to(last);
  const size_t first_late = out.size();
  while (!late_.empty() && late_.front().time < to.ns()) {
    out.push_back(late_.front());
    std::pop_heap(late_.begin(), late_.end(), later);
    late_.pop_back();
    size_--;
  }
  earliest_ = find_earliest();
  if (out.size() > first_late && first_late > first_out)
    std::inplace_merge(out.begin() + static_cast<std::ptrdiff_t>(first_out),
                       out.begin() + static_cast<std::ptrdiff_t>(first_late), out.end());
}

}  // namespace erbium::dp
