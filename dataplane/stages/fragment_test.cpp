#include <numeric>

#include "common/net/checksum.h"
#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

constexpr size_t kTags = 22;  // Ethernet header and tags at port 2

net::Ipv4Header header_of(const Bytes& frame) {
  net::Ipv4Header ip;
  std::memcpy(&ip, frame.data() + kTags, sizeof ip);
  return ip;
}

// What a host makes of the fragments: RFC 791 §3.2, without overlaps or holes.
Bytes reassembled(const std::vector<Sent>& sent) {
  Bytes data;
  for (size_t i = 0; i < sent.size(); i++) {
    const net::Ipv4Header ip = header_of(sent[i].bytes);
    EXPECT_TRUE(net::ipv4_checksum_ok(
        *reinterpret_cast<const net::Ipv4Header*>(sent[i].bytes.data() + kTags),
        ip.header_length()));
    EXPECT_EQ(ip.id.value(), header_of(sent[0].bytes).id.value());
    EXPECT_EQ(ip.fragment_offset(), data.size()) << i;
    EXPECT_EQ(ip.more_fragments(), i + 1 < sent.size()) << i;
    EXPECT_FALSE(ip.dont_fragment());
    const auto* at = sent[i].bytes.data() + kTags;
    data.insert(data.end(), at + ip.header_length(), at + ip.total_length.value());
  }
  return data;
}

struct Fragment : ::testing::Test {
  Fragment() { router.tables.interfaces[2].mtu = 1400; }
  static Frame big(size_t data) { return frame().ip4("192.168.0.9", "10.0.1.5").data(data); }
  // Behind the IP header.
  static Bytes data_of(const Frame& f, size_t header = 20) {
    const Bytes all = f.without_ethernet();
    return {all.begin() + static_cast<long>(header), all.end()};
  }
  TestRouter router;
};

TEST_F(Fragment, CutsWhatIsLongerThanTheWayOut) {
  router.start();
  EXPECT_EQ(router.what(1, big(1372)), "port 2");
  EXPECT_EQ(router.what(1, big(1373)), "copied, port 2 2");
  router.sent[2].erase(router.sent[2].begin());
  EXPECT_EQ(reassembled(router.sent[2]), data_of(big(1373)));
  EXPECT_EQ(header_of(router.sent[2][0].bytes).total_length.value(), 1396);  // 20 + 8 * 172
  EXPECT_EQ(header_of(router.sent[2][1].bytes).total_length.value(), 25);
}

TEST_F(Fragment, KeepsTheOrderOfABurstThatOverflows) {
  router.tables.interfaces[1].mtu = 9000;
  router.start();
  (void)router.changes();
  Bytes all;
  for (unsigned i = 0; i < 12; i++) {
    const Frame f = big(8000u + i).ip_byte(5, static_cast<uint8_t>(i));
    router.receive(1, f.bytes(), router.now());
  }
  router.run(router.now() + Duration::ns(1));
  EXPECT_EQ(router.changes(), "copied 60, port 2 72");
  for (unsigned i = 0; i < 12; i++) {
    const auto from = router.sent[2].begin() + i * 6;
    EXPECT_EQ(reassembled({from, from + 6}), data_of(big(8000u + i))) << i;
    for (unsigned piece = 0; piece < 6; piece++) EXPECT_EQ(from[piece].id, from->id);
  }
}

TEST_F(Fragment, CutsAFragmentInTwo) {
  router.start();
  EXPECT_EQ(router.what(1, big(1392).fragment(0x2000 | 100)), "copied, port 2 2");
  const net::Ipv4Header first = header_of(router.sent[2][0].bytes);
  const net::Ipv4Header second = header_of(router.sent[2][1].bytes);
  EXPECT_EQ(first.fragment_offset(), 800u);
  EXPECT_EQ(second.fragment_offset(), 800u + 1376);
  EXPECT_TRUE(first.more_fragments());
  EXPECT_TRUE(second.more_fragments());  // the datagram goes on behind it
}

