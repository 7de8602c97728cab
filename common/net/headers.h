// Wire headers as overlays on packet bytes: alignment 1, big-endian fields by type.
#pragma once

#include <array>
#include <cstdint>

#include "common/net/address.h"
#include "common/net/endian.h"

namespace erbium::net {

inline constexpr uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr uint16_t kEtherTypeArp = 0x0806;
inline constexpr uint16_t kEtherTypeVlan = 0x8100;
inline constexpr uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr uint16_t kEtherTypeServiceVlan = 0x88a8;  // IEEE 802.1Q S-tag
inline constexpr uint16_t kEtherTypeOldDouble = 0x9100;    // QinQ before it was a standard

constexpr bool is_vlan_tag(uint16_t ether_type) {
  return ether_type == kEtherTypeVlan || ether_type == kEtherTypeServiceVlan ||
         ether_type == kEtherTypeOldDouble;
}

inline constexpr unsigned kMinFrame = 60;    // IEEE 802.3 minimum without FCS
inline constexpr unsigned kMaxFrame = 9216;  // longest frame carried, without FCS
inline constexpr unsigned kL1Overhead = 24;  // preamble 7, SFD 1, FCS 4, inter-packet gap 12

struct EthernetHeader {
  Mac dst;
  Mac src;
  be16 ether_type;
};
static_assert(sizeof(EthernetHeader) == 14);

// IEEE 802.1Q tag as it follows the MAC addresses' EtherType: TCI, then the next EtherType.
struct VlanTag {
  be16 tci;  // PCP 3 bits, DEI 1, VID 12
  be16 ether_type;
  uint16_t vid() const { return tci.value() & 0x0fff; }
};
static_assert(sizeof(VlanTag) == 4);

// RFC 826 for Ethernet and IPv4.
struct ArpPacket {
  be16 hardware_type;  // 1
  be16 protocol_type;  // 0x0800
  uint8_t hardware_length;
  uint8_t protocol_length;
  be16 operation;  // 1 request, 2 reply
  Mac sender_mac;
  be32 sender_ip;
  Mac target_mac;
  be32 target_ip;
};
static_assert(sizeof(ArpPacket) == 28);

// RFC 791 §3.1.
struct Ipv4Header {
  uint8_t version_ihl;
  uint8_t tos;
  be16 total_length;
  be16 id;
  be16 fragment;  // flags 3 bits, offset 13
  uint8_t ttl;
  uint8_t protocol;
  be16 checksum;
  be32 src;
  be32 dst;

  unsigned version() const { return version_ihl >> 4; }
  unsigned header_length() const { return (version_ihl & 15u) * 4; }
  bool dont_fragment() const { return (fragment.value() & 0x4000) != 0; }
  bool more_fragments() const { return (fragment.value() & 0x2000) != 0; }
  unsigned fragment_offset() const { return (fragment.value() & 0x1fffu) * 8; }  // bytes
  bool is_fragment() const { return (fragment.value() & 0x3fff) != 0; }          // MF or offset
};
static_assert(sizeof(Ipv4Header) == 20);

// RFC 8200 §3.
struct Ipv6Header {
  be32 version_class_flow;
  be16 payload_length;
  uint8_t next_header;
  uint8_t hop_limit;
  std::array<uint8_t, 16> src;
  std::array<uint8_t, 16> dst;

  unsigned version() const { return version_class_flow.value() >> 28; }
};
static_assert(sizeof(Ipv6Header) == 40);

inline constexpr uint8_t kProtoIcmp = 1;
inline constexpr uint8_t kProtoTcp = 6;
inline constexpr uint8_t kProtoUdp = 17;
inline constexpr uint8_t kProtoIcmp6 = 58;
inline constexpr uint8_t kProtoNoNext = 59;  // RFC 8200 §4.7

// RFC 768.
struct UdpHeader {
  be16 src_port;
  be16 dst_port;
  be16 length;  // header and payload
  be16 checksum;
};
static_assert(sizeof(UdpHeader) == 8);

// RFC 9293 §3.1, without options.
struct TcpHeader {
  be16 src_port;
  be16 dst_port;
  be32 seq;
  be32 ack;
  uint8_t offset;  // high four bits: header length in words of 4 bytes
  uint8_t flags;   // from the lowest: FIN SYN RST PSH ACK URG ECE CWR
  be16 window;
  be16 checksum;
  be16 urgent;

  unsigned header_length() const { return (offset >> 4) * 4u; }
};
static_assert(sizeof(TcpHeader) == 20);

// RFC 792, RFC 4443 §2.1. What the last word is depends on the type: identifier and sequence of an
// echo, the next hop's MTU, a pointer, or nothing.
struct IcmpHeader {
  uint8_t type;
  uint8_t code;
  be16 checksum;
  be32 rest;
};
static_assert(sizeof(IcmpHeader) == 8);

// RFC 4861 §4.3, §4.4: neighbour solicitation and advertisement share this shape; one link-layer
// address option (type 1 source, type 2 target) follows.
struct NeighborMessage {
  uint8_t type;  // 135 solicitation, 136 advertisement
  uint8_t code;
  be16 checksum;
  be32 flags;  // advertisement: R 1<<31, S 1<<30, O 1<<29
  std::array<uint8_t, 16> target;
};
static_assert(sizeof(NeighborMessage) == 24);

struct LinkLayerOption {
  uint8_t type;
  uint8_t length;  // units of 8 bytes: 1
  Mac mac;
};
static_assert(sizeof(LinkLayerOption) == 8);

}  // namespace erbium::net
