#include "dataplane/driver/super_frame.h"

#include <algorithm>
#include <cstring>

#include "common/net/checksum.h"
#include "common/net/headers.h"

namespace erbium::dp {
namespace {

constexpr uint32_t kLongest = 8 * 65'535;  // GSO_MAX_SIZE of Linux, with BIG TCP
constexpr uint32_t kMostTags = 4;
constexpr uint8_t kFin = 0x01, kPsh = 0x08, kCwr = 0x80;

template <class Header>
Header load(const uint8_t* at) {
  Header out;
  std::memcpy(&out, at, sizeof out);
  return out;
}

// Fills tcp and end; false when it is no TCP or the header is not whole. A length of 0 is that of a
// packet too long for the field, which ends with its frame.
bool read_v4(const CapturedFrame& frame, SuperFrame& out) {
  if (frame.captured < out.ip + sizeof(net::Ipv4Header)) return false;
  const auto ip = load<net::Ipv4Header>(frame.data + out.ip);
  if (ip.version() != 4 || ip.header_length() < sizeof ip || ip.protocol != net::kProtoTcp ||
      ip.is_fragment())
    return false;
  const uint32_t total = ip.total_length.value();
  out.tcp = out.ip + ip.header_length();
  out.end = total == 0 ? frame.wire_length : std::min(frame.wire_length, out.ip + total);
  return true;
}

bool read_v6(const CapturedFrame& frame, SuperFrame& out) {
  if (frame.captured < out.ip + sizeof(net::Ipv6Header)) return false;
  const auto ip = load<net::Ipv6Header>(frame.data + out.ip);
  if (ip.version() != 6 || ip.next_header != net::kProtoTcp) return false;
  const uint32_t length = ip.payload_length.value();
  out.tcp = out.ip + static_cast<uint32_t>(sizeof ip);
  out.end = length == 0 ? frame.wire_length : std::min(frame.wire_length, out.tcp + length);
  return true;
}

// Lengths, identification and IPv4's checksum of the `index`-th packet.
void write_ip(uint8_t* at, const SuperFrame& super, uint32_t length, uint32_t index) {
  if (!super.v4) {
    auto ip = load<net::Ipv6Header>(at);
    ip.payload_length.set(static_cast<uint16_t>(length - sizeof ip));
    std::memcpy(at, &ip, sizeof ip);
    return;
  }
  auto& ip = *reinterpret_cast<net::Ipv4Header*>(at);
  ip.total_length.set(static_cast<uint16_t>(length));
  ip.id.set(static_cast<uint16_t>(ip.id.value() + index));
  net::set_ipv4_checksum(ip, ip.header_length());
}

void write_tcp(uint8_t* at, uint32_t offset, bool first, bool last) {
  auto& tcp = *reinterpret_cast<net::TcpHeader*>(at);
  tcp.seq.set(tcp.seq.value() + offset);
  if (!first) tcp.flags &= static_cast<uint8_t>(~kCwr);
  if (!last) tcp.flags &= static_cast<uint8_t>(~(kFin | kPsh));
}

void write_checksum(uint8_t* ip_at, uint8_t* tcp_at, bool v4, uint32_t length) {
  auto& tcp = *reinterpret_cast<net::TcpHeader*>(tcp_at);
  tcp.checksum = net::be16{0};
  const auto* ip4 = reinterpret_cast<const net::Ipv4Header*>(ip_at);
  const auto* ip6 = reinterpret_cast<const net::Ipv6Header*>(ip_at);
  tcp.checksum = net::be16::stored(
      v4 ? net::ipv4_upper_checksum(ip4->src, ip4->dst, net::kProtoTcp, tcp_at, length)
         : net::ipv6_upper_checksum(*ip6, net::kProtoTcp, tcp_at, length));
}

}  // namespace

std::optional<SuperFrame> super_frame(const CapturedFrame& frame, uint32_t mtu) {
  SuperFrame out;
  uint32_t type = 12;
  while (type < 12 + 4 * kMostTags && type + 6 <= frame.captured &&
         net::is_vlan_tag(net::read16(frame.data + type)))
    type += 4;
  if (type + 2 > frame.captured) return std::nullopt;
  const uint16_t ether_type = net::read16(frame.data + type);
  out.ip = type + 2;
  out.v4 = ether_type == net::kEtherTypeIpv4;
  if (!out.v4 && ether_type != net::kEtherTypeIpv6) return std::nullopt;
  if (!(out.v4 ? read_v4(frame, out) : read_v6(frame, out))) return std::nullopt;
  if (frame.captured < out.tcp + sizeof(net::TcpHeader) || out.end < out.tcp ||
      out.end - out.ip <= mtu || out.end - out.ip > kLongest)
    return std::nullopt;
  const uint32_t header = load<net::TcpHeader>(frame.data + out.tcp).header_length();
  out.payload = out.tcp + header;
  const bool whole = header >= sizeof(net::TcpHeader) && frame.captured >= out.payload;
  const bool fits = out.payload - out.ip < mtu && out.payload < out.end;
  return whole && fits ? std::optional(out) : std::nullopt;
}

void resegment(const CapturedFrame& frame, const SuperFrame& super, uint32_t mtu,
               std::vector<CapturedFrame>& out, std::vector<uint8_t>& bytes) {
  const uint32_t most = mtu - (super.payload - super.ip);
  const uint32_t all = super.end - super.payload;
  const uint32_t count = (all + most - 1) / most;
  bytes.resize(size_t{count} * (super.ip + mtu));
  out.clear();
  uint8_t* at = bytes.data();
  for (uint32_t index = 0; index < count; index++) {
    const uint32_t from = index * most, length = std::min(most, all - from);
    const uint32_t start = super.payload + from;
    const uint32_t there = frame.captured <= start ? 0 : std::min(length, frame.captured - start);
    std::memcpy(at, frame.data, super.payload);
    std::memcpy(at + super.payload, frame.data + start, there);
    write_ip(at + super.ip, super, super.payload - super.ip + length, index);
    write_tcp(at + super.tcp, from, index == 0, index + 1 == count);
    if (there == length)
      write_checksum(at + super.ip, at + super.tcp, super.v4, super.payload - super.tcp + length);
    out.push_back(
        {.data = at, .captured = super.payload + there, .wire_length = super.payload + length});
    at += super.ip + mtu;
  }
}

}  // namespace erbium::dp
