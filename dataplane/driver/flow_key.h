// What makes packets of a capture one flow: the port they enter by, their tags and what
// core/flow_tuple.h says. One direction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "dataplane/core/flow_tuple.h"

namespace erbium::dp {

inline constexpr uint16_t kLeastFreePort = 1024;  // RFC 6335 section 6: below are system ports

struct FlowKey : FlowTuple {
  uint16_t outer_vid = 0, inner_vid = 0;  // 0: no tag
  uint32_t port = 0;

  bool operator==(const FlowKey&) const = default;
  uint64_t hash() const;
  // "tcp 192.168.1.10:40000 > 10.0.1.4:443", with "vlan 1001.100" behind it where there are tags.
  std::string str() const;
};

// Of a frame as it enters the port; nullopt when it is no IP packet.
std::optional<FlowKey> flow_key(std::span<const uint8_t> frame, uint32_t port);

}  // namespace erbium::dp
