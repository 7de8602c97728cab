// Frames of address resolution as this node sends them: ARP (RFC 826) and neighbour discovery
// (RFC 4861 §4.3, §4.4). Each is a complete Ethernet frame, tags included, padded to 60 bytes.
#pragma once

#include "common/net/address.h"
#include "dataplane/core/context.h"
#include "dataplane/core/packet.h"

namespace erbium::dp {

inline constexpr uint8_t kSolicitation = 135, kAdvertisement = 136;  // RFC 4861 §4.3, §4.4

// The node's own address on `interface` to speak with `peer`: the one of its family that shares the
// longest prefix with it. Null when the interface has no address of the family.
const net::Ip* source_address(const Interface& interface, const net::Ip& peer);

// ARP request or neighbour solicitation for `target`; to `unicast` when it is not zero (probe).
// A null mbuf when the interface has no source address or the pool is empty.
Packet make_request(Context& context, uint32_t interface, const net::Ip& target,
                    const net::Mac& unicast);

// ARP reply: `own` is at this node's MAC, told to `peer` at `peer_mac`.
Packet make_arp_reply(Context& context, uint32_t interface, const net::Ip& own, const net::Ip& peer,
                      const net::Mac& peer_mac);

// Neighbour advertisement for `own` to `peer` (or all nodes, when peer is unspecified: RFC 4861
// §7.2.4).
Packet make_advertisement(Context& context, uint32_t interface, const net::Ip& own,
                          const net::Ip& peer, const net::Mac& peer_mac);

// Gratuitous ARP (RFC 5227 §3: a request for the own address) or unsolicited advertisement to all
// nodes (RFC 4861 §7.2.6), by which neighbours learn where `own` is now.
Packet make_announcement(Context& context, uint32_t interface, const net::Ip& own);

// The MAC address of an emulated host: locally administered and derived from its IP address.
net::Mac emulated_mac(const net::Ip& ip);

}  // namespace erbium::dp
