#include "control/wire/ip_packet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/net/headers.h"

namespace erbium::cp::wire {
namespace {

const net::Ip kA = *net::Ip::parse("10.0.0.1"), kB = *net::Ip::parse("10.0.0.2");
const net::Ip kA6 = *net::Ip::parse("fd00::1"), kB6 = *net::Ip::parse("fd00::2");
const std::vector<uint8_t> kPayload = {'e', 'r', 'b', 'i', 'u', 'm', '!'};

std::vector<uint8_t> udp(bool v4) {
  return build_udp({v4 ? kA : kA6, v4 ? kB : kB6, 0, 255, 0xc0, {}}, {49152, 3784, kPayload});
}

// What a bit flip at `bit` makes of the packet: refused by IP, refused by UDP, or read.
bool read_whole(const std::vector<uint8_t>& octets) {
  const auto ip = parse_ip(octets);
  return ip && parse_udp(*ip);
}

TEST(IpPacket, UdpComesBackAsItWasBuilt) {
  for (bool v4 : {true, false}) {
    const auto octets = udp(v4);
    EXPECT_EQ(octets.size(), (v4 ? 20u : 40u) + 8 + kPayload.size());
    const auto ip = parse_ip(octets);
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->src, v4 ? kA : kA6);
    EXPECT_EQ(ip->dst, v4 ? kB : kB6);
    EXPECT_EQ(ip->ttl, 255);
    EXPECT_EQ(ip->tos, 0xc0);
    const auto datagram = parse_udp(*ip);
    ASSERT_TRUE(datagram);
    EXPECT_EQ(datagram->src_port, 49152);
    EXPECT_EQ(datagram->dst_port, 3784);
    EXPECT_TRUE(std::ranges::equal(datagram->payload, kPayload));
  }
}

// RFC 1071 sums computed by hand for a 1-octet datagram: 10.0.0.1:1 to 10.0.0.2:2, payload 0x03.
TEST(IpPacket, ChecksumsAreThoseOfTheStandards) {
  const uint8_t three = 3;
  const auto octets = build_udp({kA, kB, 0, 64, 0, {}}, {1, 2, std::span(&three, 1)});
  // 4500+001d+0000+4000+4011+0a00+0001+0a00+0002 = d931
  EXPECT_EQ(octets[10] << 8 | octets[11], 0xffff - 0xd931);
  // 0a00+0001+0a00+0002+0011+0009 + 0001+0002+0009+0300 = 1729
  EXPECT_EQ(octets[26] << 8 | octets[27], 0xffff - 0x1729);
}

TEST(IpPacket, EveryFlippedBitOfAnIpv4DatagramIsNoticed) {
  const auto good = udp(true);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(read_whole(bad)) << "bit " << bit;
  }
}

TEST(IpPacket, EveryTruncationIsRefused) {
  for (bool v4 : {true, false}) {
    const auto good = udp(v4);
    for (size_t n = 0; n < good.size(); ++n)
      EXPECT_FALSE(parse_ip(std::span(good).first(n))) << n << " octets";
  }
}

TEST(IpPacket, PaddingIsLeftOut) {
  for (bool v4 : {true, false}) {
    auto octets = udp(v4);
    octets.resize(octets.size() + 11, 0xee);
    const auto ip = parse_ip(octets);
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->payload.size(), 8 + kPayload.size());
  }
}

void fix_checksum(std::vector<uint8_t>& octets) {
  unsigned sum = 0;
  octets[10] = octets[11] = 0;
  for (size_t i = 0; i < (octets[0] & 15u) * 4; i += 2) sum += octets[i] << 8 | octets[i + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~(sum + (sum >> 16)) & 0xffff;
  octets[10] = static_cast<uint8_t>(sum >> 8);
  octets[11] = static_cast<uint8_t>(sum);
}

TEST(IpPacket, FragmentsAndOtherProtocolsAreRefused) {
  const auto good = udp(true);
  auto more = good, offset = good, icmp = good;
  more[6] = 0x20;
  offset[7] = 1;
  icmp[9] = 1;
  for (auto* bad : {&more, &offset, &icmp}) {
    fix_checksum(*bad);
    EXPECT_FALSE(parse_ip(*bad));
  }
  auto hop_by_hop = udp(false), fragment = udp(false);
  hop_by_hop[6] = 0;
  fragment[6] = 44;
  EXPECT_FALSE(parse_ip(hop_by_hop));
  EXPECT_FALSE(parse_ip(fragment));
}

TEST(IpPacket, OptionsOfIpv4AreSteppedOver) {
  auto octets = udp(true);
  octets.insert(octets.begin() + 20, {1, 1, 1, 0});
  octets[0] = 0x46;
  octets[3] = static_cast<uint8_t>(octets.size());
  fix_checksum(octets);
  EXPECT_TRUE(read_whole(octets));
  octets[0] = 0x44;  // a header shorter than a header
  fix_checksum(octets);
  EXPECT_FALSE(parse_ip(octets));
}

TEST(IpPacket, AbsentUdpChecksumPassesBehindIpv4Alone) {
  auto v4 = udp(true), v6 = udp(false);
  v4[26] = v4[27] = v6[46] = v6[47] = 0;
  EXPECT_TRUE(read_whole(v4));
  EXPECT_FALSE(read_whole(v6));
}

TEST(IpPacket, UdpLengthMustFit) {
  for (const auto& [at, value] :
       {std::pair{25, 7}, {25, 16}}) {  // below a header, above the packet
    auto octets = udp(true);
    octets[at] = static_cast<uint8_t>(value);
    octets[26] = octets[27] = 0;
    EXPECT_FALSE(read_whole(octets)) << value;
  }
}

TEST(IpPacket, LongestPacketsAreBuilt) {
  const std::vector<uint8_t> longest(65'535 - 20 - 8, 0xa5);
  const auto octets = build_udp({kA, kB, 0, 64, 0, {}}, {1, 2, longest});
  EXPECT_EQ(octets.size(), 65'535u);
  EXPECT_TRUE(read_whole(octets));
}

}  // namespace
}  // namespace erbium::cp::wire
