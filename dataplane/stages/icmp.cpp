// What a router says by ICMP: echo replies from its addresses, and to the sender of a packet that
// ended here why it did (RFC 792 and RFC 1812 §4.3 with RFC 1191 §4; RFC 4443). An error comes from
// the address of the interface that the packet came in by, so that a traceroute shows the way, and
// takes effect one reply latency later. Errors pass a token bucket in packet time (RFC 4443 §2.4
// (f), RFC 1812 §4.3.2.8). Its packets go through the router's own lookup like those of a host.
#include <algorithm>
#include <cstring>
#include <optional>

#include "common/net/checksum.h"
#include "dataplane/core/neighbor_messages.h"
#include "dataplane/core/stage.h"
#include "dataplane/core/upper_layer.h"
#include "dataplane/links/token_bucket.h"

namespace erbium::dp {
namespace {

constexpr uint8_t kHops = 64;  // RFC 1812 §4.2.2.9: the default of what a router sends
constexpr uint8_t kHopsOfHost = kHops - 1;
// RFC 1812 §4.3.2.3 and RFC 4443 §2.4 (c): as much of the packet as these lengths have room for.
constexpr uint32_t kLongest4 = 576, kLongest6 = 1280;
// RFC 1812 §4.3.2.5: errors have precedence 6, internetwork control, and the packet's TOS.
constexpr uint8_t kInternetworkControl = 0xc0, kTosBits = 0x1e;

struct Message {
  uint8_t type, code;
  uint32_t rest = 0;
};

class Icmp final : public Stage {
 public:
  enum Originated : uint16_t { kIcmp };
  enum Withheld : uint16_t { kRate };

  void run(Burst&, Context&) noexcept override {}

  void answer(Packet p, Answer why, Context& context) noexcept override {
    if (p.meta().interface_in == 0) return;  // the router's own
    const bool v4 = p.meta().protocol == Protocol::ipv4;
    if (why == Answer::delivered)
      v4 ? delivered4(p, context) : delivered6(p, context);
    else if (const net::Ip* source = source_of_errors(p, context))
      error(p, v4 ? message4(p, why, context) : message6(p, why, context), *source, context);
  }

 private:
  // ---- what is said ----
  static uint32_t mtu(Packet p, const Context& context) {
    return context.tables().interfaces[p.meta().interface_out].mtu;
  }
  static Message message4(Packet p, Answer why, const Context& context) {
    switch (why) {
      case Answer::time_exceeded:
        return {11, 0};
      case Answer::too_big:
        return {3, 4, mtu(p, context)};
      case Answer::no_neighbor:
        return {3, 1};
      case Answer::prohibited:
        return {3, 13};
      default:
        return {3, 0};
    }
  }
  static Message message6(Packet p, Answer why, const Context& context) {
    switch (why) {
      case Answer::time_exceeded:
        return {3, 0};
      case Answer::too_big:
        return {2, 0, mtu(p, context)};
      case Answer::no_neighbor:
        return {1, 3};
      case Answer::prohibited:
        return {1, 1};
      default:
        return {1, 0};
    }
  }

  void delivered4(Packet p, Context& context) noexcept {
    const auto* ip = p.header<net::Ipv4Header>();
    if (ip->is_fragment()) return;
    const uint32_t at = ip->header_length();
    const auto* icmp = p.header<net::IcmpHeader>(at);
    if (ip->protocol == net::kProtoIcmp) {
      if (icmp && icmp->type == 8 && p.meta().missing == 0 &&
          net::fold(net::raw_sum(p.data() + at, p.length() - at)) == 0xffff)
        echo4(p, at, context);
      return;
    }
    if (for_hosts(p, context) || ip->protocol == net::kProtoTcp) return;
    const uint8_t code = ip->protocol == net::kProtoUdp ? 3 : 2;
    error(p, {3, code}, net::Ip::v4(ip->dst.value()), context);
  }

  void delivered6(Packet p, Context& context) noexcept {
    const auto* ip = p.header<net::Ipv6Header>();
    const UpperLayer upper = upper_layer6(p);
    if (upper.fragment) return;
    const auto* icmp = p.header<net::IcmpHeader>(upper.offset);
    if (upper.protocol == net::kProtoIcmp6) {
      if (icmp && icmp->type == 128 && p.meta().missing == 0 &&
          net::ipv6_upper_checksum(*ip, net::kProtoIcmp6, icmp, p.length() - upper.offset) == 0)
        echo6(p, upper.offset, context);
      return;
    }
    if (for_hosts(p, context) || upper.protocol == net::kProtoTcp ||
        upper.protocol == net::kProtoNoNext)
      return;
    const Message message =
        upper.protocol == net::kProtoUdp ? Message{1, 4} : Message{4, 1, upper.named_at};
    error(p, message, net::Ip::v6(ip->dst), context);
  }

