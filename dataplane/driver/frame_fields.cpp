#include "dataplane/driver/frame_fields.h"

#include <algorithm>

#include "common/net/headers.h"

namespace erbium::dp {
namespace {

// What follows IP, empty unless it is TCP with its ports.
std::span<const uint8_t> tcp_of(std::span<const uint8_t> frame, const FlowKey& key) {
  if (key.protocol != net::kProtoTcp || (key.src_port == 0 && key.dst_port == 0)) return {};
  const size_t ip = ether_type_at(frame) + 2;
  const size_t tcp = ip + (key.version == 4 ? (frame[ip] & 15u) * 4u : sizeof(net::Ipv6Header));
  return tcp < frame.size() ? frame.subspan(tcp) : std::span<const uint8_t>();
}

}  // namespace

size_t ether_type_at(std::span<const uint8_t> frame) {
  size_t at = 12;
  while (at + 6 <= frame.size() && net::is_vlan_tag(net::read16(frame.data() + at))) at += 4;
  return at;
}

uint8_t tcp_flags(std::span<const uint8_t> frame, const FlowKey& key) {
  const auto tcp = tcp_of(frame, key);
  return tcp.size() > 13 ? tcp[13] : 0;
}

uint16_t offered_mss(std::span<const uint8_t> frame, const FlowKey& key) {
  constexpr uint8_t kEnd = 0, kNothing = 1, kMss = 2;
  auto tcp = tcp_of(frame, key);
  if (tcp.size() < sizeof(net::TcpHeader)) return 0;
  tcp = tcp.first(std::min<size_t>(tcp.size(), (tcp[12] >> 4) * 4u));
  for (size_t at = sizeof(net::TcpHeader); at + 1 < tcp.size() && tcp[at] != kEnd;) {
    if (tcp[at] == kNothing) {
      at++;
      continue;
    }
    if (tcp[at] == kMss && tcp[at + 1] == 4 && at + 4 <= tcp.size())
      return static_cast<uint16_t>(tcp[at + 2] << 8 | tcp[at + 3]);
    if (tcp[at + 1] < 2) return 0;
    at += tcp[at + 1];
  }
  return 0;
}

}  // namespace erbium::dp
