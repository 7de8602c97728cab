#include <gtest/gtest.h>

#include "dataplane/core/packet_id.h"
#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

Frame to_peer() { return frame().ip4("172.16.0.1", "172.16.0.2").protocol(net::kProtoTcp); }

struct Host : TestRouter {
  explicit Host(bool know_peer = true) : TestRouter(know_peer) {
    add_host_port(1, 1, {});
    start();
  }
};

TEST(HostInput, RoutesWhatControlSends) {
  const Case cases[] = {
      {"to a neighbour", to_peer(), "originated session, port 2"},
      {"behind a gateway", frame().ip4("172.16.0.1", "10.0.1.5"), "originated session, port 2"},
      {"to the LAN", frame().ip4("192.168.0.1", "192.168.0.9"), "held, originated session"},
      {"IPv6", frame().ip6("fd00:16::1", "fd00:16::2"), "originated session, port 2"},
      {"nowhere", frame().ip4("172.16.0.1", "11.0.0.1"), "drop no_route, originated session"},
      {"to the router itself", frame().ip4("172.16.0.1", "192.168.0.1"),
       "consumed local, originated session"},
      {"ICMPv6 to a neighbour, which asks for nobody",
       frame()
           .ip6("fd00:16::1", "fd00:16::2")
           .ttl(255)
           .icmp6(neighbor_message(135, 0, "fd00:16::1", kPeerMac)),
       "originated session, port 2"},
  };
  Host host;
  for (const Case& c : cases) EXPECT_EQ(host.what_of_injected(1, c.in), c.what) << c.sentence;
}

TEST(HostInput, JudgesItAsAnyOther) {
  Host host;
  EXPECT_EQ(host.what_of_injected(1, Bytes{}), "drop host_malformed, originated session");
  EXPECT_EQ(host.what_of_injected(1, Bytes{0x55}), "drop host_malformed, originated session");
  EXPECT_EQ(host.what_of_injected(1, Bytes{0x45}), "drop ip4_truncated, originated session");
  EXPECT_EQ(host.what_of_injected(1, Bytes{0x60}), "drop ip6_truncated, originated session");
  Bytes longer = to_peer().without_ethernet();
  longer.resize(20);
  EXPECT_EQ(host.what_of_injected(1, longer), "drop ip4_bad_length, originated session");
  EXPECT_EQ(host.what_of_injected(1, to_peer().fragment(0x4000).data(1500)),
            "drop mtu, originated session");
}

// GTSM and eBGP: 255 and 1 stand on the wire as they were given (RFC 5881 section 5, RFC 4271).
TEST(HostInput, KeepsTheTtl) {
  Host host;
  for (const uint8_t ttl : {uint8_t{255}, uint8_t{1}, uint8_t{64}}) {
    ASSERT_EQ(host.what_of_injected(1, to_peer().ttl(ttl)), "originated session, port 2");
    EXPECT_EQ(host.last(2), host.towards_peer()
                                .ip4("172.16.0.1", "172.16.0.2")
                                .protocol(net::kProtoTcp)
                                .ttl(ttl)
                                .padded()
                                .bytes());
    const Frame v6 = frame().ip6("fd00:16::1", "fd00:16::2").ttl(ttl);
    ASSERT_EQ(host.what_of_injected(1, v6), "originated session, port 2");
    EXPECT_EQ(host.last(2), host.towards_peer().ip6("fd00:16::1", "fd00:16::2").ttl(ttl).bytes());
  }
}

TEST(HostInput, WaitsForTheNeighbor) {
  Host host(false);
  EXPECT_EQ(host.what_of_injected(1, to_peer()), "held, originated session");
  EXPECT_FALSE(host.network().busy()) << "only what control has sent is inside";
  host.run(Time() + Duration::us(60));
  EXPECT_EQ(host.changes(), "originated arp, port 2");
  EXPECT_EQ(host.what(2, frame()
                             .to(router_mac(2))
                             .tag(1001)
                             .tag(100)
                             .arp(2, kPeerMac, "172.16.0.2", router_mac(2), "172.16.0.1")),
            "consumed arp");
  host.run(host.now() + Duration::us(60));
  EXPECT_EQ(host.changes(), "less held, port 2");
  EXPECT_EQ(host.network().inside(), 0u);
}

TEST(HostInput, EachPacketHasItsTimeAndAnIdOfItsOwn) {
  Host host;
  const Bytes packet = to_peer().without_ethernet();
  host.network().inject(1, Time::from_ns(3000), packet);
  host.network().inject(1, Time::from_ns(1000), packet);
  host.receive(1, frame().ip4("192.168.0.9", "10.0.1.5").bytes(), Time::from_ns(1000));
  EXPECT_EQ(host.network().next(), Time::from_ns(1000));
  host.run(Time::from_ns(2000));
  ASSERT_EQ(host.sent[2].size(), 2u);
  EXPECT_EQ(host.sent[2][0].id, 1u) << "at one time those of captures go first";
  EXPECT_EQ(host.sent[2][1].id, first_id(kOriginators + kHostPorts) + 2);
  EXPECT_TRUE(from_host_port(host.sent[2][1].id));
  EXPECT_FALSE(host.network().busy());
  EXPECT_EQ(host.network().inside(), 1u);
  host.run(Time::from_ns(4000));
  EXPECT_EQ(host.sent[2].at(2).time, 3000);
  EXPECT_EQ(host.network().run_to(), Time::from_ns(4000));
}

TEST(HostInput, StandsBehindOthersInTheVrfOfItsPort) {
  TestRouter router;
  router.add_interface(1, 7, 0, 2);
  router.add_route(2, "172.16.0.0/30", {.kind = NextHop::Kind::discard});
  const uint32_t other = router.add_host_port(1, 2, {});
  router.start();
  EXPECT_EQ(router.what_of_injected(other, to_peer()), "drop discard_route, originated session");
}

}  // namespace
}  // namespace erbium::dp::test