// RFC 791 §3.1: record route (7) stays with the first, loose source route (131) goes with all.
TEST_F(Fragment, CopiesTheOptionsThatAreToBeCopied) {
  router.start();
  const uint8_t options[] = {1, 131, 3, 4, 7, 7, 4, 0, 0, 0, 0, 0};
  Frame f = big(1390).options(3);
  for (size_t i = 0; i < sizeof options; i++) f.ip_byte(20 + i, options[i]);
  EXPECT_EQ(router.what(1, f), "copied, port 2 2");
  const Bytes& first = router.sent[2][0].bytes;
  const Bytes& second = router.sent[2][1].bytes;
  EXPECT_EQ(header_of(first).header_length(), 32u);
  EXPECT_EQ(Bytes(first.begin() + 42, first.begin() + 54), Bytes(options, options + 12));
  EXPECT_EQ(header_of(second).header_length(), 24u);
  EXPECT_EQ(Bytes(second.begin() + 42, second.begin() + 46), (Bytes{131, 3, 4, 0}));
  EXPECT_EQ(reassembled(router.sent[2]), data_of(f, 32));
}

TEST_F(Fragment, EndsAtOptionsThatAreNone) {
  router.start();
  for (const Bytes& options :
       {Bytes{131, 0, 0, 0}, Bytes{131, 9, 0, 0}, Bytes{131, 1, 0, 0}, Bytes{1, 1, 1, 131}}) {
    Frame f = big(1390).options(1);
    for (size_t i = 0; i < options.size(); i++) f.ip_byte(20 + i, options[i]);
    router.sent[2].clear();
    EXPECT_EQ(router.what(1, f), "copied, port 2 2");
    EXPECT_EQ(header_of(router.sent[2][1].bytes).header_length(), 20u);
    EXPECT_EQ(reassembled(router.sent[2]), data_of(f, 24));
  }
}

// RFC 6864: what has DF set may have any identification, so it gets one of its own.
TEST_F(Fragment, GivesDatagramsWithDfAnIdentification) {
  router.tables.interfaces[2].over_mtu = OverMtu::fragment;
  router.start();
  std::vector<uint16_t> ids;
  for (int i = 0; i < 3; i++) {
    router.sent[2].clear();
    EXPECT_EQ(router.what(1, big(1400).fragment(0x4000)), "copied, port 2 2");
    EXPECT_EQ(reassembled(router.sent[2]), data_of(big(1400)));
    ids.push_back(header_of(router.sent[2][0].bytes).id.value());
  }
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[1], ids[2]);
  EXPECT_NE(ids[0], ids[2]);
  // One with an identification keeps it, and what fits stays as it is.
  router.sent[2].clear();
  router.what(1, big(1400).ip_byte(4, 0xab).ip_byte(5, 0xcd));
  EXPECT_EQ(header_of(router.sent[2][0].bytes).id.value(), 0xabcd);
  router.what(1, big(1000).fragment(0x4000));
  EXPECT_TRUE(header_of(router.last(2)).dont_fragment());
}

TEST_F(Fragment, LeavesIpv6ToItsSource) {
  router.tables.interfaces[2].over_mtu = OverMtu::fragment;
  router.start();
  EXPECT_EQ(router.what(1, frame().ip6("fd00:a::9", "fd00:b::1").data(1400)), "drop mtu");
}

TEST_F(Fragment, CutsWhatACaptureHasCut) {
  router.start();
  const Bytes whole = big(1400).bytes();
  for (const size_t kept : {34u, 60u, 1420u}) {
    router.sent[2].clear();
    const Bytes part(whole.begin(), whole.begin() + static_cast<long>(kept));
    EXPECT_EQ(router.what(1, part, router.now(), static_cast<uint32_t>(whole.size() - kept)),
              "copied, port 2 2");
    const Sent& first = router.sent[2][0];
    const Sent& second = router.sent[2][1];
    EXPECT_EQ(first.bytes.size() + first.missing, kTags + 1396);
    EXPECT_EQ(second.bytes.size() + second.missing, kTags + 20 + 32);
    EXPECT_EQ(first.bytes.size() + second.bytes.size(), 2 * kTags + kept - 14 + 20);
  }
}

TEST_F(Fragment, NumbersEveryCopyOnItsOwn) {
  std::vector<uint16_t> copies;
  router.tables.interfaces[1].mtu = 9000;
  router.tables.interfaces[2].mtu = 600;
  router.start();
  router.receive(1, big(5000).bytes(), router.now());
  router.network().run(router.now() + Duration::ns(1));
  for (rte_mbuf* m : router.network().port(2).sent) copies.push_back(Packet(m).meta().copy);
  router.network().free_sent(router.network().port(2));
  std::vector<uint16_t> wanted(9);
  std::iota(wanted.begin(), wanted.end(), uint16_t{0});
  EXPECT_EQ(copies, wanted);
}

}  // namespace
}  // namespace erbium::dp::test
