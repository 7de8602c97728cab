// What captures hold, as far as it takes to choose a network for them: who talks to whom, who
// opens, how fast.
#pragma once

#include <cstdint>
#include <vector>

#include "common/net/address.h"

namespace erbium {

// Two hosts that exchange unicast packets, a below b.
struct Conversation {
  net::Ip a, b;
  uint64_t packets = 0;
  // Flows that an end opened, by what shows it: SYN or a port below 1024 at the other end, or only
  // that it sent the first packet.
  uint32_t a_opened = 0, b_opened = 0;
  uint32_t a_first = 0, b_first = 0;

  bool operator==(const Conversation&) const = default;
};

struct CaptureSummary {
  std::vector<Conversation> conversations;  // in order of a and b
  uint64_t unlisted = 0;                    // packets of hosts beyond the most that are listed
  uint64_t packets = 0, bytes = 0;          // all
  uint64_t ip = 0, group = 0, arp = 0, other = 0;  // unicast IP; to group addresses; ARP; the rest
  uint64_t refused = 0;                            // those that cannot become frames
  uint64_t tagged = 0;                             // of all
  uint64_t super_frames = 0;                       // TCP packets above 1,500 bytes
  uint16_t largest_mss = 0;                        // that a SYN offers
  uint64_t peak_bps = 0;  // most bits within a tenth of a second, times ten
};

}  // namespace erbium
