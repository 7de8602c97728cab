// What an IPv6 packet carries behind its extension headers (RFC 8200 §4): those of hop-by-hop and
// destination options, routing and fragmentation.
#pragma once

#include <cstdint>

#include "common/net/headers.h"
#include "dataplane/core/packet.h"

namespace erbium::dp {

struct UpperLayer {
  uint8_t protocol;             // of the first header that is none of them
  uint32_t offset;              // where it stands; past the packet's bytes where these end before
  uint32_t named_at;            // where the field stands that names it
  bool fragment = false;        // of more than one
  bool later_fragment = false;  // and not the first
};

// For a packet whose IPv6 header stands at its front and has been validated.
inline UpperLayer upper_layer6(Packet p) {
  constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60;
  struct Extension {
    uint8_t next;
    uint8_t length;  // in words of 8 bytes, behind the first; of a fragment header reserved
    net::be16 offset_flags;
  };
  UpperLayer out{.protocol = p.header<net::Ipv6Header>()->next_header,
                 .offset = sizeof(net::Ipv6Header),
                 .named_at = 6};
  while (out.protocol == kHopByHop || out.protocol == kRouting || out.protocol == kFragment ||
         out.protocol == kDestination) {
    const auto* extension = p.header<Extension>(out.offset);
    if (!extension) break;
    const bool fragment = out.protocol == kFragment;
    if (fragment) {
      out.fragment = (extension->offset_flags.value() & 0xfff9) != 0;
      out.later_fragment = (extension->offset_flags.value() & 0xfff8) != 0;
    }
    out.protocol = extension->next;
    out.named_at = out.offset;
    out.offset += fragment ? 8 : (extension->length + 1u) * 8;
    if (out.later_fragment) break;  // what follows is no header
  }
  return out;
}

}  // namespace erbium::dp
