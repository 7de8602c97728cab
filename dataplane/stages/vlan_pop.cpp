// Tells from the tags which interface, and so which circuit and peering, a frame belongs to, and
// takes Ethernet header and tags off (IEEE 802.1Q-2018 §6.9). On an ExpressRoute Direct port both
// tags have EtherType 0x8100: the outer one is the circuit's S-tag, the inner one the peering's
// C-tag (Microsoft Learn: expressroute-erdirect-about).
#include "dataplane/core/stage.h"
#include "dataplane/core/vlan.h"

namespace erbium::dp {
namespace {

constexpr bool is_tag(uint16_t ether_type) {
  return ether_type == 0x8100 || ether_type == 0x88a8 || ether_type == 0x9100;
}

class VlanPop final : public Stage {
 public:
  enum Drop : uint16_t { kTruncated, kUnknownTag, kUnknownEtherType };

  void run(Burst& burst, Context& context) noexcept override {
    unsigned protocols = 0;
    Last last;
    burst.retain(
        [&](Packet p) {
          const Verdict verdict = process(p, context, last);
          protocols |= static_cast<unsigned>(p.meta().protocol);
          return verdict;
        },
        [&](Packet p, Verdict v) { context.settle(p, v); });
    burst.set_protocols(protocols);
  }

 private:
  // What the packet before had: most of a burst comes by one circuit.
  struct Last {
    uint32_t trunk = 0;
    uint32_t tags = 0;
    uint32_t interface = 0;
    uint32_t vrf = 0;
  };

  static Verdict process(Packet p, Context& context, Last& last) noexcept {
    const Forwarding& tables = context.tables();
    PacketMeta& meta = p.meta();
    meta.protocol = Protocol::none;
    const Tags tags = parse_tags(p, tables.trunks[meta.trunk_in]);
    if (tags.length == 0) return Verdict::drop(kTruncated);
    const uint32_t both = uint32_t{tags.outer} << 16 | tags.inner;
    if (meta.trunk_in != last.trunk || both != last.tags) {
      const uint32_t interface = tables.vlans.lookup(meta.trunk_in, tags.outer, tags.inner);
      last = {meta.trunk_in, both, interface, tables.interfaces[interface].vrf};
    }
    meta.interface_in = last.interface;
    if (meta.interface_in == 0) return Verdict::drop(kUnknownTag);
    if (tags.ether_type == net::kEtherTypeIpv4) {
      meta.protocol = Protocol::ipv4;
    } else if (tags.ether_type == net::kEtherTypeIpv6) {
      meta.protocol = Protocol::ipv6;
    } else if (tags.ether_type == net::kEtherTypeArp) {
      meta.protocol = Protocol::arp;
    } else {
      return Verdict::drop(is_tag(tags.ether_type) ? kUnknownTag : kUnknownEtherType);
    }
    meta.vrf = last.vrf;
    p.strip(tags.length);
    return Verdict::next();
  }
};

}  // namespace

extern const StageDescriptor stage_vlan_pop{
    .name = "vlan_pop",
    .phase = Phase::receive,
    .after = {"eth_input"},
    .drops = {"vlan_truncated", "unknown_tag", "unknown_ethertype"},
    .make = make_stage<VlanPop>,
};

}  // namespace erbium::dp
