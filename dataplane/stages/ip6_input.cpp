// Validates the IPv6 header (RFC 8200 §3) and refuses what a router must not forward: unspecified
// and loopback addresses (RFC 4291 §2.5.2, §2.5.3), link-local ones (§2.5.6) and multicast. ICMPv6
// goes on to the nd stage, which knows neighbour discovery from the rest.
#include "common/net/headers.h"
#include "dataplane/core/ip_input.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

using Address = std::array<uint8_t, 16>;

bool is_multicast(const Address& a) { return a[0] == 0xff; }
bool is_link_local(const Address& a) { return a[0] == 0xfe && (a[1] & 0xc0) == 0x80; }
// ::, ::1 and so on are this with 0, 1 and so on.
bool is(const Address& a, uint8_t last) {
  for (unsigned i = 0; i < 15; i++)
    if (a[i] != 0) return false;
  return a[15] == last;
}

class Ip6Input final : public PacketStage<Ip6Input> {
 public:
  enum Drop : uint16_t { kTruncated, kVersion, kLength, kMartian, kMulticast, kLinkLocal };

  Verdict process(Packet p, Context&) noexcept {
    if (p.meta().protocol != Protocol::ipv6) return Verdict::next();
    const auto* ip = p.header<net::Ipv6Header>();
    if (!ip) return Verdict::drop(kTruncated);
    if (ip->version() != 6) return Verdict::drop(kVersion);
    const unsigned total = static_cast<unsigned>(sizeof *ip) + ip->payload_length.value();
    if (total > p.wire_length()) return Verdict::drop(kLength);
    // Length 0 with something to follow is a jumbogram (RFC 2675) or left to an offload engine.
    if (ip->payload_length.value() == 0 && ip->next_header != net::kProtoNoNext)
      return Verdict::drop(kLength);
    trim(p, total);
    if (is_multicast(ip->src) || is(ip->src, 1) || is(ip->dst, 0) || is(ip->dst, 1))
      return Verdict::drop(kMartian);
    const bool icmp = ip->next_header == net::kProtoIcmp6;
    // Only messages to groups come from ::, such as duplicate address detection (RFC 4862 §5.4.2).
    if (is(ip->src, 0) && !(icmp && is_multicast(ip->dst))) return Verdict::drop(kMartian);
    if (icmp) return Verdict::next();
    if (is_multicast(ip->dst) || p.meta().l2_group) return Verdict::drop(kMulticast);
    if (is_link_local(ip->src) || is_link_local(ip->dst)) return Verdict::drop(kLinkLocal);
    return Verdict::next();
  }

  void look(Packet p, Context&, Explanation& out) override {
    const auto* ip = p.header<net::Ipv6Header>();
    if (!ip) return out.say("ends inside the IPv6 header");
    const net::Ip src = net::Ip::v6(ip->src), dst = net::Ip::v6(ip->dst);
    out.say(src.str() + " to " + dst.str() + ", hop limit " + std::to_string(ip->hop_limit));
    out.set("src", src.str());
    out.set("dst", dst.str());
    out.set("hop_limit", ip->hop_limit);
    out.set("payload_length", ip->payload_length.value());
    out.set("wire_bytes", p.wire_length());
  }
  void explain(Packet p, Verdict verdict, Context&, Explanation& out) override {
    constexpr const char* kWhy[] = {
        "ends inside the IPv6 header",
        "the version is not 6",
        "its lengths contradict each other",
        "an address that must not be forwarded: loopback, unspecified, a multicast source",
        "multicast, or sent to a group MAC address",
        "a link-local address stays on its link",
    };
    say_validated(p, verdict, kWhy, out);
  }
};

}  // namespace

extern const StageDescriptor stage_ip6_input{
    .name = "ip6_input",
    .phase = Phase::ingress,
    .after = {"host_input"},
    .protocols = static_cast<uint8_t>(Protocol::ipv6),
    .drops = {"ip6_truncated", "ip6_bad_version", "ip6_bad_length", "ip6_martian", "ip6_multicast",
              "ip6_link_local"},
    .make = make_stage<Ip6Input>,
};

}  // namespace erbium::dp
