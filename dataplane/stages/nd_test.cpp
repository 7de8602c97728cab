#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

constexpr int64_t kReplyNs = 50'000;
constexpr uint8_t kSolicitation = 135, kAdvertisement = 136;
constexpr uint32_t kRouter = 1u << 31, kSolicited = 1u << 30, kOverride = 1u << 29;
const net::Mac kGroupMac{{0x33, 0x33, 0xff, 0, 0, 1}};

// From the peer fd00:16::2 behind port 2.
Frame from_peer(const Bytes& message, const char* dst = "fd00:16::1") {
  return frame()
      .to(router_mac(2))
      .from(kPeerMac)
      .tag(1001)
      .tag(100)
      .ip6("fd00:16::2", dst)
      .ttl(255)
      .icmp6(message);
}
Bytes solicitation(const char* target = "fd00:16::1") {
  return neighbor_message(kSolicitation, 0, target, kPeerMac);
}
Bytes advertisement(std::optional<net::Mac> mac = kPeerMac) {
  return neighbor_message(kAdvertisement, kSolicited | kOverride, "fd00:16::2", mac);
}

TEST(Nd, AnswersForItsOwnAddressesOneLatencyLater) {
  TestRouter router;
  router.start();
  const Frame asked = from_peer(solicitation(), "ff02::1:ff00:1").to(kGroupMac);
  EXPECT_EQ(router.what(2, asked.bytes(), Time::from_ns(100)), "consumed nd, originated nd");
  router.run(Time::from_ns(100 + kReplyNs));
  EXPECT_EQ(router.changes(), "nothing");
  router.run(Time::from_ns(101 + kReplyNs));
  EXPECT_EQ(router.changes(), "port 2");
  EXPECT_EQ(router.sent[2][0].time, 100 + kReplyNs);
  EXPECT_EQ(router.last(2),
            TestRouter::towards_peer()
                .ip6("fd00:16::1", "fd00:16::2")
                .ttl(255)
                .icmp6(neighbor_message(kAdvertisement, kRouter | kSolicited | kOverride,
                                        "fd00:16::1", router_mac(2)))
                .bytes());
}

// Duplicate address detection comes from :: and is answered to all nodes (RFC 4861 §7.2.4).
TEST(Nd, AnswersAProbeToAllNodes) {
  TestRouter router;
  router.start();
  const Frame probe = from_peer(neighbor_message(kSolicitation, 0, "fd00:16::1", {}))
                          .ip6("::", "ff02::1:ff00:1")
                          .to(kGroupMac);
  EXPECT_EQ(router.what(2, probe), "consumed nd, originated nd");
  router.run(Time() + Duration::ms(1));
  EXPECT_EQ(router.last(2), TestRouter::towards_peer()
                                .to({{0x33, 0x33, 0, 0, 0, 1}})
                                .ip6("fd00:16::1", "ff02::1")
                                .ttl(255)
                                .icmp6(neighbor_message(kAdvertisement, kRouter | kOverride,
                                                        "fd00:16::1", router_mac(2)))
                                .bytes());
}

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

