// Neighbour discovery for IPv6 (RFC 4861 §7.1, §7.2): answers solicitations for this node's own
// addresses, those of duplicate address detection among them (RFC 4862 §5.4), and learns from
// solicitations and advertisements. Answers and learning take effect one reply latency later.
// Routers do not configure themselves from the advertisements of others (RFC 4861 §6.2.7). Other
// ICMPv6 goes on when it is unicast.
#include <algorithm>
#include <optional>

#include "common/net/checksum.h"
#include "dataplane/core/neighbor_messages.h"
#include "dataplane/core/stage.h"
#include "dataplane/tables/neighbor_table.h"

namespace erbium::dp {
namespace {

constexpr uint8_t kRouterAdvertisement = 134;
constexpr uint32_t kSolicited = 1u << 30, kOverride = 1u << 29;

class Nd final : public PacketStage<Nd> {
 public:
  enum Drop : uint16_t { kMalformed, kMulticast, kLinkLocal };
  enum Consumed : uint16_t { kConsumed, kRaIgnored };
  enum Originated : uint16_t { kAdvertised };

  Verdict process(Packet p, Context& context) noexcept {
    if (p.meta().protocol != Protocol::ipv6) return Verdict::next();
    const auto* ip = p.header<net::Ipv6Header>();
    if (ip->next_header != net::kProtoIcmp6 || p.meta().interface_in == 0) return Verdict::next();
    const auto* type = p.header<uint8_t>(sizeof *ip);
    if (type && (*type == kSolicitation || *type == kAdvertisement)) return discover(p, context);
    if (type && *type == kRouterAdvertisement && link_local(ip->src))
      return Verdict::consumed(kRaIgnored);
    if (ip->dst[0] == 0xff || p.meta().l2_group) return Verdict::drop(kMulticast);
    if (link_local(ip->src) || link_local(ip->dst)) return Verdict::drop(kLinkLocal);
    return Verdict::next();
  }

  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    constexpr const char* kWhy[] = {
        "fails the checks of RFC 4861 section 7.1",
        "ICMPv6 to a group, and no neighbour discovery",
        "a link-local address stays on its link",
    };
    if (verdict.kind() == Verdict::Kind::drop) return out.say(kWhy[verdict.reason()]);
    if (verdict.is_next()) return;
    const auto* ip = p.header<net::Ipv6Header>();
    const auto* message = p.header<net::NeighborMessage>(sizeof *ip);
    const net::Ip target = net::Ip::v6(message->target);
    const bool asks = message->type == kSolicitation;
    const auto& own = context.tables().interfaces[p.meta().interface_in].addresses;
    const bool ours = std::find(own.begin(), own.end(), target) != own.end();
    out.say(asks ? "asks who has " + target.str() : "says where " + target.str() + " is");
    if (asks) out.say(ours ? "an address of this router" : "no address of this router: no answer");
    out.set("message", asks ? "solicitation" : "advertisement");
    out.set("target", target.str());
    out.set("for_this_router", ours);
  }

 private:
  using Address = std::array<uint8_t, 16>;
  static bool link_local(const Address& a) { return a[0] == 0xfe && (a[1] & 0xc0) == 0x80; }

  // RFC 4291 §2.7.1: ff02::1:ffXX:XXXX.
  static bool solicited_node(const Address& a) {
    constexpr uint8_t kPrefix[] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    return std::equal(std::begin(kPrefix), std::end(kPrefix), a.begin());
  }

  // RFC 4861 §7.1.1, §7.1.2: hop limit 255, checksum, code 0, length, target not multicast; who has
  // no address yet asks a group and names no link-layer address; an answer to nobody says so.
  static bool valid(Packet p, const net::Ipv6Header& ip, const net::NeighborMessage* message) {
    const uint32_t length = p.length() - static_cast<uint32_t>(sizeof ip);
    if (message && message->type == kSolicitation && ip.src == Address{} &&
        (!solicited_node(ip.dst) || link_layer_address(p, 1)))
      return false;
    if (message && message->type == kAdvertisement && ip.dst[0] == 0xff &&
        (message->flags.value() & kSolicited))
      return false;
    return message && p.meta().missing == 0 && ip.hop_limit == 255 && message->code == 0 &&
           message->target[0] != 0xff &&
           net::ipv6_upper_checksum(ip, net::kProtoIcmp6, message, length) == 0;
  }

  // The link-layer address option of `type`; nullopt when there is none or an option is broken.
  static std::optional<net::Mac> link_layer_address(Packet p, uint8_t type) {
    uint32_t at = sizeof(net::Ipv6Header) + sizeof(net::NeighborMessage);
    while (const auto* option = p.header<net::LinkLayerOption>(at)) {
      if (option->length == 0) return std::nullopt;
      if (option->type == type && option->length == 1) return option->mac;
      at += option->length * 8u;
    }
    return std::nullopt;
  }

  static Verdict discover(Packet p, Context& context) noexcept {
    const auto* ip = p.header<net::Ipv6Header>();
    const auto* message = p.header<net::NeighborMessage>(sizeof *ip);
    if (!valid(p, *ip, message)) return Verdict::drop(kMalformed);
    const uint32_t in = p.meta().interface_in;
    const Time at = p.time() + context.reply_latency();
    const net::Ip target = net::Ip::v6(message->target);
    if (message->type == kAdvertisement) {
      const auto mac = link_layer_address(p, 2);
      if (mac && may_replace(context, in, target, *mac, *message))
        learn(context, at, in, target, *mac, false);
      return Verdict::consumed(kConsumed);
    }
    const auto& own = context.tables().interfaces[in].addresses;
    if (std::find(own.begin(), own.end(), target) == own.end()) return Verdict::consumed(kConsumed);
    const net::Ip peer = net::Ip::v6(ip->src);
    const auto mac = link_layer_address(p, 1);
    const bool probe = peer == net::Ip{net::Family::v6, {}};  // duplicate address detection
    if (mac && !probe) learn(context, at, in, peer, *mac, true);
    if ((mac || probe) && !context.tables().interfaces[in].mute) {
      const Packet answer = make_advertisement(context, in, target, peer, mac.value_or(net::Mac{}));
      if (answer.mbuf()) context.emit(answer, at, Entry::rewritten, kAdvertised);
    }
    return Verdict::consumed(kConsumed);
  }

  // §7.2.5: without the override flag an advertisement changes no known link-layer address.
  static bool may_replace(Context& context, uint32_t interface, const net::Ip& ip,
                          const net::Mac& mac, const net::NeighborMessage& message) {
    if (message.flags.value() & kOverride) return true;
    const uint32_t id = context.neighbors().find(interface, ip);
    return id == 0 || !context.neighbors()[id].usable() || context.neighbors()[id].mac == mac;
  }

  static void learn(Context& context, Time at, uint32_t interface, const net::Ip& ip,
                    const net::Mac& mac, bool create) {
    if (mac.is_group()) return;
    context.neighbors().learn({at.ns(), interface, ip, mac, create});
    context.wake_neighbors_at(at);
  }
};

}  // namespace

extern const StageDescriptor stage_nd{
    .name = "nd",
    .phase = Phase::ingress,
    .after = {"ip6_input"},
    .protocols = static_cast<uint8_t>(Protocol::ipv6),
    .drops = {"nd_malformed", "icmp6_multicast", "icmp6_link_local"},
    .consumed = {"nd", "ra_ignored"},
    .originated = {"nd"},
    .make = make_stage<Nd>,
};

}  // namespace erbium::dp
