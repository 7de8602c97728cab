// The flow hash that chooses among equal-cost next hops: addresses, protocol and, where every
// packet of the flow shows them, ports. Fragments and protocols without ports (ESP) hash over three
// fields, so that all packets of a flow take one path. Integer arithmetic only: the same flow
// hashes alike in every build.
#pragma once

#include <cstdint>
#include <cstring>

#include "common/net/headers.h"
#include "dataplane/core/packet.h"

namespace erbium::dp {

// A 64-bit mix with good avalanche (the finaliser of MurmurHash3).
constexpr uint64_t mix(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdu;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53u;
  return h ^ h >> 33;
}

namespace detail {

inline uint64_t load64(const uint8_t* at) {
  uint64_t v;
  std::memcpy(&v, at, 8);
  return v;
}

inline uint32_t ports(Packet p, uint8_t protocol, unsigned offset) {
  if (protocol != net::kProtoTcp && protocol != net::kProtoUdp) return 0;
  const auto* both = p.header<net::be32>(offset);
  return both ? both->value() : 0;
}

}  // namespace detail

// For a packet whose IP header stands at its front and has been validated.
inline uint32_t flow_hash(Packet p, uint64_t seed) {
  if (p.meta().protocol == Protocol::ipv4) {
    const auto* ip = p.header<net::Ipv4Header>();
    const uint32_t ports =
        ip->is_fragment() ? 0 : detail::ports(p, ip->protocol, ip->header_length());
    const uint64_t addresses = uint64_t{ip->src.value()} << 32 | ip->dst.value();
    const uint64_t rest = uint64_t{ports} << 8 | ip->protocol;
    return static_cast<uint32_t>(mix(mix(addresses ^ seed) ^ rest));
  }
  const auto* ip = p.header<net::Ipv6Header>();
  uint64_t h = seed;
  for (unsigned i = 0; i < 2; i++) {
    h = mix(h ^ detail::load64(ip->src.data() + 8 * i));
    h = mix(h ^ detail::load64(ip->dst.data() + 8 * i));
  }
  const uint64_t ports = detail::ports(p, ip->next_header, sizeof(net::Ipv6Header));
  return static_cast<uint32_t>(mix(h ^ (ports << 8 | ip->next_header)));
}

}  // namespace erbium::dp
