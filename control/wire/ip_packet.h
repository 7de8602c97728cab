// Whole IP packets that carry TCP or UDP, as emulated endpoints send and receive them: no Ethernet,
// no options of our own, no fragments, and behind IPv6 (RFC 8200) no extension headers. IPv4
// packets are atomic datagrams (RFC 6864 §4): don't fragment, identification zero.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/net/address.h"

namespace erbium::cp::wire {

inline constexpr uint8_t kTosNetworkControl = 0xc0;  // DSCP CS6, as routing protocols send

struct IpPacket {
  net::Ip src, dst;  // of one family
  uint8_t protocol = 0;
  uint8_t ttl = 64;                  // or hop limit
  uint8_t tos = 0;                   // or traffic class
  std::span<const uint8_t> payload;  // from the TCP or UDP header on
};

// Octets past the packet's own length (Ethernet padding) are left out; the payload points into
// `octets`. Refuses what is no whole IPv4 or IPv6 packet, an IPv4 header whose checksum is wrong,
// fragments, and every protocol but TCP and UDP. The checksum above is for who reads the payload.
std::optional<IpPacket> parse_ip(std::span<const uint8_t> octets);

// `packet.payload` is a TCP segment or UDP datagram; its checksum is computed here, whatever stands
// in the field. At most 65,535 octets with the IPv4 header, or without that of IPv6.
std::vector<uint8_t> build_ip(const IpPacket& packet);

// True when the TCP or UDP checksum verifies; a UDP checksum of zero passes behind IPv4 alone
// (RFC 768, RFC 8200 §8.1).
bool upper_checksum_ok(const IpPacket& packet);

struct UdpDatagram {
  uint16_t src_port = 0, dst_port = 0;
  std::span<const uint8_t> payload;
};

// Refuses other protocols, lengths that do not fit, and wrong checksums.
std::optional<UdpDatagram> parse_udp(const IpPacket& packet);
// The whole IP packet; protocol and payload of `envelope` are not looked at.
std::vector<uint8_t> build_udp(IpPacket envelope, const UdpDatagram& datagram);

}  // namespace erbium::cp::wire
