// What tests of the dataplane share: EAL once a program, a packet pool, and frames said in words.
// A Frame is complete and correct unless a test spoils it: lengths and checksums are filled in.
#pragma once

#include <gtest/gtest.h>
#include <rte_eal.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/checksum.h"
#include "common/net/headers.h"
#include "dataplane/core/packet_pool.h"

namespace erbium::dp::test {

using Bytes = std::vector<uint8_t>;

// No huge pages, no files, no devices; the thread keeps every CPU it may use.
inline void start_eal() {
  static const bool started = [] {
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    std::string cores = "0@(";
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
      if (CPU_ISSET(cpu, &allowed)) cores += (cores.back() == '(' ? "" : ",") + std::to_string(cpu);
    // EAL keeps and permutes the pointers.
    static std::vector<std::string> words = {"test",
                                             "--no-huge",
                                             "-m",
                                             "64",
                                             "--no-pci",
                                             "--no-shconf",
                                             "--no-telemetry",
                                             "--log-level=4",
                                             "--file-prefix=test" + std::to_string(getpid()),
                                             "--lcores",
                                             cores + ")"};
    static std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0;
  }();
  if (!started) throw std::runtime_error("EAL does not start");
}

inline net::Ip ip(std::string_view text) {
  const auto parsed = net::Ip::parse(text);
  if (!parsed) throw std::invalid_argument("no address: " + std::string(text));
  return *parsed;
}
inline net::Prefix prefix(std::string_view text) {
  const auto parsed = net::Prefix::parse(text);
  if (!parsed) throw std::invalid_argument("no prefix: " + std::string(text));
  return *parsed;
}
inline net::Mac mac(std::string_view text) {
  const auto parsed = net::Mac::parse(text);
  if (!parsed) throw std::invalid_argument("no MAC address: " + std::string(text));
  return *parsed;
}

// MAC addresses of the tests: the router's on port N is 02:00:00:00:00:0N.
inline net::Mac router_mac(uint8_t port) { return {{2, 0, 0, 0, 0, port}}; }
inline const net::Mac kHostMac{{2, 0, 0, 0, 0xaa, 1}};
inline const net::Mac kPeerMac{{2, 0, 0, 0, 0xbb, 2}};

// A pool with room for `count` packets and a few thousand more.
class Packets {
 public:
  explicit Packets(size_t count = 0) : pool_(eal(), (size_t{8} << 20) + count * 2304) {}

  PacketPool& pool() { return pool_; }
  // A packet of zeros.
  Packet make(uint32_t length) {
    const Packet p = pool_.allocate(length);
    if (p.mbuf() == nullptr) throw std::runtime_error("the test's packet pool is empty");
    std::memset(p.data(), 0, length);
    return p;
  }
  Packet make(const Bytes& bytes) {
    const Packet p = make(static_cast<uint32_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), p.data());
    return p;
  }

 private:
  struct Pool : PacketPool {
    Pool(int, size_t cap) : PacketPool(cap) {}
  };
  static int eal() {
    start_eal();
    return 0;
  }
  Pool pool_;
};

inline Bytes bytes_of(Packet p) { return {p.data(), p.data() + p.length()}; }

// "frame().tag(100).ip4("192.168.0.9", "10.0.1.5").ttl(2)"; UDP 4000 -> 5000 with 18 bytes of data
// unless said otherwise. Setters may be called in any order; bytes() puts it together.
class Frame {
 public:
  Frame& to(const net::Mac& m) { return dst_ = m, *this; }
  Frame& from(const net::Mac& m) { return src_ = m, *this; }
  Frame& tag(uint16_t tci, uint16_t tpid = 0x8100) { return tags_.push_back({tpid, tci}), *this; }
  Frame& type(uint16_t ether_type) { return type_ = ether_type, *this; }
  Frame& raw(const Bytes& payload) { return payload_ = payload, *this; }

