// What forwarding changes in an IP header and nothing else: TTL or hop limit falls by one (RFC 1812
// §5.3.1, RFC 8200 §3) with the checksum updated incrementally (RFC 1624), and the packet must fit
// the MTU of the interface it leaves by. What the router itself sends keeps the TTL it was given:
// it is not forwarded, and BFD depends on 255 (RFC 5881 §5).
#include "common/net/checksum.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class IpForward final : public PacketStage<IpForward> {
 public:
  enum Drop : uint16_t { kTtl, kMtu };

  Verdict process(Packet p, Context& context) noexcept {
    const PacketMeta& meta = p.meta();
    if (meta.interface_in == 0) [[unlikely]]
      return fits(p, context);
    if (meta.protocol == Protocol::ipv4) {
      auto* ip = p.header<net::Ipv4Header>();
      if (ip->ttl <= 1) return Verdict::drop(kTtl);
      net::decrement_ttl(*ip);
    } else {
      auto* ip = p.header<net::Ipv6Header>();
      if (ip->hop_limit <= 1) return Verdict::drop(kTtl);
      ip->hop_limit--;
    }
    return fits(p, context);
  }

 private:
  static Verdict fits(Packet p, const Context& context) noexcept {
    if (p.wire_length() > context.tables().interfaces[p.meta().interface_out].mtu)
      return Verdict::drop(kMtu);
    return Verdict::next();
  }
};

}  // namespace

extern const StageDescriptor stage_ip_forward{
    .name = "ip_forward",
    .phase = Phase::egress,
    .drops = {"ttl", "mtu"},
    .make = make_stage<IpForward>,
};

}  // namespace erbium::dp
