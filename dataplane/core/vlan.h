// The tags of a frame, IEEE 802.1Q-2018 clause 9: at most two, with the EtherTypes its trunk uses.
#pragma once

#include "common/net/headers.h"
#include "dataplane/core/packet.h"
#include "dataplane/tables/forwarding.h"

namespace erbium::dp {

struct Tags {
  uint16_t outer = 0;  // VID, 0 when there is no tag or a priority tag
  uint16_t inner = 0;
  uint16_t ether_type = 0;  // behind the tags
  uint32_t length = 0;      // bytes of Ethernet header and tags; 0 when the frame is too short
};

inline Tags parse_tags(Packet p, const Trunk& trunk) {
  const auto* ethernet = p.header<net::EthernetHeader>();
  if (!ethernet) return {};
  Tags tags{.ether_type = ethernet->ether_type.value(), .length = sizeof(net::EthernetHeader)};
  if (tags.ether_type != trunk.outer_tpid) return tags;
  const auto* first = p.header<net::VlanTag>(tags.length);
  if (!first) return {};
  tags.outer = first->vid();
  tags.ether_type = first->ether_type.value();
  tags.length += sizeof(net::VlanTag);
  if (tags.ether_type != trunk.inner_tpid) return tags;
  const auto* second = p.header<net::VlanTag>(tags.length);
  if (!second) return {};
  tags.inner = second->vid();
  tags.ether_type = second->ether_type.value();
  tags.length += sizeof(net::VlanTag);
  return tags;
}

}  // namespace erbium::dp
