// What stages have in common when they explain themselves.
#pragma once

#include <string>

#include "common/net/headers.h"
#include "dataplane/core/packet.h"
#include "dataplane/core/vlan.h"

namespace erbium::dp {

// "no tag", "tag 100", "tags 1001 and 100".
inline std::string tags_text(uint16_t outer, uint16_t inner) {
  if (outer == 0 && inner == 0) return "no tag";
  if (inner == 0) return "tag " + std::to_string(outer);
  return "tags " + std::to_string(outer) + " and " + std::to_string(inner);
}

inline std::string hex_text(uint64_t n, int digits) {
  std::string out;
  for (int at = digits - 1; at >= 0; at--) out += "0123456789abcdef"[n >> 4 * at & 15];
  return "0x" + out;
}

// Of a packet whose IP header stands at its front and has been validated.
inline net::Ip destination_of(Packet p) {
  if (p.meta().protocol == Protocol::ipv4)
    return net::Ip::v4(p.header<net::Ipv4Header>()->dst.value());
  return net::Ip::v6(p.header<net::Ipv6Header>()->dst);
}

inline uint64_t ttl_of(Packet p) {
  if (p.meta().protocol == Protocol::ipv4) return p.header<net::Ipv4Header>()->ttl;
  return p.header<net::Ipv6Header>()->hop_limit;
}

}  // namespace erbium::dp
