// Cuts IPv4 packets that are longer than the MTU of their way out into fragments (RFC 791 §3.2,
// RFC 1812 §5.2.6): the first keeps all options, the others those whose copied flag is set. Where
// the interface fragments in spite of DF the datagram may have no identification of its own: it
// gets one, from a counter of its source, destination and protocol, so that no two that are on
// their way at the same time can be mixed up (RFC 6864 §4.3, §5.3).
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "common/net/checksum.h"
#include "dataplane/core/flow_hash.h"
#include "dataplane/core/stage.h"

namespace erbium::dp {
namespace {

constexpr uint32_t kLeastMtu = 68;  // RFC 791 §3.2: the longest header and eight bytes
constexpr uint16_t kMoreFragments = 0x2000;

// The header of the fragments behind the first.
struct LaterHeader {
  std::array<uint8_t, 60> bytes{};
  uint32_t length = sizeof(net::Ipv4Header);
};

// RFC 791 §3.1: an option is one byte (0 the end, 1 nothing) or has its length in the second.
LaterHeader later_header(const uint8_t* header, uint32_t length) noexcept {
  LaterHeader out;
  std::memcpy(out.bytes.data(), header, sizeof(net::Ipv4Header));
  for (uint32_t at = sizeof(net::Ipv4Header); at < length && header[at] != 0;) {
    const uint32_t size = header[at] == 1 ? 1 : at + 1 < length ? header[at + 1] : 0;
    if (size == 0 || at + size > length || (header[at] != 1 && size < 2)) break;  // no option
    if (header[at] & 0x80) {
      std::memcpy(out.bytes.data() + out.length, header + at, size);
      out.length += size;
    }
    at += size;
  }
  out.length = (out.length + 3) & ~3u;  // the rest is zeros: the end of options
  return out;
}

class Fragment final : public Stage {
 public:
  void run(Burst& burst, Context& context) noexcept override {
    Burst out;
    out.set_protocols(burst.protocols());
    for (unsigned i = 0; i < burst.size(); i++) {
      const Packet p = burst[i];
      const uint32_t mtu = context.tables().interfaces[p.meta().interface_out].mtu;
      pieces_.assign(1, p.mbuf());
      if (p.wire_length() > mtu) cut(p, std::max(mtu, kLeastMtu), context);
      for (rte_mbuf* piece : pieces_) pass(Packet(piece), out, context);
    }
    burst.resize(0);
    for (unsigned i = 0; i < out.size(); i++) burst.push(out[i]);
  }

  void look(Packet p, Context& context, Explanation& out) override {
    const uint32_t mtu = context.tables().interfaces[p.meta().interface_out].mtu;
    if (p.wire_length() <= mtu) return;
    out.say("cut to fit " + std::to_string(mtu) + " bytes");
    const auto* ip = p.header<net::Ipv4Header>();
    if (ip->dont_fragment()) out.say("although it must not be fragmented");
  }
  void explain(Packet, Verdict, Context&, Explanation& out) override {
    if (out.clauses.empty()) return;
    out.say(std::to_string(pieces_.size()) + " fragments");
    out.set("fragments", pieces_.size());
  }

 private:
  static void pass(Packet p, Burst& out, Context& context) noexcept {
    if (out.size() == Burst::kMax) {
      const unsigned mask = out.protocols();
      context.run_rest(out);
      out.clear();
      out.set_protocols(mask);
    }
    out.push(p);
  }

  // Appends the fragments behind the first to pieces_, and cuts p down to the first.
  void cut(Packet p, uint32_t mtu, Context& context) noexcept {
    auto* ip = p.header<net::Ipv4Header>();
    const uint32_t header = ip->header_length();
    const uint32_t data = p.wire_length() - header, kept = p.length() - header;
    const LaterHeader later = later_header(p.data(), header);
    const uint32_t first = (mtu - header) & ~7u, step = (mtu - later.length) & ~7u;
    const uint32_t behind = (data - first + step - 1) / step;
    const auto bits = static_cast<unsigned>(std::bit_width(behind));
    const uint32_t offset = ip->fragment_offset();
    const uint16_t last_flags = ip->more_fragments() ? kMoreFragments : 0;
    if (ip->dont_fragment()) ip->id = fresh_identification(*ip, context.tables().hash_seed);
    for (uint32_t n = 1; n <= behind; n++) {
      const uint32_t from = first + (n - 1) * step, size = std::min(step, data - from);
      const uint32_t bytes = from < kept ? std::min(size, kept - from) : 0;
      const Packet piece = context.copy(p, later.length + bytes);
      if (piece.mbuf() == nullptr) break;
      std::memcpy(piece.data(), later.bytes.data(), later.length);
      std::memcpy(piece.data() + later.length, p.data() + header + from, bytes);
      piece.header<net::Ipv4Header>()->id = ip->id;
      piece.meta().missing = size - bytes;
      number(piece, n, bits);
      finish(piece, later.length, offset + from, n < behind ? kMoreFragments : last_flags);
      pieces_.push_back(piece.mbuf());
    }
    p.meta().missing = first - std::min(first, kept);
    p.set_length(header + std::min(first, kept));
    number(p, 0, bits);
    finish(p, header, offset, kMoreFragments);
  }

  // Of the packets of one id each has a copy number of its own, as long as its bits suffice.
  static void number(Packet p, uint32_t piece, unsigned bits) noexcept {
    PacketMeta& meta = p.meta();
    meta.copy = static_cast<uint16_t>(meta.copy | piece << meta.copied);
    meta.copied = static_cast<uint8_t>(std::min(meta.copied + bits, 16u));
  }

  static void finish(Packet p, uint32_t header, uint32_t offset, uint16_t flags) noexcept {
    auto* ip = p.header<net::Ipv4Header>();
    ip->version_ihl = static_cast<uint8_t>(0x40 | header / 4);
    ip->total_length = net::be16{static_cast<uint16_t>(p.wire_length())};
    ip->fragment = net::be16{static_cast<uint16_t>(flags | offset / 8)};
    net::set_ipv4_checksum(*ip, header);
  }

  net::be16 fresh_identification(const net::Ipv4Header& ip, uint64_t seed) noexcept {
    if (identifications_.empty()) identifications_.resize(kCounters);
    const uint64_t addresses = uint64_t{ip.src.value()} << 32 | ip.dst.value();
    return net::be16{++identifications_[mix(mix(addresses ^ seed) ^ ip.protocol) % kCounters]};
  }

  static constexpr size_t kCounters = 4096;
  std::vector<uint16_t> identifications_;  // kCounters from the first on
  std::vector<rte_mbuf*> pieces_;          // of the packet that is being cut
};

}  // namespace

extern const StageDescriptor stage_fragment{
    .name = "fragment",
    .phase = Phase::egress,
    .after = {"ip_forward"},
    .protocols = static_cast<uint8_t>(Protocol::too_long),
    .make = make_stage<Fragment>,
};

}  // namespace erbium::dp
