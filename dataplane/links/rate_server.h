// A FIFO server of a fixed rate, exact without a queue: a packet starts when the one before it has
// left, and the moment the server falls free is kept as nanoseconds plus a remainder in units of
// 1/rate ns, so that rounding never adds up (at 400 Gbit/s a frame of 64 bytes without its FCS
// takes 1.76 ns).
#pragma once

#include <cstdint>

#include "common/units.h"

namespace erbium::dp {

class RateServer {
 public:
  RateServer() = default;
  // Rate 0: no serialisation, every packet leaves when it comes.
  explicit RateServer(BitRate rate)
      : rate_(rate.bps()), reciprocal_(rate_ > 1 ? ~uint64_t{0} / rate_ : 0) {}

  // True when a packet that comes at `now` would wait longer than `limit` for its first bit.
  bool would_wait_longer(Time now, Duration limit) const {
    const int64_t wait = free_ - now.ns();
    return wait > limit.ns() || (wait == limit.ns() && remainder_ > 0);
  }

  // Serves `bits` that come at `now` and returns when the last bit has left, rounded up to the
  // nanosecond. `bits` < 2^24.
  Time serve(Time now, uint64_t bits) {
    if (rate_ == 0) return now;
    if (now.ns() > free_) {
      free_ = now.ns();
      remainder_ = 0;
    }
    const uint64_t work = bits * 1'000'000'000 + remainder_;
    uint64_t whole = quotient(work);
    remainder_ = work - whole * rate_;
    if (remainder_ >= rate_) {
      remainder_ -= rate_;
      whole++;
    }
    free_ += static_cast<int64_t>(whole);
    return Time::from_ns(free_ + (remainder_ > 0));
  }

  // When the last bit of what is in service has left.
  Time busy_until() const { return Time::from_ns(free_ + (remainder_ > 0)); }
  // Forgets what is in service: the server is free from `now` on.
  void clear(Time now) {
    free_ = now.ns();
    remainder_ = 0;
  }
  // Changes the rate for what comes from now on; what is in service keeps its departure.
  void configure(BitRate rate) {
    const int64_t free = free_ + (remainder_ > 0);
    *this = RateServer(rate);
    free_ = free;
  }

 private:
  // floor(work / rate) or one less: multiplication by a reciprocal rounded down, as work < 2^55.
  uint64_t quotient(uint64_t work) const {
    if (reciprocal_ == 0) return work / rate_;
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>(Wide{work} * reciprocal_ >> 64);
  }

  uint64_t rate_ = 0;
  uint64_t reciprocal_ = 0;  // floor((2^64 - 1) / rate)
  int64_t free_ = 0;         // when the server falls free: free_ + remainder_ / rate_ ns
  uint64_t remainder_ = 0;
};

}  // namespace erbium::dp
