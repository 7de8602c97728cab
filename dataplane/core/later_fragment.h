// What measures packets counts a packet that has been cut into fragments once, with the first.
#pragma once

#include "common/net/headers.h"
#include "dataplane/core/packet.h"

namespace erbium::dp {

// Whether a router has made it as a fragment behind the first. Its IP header stands at `at`.
inline bool later_fragment(Packet p, uint32_t at) {
  if (p.meta().copy == 0 || p.meta().protocol != Protocol::ipv4) return false;
  const auto* ip = p.header<net::Ipv4Header>(at);
  return ip && ip->fragment_offset() != 0;
}

}  // namespace erbium::dp
