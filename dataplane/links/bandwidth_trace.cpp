#include "dataplane/links/bandwidth_trace.h"

#include <algorithm>
#include <utility>

namespace erbium::dp {
namespace {

constexpr int64_t kMillisecond = 1'000'000;

}  // namespace

BandwidthTrace::BandwidthTrace(std::vector<uint32_t> milliseconds, Time origin)
    : milliseconds_(std::move(milliseconds)), origin_(origin) {
  go_to(0, 0);
}

void BandwidthTrace::go_to(int64_t round, size_t index) {
  round_ = round;
  index_ = index;
  left_ = kOpportunityBytes;
  next_ =
      origin_ + Duration::ns((round * milliseconds_.back() + milliseconds_[index]) * kMillisecond);
}

void BandwidthTrace::advance() {
  const bool last = index_ + 1 == milliseconds_.size();
  go_to(round_ + last, last ? 0 : index_ + 1);
}

// The first opportunity at or after `now`. A round holds what lies behind its beginning up to its
// end; only the first holds its beginning as well.
void BandwidthTrace::clear(Time now) {
  const int64_t elapsed = (now - origin_).ns();
  if (elapsed <= 0) return go_to(0, 0);
  const int64_t length = int64_t{milliseconds_.back()} * kMillisecond;
  const int64_t round = (elapsed - 1) / length;
  const int64_t ms = (elapsed - round * length + kMillisecond - 1) / kMillisecond;
  const auto found = std::lower_bound(milliseconds_.begin(), milliseconds_.end(), ms);
  go_to(round, static_cast<size_t>(found - milliseconds_.begin()));
}

}  // namespace erbium::dp
