#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

TEST(Output, OutOfAPortAtTheTimeOfThePacket) {
  TestRouter router;
  router.start();
  const Time at = Time::from_ns(123'456);
  EXPECT_EQ(router.what(1, frame().ip4("192.168.0.9", "10.0.1.5").bytes(), at), "port 2");
  ASSERT_EQ(router.sent[2].size(), 1u);
  EXPECT_EQ(router.sent[2][0].time, at.ns()) << "a router takes no time";
  EXPECT_EQ(router.sent[2][0].id, 1u) << "the packet keeps its id";
  EXPECT_EQ(router.network().port(2).tx.packets, 1u);
  EXPECT_EQ(router.network().port(2).tx.bytes, router.last(2).size());
}

TEST(Output, BackOutOfThePortItCameBy) {
  TestRouter router;
  router.start();
  const Frame in = frame().to(router_mac(2)).from(kPeerMac).tag(1001).tag(100);
  EXPECT_EQ(router.what(2, Frame(in).ip4("10.9.9.9", "10.0.1.5")), "port 2");
}

// Two routers and a link of 1 Gbit/s and 5 us: 68 + 24 bytes take 736 ns.
TEST(Output, IntoALinkThatAccountsForIt) {
  TestNetwork network;
  const uint32_t near = network.add_node(), far = network.add_node();
  network.add_port(near);  // trunk 1
  const uint32_t near_end = network.add_trunk(near, 0, 1);
  const uint32_t far_end = network.add_trunk(far, 0, 2);
  network.add_interface(1, 0, 0, 1);
  network.add_interface(near_end, 0, 0, 1);
  network.add_interface(far_end, 0, 0, 2);
  for (const uint32_t to : {far_end, near_end})
    network.add_link(to == far_end ? 1 : 2, {.name = "l",
                                             .to_trunk = to,
                                             .rate = BitRate::gbps(1),
                                             .delay = Duration::us(5),
                                             .queue = Duration::ms(1)});
  network.add_route(1, "10.0.0.0/8",
                    {.kind = NextHop::Kind::gateway, .interface = 2, .address = ip("172.16.0.2")});
  network.add_route(2, "10.0.0.0/8", {.kind = NextHop::Kind::local});
  network.add_neighbor(2, "172.16.0.2", router_mac(3));
  network.start();
  EXPECT_EQ(network.what(1, frame().ip4("192.168.0.9", "10.0.1.5").data(26)), "link");
  EXPECT_EQ(network.network().link(1).counters().in_flight, 1u);
  EXPECT_EQ(network.network().inside(), 1u);
  network.run(Time::from_ns(736 + 5'000));
  EXPECT_EQ(network.changes(), "nothing");
  network.run(Time::from_ns(736 + 5'001));
  EXPECT_EQ(network.changes(), "consumed local");
  EXPECT_EQ(network.network().link(1).counters().delivered, 1u);
  EXPECT_EQ(network.network().inside(), 0u);
}

}  // namespace
}  // namespace erbium::dp::test
