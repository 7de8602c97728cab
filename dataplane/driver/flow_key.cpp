#include "dataplane/driver/flow_key.h"

#include "common/net/headers.h"
#include "dataplane/core/flow_hash.h"

namespace erbium::dp {
namespace {

bool read_tuple(FlowTuple& out, uint16_t ether_type, std::span<const uint8_t> packet) {
  if (packet.empty()) return false;
  const unsigned version = packet[0] >> 4, words = packet[0] & 15;
  if (ether_type == net::kEtherTypeIpv4 && version == 4 && words >= 5)
    return flow_tuple(packet, net::Family::v4, false, out);
  return ether_type == net::kEtherTypeIpv6 && version == 6 &&
         flow_tuple(packet, net::Family::v6, false, out);
}

std::string protocol_name(uint8_t protocol) {
  switch (protocol) {
    case 1:
      return "icmp";
    case net::kProtoTcp:
      return "tcp";
    case net::kProtoUdp:
      return "udp";
    case 47:
      return "gre";
    case 50:
      return "esp";
    case net::kProtoIcmp6:
      return "icmp6";
    default:
      return "protocol " + std::to_string(protocol);
  }
}

std::string end_text(const FlowKey& key, const std::array<uint8_t, 16>& address, uint16_t port) {
  const net::Ip ip{key.version == 4 ? net::Family::v4 : net::Family::v6, address};
  if (key.src_port == 0 && key.dst_port == 0) return ip.str();
  return (ip.is_v4() ? ip.str() : "[" + ip.str() + "]") + ":" + std::to_string(port);
}

}  // namespace

uint64_t FlowKey::hash() const {
  uint64_t h = uint64_t{port} << 16 | uint64_t{version} << 8 | protocol;
  for (const auto* address : {&src, &dst})
    for (const unsigned at : {0u, 8u}) h = mix(h ^ detail::load64(address->data() + at));
  return mix(h ^ (uint64_t{src_port} << 48 | uint64_t{dst_port} << 32 | uint64_t{outer_vid} << 16 |
                  inner_vid));
}

std::string FlowKey::str() const {
  std::string out = protocol_name(protocol) + " " + end_text(*this, src, src_port) + " > " +
                    end_text(*this, dst, dst_port);
  if (outer_vid != 0) out += " vlan " + std::to_string(outer_vid);
  if (inner_vid != 0) out += "." + std::to_string(inner_vid);
  return out;
}

std::optional<FlowKey> flow_key(std::span<const uint8_t> frame, uint32_t port) {
  FlowKey key;
  key.port = port;
  size_t type = 12;
  for (uint16_t* vid : {&key.outer_vid, &key.inner_vid}) {
    if (frame.size() < type + 6 || !net::is_vlan_tag(net::read16(frame.data() + type))) break;
    *vid = net::read16(frame.data() + type + 2) & 0x0fff;
    type += 4;
  }
  if (frame.size() < type + 2) return std::nullopt;
  if (!read_tuple(key, net::read16(frame.data() + type), frame.subspan(type + 2)))
    return std::nullopt;
  return key;
}

}  // namespace erbium::dp
