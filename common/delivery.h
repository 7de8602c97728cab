// What the dataplane delivers to control: a packet that a router took for itself.
#pragma once

#include <cstdint>
#include <vector>

#include "common/units.h"

namespace erbium {

struct Delivery {
  uint32_t host_port = 0;
  Time at;                      // arrival at the router
  uint32_t interface_in = 0;    // 0: it was injected at the same router
  uint64_t packet_id = 0;       // as in capture files
  std::vector<uint8_t> packet;  // IP; shorter than its header says when a capture kept less of it
};

}  // namespace erbium
