#include "common/net/checksum.h"

#include <gtest/gtest.h>

namespace erbium::net {
namespace {

Ipv4Header sample(uint8_t ttl) {
  Ipv4Header h{};
  h.version_ihl = 0x45;
  h.total_length = be16{84};
  h.id = be16{0x1c46};
  h.fragment = be16{0x4000};
  h.ttl = ttl;
  h.protocol = 6;
  h.src = be32{0xac100a63};
  h.dst = be32{0xac100a0c};
  set_ipv4_checksum(h, 20);
  return h;
}

TEST(Checksum, MatchesAPublishedHeader) {
  // The example header of the Wikipedia article "IPv4 header checksum".
  Ipv4Header h{};
  h.version_ihl = 0x45;
  h.total_length = be16{0x73};
  h.fragment = be16{0x4000};
  h.ttl = 0x40;
  h.protocol = 0x11;
  h.src = be32{0xc0a80001};
  h.dst = be32{0xc0a800c7};
  set_ipv4_checksum(h, 20);
  EXPECT_EQ(h.checksum.value(), 0xb861);
  EXPECT_TRUE(ipv4_checksum_ok(h, 20));
  h.tos ^= 1;
  EXPECT_FALSE(ipv4_checksum_ok(h, 20));
}

TEST(Checksum, TtlDecrementAgreesWithRecomputationForEveryTtlAndManySums) {
  for (unsigned id = 0; id < 0x10000; id += 13)
    for (unsigned ttl : {2u, 64u, 255u}) {
      Ipv4Header h = sample(static_cast<uint8_t>(ttl));
      h.id = be16{static_cast<uint16_t>(id)};
      set_ipv4_checksum(h, 20);
      decrement_ttl(h);
      ASSERT_EQ(h.ttl, ttl - 1);
      ASSERT_TRUE(ipv4_checksum_ok(h, 20)) << id;
    }
}

TEST(Checksum, Icmpv6OfRfc4443Layout) {
  // Verifying is summing to all ones over pseudo header and message with the checksum in place.
  Ipv6Header ip{};
  ip.src[15] = 1;
  ip.dst[15] = 2;
  NeighborMessage m{};
  m.type = 135;
  const uint16_t sum = ipv6_upper_checksum(ip, kProtoIcmp6, &m, sizeof m);
  m.checksum = be16::stored(sum);
  EXPECT_EQ(ipv6_upper_checksum(ip, kProtoIcmp6, &m, sizeof m), 0);
}

}  // namespace
}  // namespace erbium::net
