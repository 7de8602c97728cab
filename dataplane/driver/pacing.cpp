#include "dataplane/driver/pacing.h"

#include <algorithm>
#include <limits>

#include "common/units.h"

namespace erbium::dp {
namespace {

__extension__ using Wide = unsigned __int128;

// Far behind any capture, and far enough from the end of int64 for what is added to it.
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max() / 2 + (int64_t{1} << 61);

int64_t postponed(int64_t from, Wide ns) {
  const Wide room = static_cast<Wide>(std::max<int64_t>(0, kLatest - from));
  return from + static_cast<int64_t>(std::min(ns, room));
}

}  // namespace

void Pacer::packet(int64_t timestamp_ns) {
  if (!any_) first_ns_ = timestamp_ns;
  any_ = true;
  last_ns_ = timestamp_ns;
}

void Pacer::next_pass() {
  shift_ns_ = postponed(shift_ns_, static_cast<Wide>(last_ns_ - first_ns_));
}

int64_t Pacer::entry() const {
  if (pacing_.pps != 0) return postponed(first_ns_, Wide{frames_} * kNsPerSecond / pacing_.pps);
  if (pacing_.rate.bps() != 0)
    return postponed(first_ns_, Wide{bits_} * kNsPerSecond / pacing_.rate.bps());
  if (pacing_.speed == pacing_.speed_unit && shift_ns_ == 0) return last_ns_;
  const Wide since = static_cast<Wide>(last_ns_ - base_ns_) + static_cast<Wide>(shift_ns_);
  return postponed(base_ns_, since * pacing_.speed_unit / pacing_.speed);
}

}  // namespace erbium::dp
