// Raw IP, the loopback of BSD and OpenBSD, and both Linux cooked headers.
#include "dataplane/driver/link_headers.h"

#include <algorithm>
#include <cstring>

#include "common/net/endian.h"

namespace erbium::dp {
namespace {

constexpr uint16_t kLeastEtherType = 0x0600;

// RFC 1112 section 6.4 and RFC 2464 section 7: the group address that an IP destination has on
// Ethernet.
net::Mac destination_of(uint16_t ether_type, std::span<const uint8_t> ip) {
  if (ether_type == net::kEtherTypeIpv4 && ip.size() >= sizeof(net::Ipv4Header)) {
    const auto to = ip.subspan(16, 4);
    if (std::all_of(to.begin(), to.end(), [](uint8_t b) { return b == 0xff; }))
      return net::Mac::broadcast();
    if (to[0] >> 4 == 0xe)
      return {{0x01, 0x00, 0x5e, static_cast<uint8_t>(to[1] & 0x7f), to[2], to[3]}};
  }
  if (ether_type == net::kEtherTypeIpv6 && ip.size() >= sizeof(net::Ipv6Header) && ip[24] == 0xff)
    return {{0x33, 0x33, ip[36], ip[37], ip[38], ip[39]}};
  return kUnknownDestination;
}

void put(std::vector<Reframed>& out, std::span<const uint8_t> packet, uint32_t wire_length,
         uint32_t offset, uint16_t ether_type, const net::Mac& source = kUnknownSource) {
  const net::Mac destination = destination_of(ether_type, packet.subspan(offset));
  out.push_back({{destination, source, net::be16{ether_type}}, offset, wire_length - offset});
}

// Where fields stand in a cooked header of `size` bytes.
struct Cooked {
  uint32_t size;
  size_t protocol, device, address;
};

Refusal reframe(std::span<const uint8_t> packet, uint32_t wire_length, const Cooked& at,
                uint8_t packet_type, uint8_t address_length, std::vector<Reframed>& out) {
  constexpr uint16_t kIpGre = 778, kNetlink = 824;  // ARPHRD_: protocols are not EtherTypes
  constexpr uint8_t kBroadcast = 1;
  constexpr uint16_t kLlc = 4;  // 802.2 LLC follows, as in an 802.3 frame
  const uint16_t device = net::read16(packet.data() + at.device);
  uint16_t protocol = net::read16(packet.data() + at.protocol);
  if (device == kIpGre || device == kNetlink) return Refusal::frame_no_ethertype;
  if (protocol == kLlc)
    protocol = static_cast<uint16_t>(std::min<uint32_t>(wire_length - at.size, 1500));
  else if (protocol < kLeastEtherType)
    return Refusal::frame_no_ethertype;
  net::Mac source = kUnknownSource;
  if (address_length == 6) {
    net::Mac said;
    std::memcpy(said.bytes.data(), packet.data() + at.address, 6);
    if (!said.is_zero() && !said.is_group()) source = said;
  }
  put(out, packet, wire_length, at.size, protocol, source);
  if (packet_type == kBroadcast) out.back().header.dst = net::Mac::broadcast();
  return Refusal::none;
}

}  // namespace

Refusal reframe_raw_ip(std::span<const uint8_t> packet, uint32_t wire_length,
                       std::vector<Reframed>& out) {
  if (packet.empty()) return Refusal::frame_malformed;
  const auto version = packet[0] >> 4;
  if (version != 4 && version != 6) return Refusal::frame_malformed;
  put(out, packet, wire_length, 0, version == 4 ? net::kEtherTypeIpv4 : net::kEtherTypeIpv6);
  return Refusal::none;
}

// A protocol family in the byte order of the machine that captured, which the file's need not be;
// IPv6 has another number on each BSD.
Refusal reframe_loopback(std::span<const uint8_t> packet, uint32_t wire_length,
                         std::vector<Reframed>& out) {
  if (packet.size() < 4) return Refusal::frame_malformed;
  uint32_t family = uint32_t{net::read16(packet.data())} << 16 | net::read16(packet.data() + 2);
  if (family > 0xffff) family = __builtin_bswap32(family);
  switch (family) {
    case 2:
      put(out, packet, wire_length, 4, net::kEtherTypeIpv4);
      return Refusal::none;
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // macOS
      put(out, packet, wire_length, 4, net::kEtherTypeIpv6);
      return Refusal::none;
    default:
      return Refusal::frame_no_ethertype;
  }
}

//   packet type 2 | ARPHRD_ 2 | address length 2 | address 8 | protocol 2
Refusal reframe_cooked(std::span<const uint8_t> packet, uint32_t wire_length,
                       std::vector<Reframed>& out) {
  constexpr Cooked kAt{16, 14, 2, 6};
  if (packet.size() < kAt.size) return Refusal::frame_malformed;
  return reframe(packet, wire_length, kAt, packet[1],
                 static_cast<uint8_t>(std::min<uint16_t>(net::read16(packet.data() + 4), 255)),
                 out);
}

//   protocol 2 | reserved 2 | interface 4 | ARPHRD_ 2 | packet type 1 | address length 1 |
//   address 8
Refusal reframe_cooked2(std::span<const uint8_t> packet, uint32_t wire_length,
                        std::vector<Reframed>& out) {
  constexpr Cooked kAt{20, 0, 8, 12};
  if (packet.size() < kAt.size) return Refusal::frame_malformed;
  return reframe(packet, wire_length, kAt, packet[10], packet[11], out);
}

}  // namespace erbium::dp
