// Tells from the tags which interface, and so which circuit and peering, a frame belongs to, and
// takes Ethernet header and tags off (IEEE 802.1Q-2018 §6.9). On an ExpressRoute Direct port both
// tags have EtherType 0x8100: the outer one is the circuit's S-tag, the inner one the peering's
// C-tag (Microsoft Learn: expressroute-erdirect-about).
#include <algorithm>
#include <cstring>

#include "dataplane/core/explaining.h"
#include "dataplane/core/stage.h"
#include "dataplane/core/vlan.h"

namespace erbium::dp {
namespace {

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

  void look(Packet p, Context& context, Explanation& out) override {
    const Trunk& trunk = context.tables().trunks[p.meta().trunk_in];
    const Tags tags = parse_tags(p, trunk);
    if (tags.length == 0) return out.say("ends inside its tags");
    out.say(tags_text(tags.outer, tags.inner) + " on " + trunk.name);
    if (net::is_vlan_tag(tags.ether_type) && tags.inner == 0)
      out.say("EtherType " + hex_text(tags.ether_type, 4) + " is of no tag there");
    out.set("outer_vid", tags.outer);
    out.set("inner_vid", tags.inner);
    out.set("ether_type", hex_text(tags.ether_type, 4));
  }
  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    const auto failed = [&](Drop reason) {
      return !verdict.is_next() && verdict.reason() == reason;
    };
    if (failed(kTruncated)) return;
    if (p.meta().interface_in == 0) return out.say("of no peering here");
    const Interface& interface = context.tables().interfaces[p.meta().interface_in];
    out.say("interface " + interface.name);
    out.set("interface", interface.name);
    out.set("vrf", interface.vrf);
    if (failed(kUnknownTag)) out.say("a tag too many");
    if (failed(kUnknownEtherType)) out.say("neither IPv4, IPv6 nor ARP");
  }

 private:
  // What the packet before was: most of a burst comes by one circuit. `tags` are the bytes behind
  // the MAC addresses, up to `length`, without priorities.
  struct Last {
    uint64_t mask = 0, tags = 0;
    uint32_t trunk = UINT32_MAX;
    uint32_t length = 0;
    uint32_t interface = 0, vrf = 0;
    uint16_t ether_type = 0;  // as it stands in the frame
    Protocol protocol = Protocol::none;
  };
  static constexpr uint32_t kMacs = 12, kLongest = 22;

  template <typename T>
  static T load(Packet p, uint32_t at) {
    T value;
    std::memcpy(&value, p.data() + at, sizeof value);
    return value;
  }

  static Verdict process(Packet p, Context& context, Last& last) noexcept {
    PacketMeta& meta = p.meta();
    if (meta.trunk_in != last.trunk || p.length() < kLongest ||
        (load<uint64_t>(p, kMacs) & last.mask) != last.tags ||
        load<uint16_t>(p, last.length - 2) != last.ether_type) [[unlikely]]
      return classify(p, context, last);
    meta.protocol = last.protocol;
    meta.interface_in = last.interface;
    meta.vrf = last.vrf;
    p.strip(last.length);
    return Verdict::next();
  }

  static Verdict classify(Packet p, Context& context, Last& last) noexcept {
    const Forwarding& tables = context.tables();
    PacketMeta& meta = p.meta();
    meta.protocol = Protocol::none;
    const Tags tags = parse_tags(p, tables.trunks[meta.trunk_in]);
    if (tags.length == 0) return Verdict::drop(kTruncated);
    meta.interface_in = tables.vlans.lookup(meta.trunk_in, tags.outer, tags.inner);
    if (meta.interface_in == 0) return Verdict::drop(kUnknownTag);
    if (tags.ether_type == net::kEtherTypeIpv4) {
      meta.protocol = Protocol::ipv4;
    } else if (tags.ether_type == net::kEtherTypeIpv6) {
      meta.protocol = Protocol::ipv6;
    } else if (tags.ether_type == net::kEtherTypeArp) {
      meta.protocol = Protocol::arp;
    } else {
      return Verdict::drop(net::is_vlan_tag(tags.ether_type) ? kUnknownTag : kUnknownEtherType);
    }
    meta.vrf = tables.interfaces[meta.interface_in].vrf;
    if (p.length() >= kLongest) remember(p, tags.length, last);
    p.strip(tags.length);
    return Verdict::next();
  }

  static void remember(Packet p, uint32_t length, Last& last) noexcept {
    static constexpr uint8_t kMask[8] = {0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0x0f, 0xff};
    last = {.trunk = p.meta().trunk_in,
            .length = length,
            .interface = p.meta().interface_in,
            .vrf = p.meta().vrf,
            .ether_type = load<uint16_t>(p, length - 2),
            .protocol = p.meta().protocol};
    std::memcpy(&last.mask, kMask, std::min<size_t>(sizeof kMask, length - kMacs));
    last.tags = load<uint64_t>(p, kMacs) & last.mask;
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
