// A stream of probes: one frame sent again and again, with sequence and time in its payload. The
// network only knows of it; the driver makes the packets and records what becomes of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/net/endian.h"
#include "common/units.h"

namespace erbium::dp {

// What stands first behind the UDP header.
struct StreamPayload {
  net::be32 magic;
  net::be32 stream;
  net::BigEndian<uint64_t> sequence;
  net::BigEndian<int64_t> sent_ns;  // scenario time
};
static_assert(sizeof(StreamPayload) == 24 && alignof(StreamPayload) == 1);
constexpr uint32_t kStreamMagic = 0x45725374;  // "ErSt"

struct StreamConfig {
  std::string name;
  uint32_t port_in = 0;
  uint32_t port_out = 0;
  std::vector<uint8_t> frame;  // complete, but for the payload's head and the UDP checksum
  uint32_t udp = 0;            // offset of the UDP header in it
  uint64_t udp_sum = 0;        // of pseudo header and datagram with both zero (net::raw_sum)
  Duration first;              // after the replay's start
  Duration interval;
  uint64_t count = 0;
};

}  // namespace erbium::dp
