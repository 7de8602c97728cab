// Accepts frames for this router: its own MAC address on the trunk or a group address (IEEE 802.3
// clause 3, RFC 1812 §3.3). Everything else on the wire is somebody else's.
#include "common/net/headers.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

class EthInput final : public PacketStage<EthInput> {
 public:
  enum Drop : uint16_t { kTruncated, kNotForUs };

  Verdict process(Packet p, Context& context) noexcept {
    const auto* ethernet = p.header<net::EthernetHeader>();
    if (!ethernet) return Verdict::drop(kTruncated);
    const bool group = ethernet->dst.is_group();
    if (!group && ethernet->dst != context.tables().trunks[p.meta().trunk_in].mac)
      return Verdict::drop(kNotForUs);
    p.meta().l2_group = group;
    return Verdict::next();
  }

  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    const auto* ethernet = p.header<net::EthernetHeader>();
    if (!ethernet) return out.say("shorter than an Ethernet header");
    const net::Mac own = context.tables().trunks[p.meta().trunk_in].mac;
    out.set("destination_mac", ethernet->dst.str());
    out.set("own_mac", own.str());
    if (!verdict.is_next())
      out.say("addressed to " + ethernet->dst.str() + ", not to this router's " + own.str());
    else if (ethernet->dst.is_group())
      out.say("addressed to the group " + ethernet->dst.str());
    else
      out.say("addressed to this router's " + own.str());
  }
};

}  // namespace

extern const StageDescriptor stage_eth_input{
    .name = "eth_input",
    .phase = Phase::receive,
    .drops = {"eth_truncated", "not_for_us"},
    .make = make_stage<EthInput>,
};

}  // namespace erbium::dp
