// Link headers of captures that are not Ethernet, each turned into the Ethernet header that stands
// in its place. See ethernet_frames.h for the standards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/net/headers.h"
#include "dataplane/driver/refusal.h"

namespace erbium::dp {

// A frame in two pieces: an Ethernet header, then `length` bytes from `offset` of the packet.
struct Reframed {
  net::EthernetHeader header;
  uint32_t offset = 0;
  uint32_t length = 0;  // on the wire; the capture may have fewer
};

// Who sends and receives where the capture does not say.
inline constexpr net::Mac kUnknownDestination{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr net::Mac kUnknownSource{{0x02, 0, 0, 0, 0, 0x02}};

// Each fills `out`, empty before, unless it refuses. `packet` is what was captured of `wire_length`
// bytes.
Refusal reframe_raw_ip(std::span<const uint8_t> packet, uint32_t wire_length,
                       std::vector<Reframed>& out);
Refusal reframe_loopback(std::span<const uint8_t> packet, uint32_t wire_length,
                         std::vector<Reframed>& out);
Refusal reframe_cooked(std::span<const uint8_t> packet, uint32_t wire_length,
                       std::vector<Reframed>& out);
Refusal reframe_cooked2(std::span<const uint8_t> packet, uint32_t wire_length,
                        std::vector<Reframed>& out);
// Several frames when a station has aggregated them (A-MSDU).
Refusal reframe_80211(std::span<const uint8_t> packet, uint32_t wire_length,
                      std::vector<Reframed>& out);
Refusal reframe_radiotap(std::span<const uint8_t> packet, uint32_t wire_length,
                         std::vector<Reframed>& out);

}  // namespace erbium::dp
