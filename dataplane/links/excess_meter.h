// Whether a limiter acts, where it lets a link exceed its rate for a while: a Direct port's circuit
// is held to its bandwidth once a link has exceeded it by more than a fifth (Microsoft Learn: rate
// limiting for ExpressRoute Direct circuits). Microsoft documents no time scale; here what was
// offered is judged every 100 ms of scenario time.
#pragma once

#include <cstdint>

#include "common/units.h"

namespace erbium::dp {

class ExcessMeter {
 public:
  static constexpr Duration kWindow = Duration::ms(100);

  // `bits` are offered at `at`, which never runs backwards. True: the limiter acts on them, since
  // more than rate + excess was offered in a window, and not less than the rate in any since.
  bool limits(Time at, uint64_t bits, BitRate rate, BitRate excess) {
    const int64_t window = at.ns() / kWindow.ns();
    if (window != window_) {
      // In the window that ended last; nothing was offered in those between.
      const uint64_t offered = window == window_ + 1 ? offered_ : 0;
      if (offered_ > in_window(rate.bps() + excess.bps())) limits_ = true;
      if (offered < in_window(rate.bps())) limits_ = false;
      window_ = window;
      offered_ = 0;
    }
    offered_ += bits;
    return limits_;
  }

 private:
  static constexpr uint64_t kWindowsPerSecond = 10;
  static_assert(Duration::s(1) == kWindow * kWindowsPerSecond);
  static constexpr uint64_t in_window(uint64_t bps) { return bps / kWindowsPerSecond; }

  int64_t window_ = 0;
  uint64_t offered_ = 0;
  bool limits_ = false;
};

}  // namespace erbium::dp
