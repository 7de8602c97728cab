// A server whose rate follows a recording, in the form of Mahimahi (Netravali et al., "Mahimahi:
// Accurate Record-and-Replay for HTTP", USENIX ATC 2015, section 4): at each of a list of
// milliseconds 1,504 bytes may leave. What nobody waits for at that moment is lost; a packet that
// does not fit into one opportunity ends in a later one. Behind its last millisecond the list
// begins again. Exact without a queue, as the server of a fixed rate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/units.h"

namespace erbium::dp {

class BandwidthTrace {
 public:
  static constexpr uint32_t kOpportunityBytes = 1504;  // IP packet of 1,500 and 4 of its framing
  static constexpr uint32_t kFraming = 4;

  // Milliseconds from `origin`: never falling, the last above 0.
  BandwidthTrace(std::vector<uint32_t> milliseconds, Time origin);

  // When the first byte of a packet that comes at `now` would leave. `now` never falls.
  Time start(Time now) {
    if (now > next_) clear(now);
    return next_;
  }
  // Serves `bytes` that come at `now`; returns when the last of them leaves.
  Time serve(Time now, uint32_t bytes) {
    start(now);
    for (; bytes > left_; advance()) bytes -= left_;
    left_ -= bytes;
    const Time departure = next_;
    if (left_ == 0) advance();
    return departure;
  }
  // Forgets what was in service: opportunities from `now` on are free.
  void clear(Time now);

  const std::vector<uint32_t>& milliseconds() const { return milliseconds_; }

 private:
  void advance();
  void go_to(int64_t round, size_t index);

  const std::vector<uint32_t> milliseconds_;
  const Time origin_;
  // The next opportunity that is not used up: milliseconds_[index_] of round `round_`.
  int64_t round_ = 0;
  size_t index_ = 0;
  Time next_;
  uint32_t left_ = kOpportunityBytes;
};

}  // namespace erbium::dp
