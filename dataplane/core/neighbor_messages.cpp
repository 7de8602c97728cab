#include "dataplane/core/neighbor_messages.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/net/checksum.h"

namespace erbium::dp {
namespace {

unsigned shared_bits(const net::Ip& a, const net::Ip& b) {
  for (unsigned i = 0; i < a.bits() / 8; i++)
    if (const auto differ = static_cast<uint8_t>(a.bytes[i] ^ b.bytes[i]))
      return i * 8 + static_cast<unsigned>(std::countl_zero(differ));
  return a.bits();
}

// An empty frame with its Ethernet header; *payload is where `bytes` of payload go.
Packet make_frame(Context& context, uint32_t interface_id, const net::Mac& dst, uint16_t type,
                  uint32_t bytes, uint8_t** payload) {
  const Interface& interface = context.tables().interfaces[interface_id];
  const uint32_t header = interface.header.length;
  const uint32_t length = std::max(header + bytes, net::kMinFrame);
  const Packet p = context.allocate(length);
  if (p.mbuf() == nullptr) return p;
  std::memset(p.data(), 0, length);
  EncapHeader encap = interface.header;
  encap.set_dst(dst);
  std::memcpy(p.data(), encap.begin(), header);
  const net::be16 ether_type{type};
  std::memcpy(p.data() + header - 2, &ether_type, 2);
  *payload = p.data() + header;
  PacketMeta& meta = p.meta();
  meta.interface_out = interface_id;
  meta.l2_length = static_cast<uint8_t>(header);
  return p;
}

Packet make_arp(Context& context, uint32_t interface, uint16_t operation, const net::Mac& dst,
                const net::Ip& sender, const net::Mac& target_mac, const net::Ip& target) {
  uint8_t* payload = nullptr;
  const Packet p =
      make_frame(context, interface, dst, net::kEtherTypeArp, sizeof(net::ArpPacket), &payload);
  if (p.mbuf() == nullptr) return p;
  auto* arp = reinterpret_cast<net::ArpPacket*>(payload);
  arp->hardware_type = net::be16{1};
  arp->protocol_type = net::be16{net::kEtherTypeIpv4};
  arp->hardware_length = 6;
  arp->protocol_length = 4;
  arp->operation = net::be16{operation};
  arp->sender_mac = context.tables().interfaces[interface].header.src();
  arp->sender_ip = net::be32{sender.v4_host()};
  arp->target_mac = target_mac;
  arp->target_ip = net::be32{target.v4_host()};
  p.meta().protocol = Protocol::arp;
  return p;
}

struct NdFrame {
  net::Ipv6Header ip;
  net::NeighborMessage message;
  net::LinkLayerOption option;
};

Packet make_nd(Context& context, uint32_t interface, uint8_t type, uint32_t flags,
               const net::Mac& dst_mac, const net::Ip& src, const net::Ip& dst,
               const net::Ip& target) {
  uint8_t* payload = nullptr;
  const Packet p =
      make_frame(context, interface, dst_mac, net::kEtherTypeIpv6, sizeof(NdFrame), &payload);
  if (p.mbuf() == nullptr) return p;
  auto* nd = reinterpret_cast<NdFrame*>(payload);
  constexpr uint16_t kLength = sizeof(NdFrame) - sizeof(net::Ipv6Header);
  nd->ip.version_class_flow = net::be32{6u << 28};
  nd->ip.payload_length = net::be16{kLength};
  nd->ip.next_header = net::kProtoIcmp6;
  nd->ip.hop_limit = 255;
  nd->ip.src = src.bytes;
  nd->ip.dst = dst.bytes;
  nd->message.type = type;
  nd->message.flags = net::be32{flags};
  nd->message.target = target.bytes;
  nd->option = {static_cast<uint8_t>(type == kSolicitation ? 1 : 2), 1,
                context.tables().interfaces[interface].header.src()};
  const uint16_t sum = net::ipv6_upper_checksum(nd->ip, net::kProtoIcmp6, &nd->message, kLength);
  nd->message.checksum = net::be16::stored(sum);
  p.meta().protocol = Protocol::ipv6;
  return p;
}

}  // namespace

const net::Ip* source_address(const Interface& interface, const net::Ip& peer) {
  const net::Ip* best = nullptr;
  for (const net::Ip& own : interface.addresses)
    if (own.family == peer.family && (!best || shared_bits(own, peer) > shared_bits(*best, peer)))
      best = &own;
  return best;
}

Packet make_request(Context& context, uint32_t interface, const net::Ip& target,
                    const net::Mac& unicast) {
  const net::Ip* own = source_address(context.tables().interfaces[interface], target);
  if (!own) return Packet(nullptr);
  if (target.is_v4())
    return make_arp(context, interface, 1, unicast.is_zero() ? net::Mac::broadcast() : unicast,
                    *own, {}, target);
  if (!unicast.is_zero())
    return make_nd(context, interface, kSolicitation, 0, unicast, *own, target, target);
  // RFC 4291 §2.7.1: the solicited-node multicast address, ff02::1:ffXX:XXXX; RFC 2464 §7 its MAC.
  net::Ip group{net::Family::v6, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};
  std::copy_n(target.bytes.begin() + 13, 3, group.bytes.begin() + 13);
  const net::Mac mac{{0x33, 0x33, 0xff, target.bytes[13], target.bytes[14], target.bytes[15]}};
  return make_nd(context, interface, kSolicitation, 0, mac, *own, group, target);
}

Packet make_arp_reply(Context& context, uint32_t interface, const net::Ip& own, const net::Ip& peer,
                      const net::Mac& peer_mac) {
  return make_arp(context, interface, 2, peer_mac, own, peer_mac, peer);
}

Packet make_advertisement(Context& context, uint32_t interface, const net::Ip& own,
                          const net::Ip& peer, const net::Mac& peer_mac) {
  constexpr uint32_t kRouter_ = 1u << 31, kSolicited = 1u << 30, kOverride = 1u << 29;
  const net::Ip unspecified{net::Family::v6, {}};
  if (peer != unspecified)
    return make_nd(context, interface, kAdvertisement, kRouter_ | kSolicited | kOverride, peer_mac,
                   own, peer, own);
  const net::Ip all_nodes{net::Family::v6, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  return make_nd(context, interface, kAdvertisement, kRouter_ | kOverride,
                 {{0x33, 0x33, 0, 0, 0, 1}}, own, all_nodes, own);
}

Packet make_announcement(Context& context, uint32_t interface, const net::Ip& own) {
  if (own.is_v4()) return make_arp(context, interface, 1, net::Mac::broadcast(), own, {}, own);
  return make_advertisement(context, interface, own, {net::Family::v6, {}}, {});
}

net::Mac emulated_mac(const net::Ip& ip) {
  const uint8_t* last = ip.bytes.data() + (ip.is_v4() ? 0 : 12);
  return {{0x02, static_cast<uint8_t>(ip.is_v4() ? 4 : 6), last[0], last[1], last[2], last[3]}};
}

}  // namespace erbium::dp
