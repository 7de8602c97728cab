// What forwarding changes in an IP header and nothing else: TTL or hop limit falls by one (RFC 1812
// §5.3.1, RFC 8200 §3) with the checksum updated incrementally (RFC 1624), and the packet must fit
// the MTU of the interface it leaves by, unless it may be cut into fragments: that is left to
// `fragment`. What the router itself sends keeps the TTL it was given: it is not forwarded, and BFD
// depends on 255 (RFC 5881 §5).
#include "common/net/checksum.h"
#include "dataplane/core/explaining.h"
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

  void look(Packet p, Context&, Explanation& out) override {
    const std::string name = p.meta().protocol == Protocol::ipv4 ? "TTL " : "hop limit ";
    const uint64_t ttl = ttl_of(p);
    out.set("ttl_before", ttl);
    if (p.meta().interface_in == 0)
      out.say(name + std::to_string(ttl) + " stays, the router sends it itself");
    else if (ttl <= 1)
      out.say(name + std::to_string(ttl) + " is used up");
    else
      out.say(name + std::to_string(ttl) + " to " + std::to_string(ttl - 1));
  }
  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    const uint32_t mtu = context.tables().interfaces[p.meta().interface_out].mtu;
    out.set("ttl_after", ttl_of(p));
    out.set("bytes", p.wire_length());
    out.set("mtu_bytes", mtu);
    if (!verdict.is_next() && verdict.reason() == kTtl) return;
    out.say(std::to_string(p.wire_length()) + " bytes " +
            (p.wire_length() <= mtu ? "fit" : "do not fit") + " the MTU of " + std::to_string(mtu));
    if (!verdict.is_next() && verdict.reason() == kMtuSilent) out.say("nobody is told");
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
