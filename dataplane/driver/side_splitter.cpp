#include "dataplane/driver/side_splitter.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "common/net/headers.h"
#include "dataplane/driver/flow_key.h"
#include "dataplane/driver/frame_fields.h"

namespace erbium::dp {
namespace {

// The sender of an ARP packet.
std::optional<net::Ip> arp_sender(std::span<const uint8_t> frame) {
  const size_t at = ether_type_at(frame);
  if (frame.size() < at + 2 + sizeof(net::ArpPacket)) return std::nullopt;
  if (frame[at] != 0x08 || frame[at + 1] != 0x06) return std::nullopt;
  net::ArpPacket arp;
  std::memcpy(&arp, frame.data() + at + 2, sizeof arp);
  if (arp.protocol_type.value() != net::kEtherTypeIpv4 || arp.protocol_length != 4)
    return std::nullopt;
  return net::Ip::v4(arp.sender_ip.value());
}

std::optional<net::Ip> source_of(std::span<const uint8_t> frame) {
  if (const auto key = flow_key(frame, 0))
    return net::Ip{key->version == 4 ? net::Family::v4 : net::Family::v6, key->src};
  return arp_sender(frame);
}

}  // namespace

SideSplitter::SideSplitter(const SideRules& rules) : rules_(rules) {
  if (rules_.by == SideRules::By::servers) flows_.resize(kFlows);
}

bool SideSplitter::by_servers(std::span<const uint8_t> frame) {
  constexpr uint8_t kSyn = 0x02, kAck = 0x10;
  std::optional<FlowKey> key = flow_key(frame, 0);
  if (!key) return false;
  const uint8_t opening = tcp_flags(frame, *key) & (kSyn | kAck);
  const bool is_server = opening == (kSyn | kAck) ||
                         (opening != kSyn && key->src_port != 0 && key->src_port < kLeastFreePort &&
                          key->dst_port >= kLeastFreePort);
  const bool from_lower = std::tie(key->src, key->src_port) <= std::tie(key->dst, key->dst_port);
  if (!from_lower) key->reverse();
  Flow& flow = flows_[key->hash() % kFlows];
  const bool tells = opening == kSyn || opening == (kSyn | kAck);
  if (tells || !(flow.key == *key)) flow = {*key, is_server == from_lower};
  return flow.lower_serves == from_lower;
}

bool SideSplitter::from_azure(std::span<const uint8_t> frame) {
  switch (rules_.by) {
    case SideRules::By::prefixes: {
      const auto source = source_of(frame);
      return source && std::any_of(rules_.prefixes.begin(), rules_.prefixes.end(),
                                   [&](const net::Prefix& p) { return p.contains(*source); });
    }
    case SideRules::By::macs: {
      if (frame.size() < sizeof(net::EthernetHeader)) return false;
      net::Mac source;
      std::memcpy(source.bytes.data(), frame.data() + 6, 6);
      return std::find(rules_.macs.begin(), rules_.macs.end(), source) != rules_.macs.end();
    }
    case SideRules::By::servers:
      return by_servers(frame);
  }
  return false;
}

}  // namespace erbium::dp
