// Address resolution for IPv4 (RFC 826): answers for this node's own addresses and learns from what
// it sees. Answers and learning take effect one reply latency later.
#include <algorithm>

#include "common/net/headers.h"
#include "dataplane/core/neighbor_messages.h"
#include "dataplane/core/stage.h"
#include "dataplane/tables/neighbor_table.h"

namespace erbium::dp {
namespace {

class Arp final : public PacketStage<Arp> {
 public:
  enum Drop : uint16_t { kMalformed };
  enum Consumed : uint16_t { kConsumed };
  enum Originated : uint16_t { kReply };

  Verdict process(Packet p, Context& context) noexcept {
    if (p.meta().protocol != Protocol::arp) return Verdict::next();
    const auto* arp = p.header<net::ArpPacket>();
    if (!arp || !well_formed(*arp)) return Verdict::drop(kMalformed);

    const uint32_t in = p.meta().interface_in;
    const Time at = p.time() + context.reply_latency();
    const net::Ip sender = net::Ip::v4(arp->sender_ip.value());
    const net::Ip target = net::Ip::v4(arp->target_ip.value());
    const auto& own = context.tables().interfaces[in].addresses;
    const bool for_us = std::find(own.begin(), own.end(), target) != own.end();
    if (arp->sender_ip.value() != 0) {  // RFC 5227 §2.1.1: a probe tells nothing
      context.neighbors().learn({at.ns(), in, sender, arp->sender_mac, for_us});
      context.wake_neighbors_at(at);
    }
    if (for_us && arp->operation.value() == 1 && !context.tables().interfaces[in].mute) {
      const Packet reply = make_arp_reply(context, in, target, sender, arp->sender_mac);
      if (reply.mbuf()) context.emit(reply, at, Entry::rewritten, kReply);
    }
    return Verdict::consumed(kConsumed);
  }

  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    const auto* arp = p.header<net::ArpPacket>();
    if (verdict.kind() == Verdict::Kind::drop || !arp)
      return out.say("fails the checks of RFC 826");
    const net::Ip sender = net::Ip::v4(arp->sender_ip.value());
    const net::Ip target = net::Ip::v4(arp->target_ip.value());
    const Interface& in = context.tables().interfaces[p.meta().interface_in];
    const bool asks = arp->operation.value() == 1;
    out.say(asks ? sender.str() + " asks who has " + target.str()
                 : sender.str() + " says it is at " + arp->sender_mac.str());
    out.set("operation", asks ? "request" : "reply");
    out.set("sender_ip", sender.str());
    out.set("sender_mac", arp->sender_mac.str());
    out.set("target_ip", target.str());
    const bool own =
        std::find(in.addresses.begin(), in.addresses.end(), target) != in.addresses.end();
    if (asks) out.say(own ? "an address of this router" : "no address of this router: no answer");
    out.set("for_this_router", own);
  }

 private:
  static bool well_formed(const net::ArpPacket& arp) {
    const uint16_t operation = arp.operation.value();
    return arp.hardware_type.value() == 1 && arp.protocol_type.value() == net::kEtherTypeIpv4 &&
           arp.hardware_length == 6 && arp.protocol_length == 4 &&
           (operation == 1 || operation == 2) && !arp.sender_mac.is_group();
  }
};

}  // namespace

extern const StageDescriptor stage_arp{
    .name = "arp",
    .phase = Phase::ingress,
    .protocols = static_cast<uint8_t>(Protocol::arp),
    .drops = {"arp_malformed"},
    .consumed = {"arp"},
    .originated = {"arp"},
    .make = make_stage<Arp>,
};

}  // namespace erbium::dp
