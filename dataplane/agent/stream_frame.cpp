#include "dataplane/agent/stream_frame.h"

#include <cstring>

#include "common/net/checksum.h"
#include "common/net/headers.h"
#include "dataplane/core/neighbor_messages.h"
#include "dataplane/core/packet_id.h"
#include "dataplane/tables/forwarding.h"

namespace erbium::dp {
namespace {

struct UdpPacket {
  net::Ip src;
  bool is_v4;
  uint32_t udp;  // offset of the UDP header
};

// An IP packet whose UDP datagram, whole and long enough for the payload, is all that it holds.
std::optional<UdpPacket> parse(const std::string& bytes) {
  UdpPacket out;
  uint8_t protocol;
  const unsigned version = bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]) >> 4;
  if (version == 4 && bytes.size() >= sizeof(net::Ipv4Header)) {
    const auto* ip = reinterpret_cast<const net::Ipv4Header*>(bytes.data());
    if (ip->header_length() < sizeof *ip || ip->total_length.value() != bytes.size() ||
        ip->is_fragment())
      return std::nullopt;
    out = {net::Ip::v4(ip->src.value()), true, ip->header_length()};
    protocol = ip->protocol;
  } else if (version == 6 && bytes.size() >= sizeof(net::Ipv6Header)) {
    const auto* ip = reinterpret_cast<const net::Ipv6Header*>(bytes.data());
    if (sizeof *ip + ip->payload_length.value() != bytes.size()) return std::nullopt;
    out = {net::Ip::v6(ip->src), false, sizeof *ip};
    protocol = ip->next_header;
  } else {
    return std::nullopt;
  }
  if (protocol != net::kProtoUdp ||
      bytes.size() < out.udp + sizeof(net::UdpHeader) + sizeof(StreamPayload))
    return std::nullopt;
  net::be16 length;
  std::memcpy(&length, bytes.data() + out.udp + 4, sizeof length);
  return length.value() == bytes.size() - out.udp ? std::optional(out) : std::nullopt;
}

// RFC 768 and RFC 8200 §8.1: addresses, protocol and length, then the datagram.
uint64_t udp_sum(const uint8_t* packet, uint32_t udp, uint32_t length, bool is_v4) {
  const net::be32 pseudo[2] = {net::be32{length - udp}, net::be32{net::kProtoUdp}};
  const uint64_t addresses = is_v4 ? net::raw_sum(packet + 12, 8) : net::raw_sum(packet + 8, 32);
  return addresses + net::raw_sum(pseudo, sizeof pseudo) + net::raw_sum(packet + udp, length - udp);
}

}  // namespace

tl::expected<StreamConfig, std::string> stream_from(const api::Stream& m) {
  if (m.id() < 1 || m.id() > kMaxStream) return tl::unexpected(std::string("bad id"));
  if (m.count() > kMaxStreamPackets || m.interval_ns() < 1 || m.first_ns() < 0)
    return tl::unexpected(std::string("count, interval or first time out of range"));
  const auto router_mac = api::mac_from(m.router_mac());
  const auto parsed = parse(m.packet());
  if (!router_mac || !parsed)
    return tl::unexpected(std::string("needs a router MAC address and a whole UDP packet"));

  StreamConfig out{.name = m.name(), .port_in = m.port_in(), .port_out = m.port_out()};
  EncapHeader header =
      EncapHeader::make(emulated_mac(parsed->src), static_cast<uint16_t>(m.outer_tpid()),
                        static_cast<uint16_t>(m.outer_vid()), static_cast<uint16_t>(m.inner_tpid()),
                        static_cast<uint16_t>(m.inner_vid()));
  header.set_dst(*router_mac);
  const net::be16 type{parsed->is_v4 ? net::kEtherTypeIpv4 : net::kEtherTypeIpv6};
  std::memcpy(header.bytes.data() + EncapHeader::kRoom - 2, &type, sizeof type);

  out.frame.assign(header.begin(), header.begin() + header.length);
  out.frame.insert(out.frame.end(), m.packet().begin(), m.packet().end());
  uint8_t* packet = out.frame.data() + header.length;
  if (parsed->is_v4)
    net::set_ipv4_checksum(*reinterpret_cast<net::Ipv4Header*>(packet), parsed->udp);
  std::memset(packet + parsed->udp + 6, 0, 2 + sizeof(StreamPayload));
  out.udp = header.length + parsed->udp;
  out.udp_sum =
      udp_sum(packet, parsed->udp, static_cast<uint32_t>(m.packet().size()), parsed->is_v4);
  out.frame.resize(std::max<size_t>(out.frame.size(), net::kMinFrame));
  out.first = Duration::ns(m.first_ns());
  out.interval = Duration::ns(m.interval_ns());
  out.count = m.count();
  return out;
}

}  // namespace erbium::dp
