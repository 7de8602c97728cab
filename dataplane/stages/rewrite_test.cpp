#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

constexpr Duration kLatency = Duration::us(50);
constexpr Duration kSecond = Duration::s(1);

Frame to_azure(size_t data = 18) { return frame().ip4("192.168.0.9", "10.0.1.5").data(data); }
Bytes reply() {
  return frame()
      .to(router_mac(2))
      .from(kPeerMac)
      .tag(1001)
      .tag(100)
      .arp(2, kPeerMac, "172.16.0.2", router_mac(2), "172.16.0.1")
      .bytes();
}
Frame request(const net::Mac& to) {
  return TestRouter::towards_peer()
      .to(to)
      .arp(1, router_mac(2), "172.16.0.1", {}, "172.16.0.2")
      .padded();
}

TEST(Rewrite, PutsHeaderAndTagsInFront) {
  TestRouter router;
  router.start();
  ASSERT_EQ(router.what(1, to_azure()), "port 2");
  EXPECT_EQ(router.last(2),
            TestRouter::towards_peer().ip4("192.168.0.9", "10.0.1.5").ttl(63).bytes());
}

TEST(Rewrite, PadsShortFramesTo60Bytes) {
  TestRouter router;
  router.start();
  for (size_t data : {size_t{0}, size_t{9}, size_t{10}, size_t{11}}) {  // 50, 59, 60, 61 bytes
    ASSERT_EQ(router.what(1, to_azure(data).padded()), "port 2");
    EXPECT_EQ(router.last(2), TestRouter::towards_peer()
                                  .ip4("192.168.0.9", "10.0.1.5")
                                  .ttl(63)
                                  .data(data)
                                  .padded()
                                  .bytes());
  }
  // What the capture left out was on the wire: such a frame is longer than it looks.
  const Bytes whole = to_azure(500).bytes();
  ASSERT_EQ(router.what(1, {whole.begin(), whole.begin() + 34}, router.now(), 508), "port 2");
  EXPECT_EQ(router.last(2).size(), 42u);
  EXPECT_EQ(router.sent[2].back().missing, 508u);
}

TEST(Rewrite, EmulatedHostsHaveMacAddressesOfTheirOwn) {
  TestRouter router;
  router.tables.interfaces[1].emulated_hosts = true;
  router.start();
  const auto from_azure = [](const char* src, const char* dst) {
    return frame().to(router_mac(2)).from(kPeerMac).tag(1001).tag(100).ip4(src, dst);
  };
  ASSERT_EQ(router.what(2, from_azure("10.0.1.5", "192.168.3.4")), "port 1");
  EXPECT_EQ(router.last(1), frame()
                                .to({{2, 4, 192, 168, 3, 4}})
                                .from(router_mac(1))
                                .ip4("10.0.1.5", "192.168.3.4")
                                .ttl(63)
                                .bytes());
  ASSERT_EQ(router.what(2, from_azure("fd00:b::1", "fd00:a::1:2")), "port 1");
  EXPECT_EQ(router.last(1)[1], 6);
  EXPECT_EQ(router.last(1)[3], 1);
  EXPECT_EQ(router.last(1)[5], 2);
}

TEST(Rewrite, HoldsUntilTheNeighborAnswersAndKeepsTheOrder) {
  TestRouter router(false);
  router.start();
  EXPECT_EQ(router.what(1, to_azure(1)), "held");
  for (size_t i = 2; i <= 5; i++) EXPECT_EQ(router.what(1, to_azure(i)), "held");
  router.run(Time() + kLatency);
  EXPECT_EQ(router.changes(), "nothing") << "asks one latency after the first";
  router.run(Time() + kLatency + Duration::ns(1));
  EXPECT_EQ(router.changes(), "originated arp, port 2");
  EXPECT_EQ(router.last(2), request(net::Mac::broadcast()).bytes());
  const Time answered = Time() + Duration::ms(3);
  EXPECT_EQ(router.what(2, reply(), answered), "consumed arp");
  EXPECT_EQ(router.what(1, to_azure(6)), "held") << "learning takes a latency, too";
  router.run(answered + kLatency);
  EXPECT_EQ(router.changes(), "nothing");
  router.run(answered + kLatency + Duration::ns(1));
  EXPECT_EQ(router.changes(), "less held 6, port 2 6");
  for (size_t i = 0; i < 6; i++) {
    const Sent& sent = router.sent[2][1 + i];
    EXPECT_EQ(sent.time, (answered + kLatency).ns());
    EXPECT_EQ(sent.bytes, TestRouter::towards_peer()
                              .ip4("192.168.0.9", "10.0.1.5")
                              .ttl(63)
                              .data(i + 1)
                              .padded()
                              .bytes())
        << "first held, first out";
  }
  EXPECT_EQ(router.what(1, to_azure()), "port 2") << "known from now on";
}

