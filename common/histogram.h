// Counts of non-negative integers in log-linear buckets, for latency percentiles: values below 256
// have a bucket each, every further power of two is cut into 128 equal ones, so a bucket is never
// wider than 1/128 of its lower end. Counts are exact, as are minimum and maximum; memory grows
// with the spread of the values, 1 KiB for each power of two, to at most 58 KiB. Histograms of
// equal values are equal in every order of recording and merging.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace erbium {

class Histogram {
 public:
  // Negative values count as 0: the clock of one scenario does not run backwards.
  void record(int64_t value, uint64_t times = 1);
  void merge(const Histogram& other);

  uint64_t count() const { return count_; }
  // 0 when nothing was recorded.
  int64_t min() const { return count_ == 0 ? 0 : min_; }
  int64_t max() const { return max_; }
  // The smallest v such that at least `per_million` of the values are at most v (nearest rank), to
  // its bucket's upper end: never below the true value and less than 1/128 above it. per_million in
  // 0..1'000'000, where the ends are the exact minimum and maximum; 0 when nothing was recorded.
  int64_t percentile(uint32_t per_million) const;

  struct Bucket {
    int64_t first, last;  // values, inclusive
    uint64_t count;
    bool operator==(const Bucket&) const = default;
  };
  // Those that hold something, ascending.
  std::vector<Bucket> buckets() const;
  // The histogram that had these buckets, minimum and maximum.
  static Histogram of(std::span<const Bucket> buckets, int64_t min, int64_t max);
  // Has the value's bucket brought into the cache, if there is one.
  void prefetch(int64_t value) const {
    const size_t bucket = index(value < 0 ? 0 : value) - first_;
    if (bucket < counts_.size()) __builtin_prefetch(&counts_[bucket], 1);
  }
  // Buckets that take memory.
  size_t width() const { return counts_.size(); }

  bool operator==(const Histogram&) const = default;

 private:
  static size_t index(int64_t value);
  static uint64_t first_value(size_t bucket);
  static int64_t last_value(size_t bucket);

  uint64_t& count_of(size_t bucket);

  std::vector<uint64_t> counts_;  // from the bucket of min_ to that of max_
  size_t first_ = 0;              // bucket of counts_[0]
  uint64_t count_ = 0;
  int64_t min_ = 0, max_ = 0;
};

}  // namespace erbium