  Frame& ip4(std::string_view src, std::string_view dst) { return ip(src, dst); }
  Frame& ip6(std::string_view src, std::string_view dst) { return ip(src, dst); }
  Frame& ttl(uint8_t n) { return ttl_ = n, *this; }
  Frame& protocol(uint8_t n) { return protocol_ = n, *this; }
  Frame& ports(uint16_t src, uint16_t dst) { return ports_ = {src, dst}, *this; }
  Frame& fragment(uint16_t flags_and_offset) { return fragment_ = flags_and_offset, *this; }
  Frame& data(size_t n) { return data_ = n, *this; }
  // IPv4: words of options (no-operation).
  Frame& options(unsigned words) { return options_ = words, *this; }
  // Spoils a byte of the IP header before its checksum is computed.
  Frame& ip_byte(size_t at, uint8_t value) { return patches_.push_back({at, value}), *this; }
  // Adds one to a byte behind the Ethernet header and tags after all checksums.
  Frame& spoil(size_t at) { return spoiled_.push_back(at), *this; }
  Frame& icmp4(const Bytes& message) { return protocol_ = 1, message_ = message, *this; }
  // Instead of UDP, as it is.
  Frame& upper_bytes(const Bytes& bytes) { return raw_upper_ = bytes, *this; }
  // Message instead of UDP, with the ICMPv6 checksum filled in.
  Frame& icmp6(const Bytes& message) {
    return protocol_ = net::kProtoIcmp6, message_ = message, *this;
  }

  Frame& arp(uint16_t operation, const net::Mac& sender, std::string_view sender_ip,
             const net::Mac& target, std::string_view target_ip) {
    net::ArpPacket arp{net::be16{1},
                       net::be16{net::kEtherTypeIpv4},
                       6,
                       4,
                       net::be16{operation},
                       sender,
                       net::be32{test::ip(sender_ip).v4_host()},
                       target,
                       net::be32{test::ip(target_ip).v4_host()}};
    type_ = net::kEtherTypeArp;
    const auto* at = reinterpret_cast<const uint8_t*>(&arp);
    payload_.assign(at, at + sizeof arp);
    return *this;
  }

  // Zeros up to 60 bytes.
  Frame& padded() { return padded_ = true, *this; }
  // Only the first n bytes of the frame.
  Frame& cut(size_t n) { return cut_ = n, *this; }

  Bytes bytes() const {
    Bytes out(dst_.bytes.begin(), dst_.bytes.end());
    out.insert(out.end(), src_.bytes.begin(), src_.bytes.end());
    for (const auto& [tpid, tci] : tags_) put16(put16(out, tpid), tci);
    put16(out, type_);
    const size_t payload = out.size();
    const Bytes body = ip_src_ ? (ip_src_->is_v4() ? packet4() : packet6()) : payload_;
    out.insert(out.end(), body.begin(), body.end());
    for (size_t at : spoiled_) out.at(payload + at)++;
    if (padded_ && out.size() < net::kMinFrame) out.resize(net::kMinFrame);
    if (cut_) out.resize(*cut_);
    return out;
  }
  // A packet as a stage behind vlan_pop sees it: without Ethernet header and tags.
  Bytes without_ethernet() const {
    const Bytes all = bytes();
    return {all.begin() + static_cast<std::ptrdiff_t>(14 + 4 * tags_.size()), all.end()};
  }

 private:
  Frame& ip(std::string_view src, std::string_view dst) {
    ip_src_ = test::ip(src);
    ip_dst_ = test::ip(dst);
    type_ = ip_src_->is_v4() ? net::kEtherTypeIpv4 : net::kEtherTypeIpv6;
    return *this;
  }
  static Bytes& put16(Bytes& out, uint16_t v) {
    out.push_back(static_cast<uint8_t>(v >> 8));
    out.push_back(static_cast<uint8_t>(v));
    return out;
  }

