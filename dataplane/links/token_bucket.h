// A token bucket in integers, exact at every rate. Tokens are counted in units of 1e-9 bit, so that
// a nanosecond at R bit/s adds exactly R units; elapsed time is clamped to the time the bucket
// takes to fill before it is multiplied, so nothing overflows: depth <= 18 Gbit, rate <= 400
// Gbit/s. Single rate, two colours, as the green/red subset of RFC 2697 with EBS = 0.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/units.h"

namespace erbium::dp {

class TokenBucket {
 public:
  static constexpr uint64_t kUnitsPerBit = 1'000'000'000;
  static constexpr uint64_t kMaxDepthBits = 18'000'000'000;

  TokenBucket() = default;
  // `depth_bits` is 1..kMaxDepthBits, `rate` at least 1 bit/s. Starts full.
  TokenBucket(BitRate rate, uint64_t depth_bits)
      : rate_(rate.bps()),
        depth_(depth_bits * kUnitsPerBit),
        tokens_(depth_),
        fill_time_(static_cast<int64_t>((depth_ + rate_ - 1) / rate_)) {}

  // Takes the tokens of `bits` if they are there at `now`; false, taking none, if not. `now` never
  // runs backwards.
  bool take(Time now, uint64_t bits) {
    refill(now);
    const uint64_t cost = bits * kUnitsPerBit;
    if (cost > tokens_) return false;
    tokens_ -= cost;
    return true;
  }

  // Earliest time at or after `now` when `bits` tokens are there, without taking them. Never when
  // the bucket is too small for them: Time::max().
  Time available(Time now, uint64_t bits) {
    refill(now);
    const uint64_t cost = bits * kUnitsPerBit;
    if (cost <= tokens_) return now;
    if (cost > depth_) return Time::max();
    return now + Duration::ns(static_cast<int64_t>((cost - tokens_ + rate_ - 1) / rate_));
  }

  // What is in it at `now`, at or behind the last call, in units of 1e-9 bit.
  uint64_t level(Time now) const {
    TokenBucket then = *this;
    then.refill(now);
    return then.tokens_;
  }
  uint64_t depth() const { return depth_; }

  // Changes rate and depth in place: what was filled stays, up to the new depth.
  void configure(Time now, BitRate rate, uint64_t depth_bits) {
    refill(now);
    const uint64_t kept = tokens_;
    const Time then = last_;
    *this = TokenBucket(rate, depth_bits);
    tokens_ = std::min(kept, depth_);
    last_ = then;
  }

 private:
  void refill(Time now) {
    const int64_t elapsed = std::min((now - last_).ns(), fill_time_);
    tokens_ = std::min(depth_, tokens_ + static_cast<uint64_t>(elapsed) * rate_);
    last_ = now;
  }

  uint64_t rate_ = 1;
  uint64_t depth_ = 0;
  uint64_t tokens_ = 0;
  int64_t fill_time_ = 0;
  Time last_;
};

}  // namespace erbium::dp
