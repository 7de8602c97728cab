// The hand-off between a customer's own router and a link: passes frames from one attachment
// circuit (RFC 4664 §3.1) to the other as they are; their tags say whose limiter applies. Frames
// with tags of no circuit take the untagged interface, where there is one; the router behind the
// link judges them.
#include "dataplane/core/explaining.h"
#include "dataplane/core/stage.h"
#include "dataplane/core/vlan.h"

namespace erbium::dp {
namespace {

class CrossConnect final : public PacketStage<CrossConnect> {
 public:
  enum Drop : uint16_t { kTruncated, kUnknownTag };

  Verdict process(Packet p, Context& context) noexcept {
    const Forwarding& tables = context.tables();
    PacketMeta& meta = p.meta();
    const Tags tags = parse_tags(p, tables.trunks[meta.trunk_in]);
    if (tags.length == 0) return Verdict::drop(kTruncated);
    meta.l2_length = static_cast<uint8_t>(tags.length);
    meta.protocol = tags.ether_type == net::kEtherTypeIpv4   ? Protocol::ipv4
                    : tags.ether_type == net::kEtherTypeIpv6 ? Protocol::ipv6
                                                             : Protocol::none;
    meta.interface_in = tables.vlans.lookup(meta.trunk_in, tags.outer, tags.inner);
    if (meta.interface_in == 0) meta.interface_in = tables.vlans.lookup(meta.trunk_in, 0, 0);
    meta.interface_out = tables.interfaces[meta.interface_in].cross_connect;
    if (meta.interface_out == 0) return Verdict::drop(kUnknownTag);
    return Verdict::next();
  }

  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    const Forwarding& tables = context.tables();
    const PacketMeta& meta = p.meta();
    const Tags tags = parse_tags(p, tables.trunks[meta.trunk_in]);
    if (tags.length == 0) return out.say("ends inside its tags");
    out.say(tags_text(tags.outer, tags.inner) + " on " + tables.trunks[meta.trunk_in].name);
    out.set("outer_vid", tags.outer);
    out.set("inner_vid", tags.inner);
    if (!verdict.is_next()) return out.say("of no peering here");
    const std::string& name = tables.interfaces[meta.interface_out].name;
    out.say("passed on as it is to " + name);
    out.set("interface_out", name);
  }
};

}  // namespace

extern const StageDescriptor stage_cross_connect{
    .name = "cross_connect",
    .phase = Phase::receive,
    .nodes = kCrossConnect,
    .drops = {"cross_connect_truncated", "cross_connect_unknown_tag"},
    .make = make_stage<CrossConnect>,
};

}  // namespace erbium::dp
