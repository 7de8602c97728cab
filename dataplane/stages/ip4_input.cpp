// Validates the IPv4 header in the order of RFC 1812 §5.2.2 and refuses what a router must not
// forward (§5.3.4 link-layer broadcasts, §5.3.7 martians, §4.2.2.11 reserved addresses). Cuts the
// padding of short Ethernet frames off.
#include <array>

#include "common/net/checksum.h"
#include "dataplane/core/ip_input.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

// What an address is, by its first octet.
enum : uint8_t { kUnicast = 0, kThisHost = 1, kMulticastOrReserved = 2 };
constexpr auto kKinds = [] {
  std::array<uint8_t, 256> kinds{};
  kinds[0] = kThisHost;    // this network, 0/8
  kinds[127] = kThisHost;  // loopback
  for (unsigned octet = 224; octet < 256; octet++) kinds[octet] = kMulticastOrReserved;
  return kinds;
}();

class Ip4Input final : public PacketStage<Ip4Input> {
 public:
  enum Drop : uint16_t { kTruncated, kChecksum, kVersion, kLength, kMartian, kMulticast };

  Verdict process(Packet p, Context&) noexcept {
    if (p.meta().protocol != Protocol::ipv4) return Verdict::next();
    // (1) The packet must be long enough to hold the minimum header.
    const auto* ip = p.header<net::Ipv4Header>();
    if (!ip) return Verdict::drop(kTruncated);
    const unsigned header = ip->header_length();
    // (4) before (2): the checksum covers IHL words, so IHL has to make sense first.
    if (header < sizeof(net::Ipv4Header) || header > p.length()) return Verdict::drop(kLength);
    // (2) The header checksum must be correct.
    if (!net::ipv4_checksum_ok(*ip, header)) return Verdict::drop(kChecksum);
    // (3) The version must be 4.
    if (ip->version() != 4) return Verdict::drop(kVersion);
    // (5) The total length must hold the header; more than the frame had is a lie.
    const unsigned total = ip->total_length.value();
    if (total < header || total > p.wire_length()) return Verdict::drop(kLength);

    const unsigned src = kKinds[ip->src.value() >> 24], dst = kKinds[ip->dst.value() >> 24];
    if ((src | dst | p.meta().l2_group) != 0) [[unlikely]]
      return Verdict::drop(src != kUnicast || dst == kThisHost ? kMartian : kMulticast);
    trim(p, total);
    return Verdict::next();
  }

  void look(Packet p, Context&, Explanation& out) override {
    const auto* ip = p.header<net::Ipv4Header>();
    if (!ip) return out.say("ends inside the IPv4 header");
    const net::Ip src = net::Ip::v4(ip->src.value()), dst = net::Ip::v4(ip->dst.value());
    out.say(src.str() + " to " + dst.str() + ", TTL " + std::to_string(ip->ttl));
    out.set("src", src.str());
    out.set("dst", dst.str());
    out.set("ttl", ip->ttl);
    out.set("total_length", ip->total_length.value());
    out.set("wire_bytes", p.wire_length());
  }
  void explain(Packet p, Verdict verdict, Context&, Explanation& out) override {
    constexpr const char* kWhy[] = {
        "ends inside the IPv4 header",
        "the header checksum is wrong",
        "the version is not 4",
        "its lengths contradict each other",
        "an address that must not be forwarded: loopback, this network, a multicast source",
        "multicast, or sent to a group MAC address",
    };
    say_validated(p, verdict, kWhy, out);
  }
};

}  // namespace

extern const StageDescriptor stage_ip4_input{
    .name = "ip4_input",
    .phase = Phase::ingress,
    .after = {"host_input"},
    .protocols = static_cast<uint8_t>(Protocol::ipv4),
    .drops = {"ip4_truncated", "ip4_bad_checksum", "ip4_bad_version", "ip4_bad_length",
              "ip4_martian", "ip4_multicast"},
    .make = make_stage<Ip4Input>,
};

}  // namespace erbium::dp
