// Which flow an IP packet is of: version, addresses, protocol and, where every packet of the flow
// shows them, ports. Fragments and protocols without ports are told apart by three fields, as in
// core/flow_hash.h.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "common/net/address.h"
#include "common/net/headers.h"
#include "dataplane/core/flow_hash.h"
#include "dataplane/core/packet.h"

namespace erbium::dp {

// One direction. No padding: compared as bytes.
struct FlowTuple {
  std::array<uint8_t, 16> src{}, dst{};  // IPv4 in the first four bytes
  uint16_t src_port = 0, dst_port = 0;
  uint8_t version = 0, protocol = 0;  // 4 or 6

  bool operator==(const FlowTuple& o) const noexcept {
    return std::memcmp(this, &o, sizeof o) == 0;
  }
  void reverse() noexcept {
    std::swap(src, dst);
    std::swap(src_port, dst_port);
  }
  uint64_t hash(uint64_t seed) const noexcept {
    uint64_t h = seed;
    for (const unsigned at : {0u, 8u})
      h = mix(mix(h ^ detail::load64(src.data() + at)) ^ detail::load64(dst.data() + at));
    return mix(h ^ (uint64_t{src_port} << 24 | uint64_t{dst_port} << 8 | protocol));
  }
};
static_assert(sizeof(FlowTuple) == 38);

// Of the packet with these bytes, whose version and header length make sense, in `out`, which has
// its initial value; `reverse`: of the other direction. False where the header is not all there.
inline bool flow_tuple(std::span<const uint8_t> packet, net::Family family, bool reverse,
                       FlowTuple& out) noexcept {
  auto& src = reverse ? out.dst : out.src;
  auto& dst = reverse ? out.src : out.dst;
  size_t ports = sizeof(net::Ipv6Header);
  if (family == net::Family::v4) {
    if (packet.size() < sizeof(net::Ipv4Header)) return false;
    const auto* ip = reinterpret_cast<const net::Ipv4Header*>(packet.data());
    out.version = 4;
    out.protocol = ip->protocol;
    std::memcpy(src.data(), &ip->src, 4);
    std::memcpy(dst.data(), &ip->dst, 4);
    if (ip->is_fragment()) return true;
    ports = ip->header_length();
  } else {
    if (packet.size() < sizeof(net::Ipv6Header)) return false;
    const auto* ip = reinterpret_cast<const net::Ipv6Header*>(packet.data());
    out.version = 6;
    out.protocol = ip->next_header;
    src = ip->src;
    dst = ip->dst;
  }
  const bool has_ports = out.protocol == net::kProtoTcp || out.protocol == net::kProtoUdp;
  if (!has_ports || packet.size() < ports + 4) return true;
  const auto* both = reinterpret_cast<const net::be16*>(packet.data() + ports);
  out.src_port = both[reverse].value();
  out.dst_port = both[!reverse].value();
  return true;
}

// Of the IP packet at `offset`, of the version of the one in front.
inline bool flow_tuple(Packet p, uint32_t offset, bool reverse, FlowTuple& out) noexcept {
  const auto family = p.meta().protocol == Protocol::ipv4 ? net::Family::v4 : net::Family::v6;
  return offset <= p.length() && flow_tuple(p.bytes().subspan(offset), family, reverse, out);
}

}  // namespace erbium::dp
