// Why a packet of a capture enters nowhere: drops at the port, named as in summary.json.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace erbium::dp {

enum class Refusal : uint8_t {
  oversize,            // longer than 9,216 bytes
  gso_super_frame,     // TCP that its host had not cut into packets yet
  frame_malformed,     // a link header that is cut short or contradicts itself
  frame_no_ethertype,  // of a protocol that Ethernet has no number for
  frame_not_data,      // 802.11: management, control, or no payload
  frame_partial,       // 802.11: a fragment
  frame_protected,     // 802.11: encrypted
  none
};

inline constexpr size_t kRefusals = static_cast<size_t>(Refusal::none);
inline constexpr std::array<const char*, kRefusals> kRefusalNames = {
    "oversize",       "gso_super_frame", "frame_malformed", "frame_no_ethertype",
    "frame_not_data", "frame_partial",   "frame_protected"};

// Of one port, by reason.
using RefusalCounts = std::array<uint64_t, kRefusals>;

inline void count(RefusalCounts& counts, Refusal refusal) {
  counts[static_cast<size_t>(refusal)]++;
}

}  // namespace erbium::dp
