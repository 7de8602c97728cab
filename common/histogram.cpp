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

void Histogram::record(int64_t value, uint64_t times) {
  if (times == 0) return;
  value = std::max<int64_t>(value, 0);
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  const size_t bucket = index(value);
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  counts_[bucket] += times;
  count_ += times;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  counts_.resize(std::max(counts_.size(), other.counts_.size()));
  for (size_t i = 0; i < other.counts_.size(); i++) counts_[i] += other.counts_[i];
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
    if (below >= rank) return std::min(last_value(i), max_);
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (size_t i = 0; i < counts_.size(); i++)
    if (counts_[i] != 0)
      out.push_back({static_cast<int64_t>(first_value(i)), last_value(i), counts_[i]});
  return out;
}

}  // namespace erbium