TEST(Rewrite, SolicitsNeighborsOfIpv6) {
  TestRouter router(false);
  router.start();
  EXPECT_EQ(router.what(1, frame().ip6("fd00:a::9", "fd00:b::5")), "held");
  router.run(Time() + Duration::ms(1));
  EXPECT_EQ(router.changes(), "originated nd, port 2");
  EXPECT_EQ(router.last(2), TestRouter::towards_peer()
                                .to({{0x33, 0x33, 0xff, 0, 0, 2}})
                                .ip6("fd00:16::1", "ff02::1:ff00:2")
                                .ttl(255)
                                .icmp6(neighbor_message(135, 0, "fd00:16::2", router_mac(2)))
                                .bytes());
}

TEST(Rewrite, AsksThreeTimesASecondApartAndGivesUp) {
  TestRouter router(false);
  router.start();
  EXPECT_EQ(router.what(1, to_azure(1)), "held");
  EXPECT_EQ(router.what(1, to_azure(2)), "held");
  for (int i = 0; i < 3; i++) {
    router.run(Time() + kLatency + kSecond * i);
    EXPECT_EQ(router.changes(), "nothing") << i;
    router.run(Time() + kLatency + kSecond * i + Duration::ns(1));
    EXPECT_EQ(router.changes(), "originated arp, port 2") << i;
  }
  router.run(Time() + kLatency + kSecond * 3 + Duration::ns(1));
  EXPECT_EQ(router.changes(), "drop no_neighbor 2, less held 2");
  router.run(Time() + kSecond * 20);
  EXPECT_EQ(router.changes(), "nothing") << "nobody waits, nobody asks";
  EXPECT_EQ(router.what(1, to_azure()), "held") << "and then from the beginning";
  router.run(Time() + kSecond * 21);
  EXPECT_EQ(router.changes(), "originated arp, port 2");
}

TEST(Rewrite, WhatIsHeldKeepsItsNeighbourWhateverBecomesOfNextHops) {
  TestRouter router(false);
  router.start();
  EXPECT_EQ(router.what(1, to_azure()), "held");
  router.tables.next_hops.resize(1);
  router.tables.groups.resize(1);
  router.start(router.now());
  EXPECT_EQ(router.what(2, reply(), router.now()), "consumed arp");
  router.run(router.now() + Duration::ms(1));
  EXPECT_EQ(router.last(2),
            TestRouter::towards_peer().ip4("192.168.0.9", "10.0.1.5").ttl(63).bytes());
}

TEST(Rewrite, HoldsAtMostSoMany) {
  TestRouter router(false);
  router.start();
  (void)router.changes();
  for (size_t i = 0; i < NeighborTable::kMaxWaiting + 3; i++)
    router.receive(1, to_azure().bytes(), Time());
  router.run(Time::from_ns(1));
  EXPECT_EQ(router.changes(), "drop hold_full 3, held 256");
}

TEST(Rewrite, DirectlyConnectedHostsAreAskedOneByOne) {
  TestRouter router;
  router.start();
  const auto to = [](const char* dst) {
    return frame().to(router_mac(2)).tag(1001).tag(100).ip4("10.0.1.5", dst);
  };
  EXPECT_EQ(router.what(2, to("192.168.0.7")), "held");
  EXPECT_EQ(router.what(2, to("192.168.0.8")), "held");
  router.run(Time() + Duration::ms(1));
  EXPECT_EQ(router.changes(), "originated arp 2, port 1 2");
  EXPECT_EQ(router.what(1, frame().arp(2, kHostMac, "192.168.0.8", router_mac(1), "192.168.0.1")),
            "consumed arp");
  router.run(Time() + Duration::ms(2));
  EXPECT_EQ(router.changes(), "less held, port 1");
  EXPECT_EQ(
      router.last(1),
      frame().to(kHostMac).from(router_mac(1)).ip4("10.0.1.5", "192.168.0.8").ttl(63).bytes());
}

