#include "common/histogram.h"

#include <algorithm>
#include <bit>

#include "common/check.h"

namespace erbium {
namespace {

constexpr int kStepBits = 7;  // 128 buckets in a power of two
constexpr uint64_t kSteps = uint64_t{1} << kStepBits;
constexpr uint32_t kMillion = 1'000'000;

}  // namespace

// Buckets 0..255 hold one value each. Above, a value of bit width w is shifted until 8 bits are
// left, 128..255; bucket = shift * 128 + those bits.
size_t Histogram::index(int64_t value) {
  const auto v = static_cast<uint64_t>(value);
  if (v < 2 * kSteps) return v;
  const int shift = static_cast<int>(std::bit_width(v)) - (kStepBits + 1);
  return static_cast<uint64_t>(shift) * kSteps + (v >> shift);
}

// For the bucket behind the last one this is 2^63, so it is unsigned.
uint64_t Histogram::first_value(size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  return (kSteps + bucket % kSteps) << (bucket / kSteps - 1);
}

int64_t Histogram::last_value(size_t bucket) {
  return static_cast<int64_t>(first_value(bucket + 1) - 1);
}

uint64_t& Histogram::count_of(size_t bucket) {
  if (counts_.empty()) first_ = bucket;
  if (bucket < first_) {
    counts_.insert(counts_.begin(), first_ - bucket, 0);
    first_ = bucket;
  }
  if (bucket - first_ >= counts_.size()) counts_.resize(bucket - first_ + 1);
  return counts_[bucket - first_];
}

void Histogram::record(int64_t value, uint64_t times) {
  if (times == 0) return;
  value = std::max<int64_t>(value, 0);
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  count_of(index(value)) += times;
  count_ += times;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_of(other.first_ + other.counts_.size() - 1);
  count_of(other.first_);
  const size_t offset = other.first_ - first_;
  for (size_t i = 0; i < other.counts_.size(); i++) counts_[offset + i] += other.counts_[i];
  count_ += other.count_;
}

int64_t Histogram::percentile(uint32_t per_million) const {
  ERBIUM_CHECK(per_million <= kMillion);
  if (count_ == 0) return 0;
  if (per_million == 0) return min_;
  // ceil(count * per_million / 1e6) without a product beyond 64 bits.
  const uint64_t rank =
      count_ / kMillion * per_million + (count_ % kMillion * per_million + kMillion - 1) / kMillion;
  uint64_t below = 0;
  for (size_t i = 0; i < counts_.size(); i++) {
    below += counts_[i];
    if (below >= rank) return std::min(last_value(first_ + i), max_);
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (size_t i = 0; i < counts_.size(); i++)
    if (counts_[i] != 0)
      out.push_back(
          {static_cast<int64_t>(first_value(first_ + i)), last_value(first_ + i), counts_[i]});
  return out;
}

Histogram Histogram::of(std::span<const Bucket> buckets, int64_t min, int64_t max) {
  Histogram out;
  for (const Bucket& bucket : buckets) out.record(bucket.first, bucket.count);
  out.min_ = min;
  out.max_ = max;
  return out;
}

}  // namespace erbium