TEST(Nd, TakesWhatIsValidAndAnswersWhatIsForIt) {
  Bytes broken_option = solicitation();
  broken_option[25] = 0;  // length
  Bytes code = solicitation();
  code[1] = 1;
  const net::Mac all_nodes{{0x33, 0x33, 0, 0, 0, 1}};
  const Bytes echo = {128, 0, 0, 0, 0, 1, 0, 1};
  const Bytes advertised = {134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0};
  const Bytes probe = neighbor_message(kSolicitation, 0, "fd00:16::1", {});
  const Frame echo_request = from_peer(echo).ttl(64);
  const Case cases[] = {
      {"a solicitation", from_peer(solicitation()), "consumed nd, originated nd"},
      {"a solicitation for somebody else", from_peer(solicitation("fd00:16::3")), "consumed nd"},
      {"a solicitation that does not say where to answer",
       from_peer(neighbor_message(kSolicitation, 0, "fd00:16::1", {})), "consumed nd"},
      {"an option without length ends the options", from_peer(broken_option), "consumed nd"},
      {"an advertisement", from_peer(advertisement()), "consumed nd"},
      {"an advertisement to all that claims to have been asked for",
       from_peer(advertisement(), "ff02::1").to(all_nodes), "drop nd_malformed"},
      {"an advertisement that nobody asked for",
       from_peer(neighbor_message(kAdvertisement, kOverride, "fd00:16::2", kPeerMac), "ff02::1")
           .to(all_nodes),
       "consumed nd"},
      {"a probe to one", from_peer(probe).ip6("::", "fd00:16::1"), "drop ip6_martian"},
      {"a probe to another group", from_peer(probe).ip6("::", "ff02::1").to(all_nodes),
       "drop nd_malformed"},
      {"a probe that names a link-layer address",
       from_peer(solicitation()).ip6("::", "ff02::1:ff00:1").to(kGroupMac), "drop nd_malformed"},
      {"a router's advertisement", from_peer(advertised).ip6("fe80::2", "ff02::1").to(all_nodes),
       "consumed ra_ignored"},
      {"hop limit 254 has been forwarded", from_peer(solicitation()).ttl(254), "drop nd_malformed"},
      {"code 1", from_peer(code), "drop nd_malformed"},
      {"a wrong checksum", from_peer(solicitation()).spoil(40 + 2), "drop nd_malformed"},
      {"a flipped target", from_peer(solicitation()).spoil(40 + 20), "drop nd_malformed"},
      {"a multicast target", from_peer(solicitation("ff02::1")), "drop nd_malformed"},
      {"one byte short", from_peer({kSolicitation, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
       "drop nd_malformed"},
      {"an echo request for the router", echo_request, "consumed local"},
      {"an echo request for somebody behind it", Frame(echo_request).ip6("fd00:16::2", "fd00:b::1"),
       "port 2"},
      {"ICMPv6 without a type", from_peer({}), "drop ip6_bad_length"},
      {"a multicast ping", Frame(echo_request).ip6("fd00:16::2", "ff02::1").to(all_nodes),
       "drop icmp6_multicast"},
      {"a ping in a multicast frame", Frame(echo_request).to(all_nodes), "drop icmp6_multicast"},
      {"a ping from a link-local address", Frame(echo_request).ip6("fe80::2", "fd00:16::1"),
       "drop icmp6_link_local"},
      {"a ping to a link-local address", Frame(echo_request).ip6("fd00:16::2", "fe80::1"),
       "drop icmp6_link_local"},
      {"a ping from a loopback address", Frame(echo_request).ip6("::1", "fd00:b::1"),
       "drop ip6_martian"},
      {"a ping from a multicast address", Frame(echo_request).ip6("ff02::9", "fd00:b::1"),
       "drop ip6_martian"},
  };
  for (const Case& c : cases) {
    TestRouter router;
    router.start();
    EXPECT_EQ(router.what(2, c.in), c.what) << c.sentence;
  }
}

Neighbor::State learned(const Frame& in, bool known_before, int64_t after_ns = kReplyNs) {
  TestRouter router(false);
  router.start();
  NeighborTable& neighbors = router.network().node(1).neighbors();
  if (!known_before) neighbors = {};
  (void)router.what(2, in.bytes(), Time());
  router.run(Time::from_ns(after_ns + 1));
  const uint32_t id = neighbors.find(2, ip("fd00:16::2"));
  return id == 0 ? Neighbor::State::idle : neighbors[id].state;
}

TEST(Nd, LearnsOneLatencyLater) {
  using State = Neighbor::State;
  EXPECT_EQ(learned(from_peer(advertisement()), true), State::reachable);
  EXPECT_EQ(learned(from_peer(advertisement()), true, kReplyNs - 1), State::idle) << "not before";
  EXPECT_EQ(learned(from_peer(advertisement()), false), State::idle) << "RFC 4861 §7.2.5";
  EXPECT_EQ(learned(from_peer(solicitation()), false), State::reachable) << "it is for us";
  EXPECT_EQ(learned(from_peer(solicitation("fd00:16::3")), false), State::idle);
  EXPECT_EQ(learned(from_peer(advertisement(std::nullopt)), true), State::idle) << "no address";
  EXPECT_EQ(learned(from_peer(advertisement(kGroupMac)), true), State::idle) << "no unicast";
}

// RFC 4861 §7.2.5: only an advertisement with the override flag changes what is known.
TEST(Nd, OverridesWhereTheAdvertisementSaysSo) {
  const net::Mac moved{{2, 9, 9, 9, 9, 9}};
  for (const bool override : {false, true}) {
    TestRouter router(false);
    router.start();
    (void)router.what(2, from_peer(advertisement()));
    router.run(router.now() + Duration::ms(1));
    (void)router.what(2, from_peer(neighbor_message(kAdvertisement, override ? kOverride : 0,
                                                    "fd00:16::2", moved)));
    router.run(router.now() + Duration::ms(1));
    EXPECT_EQ(router.what(1, frame().ip6("fd00:a::9", "fd00:b::1")), "port 2");
    EXPECT_EQ(router.last(2)[1] == 9, override);
  }
}

TEST(Nd, AMuteInterfaceSaysNothing) {
  TestRouter router;
  router.tables.interfaces[2].mute = true;
  router.start();
  EXPECT_EQ(router.what(2, from_peer(solicitation())), "consumed nd");
}

}  // namespace
}  // namespace erbium::dp::test