  Bytes upper() const {
    if (message_) return *message_;
    if (raw_upper_) return *raw_upper_;
    Bytes out;
    if (protocol_ == net::kProtoUdp || protocol_ == net::kProtoTcp) {
      put16(put16(out, ports_.first), ports_.second);
      put16(put16(out, static_cast<uint16_t>(8 + data_)), 0);
    }
    for (size_t i = 0; i < data_; i++) out.push_back(static_cast<uint8_t>(i));
    return out;
  }

  Bytes packet4() const {
    const Bytes rest = upper();
    const unsigned header = 20 + 4 * options_;
    net::Ipv4Header ip{};
    ip.version_ihl = static_cast<uint8_t>(0x40 | header / 4);
    ip.total_length = net::be16{static_cast<uint16_t>(header + rest.size())};
    ip.fragment = net::be16{fragment_};
    ip.ttl = ttl_;
    ip.protocol = protocol_;
    ip.src = net::be32{ip_src_->v4_host()};
    ip.dst = net::be32{ip_dst_->v4_host()};
    Bytes out(header, 1);
    std::memcpy(out.data(), &ip, sizeof ip);
    for (const auto& [at, value] : patches_) out.at(at) = value;
    // As many bytes as the header claims, where it has them.
    const size_t claimed = size_t{4} * (out[0] & 15);
    Bytes checked(out.begin(),
                  out.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(claimed, header)));
    checked.resize(std::max<size_t>(checked.size(), 20));
    checked[10] = checked[11] = 0;
    const auto sum =
        static_cast<uint16_t>(~net::fold(net::raw_sum(checked.data(), checked.size())));
    std::memcpy(out.data() + 10, &sum, 2);
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  }

  Bytes packet6() const {
    Bytes rest = upper();
    net::Ipv6Header ip{};
    ip.version_class_flow = net::be32{6u << 28};
    ip.payload_length = net::be16{static_cast<uint16_t>(rest.size())};
    ip.next_header = protocol_;
    ip.hop_limit = ttl_;
    ip.src = ip_src_->bytes;
    ip.dst = ip_dst_->bytes;
    if (message_ && rest.size() >= 4) {
      rest[2] = rest[3] = 0;
      const uint16_t sum = net::ipv6_upper_checksum(ip, net::kProtoIcmp6, rest.data(),
                                                    static_cast<uint32_t>(rest.size()));
      std::memcpy(rest.data() + 2, &sum, 2);
    }
    Bytes out(sizeof ip);
    std::memcpy(out.data(), &ip, sizeof ip);
    for (const auto& [at, value] : patches_) out.at(at) = value;
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  }

  net::Mac dst_ = router_mac(1), src_ = kHostMac;
  std::vector<std::pair<uint16_t, uint16_t>> tags_;
  uint16_t type_ = 0x88b5;  // IEEE 802 local experimental
  Bytes payload_ = Bytes(46);
  std::optional<net::Ip> ip_src_, ip_dst_;
  uint8_t ttl_ = 64, protocol_ = net::kProtoUdp;
  std::pair<uint16_t, uint16_t> ports_{4000, 5000};
  uint16_t fragment_ = 0;
  size_t data_ = 18;
  unsigned options_ = 0;
  std::vector<std::pair<size_t, uint8_t>> patches_;
  std::vector<size_t> spoiled_;
  std::optional<Bytes> message_, raw_upper_;
  bool padded_ = false;
  std::optional<size_t> cut_;
};

inline Frame frame() { return {}; }

// A neighbour solicitation (135) or advertisement (136) with a link-layer address option, if any.
inline Bytes neighbor_message(uint8_t type, uint32_t flags, std::string_view target,
                              std::optional<net::Mac> option) {
  net::NeighborMessage message{};
  message.type = type;
  message.flags = net::be32{flags};
  message.target = ip(target).bytes;
  const auto* at = reinterpret_cast<const uint8_t*>(&message);
  Bytes out(at, at + sizeof message);
  if (option) {
    out.push_back(type == 135 ? 1 : 2);
    out.push_back(1);
    out.insert(out.end(), option->bytes.begin(), option->bytes.end());
  }
  return out;
}

}  // namespace erbium::dp::test
