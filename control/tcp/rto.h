// The retransmission timeout of RFC 6298, in integer nanoseconds.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "common/units.h"

namespace erbium::cp::tcp {

class Rto {
 public:
  static constexpr Duration kInitial = Duration::s(1);       // §2.1
  static constexpr Duration kMin = Duration::s(1);           // §2.4
  static constexpr Duration kMax = Duration::s(60);          // §2.5
  static constexpr Duration kAfterLostSyn = Duration::s(3);  // §5.7

  Duration value() const { return rto_; }

  // A round trip of a segment that was sent once (Karn's algorithm, §3).
  void sample(Duration round_trip) {
    const int64_t r = round_trip.ns();
    if (!measured_) {  // §2.2
      srtt_ = r;
      rttvar_ = r / 2;
      measured_ = true;
    } else {  // §2.3: alpha 1/8, beta 1/4
      rttvar_ = (3 * rttvar_ + std::abs(srtt_ - r)) / 4;
      srtt_ = (7 * srtt_ + r) / 8;
    }
    rto_ = std::clamp(Duration::ns(srtt_ + 4 * rttvar_), kMin, kMax);
  }

  void back_off() { rto_ = std::min(rto_ * 2, kMax); }  // §5.5

  // The connection is open, and its SYN had to be sent again.
  void lost_syn() { rto_ = kAfterLostSyn; }

 private:
  bool measured_ = false;
  int64_t srtt_ = 0, rttvar_ = 0;
  Duration rto_ = kInitial;
};

}  // namespace erbium::cp::tcp