struct AgeingRouter : TestRouter {
  AgeingRouter() : TestRouter(false) {
    network().set_arp_age(kSecond * 10);
    start();
    EXPECT_EQ(what(2, reply(), Time()), "consumed arp");
    learned_at = Time() + kLatency;
    run(learned_at + kSecond * 10);
    EXPECT_EQ(changes(), "nothing");
  }
  Time learned_at;
};

TEST(Rewrite, ProbesAnAgedNeighborByUnicastAndUsesItMeanwhile) {
  AgeingRouter router;
  const Time aged = router.learned_at + kSecond * 10;
  router.run(aged + Duration::ns(1));
  EXPECT_EQ(router.changes(), "originated arp, port 2");
  EXPECT_EQ(router.last(2), request(kPeerMac).bytes());
  EXPECT_EQ(router.what(1, to_azure()), "port 2");
  EXPECT_EQ(router.what(2, reply(), router.now()), "consumed arp");
  router.run(aged + kSecond * 9);
  EXPECT_EQ(router.changes(), "nothing") << "the answer made it young again";
}

TEST(Rewrite, GivesUpAnAgedNeighborThatDoesNotAnswer) {
  AgeingRouter router;
  router.run(router.learned_at + kSecond * 13 - Duration::us(1));
  EXPECT_EQ(router.changes(), "originated arp 3, port 2 3");
  EXPECT_EQ(router.what(1, to_azure()), "port 2") << "the third may still be answered";
  router.run(router.learned_at + kSecond * 13);
  EXPECT_EQ(router.what(1, to_azure()), "held");
}

TEST(Rewrite, ResolvesEagerNeighborsAtOnceAndNeverGivesUp) {
  TestRouter router(false);
  for (NextHop& hop : router.tables.next_hops)
    if (hop.address == ip("172.16.0.2")) hop.eager = true;
  const Time start = Time() + Duration::ms(7);
  router.start(start);
  EXPECT_EQ(router.network().unresolved(), 1u);
  EXPECT_EQ(router.network().next(), start);
  EXPECT_EQ(router.what(1, to_azure().bytes(), start), "held, originated arp, port 2");
  for (int second = 1; second <= 2; second++) {
    router.run(start + kSecond * second + Duration::ns(1));
    EXPECT_EQ(router.changes(), "originated arp, port 2");
  }
  router.run(start + kSecond * 3 + Duration::ns(1));
  EXPECT_EQ(router.changes(), "drop no_neighbor, less held, originated arp, port 2");
  EXPECT_EQ(router.network().unresolved(), 1u);
  (void)router.what(2, reply(), start + kSecond * 4);
  router.run(start + kSecond * 5);
  EXPECT_EQ(router.network().unresolved(), 0u);
  EXPECT_EQ(router.network().resolved_at(), start + kSecond * 4 + kLatency);
  EXPECT_EQ(router.what(1, to_azure()), "port 2");
}

TEST(Rewrite, AnEagerNeighborCountsAsResolvedOnce) {
  TestRouter router(false);
  router.network().set_arp_age(kSecond * 10);
  for (NextHop& hop : router.tables.next_hops)
    if (hop.address == ip("172.16.0.2")) hop.eager = true;
  router.start(Time());
  (void)router.what(2, reply(), Time() + Duration::ms(1));
  router.run(Time() + kSecond * 15);
  EXPECT_EQ(router.what(1, to_azure()), "held") << "aged, and nobody answered";
  (void)router.what(2, reply(), Time() + kSecond * 16);
  router.run(Time() + kSecond * 17);
  EXPECT_EQ(router.network().unresolved(), 0u);
  EXPECT_EQ(router.network().resolved_at(), Time() + Duration::ms(1) + kLatency);
}

TEST(Rewrite, AMuteInterfaceNeitherAsksNorAnnounces) {
  TestRouter router(false);
  router.tables.interfaces[2].mute = true;
  router.start();
  EXPECT_EQ(router.what(1, to_azure()), "held");
  router.network().node(1).announce(2, router.now());
  router.run(router.now() + kSecond * 4);
  EXPECT_EQ(router.changes(), "drop no_neighbor, less held");
}

TEST(Rewrite, WithoutAnAddressOfItsOwnItCannotAsk) {
  TestRouter router(false);
  router.tables.interfaces[2].addresses.clear();
  router.start();
  EXPECT_EQ(router.what(1, to_azure()), "held");
  router.run(Time() + kSecond * 5);
  EXPECT_EQ(router.changes(), "drop no_neighbor, less held");
}

}  // namespace
}  // namespace erbium::dp::test