  // Of a network that ends here: hosts that answer echo requests, and nothing else.
  static bool for_hosts(Packet p, const Context& context) {
    return context.tables().next_hops[p.meta().next_hop].hosts;
  }

  // ---- to whom nothing is said ----

  // RFC 1812 §4.3.2.7. Broadcasts, multicasts and sources that are no host's have been dropped
  // before they could get here.
  static bool may_answer4(Packet p) {
    const auto* ip = p.header<net::Ipv4Header>();
    if (ip->fragment_offset() != 0) return false;
    if (ip->protocol != net::kProtoIcmp) return true;
    const auto* type = p.header<uint8_t>(ip->header_length());
    return type && *type != 3 && *type != 4 && *type != 5 && *type != 11 && *type != 12;
  }
  // RFC 4443 §2.4 (e): not about errors, nor redirects. A fragment hides what it is a part of.
  static bool may_answer6(Packet p) {
    const UpperLayer upper = upper_layer6(p);
    if (upper.protocol != net::kProtoIcmp6) return true;
    const auto* type = p.header<uint8_t>(upper.offset);
    return type && !upper.later_fragment && *type >= 128 && *type != 137;
  }

  // The address by which the way back knows the interface; null where it has none of the family.
  static const net::Ip* source_of_errors(Packet p, const Context& context) {
    const Interface& in = context.tables().interfaces[p.meta().interface_in];
    const bool v4 = p.meta().protocol == Protocol::ipv4;
    for (const net::Ip& own : in.icmp_source)
      if (own.is_v4() == v4) return &own;
    return source_address(in, v4 ? net::Ip::v4(p.header<net::Ipv4Header>()->src.value())
                                 : net::Ip::v6(p.header<net::Ipv6Header>()->src));
  }

  // ---- packets ----

  void error(Packet p, Message message, const net::Ip& source, Context& context) noexcept {
    const bool v4 = source.is_v4();
    if (!context.icmp().errors || !(v4 ? may_answer4(p) : may_answer6(p))) return;
    if (!bucket_) bucket_.emplace(BitRate::bps(context.icmp().rate), context.icmp().burst);
    if (!bucket_->take(p.time(), 1)) return context.withhold(kRate);
    v4 ? error4(p, message, source, context) : error6(p, message, source, context);
  }

  void error4(Packet p, Message message, const net::Ip& source, Context& context) noexcept {
    const auto* about = p.header<net::Ipv4Header>();
    constexpr uint32_t kHeaders = sizeof(net::Ipv4Header) + sizeof(net::IcmpHeader);
    const uint32_t quoted = std::min(p.length(), kLongest4 - kHeaders);
    const Packet out = context.allocate(kHeaders + quoted);
    if (out.mbuf() == nullptr) return;
    const auto tos = static_cast<uint8_t>(kInternetworkControl | (about->tos & kTosBits));
    auto* ip = start4(out, net::be32{source.v4_host()}, about->src, tos, kHops);
    auto* icmp = reinterpret_cast<net::IcmpHeader*>(ip + 1);
    *icmp = {message.type, message.code, net::be16{0}, net::be32{message.rest}};
    std::memcpy(icmp + 1, p.data(), quoted);
    finish4(out, icmp);
    send(out, p, context);
  }

  static void error6(Packet p, Message message, const net::Ip& source, Context& context) noexcept {
    constexpr uint32_t kHeaders = sizeof(net::Ipv6Header) + sizeof(net::IcmpHeader);
    const uint32_t quoted = std::min(p.length(), kLongest6 - kHeaders);
    const Packet out = context.allocate(kHeaders + quoted);
    if (out.mbuf() == nullptr) return;
    auto* ip = start6(out, source.bytes, p.header<net::Ipv6Header>()->src, kHops);
    auto* icmp = reinterpret_cast<net::IcmpHeader*>(ip + 1);
    *icmp = {message.type, message.code, net::be16{0}, net::be32{message.rest}};
    std::memcpy(icmp + 1, p.data(), quoted);
    finish6(out, ip, icmp);
    send(out, p, context);
  }

