// TCP super-frames: what a capture has of a packet that its host left to the network card to cut
// (GSO, TSO), or that the card has put together on arrival (GRO, LRO). It is longer than any that
// the network carries.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/driver/ethernet_frames.h"

namespace erbium::dp {

// Where the headers of one stand in its frame.
struct SuperFrame {
  uint32_t ip = 0;       // offset of the IP header
  uint32_t tcp = 0;      // of the TCP header
  uint32_t payload = 0;  // of TCP's payload
  uint32_t end = 0;      // where the IP packet ends on the wire
  bool v4 = true;
};

// nullopt when the frame has more than four tags, holds no TCP packet longer than `mtu` bytes and
// of at most 524,280, which is the most that a host hands over, or not all its headers.
std::optional<SuperFrame> super_frame(const CapturedFrame& frame, uint32_t mtu);

// Replaces what is in `out` by the packets of at most `mtu` bytes that a card makes of it: same
// headers, lengths and sequence numbers of their own, IPv4 identifications that count up, FIN and
// PSH only on the last, CWR only on the first, and checksums where all bytes are there. `bytes`
// holds them.
void resegment(const CapturedFrame& frame, const SuperFrame& super, uint32_t mtu,
               std::vector<CapturedFrame>& out, std::vector<uint8_t>& bytes);

}  // namespace erbium::dp
