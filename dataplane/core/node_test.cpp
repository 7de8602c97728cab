// Order and causality at a node and over a link: bursts never span what a packet causes, cuts leave
// nothing behind.
#include "dataplane/core/node.h"

#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

// Port 1 -- router 1 == link 1 of 1 Gbit/s and 5 ms == router 2, which consumes.
struct OneLink : TestNetwork {
  OneLink() {
    const uint32_t near = add_node(), far = add_node();
    add_port(near);
    const uint32_t near_end = add_trunk(near, 0, 1), far_end = add_trunk(far, 0, 2);
    add_interface(1, 0, 0, 1);
    add_interface(near_end, 0, 0, 1);
    add_interface(far_end, 0, 0, 2);
    config.to_trunk = far_end;
    add_link(1, config);
    add_link(2, {.name = "back", .to_trunk = near_end, .delay = Duration::ms(5)});
    add_route(1, "10.0.0.0/8",
              {.kind = NextHop::Kind::gateway, .interface = 2, .address = ip("172.16.0.2")});
    add_route(2, "10.0.0.0/8", {.kind = NextHop::Kind::local});
    add_neighbor(2, "172.16.0.2", router_mac(3));
    start();
    (void)changes();
  }
  // 10,000 bits on the wire: 10 us.
  void send(Time at) {
    receive(1, frame().ip4("192.168.0.9", "10.0.1.5").data(1226 - 42).bytes(), at);
  }
  void set_up(bool up, Time at) {
    config.up = up;
    network().set_link(1, config, at);
  }
  LinkConfig config{
      .name = "l", .rate = BitRate::gbps(1), .delay = Duration::ms(5), .queue = Duration::ms(10)};
};

TEST(Node, ALinkThatFailsLosesWhatHasNotDeparted) {
  OneLink net;
  for (int i = 0; i < 5; i++) net.send(Time());
  const Time down = Time() + Duration::us(25);
  net.run(down);
  net.set_up(false, down);
  const Link::Counters& c = net.network().link(1).counters();
  EXPECT_EQ(c.in_flight, 2u) << "two had left at 10 and 20 us";
  EXPECT_EQ(c.drops[0], 3u);
  net.run(Time() + Duration::ms(10));
  EXPECT_EQ(net.changes(), "consumed local 2, link 5");
  EXPECT_EQ(c.offered, c.delivered + c.drops[0]);
  EXPECT_EQ(net.network().inside(), 0u);
}

// What was cut must not hold up what comes after the link is back.
TEST(Node, ALinkThatIsBackStartsAnew) {
  OneLink net;
  for (int i = 0; i < 500; i++) net.send(Time());
  const Time down = Time() + Duration::us(25), up = Time() + Duration::us(30);
  net.run(down);
  net.set_up(false, down);
  net.run(up);
  net.set_up(true, up);
  (void)net.changes();
  net.send(up);
  net.run(up + Duration::us(10) + Duration::ms(5));
  EXPECT_EQ(net.changes(), "consumed local 2, link");
  net.run(up + Duration::us(10) + Duration::ms(5) + Duration::ns(1));
  EXPECT_EQ(net.changes(), "consumed local");
}

// A shorter delay after the failure does not let anything overtake what was on its way.
TEST(Node, WhatHadDepartedStaysInFront) {
  OneLink net;
  net.send(Time());
  const Time down = Time() + Duration::us(25);
  net.run(down);
  net.set_up(false, down);
  net.config.delay = Duration::us(100);
  net.set_up(true, down);
  net.send(down);
  net.run(Time() + Duration::ms(5));
  EXPECT_EQ(net.changes(), "link 2");
  net.run(Time() + Duration::us(10) + Duration::ms(5) + Duration::ns(1));
  EXPECT_EQ(net.changes(), "consumed local 2");
}

// Packets one reply latency apart: the second sees what the first has caused, however they arrive.
TEST(Node, ABurstNeverSpansWhatAPacketCauses) {
  for (const unsigned burst : {1u, 32u}) {
    TestNetwork net({.max_burst = burst});
    net.add_node();
    net.add_port(1);
    net.add_interface(1, 0, 0, 1, {"192.168.0.1"});
    net.add_route(1, "10.0.0.0/8",
                  {.kind = NextHop::Kind::gateway, .interface = 1, .address = ip("192.168.0.2")});
    net.start();
    const auto receive = [&](const Frame& f, int64_t ns) {
      net.receive(1, f.bytes(), Time::from_ns(ns));
    };
    (void)net.changes();
    receive(frame().arp(2, kPeerMac, "192.168.0.2", router_mac(1), "192.168.0.1"), 0);
    receive(frame().ip4("192.168.0.9", "10.0.1.5"), 49'999);
    receive(frame().ip4("192.168.0.9", "10.0.1.6"), 50'000);
    net.run(Time::from_ns(200'000));
    // The first is held when it comes and released at 50 us, before the second, which is not held.
    EXPECT_EQ(net.changes(), "consumed arp, port 1 2") << burst;
    ASSERT_EQ(net.sent[1].size(), 2u);
    EXPECT_EQ(net.sent[1][0].id, 2u);
    EXPECT_EQ(net.sent[1][0].time, 50'000);
    EXPECT_EQ(net.sent[1][1].id, 3u);
  }
}

TEST(Node, IdsOfOriginatedPacketsAreOfTheirOwnKind) {
  TestRouter router;
  router.start();
  for (int i = 0; i < 3; i++)
    (void)router.what(2, frame()
                             .to(router_mac(2))
                             .from(kPeerMac)
                             .tag(1001)
                             .tag(100)
                             .arp(1, kPeerMac, "172.16.0.2", {}, "172.16.0.1"));
  router.run(Time() + Duration::ms(1));
  ASSERT_EQ(router.sent[2].size(), 3u);
  for (size_t i = 0; i < 3; i++) {
    EXPECT_GT(router.sent[2][i].id, uint64_t{1} << 48);
    EXPECT_EQ(router.sent[2][i].id, router.sent[2][0].id + i);
  }
}

}  // namespace
}  // namespace erbium::dp::test