  // RFC 1812 §4.3.3.6: the data comes back as it is, from the address that was asked. A host of a
  // network that ends here stands one hop behind the router.
  void echo4(Packet p, uint32_t at, Context& context) noexcept {
    if (!context.icmp().echo) return;
    const auto* asked = p.header<net::Ipv4Header>();
    const uint32_t length = p.length() - at;
    const Packet out = context.allocate(static_cast<uint32_t>(sizeof(net::Ipv4Header)) + length);
    if (out.mbuf() == nullptr) return;
    const bool host = for_hosts(p, context);
    auto* ip = start4(out, asked->dst, asked->src, asked->tos, host ? kHopsOfHost : kHops);
    auto* icmp = reinterpret_cast<net::IcmpHeader*>(ip + 1);
    std::memcpy(icmp, p.data() + at, length);
    icmp->type = 0;
    icmp->code = 0;
    finish4(out, icmp);
    send(out, p, context);
  }

  static void echo6(Packet p, uint32_t at, Context& context) noexcept {
    if (!context.icmp().echo) return;
    const auto* asked = p.header<net::Ipv6Header>();
    const uint32_t length = p.length() - at;
    const Packet out = context.allocate(static_cast<uint32_t>(sizeof(net::Ipv6Header)) + length);
    if (out.mbuf() == nullptr) return;
    auto* ip = start6(out, asked->dst, asked->src, for_hosts(p, context) ? kHopsOfHost : kHops);
    auto* icmp = reinterpret_cast<net::IcmpHeader*>(ip + 1);
    std::memcpy(icmp, p.data() + at, length);
    icmp->type = 129;
    icmp->code = 0;
    finish6(out, ip, icmp);
    send(out, p, context);
  }

  // DF clear, so the identification must be the only one of its kind for a while (RFC 6864 §4.2).
  net::Ipv4Header* start4(Packet out, const net::be32& src, const net::be32& dst, uint8_t tos,
                          uint8_t ttl) noexcept {
    auto* ip = out.header<net::Ipv4Header>();
    *ip = {.version_ihl = 0x45,
           .tos = tos,
           .total_length = net::be16{static_cast<uint16_t>(out.length())},
           .id = net::be16{++identification_},
           .fragment = net::be16{0},
           .ttl = ttl,
           .protocol = net::kProtoIcmp,
           .checksum = net::be16{0},
           .src = src,
           .dst = dst};
    net::set_ipv4_checksum(*ip, sizeof *ip);
    return ip;
  }
  static void finish4(Packet out, net::IcmpHeader* icmp) noexcept {
    const auto length = out.length() - static_cast<uint32_t>(sizeof(net::Ipv4Header));
    icmp->checksum = net::be16{0};
    icmp->checksum =
        net::be16::stored(static_cast<uint16_t>(~net::fold(net::raw_sum(icmp, length))));
  }

  static net::Ipv6Header* start6(Packet out, const std::array<uint8_t, 16>& src,
                                 const std::array<uint8_t, 16>& dst, uint8_t hops) noexcept {
    auto* ip = out.header<net::Ipv6Header>();
    const auto payload = static_cast<uint16_t>(out.length() - sizeof *ip);
    *ip = {net::be32{6u << 28}, net::be16{payload}, net::kProtoIcmp6, hops, src, dst};
    return ip;
  }
  static void finish6(Packet out, const net::Ipv6Header* ip, net::IcmpHeader* icmp) noexcept {
    const auto length = out.length() - static_cast<uint32_t>(sizeof *ip);
    icmp->checksum = net::be16{0};
    icmp->checksum =
        net::be16::stored(net::ipv6_upper_checksum(*ip, net::kProtoIcmp6, icmp, length));
  }

  static void send(Packet out, Packet about, Context& context) noexcept {
    out.meta().vrf = about.meta().vrf;
    out.meta().protocol = Protocol::host;
    context.emit(out, about.time() + context.reply_latency(), Entry::host, kIcmp);
  }

  std::optional<TokenBucket> bucket_;
  uint16_t identification_ = 0;
};

}  // namespace

extern const StageDescriptor stage_icmp{
    .name = "icmp",
    .phase = Phase::answer,
    .originated = {"icmp"},
    .withheld = {"icmp_rate"},
    .make = make_stage<Icmp>,
};

}  // namespace erbium::dp
