// Fields of Ethernet frames as captures have them, cut short or not.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/driver/flow_key.h"

namespace erbium::dp {

// Where the EtherType stands behind any number of tags; the frame may end before.
size_t ether_type_at(std::span<const uint8_t> frame);

// Of a frame with this key: the flags of TCP, or 0 when it shows none.
uint8_t tcp_flags(std::span<const uint8_t> frame, const FlowKey& key);

// The maximum segment size that a SYN offers (RFC 9293 section 3.7.1), 0 when it has none.
uint16_t offered_mss(std::span<const uint8_t> frame, const FlowKey& key);

}  // namespace erbium::dp
