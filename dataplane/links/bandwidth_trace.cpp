#include "dataplane/links/bandwidth_trace.h"

#include <algorithm>
#include <utility>

namespace erbium::dp {
namespace {

constexpr int64_t kMillisecond = 1'000'000;

}  // namespace

BandwidthTrace::BandwidthTrace(std::vector<uint32_t> milliseconds, Time origin)
    : milliseconds_(std::move(milliseconds)), origin_(origin) {}

Time BandwidthTrace::at() const {
  const int64_t ms = round_ * milliseconds_.back() + milliseconds_[index_];
  return origin_ + Duration::ns(ms * kMillisecond);
}

void BandwidthTrace::advance() {
  left_ = kOpportunityBytes;
  if (++index_ < milliseconds_.size()) return;
  index_ = 0;
  round_++;
}

// The first opportunity at or after `now`. A round holds what lies behind its beginning up to its
// end; only the first holds its beginning as well.
void BandwidthTrace::clear(Time now) {
  left_ = kOpportunityBytes;
  round_ = 0;
  index_ = 0;
  const int64_t elapsed = (now - origin_).ns();
  if (elapsed <= 0) return;
  const int64_t round = int64_t{milliseconds_.back()} * kMillisecond;
  round_ = (elapsed - 1) / round;
  const int64_t ms = (elapsed - round_ * round + kMillisecond - 1) / kMillisecond;
  const auto found = std::lower_bound(milliseconds_.begin(), milliseconds_.end(), ms);
  index_ = static_cast<size_t>(found - milliseconds_.begin());
}

Time BandwidthTrace::start(Time now) {
  if (now > at()) clear(now);
  return at();
}

Time BandwidthTrace::serve(Time now, uint32_t bytes) {
  start(now);
  for (; bytes > left_; advance()) bytes -= left_;
  left_ -= bytes;
  const Time departure = at();
  if (left_ == 0) advance();
  return departure;
}

}  // namespace erbium::dp
