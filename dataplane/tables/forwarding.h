// The forwarding configuration of one generation: trunks, interfaces, next hops and the FIB views.
// Immutable once published; stages read it through Context. Ids are dense, assigned by control, and
// 0 stands for none.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/memory.h"
#include "common/net/address.h"
#include "common/net/headers.h"
#include "dataplane/tables/fib.h"
#include "dataplane/tables/vlan_map.h"

namespace erbium::dp {

// The side of a node where frames come and go: a port or an end of a link. It carries one or more
// interfaces, told apart by their tags.
struct Trunk {
  std::string name;
  uint32_t node = 0;
  uint32_t port = 0;             // one of port and link is set
  uint32_t link = 0;             // link direction that leads away from this node
  uint16_t outer_tpid = 0x8100;  // EtherType of the first tag
  uint16_t inner_tpid = 0x8100;  // EtherType of the second
  net::Mac mac;
};

// An Ethernet header with tags, ready to be put in front of a packet. It stands at the end of a
// fixed 24 bytes, so that putting it there is one copy of a size known to the compiler. Its last
// two bytes, the EtherType of what follows, are filled in per packet.
struct EncapHeader {
  static constexpr uint8_t kRoom = 24;
  std::array<uint8_t, kRoom> bytes{};
  uint8_t length = 0;  // 14, 18 or 22

  // From `src` to nobody yet; a VID of 0 is no tag.
  static EncapHeader make(const net::Mac& src, uint16_t outer_tpid, uint16_t outer_vid,
                          uint16_t inner_tpid, uint16_t inner_vid);
  const uint8_t* begin() const { return bytes.data() + kRoom - length; }
  uint8_t* begin() { return bytes.data() + kRoom - length; }
  void set_dst(const net::Mac& mac) { std::copy(mac.bytes.begin(), mac.bytes.end(), begin()); }
  net::Mac src() const {
    net::Mac mac;
    std::copy_n(begin() + 6, 6, mac.bytes.begin());
    return mac;
  }
};

inline EncapHeader EncapHeader::make(const net::Mac& src, uint16_t outer_tpid, uint16_t outer_vid,
                                     uint16_t inner_tpid, uint16_t inner_vid) {
  EncapHeader out;
  out.length = static_cast<uint8_t>(14 + (outer_vid != 0 ? 4 : 0) + (inner_vid != 0 ? 4 : 0));
  uint8_t* at = std::copy(src.bytes.begin(), src.bytes.end(), out.begin() + 6);
  for (const auto& [tpid, vid] : {std::pair{outer_tpid, outer_vid}, {inner_tpid, inner_vid}}) {
    if (vid == 0) continue;
    for (const uint16_t word : {tpid, vid}) {
      *at++ = static_cast<uint8_t>(word >> 8);
      *at++ = static_cast<uint8_t>(word);
    }
  }
  return out;
}

// What becomes of a packet that is longer than the MTU and may not be fragmented: it has DF set.
enum class OverMtu : uint8_t {
  answer,       // dropped, and the sender told (RFC 1191)
  fragment,     // fragmented in spite of DF; IPv6 is answered
  silent_drop,  // dropped without a word
};

// A (sub-)interface: what frames with one set of tags on a trunk belong to. What every packet reads
// fills the first cache line.
struct alignas(kCacheLine) Interface {
  Duration flow_age;  // > 0: leads outside of a stateful filter, which forgets so soon
  uint32_t trunk = 0;
  uint16_t outer_vid = 0;  // 0: no tag
  uint16_t inner_vid = 0;
  uint32_t vrf = 0;
  uint32_t mtu = 1500;         // bytes of the IP packet
  uint32_t limiter = 0;        // egress
  uint32_t capacity = 0;       // egress, of the stage `capacity`
  uint32_t cross_connect = 0;  // interface that frames are passed on to; 0: routed
  OverMtu over_mtu = OverMtu::answer;
  bool mute = false;            // says nothing by ARP and ND
  bool emulated_hosts = false;  // every address on it answers; its MAC follows from the address
  EncapHeader header{};         // destination zero

  std::string name;
  std::vector<net::Ip> addresses;  // this node's own; answered by ARP and ND
  // Source of ICMP errors about what came in by it, by family; where it has none, of `addresses`.
  std::vector<net::Ip> icmp_source;
};
static_assert(offsetof(Interface, name) == kCacheLine);

struct NextHop {
  enum class Kind : uint8_t { local, discard, connected, gateway };
  Kind kind = Kind::discard;
  uint32_t interface = 0;
  net::Ip address;         // gateway
  bool eager = false;      // resolved when it is installed, not on the first packet
  bool hosts = false;      // local: not the router's own, but of hosts one hop behind it
  uint32_t host_port = 0;  // local: control gets what matches it; 0: nothing
};

// A port without a device, by which control speaks for a router. Of the packets that are local to a
// next hop that names it, it takes those that match.
struct HostPort {
  struct Match {
    uint8_t protocol = 0;  // TCP or UDP
    uint16_t port = 0;     // source or destination
  };
  std::string name;
  uint32_t node = 0;
  uint32_t vrf = 0;  // of what control sends
  std::vector<Match> match;
};

// Next-hop groups: members of group g are members[first .. first + count). One flow stays on one
// member. Switching a group moves every route that uses it.
struct NextHopGroup {
  uint32_t first = 0;
  uint32_t count = 0;
};

// What the node of the interfaces that name it can forward by all of them together.
struct Capacity {
  BitRate rate;
  uint64_t depth_bits = 0;
  uint64_t packets_per_second = 0;
  uint64_t depth_packets = 0;
  uint64_t flows = 0;  // at a time
  Duration flow_age;   // forgotten after so long a silence

  bool operator==(const Capacity&) const = default;
};

struct Forwarding {
  uint64_t generation = 0;
  uint64_t hash_seed = 0;
  std::vector<Trunk> trunks{1};
  std::vector<Interface> interfaces{1};
  std::vector<NextHop> next_hops{1};
  std::vector<NextHopGroup> groups{1};
  std::vector<HostPort> host_ports{1};
  std::vector<Capacity> capacities{1};
  std::vector<uint32_t> members;        // next-hop ids
  std::vector<const FibView*> vrfs{1};  // never null from 1 on
  VlanMap vlans;                        // (trunk, outer, inner) -> interface
};

}  // namespace erbium::dp
