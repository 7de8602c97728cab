// TCP segments (RFC 9293 §3.1) in IP packets. Of the options, only the maximum segment size of a
// SYN is written and understood; others are stepped over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "control/wire/ip_packet.h"

namespace erbium::cp::tcp {

inline constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;

struct Segment {
  uint16_t src_port = 0, dst_port = 0;
  uint32_t seq = 0, ack = 0;
  uint8_t flags = 0;
  uint16_t window = 0;
  uint16_t mss = 0;  // option of a SYN; 0: absent
  std::span<const uint8_t> payload;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  // In sequence numbers: SYN and FIN count one each.
  uint32_t length() const {
    return static_cast<uint32_t>(payload.size()) + (has(kSyn) ? 1 : 0) + (has(kFin) ? 1 : 0);
  }
};

// Refuses other protocols, headers that do not fit, and wrong checksums. The payload points into
// the packet's.
std::optional<Segment> parse_segment(const wire::IpPacket& packet);

// The whole IP packet; protocol and payload of `envelope` are not looked at.
std::vector<uint8_t> build_segment(wire::IpPacket envelope, const Segment& segment);

}  // namespace erbium::cp::tcp
