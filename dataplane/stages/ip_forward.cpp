// What forwarding changes in an IP header and nothing else: TTL or hop limit falls by one (RFC 1812
// §5.3.1, RFC 8200 §3) with the checksum updated incrementally (RFC 1624), and the packet must fit
// the MTU of the interface it leaves by, unless it may be cut into fragments: that is left to
// `fragment`. What the router itself sends keeps the TTL it was given: it is not forwarded, and BFD
// depends on 255 (RFC 5881 §5).
#include "common/net/checksum.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class IpForward final : public Stage {
 public:
  enum Drop : uint16_t { kTtl, kMtu, kMtuSilent };

  void run(Burst& burst, Context& context) noexcept override {
    const Forwarding& tables = context.tables();
    unsigned mask = burst.protocols();
    burst.retain([&](Packet p) { return process(p, tables, mask); },
                 [&](Packet p, Verdict v) { context.settle(p, v); });
    burst.set_protocols(mask);
  }

 private:
  static Verdict process(Packet p, const Forwarding& tables, unsigned& mask) noexcept {
    const PacketMeta& meta = p.meta();
    if (meta.interface_in == 0) [[unlikely]]
      return fits(p, tables, mask);
    if (meta.protocol == Protocol::ipv4) {
      auto* ip = p.header<net::Ipv4Header>();
      if (ip->ttl <= 1) return Verdict::drop(kTtl);
      net::decrement_ttl(*ip);
    } else {
      auto* ip = p.header<net::Ipv6Header>();
      if (ip->hop_limit <= 1) return Verdict::drop(kTtl);
      ip->hop_limit--;
    }
    return fits(p, tables, mask);
  }

  static Verdict fits(Packet p, const Forwarding& tables, unsigned& mask) noexcept {
    const Interface& out = tables.interfaces[p.meta().interface_out];
    if (p.wire_length() <= out.mtu) [[likely]]
      return Verdict::next();
    return too_long(p, out, mask);
  }

  // RFC 791 §2.3, RFC 1812 §5.2.6; IPv6 is fragmented by nobody but its source (RFC 8200 §4.5).
  static Verdict too_long(Packet p, const Interface& out, unsigned& mask) noexcept {
    if (p.meta().protocol == Protocol::ipv4 &&
        (!p.header<net::Ipv4Header>()->dont_fragment() || out.over_mtu == OverMtu::fragment)) {
      mask |= static_cast<unsigned>(Protocol::too_long);
      return Verdict::next();
    }
    return Verdict::drop(out.over_mtu == OverMtu::silent_drop ? kMtuSilent : kMtu);
  }
};

}  // namespace

extern const StageDescriptor stage_ip_forward{
    .name = "ip_forward",
    .phase = Phase::egress,
    .drops = {"ttl", "mtu", "mtu_silent"},
    .drop_answers = {Answer::time_exceeded, Answer::too_big},
    .make = make_stage<IpForward>,
};

}  // namespace erbium::dp
