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

// "1Gbps", "1500Kbps": exact.
inline std::string rate_text(uint64_t bps) {
  constexpr const char* kUnits[] = {"bps", "Kbps", "Mbps", "Gbps"};
  size_t unit = 0;
  for (; unit < 3 && bps != 0 && bps % 1000 == 0; unit++) bps /= 1000;
  return std::to_string(bps) + kUnits[unit];
}

// "0ns", "6.144us", "1.3ms": exact, of what is not below 0.
inline std::string duration_text(int64_t ns) {
  constexpr const char* kUnits[] = {"ns", "us", "ms", "s"};
  size_t unit = 0;
  int64_t scale = 1;
  for (; unit < 3 && ns >= scale * 1000; unit++) scale *= 1000;
  std::string out = std::to_string(ns / scale);
  if (ns % scale != 0) {
    std::string digits = std::to_string(scale + ns % scale).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += "." + digits;
  }
  return out + kUnits[unit];
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
