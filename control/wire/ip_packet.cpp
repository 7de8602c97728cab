#include "control/wire/ip_packet.h"

#include <cstring>

#include "common/check.h"
#include "common/net/checksum.h"
#include "common/net/headers.h"

namespace erbium::cp::wire {
namespace {

using net::be16;
using net::be32;
using net::Ipv4Header;
using net::Ipv6Header;

constexpr uint16_t kDontFragment = 0x4000;
constexpr size_t kMaxLength = 65'535;

template <typename Header>
Header read(std::span<const uint8_t> octets) {
  Header header;
  std::memcpy(&header, octets.data(), sizeof header);
  return header;
}

bool carried(uint8_t protocol) { return protocol == net::kProtoTcp || protocol == net::kProtoUdp; }

// Offset of the checksum in the header of the protocol.
size_t checksum_at(uint8_t protocol) { return protocol == net::kProtoTcp ? 16 : 6; }

std::optional<IpPacket> parse_v4(std::span<const uint8_t> octets) {
  if (octets.size() < sizeof(Ipv4Header)) return std::nullopt;
  const auto header = read<Ipv4Header>(octets);
  const size_t head = header.header_length(), total = header.total_length.value();
  if (head < sizeof header || total < head || total > octets.size()) return std::nullopt;
  if (net::fold(net::raw_sum(octets.data(), head)) != 0xffff) return std::nullopt;
  if (header.is_fragment() || !carried(header.protocol)) return std::nullopt;
  return IpPacket{net::Ip::v4(header.src.value()),
                  net::Ip::v4(header.dst.value()),
                  header.protocol,
                  header.ttl,
                  header.tos,
                  octets.subspan(head, total - head)};
}

std::optional<IpPacket> parse_v6(std::span<const uint8_t> octets) {
  if (octets.size() < sizeof(Ipv6Header)) return std::nullopt;
  const auto header = read<Ipv6Header>(octets);
  const size_t length = header.payload_length.value();
  if (length > octets.size() - sizeof header || !carried(header.next_header)) return std::nullopt;
  const auto tos = static_cast<uint8_t>(header.version_class_flow.value() >> 20);
  return IpPacket{net::Ip::v6(header.src),
                  net::Ip::v6(header.dst),
                  header.next_header,
                  header.hop_limit,
                  tos,
                  octets.subspan(sizeof header, length)};
}

// Over the payload as it stands, its checksum field included.
uint16_t checksum_over(const IpPacket& p) {
  const auto length = static_cast<uint32_t>(p.payload.size());
  if (p.src.is_v4())
    return net::ipv4_upper_checksum(be32{p.src.v4_host()}, be32{p.dst.v4_host()}, p.protocol,
                                    p.payload.data(), length);
  Ipv6Header ip;
  ip.src = p.src.bytes;
  ip.dst = p.dst.bytes;
  return net::ipv6_upper_checksum(ip, p.protocol, p.payload.data(), length);
}

void write_v4(const IpPacket& p, uint8_t* at) {
  Ipv4Header header;
  header.version_ihl = 0x45;
  header.tos = p.tos;
  header.total_length = be16{static_cast<uint16_t>(sizeof header + p.payload.size())};
  header.id = be16{0};
  header.fragment = be16{kDontFragment};
  header.ttl = p.ttl;
  header.protocol = p.protocol;
  header.src = be32{p.src.v4_host()};
  header.dst = be32{p.dst.v4_host()};
  net::set_ipv4_checksum(header, sizeof header);
  std::memcpy(at, &header, sizeof header);
}

void write_v6(const IpPacket& p, uint8_t* at) {
  Ipv6Header header;
  header.version_class_flow = be32{6u << 28 | uint32_t{p.tos} << 20};
  header.payload_length = be16{static_cast<uint16_t>(p.payload.size())};
  header.next_header = p.protocol;
  header.hop_limit = p.ttl;
  header.src = p.src.bytes;
  header.dst = p.dst.bytes;
  std::memcpy(at, &header, sizeof header);
}

}  // namespace

std::optional<IpPacket> parse_ip(std::span<const uint8_t> octets) {
  if (octets.empty()) return std::nullopt;
  switch (octets[0] >> 4) {
    case 4:
      return parse_v4(octets);
    case 6:
      return parse_v6(octets);
    default:
      return std::nullopt;
  }
}

std::vector<uint8_t> build_ip(const IpPacket& packet) {
  const bool v4 = packet.src.is_v4();
  const size_t head = v4 ? sizeof(Ipv4Header) : sizeof(Ipv6Header);
  const size_t at = checksum_at(packet.protocol);
  ERBIUM_CHECK(packet.src.family == packet.dst.family && carried(packet.protocol));
  ERBIUM_CHECK(packet.payload.size() >= at + 2);
  ERBIUM_CHECK(packet.payload.size() + (v4 ? head : 0) <= kMaxLength);

  std::vector<uint8_t> out(head + packet.payload.size());
  v4 ? write_v4(packet, out.data()) : write_v6(packet, out.data());
  std::memcpy(out.data() + head, packet.payload.data(), packet.payload.size());
  std::memset(out.data() + head + at, 0, 2);
  IpPacket written = packet;
  written.payload = std::span(out).subspan(head);
  uint16_t sum = checksum_over(written);
  if (sum == 0 && packet.protocol == net::kProtoUdp) sum = 0xffff;  // RFC 768: 0 means none
  std::memcpy(out.data() + head + at, &sum, sizeof sum);
  return out;
}

bool upper_checksum_ok(const IpPacket& packet) {
  const size_t at = checksum_at(packet.protocol);
  if (packet.payload.size() < at + 2) return false;
  if (packet.protocol == net::kProtoUdp && packet.payload[at] == 0 && packet.payload[at + 1] == 0)
    return packet.src.is_v4();
  return checksum_over(packet) == 0;
}

std::optional<UdpDatagram> parse_udp(const IpPacket& packet) {
  if (packet.protocol != net::kProtoUdp || packet.payload.size() < sizeof(net::UdpHeader))
    return std::nullopt;
  const auto header = read<net::UdpHeader>(packet.payload);
  const size_t length = header.length.value();
  if (length < sizeof header || length > packet.payload.size()) return std::nullopt;
  IpPacket exact = packet;  // RFC 768 sums the UDP length, not what else the IP packet holds
  exact.payload = packet.payload.first(length);
  if (!upper_checksum_ok(exact)) return std::nullopt;
  return UdpDatagram{header.src_port.value(), header.dst_port.value(),
                     exact.payload.subspan(sizeof header)};
}

std::vector<uint8_t> build_udp(IpPacket envelope, const UdpDatagram& datagram) {
  const size_t length = sizeof(net::UdpHeader) + datagram.payload.size();
  ERBIUM_CHECK(length <= kMaxLength);
  net::UdpHeader header;
  header.src_port = be16{datagram.src_port};
  header.dst_port = be16{datagram.dst_port};
  header.length = be16{static_cast<uint16_t>(length)};
  header.checksum = be16{0};
  std::vector<uint8_t> message(length);
  std::memcpy(message.data(), &header, sizeof header);
  if (!datagram.payload.empty())
    std::memcpy(message.data() + sizeof header, datagram.payload.data(), datagram.payload.size());
  envelope.protocol = net::kProtoUdp;
  envelope.payload = message;
  return build_ip(envelope);
}

}  // namespace erbium::cp::wire
