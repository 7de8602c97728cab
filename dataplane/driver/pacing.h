// When the packets of a capture enter: with the capture's own spacing, faster or slower, or evenly
// by packets or bits a second; and once more from the start when it is repeated. All of it is
// computed from a fixed start with integers, so no error adds up.
#pragma once

#include <cstdint>

#include "common/units.h"

namespace erbium::dp {

struct Pacing {
  uint64_t speed = 1, speed_unit = 1;  // spacing is divided by speed / speed_unit
  uint64_t pps = 0;                    // packets a second in place of the capture's spacing; 0: not
  BitRate rate;                        // the same in bits of frames; 0: not
  uint32_t loop = 1;                   // times it is played
};

class Pacer {
 public:
  explicit Pacer(const Pacing& pacing) : pacing_(pacing) {}

  // Capture time, ns since 1970, from which speed counts: that of the first packet of all captures.
  // Set before entry() is asked for.
  void base(int64_t ns) { base_ns_ = ns; }

  // The capture time of a packet, never below that of the packet before in the same pass.
  void packet(int64_t timestamp_ns);
  // The capture begins anew: what follows is shifted by its length, from first to last packet.
  void next_pass();

  // When the packet, or a further frame of it, enters: ns on the capture's clock.
  int64_t entry() const;
  // A frame of this many bytes has been given its entry.
  void entered(uint32_t bytes) {
    frames_++;
    bits_ += uint64_t{bytes} * 8;
  }

 private:
  const Pacing pacing_;
  int64_t base_ns_ = 0;
  int64_t first_ns_ = 0, last_ns_ = 0;  // of a pass
  bool any_ = false;
  int64_t shift_ns_ = 0;  // of this pass
  uint64_t frames_ = 0, bits_ = 0;
};

}  // namespace erbium::dp
