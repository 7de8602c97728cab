#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

using Mode = LimiterConfig::Mode;
using Count = LimiterConfig::Count;

// The frame leaves with 1,000 bytes: 22 of Ethernet and tags, 978 of IP.
Frame kilobyte() { return frame().ip4("192.168.0.9", "10.0.1.5").data(978 - 28); }

struct LimitedRouter : TestRouter {
  // 1 bit a microsecond, `bytes` deep.
  LimitedRouter(Mode mode, Count count, uint64_t bytes) {
    network().set_limiter(1,
                          {.name = "er/primary to_azure",
                           .mode = mode,
                           .count = count,
                           .rate = BitRate::mbps(1),
                           .depth_bits = bytes * 8,
                           .queue = Duration::ms(10)},
                          Time());
    tables.interfaces[2].limiter = 1;
    start();
  }
};

TEST(Limiter, PolicesWhatExceedsTheBandwidth) {
  LimitedRouter router(Mode::police, Count::l2, 2000);
  const auto at = [&](int64_t us) {
    return router.what(1, kilobyte().bytes(), Time() + Duration::us(us));
  };
  EXPECT_EQ(at(0), "port 2");
  EXPECT_EQ(at(1), "port 2");
  EXPECT_EQ(at(7'999), "drop policer");
  EXPECT_EQ(at(8'000), "port 2");
  EXPECT_EQ(router.network().limiter(1).exceeded().packets, 1u);
}

TEST(Limiter, CountsTheFrameWithTagsOrMoreOrLess) {
  struct {
    Count count;
    uint64_t bytes;
  } const cases[] = {{Count::l2, 1000}, {Count::l1, 1024}, {Count::l3, 978}};
  for (const auto& c : cases) {
    EXPECT_EQ(LimitedRouter(Mode::police, c.count, c.bytes).what(1, kilobyte()), "port 2")
        << c.bytes;
    EXPECT_EQ(LimitedRouter(Mode::police, c.count, c.bytes - 1).what(1, kilobyte()), "drop policer")
        << c.bytes;
  }
}

TEST(Limiter, CountsThePaddingOfShortFrames) {
  const Frame tiny = frame().ip4("192.168.0.9", "10.0.1.5").protocol(59).data(0);  // 42 bytes out
  EXPECT_EQ(LimitedRouter(Mode::police, Count::l2, 60).what(1, tiny), "port 2");
  EXPECT_EQ(LimitedRouter(Mode::police, Count::l2, 59).what(1, tiny), "drop policer");
}

TEST(Limiter, OtherInterfacesAreNotLimited) {
  LimitedRouter router(Mode::police, Count::l2, 1);
  router.add_neighbor(1, "192.168.0.9", kHostMac);
  router.start();
  EXPECT_EQ(
      router.what(2, frame().to(router_mac(2)).tag(1001).tag(100).ip4("10.0.1.5", "192.168.0.9")),
      "port 1");
}

// One limiter for two peerings of a link: what one takes the other lacks.
TEST(Limiter, InterfacesMayShareOne) {
  LimitedRouter router(Mode::police, Count::l2, 1000);
  const uint32_t second = router.add_interface(2, 1001, 200, 1);
  router.tables.interfaces[second].limiter = 1;
  router.add_neighbor(second, "172.16.0.6", kPeerMac);
  router.add_route(
      1, "11.0.0.0/8",
      {.kind = NextHop::Kind::gateway, .interface = second, .address = ip("172.16.0.6")});
  router.start();
  EXPECT_EQ(router.what(1, kilobyte()), "port 2");
  EXPECT_EQ(router.what(1, kilobyte().ip4("192.168.0.9", "11.0.1.5")), "drop policer");
}

// A shaper in front of a link: departures are those of the bucket, and what is bound for the same
// link from an interface without a limiter is not held up by a packet that was shaped.
TEST(Limiter, ShapesIntoALink) {
  TestNetwork network;
  const uint32_t near = network.add_node(), far = network.add_node();
  network.add_port(near);
  const uint32_t near_end = network.add_trunk(near, 0, 1), far_end = network.add_trunk(far, 0, 2);
  network.add_interface(1, 0, 0, 1);
  const uint32_t limited = network.add_interface(near_end, 1001, 100, 1);
  const uint32_t unlimited = network.add_interface(near_end, 0, 0, 1);
  network.add_interface(far_end, 1001, 100, 2);
  network.add_interface(far_end, 0, 0, 2);
  for (const uint32_t to : {far_end, near_end})
    network.add_link(to == far_end ? 1 : 2,
                     {.name = "l", .to_trunk = to, .delay = Duration::ms(1)});
  network.network().set_limiter(1,
                                {.mode = Mode::shape,
                                 .rate = BitRate::mbps(1),
                                 .depth_bits = 8000,
                                 .queue = Duration::ms(10)},
                                Time());
  network.tables.interfaces[limited].limiter = 1;
  const auto route = [&](const char* to, uint32_t interface, const char* via) {
    network.add_route(1, to,
                      {.kind = NextHop::Kind::gateway, .interface = interface, .address = ip(via)});
    network.add_neighbor(interface, via, router_mac(3));
  };
  route("10.0.0.0/8", limited, "172.16.0.2");
  route("11.0.0.0/8", unlimited, "172.16.0.6");
  network.add_route(2, "0.0.0.0/0", {.kind = NextHop::Kind::local});
  network.start();
  (void)network.changes();
  const Bytes shaped = kilobyte().bytes();
  for (int i = 0; i < 3; i++) network.receive(1, shaped, Time());
  network.receive(1, kilobyte().ip4("192.168.0.9", "11.0.1.5").bytes(), Time::from_ns(5));
  network.run(Time::from_ns(6));
  EXPECT_EQ(network.changes(), "drop shaper, link 3") << "the third would wait 16 ms";
  EXPECT_EQ(network.network().link(1).counters().offered, 2u) << "one waits in the shaper";
  EXPECT_EQ(network.network().inside(), 3u);
  const auto arrived = [&](int64_t ns) {
    network.run(Time::from_ns(ns + 1));
    return network.changes();
  };
  EXPECT_EQ(arrived(1'000'000), "consumed local");
  EXPECT_EQ(arrived(1'000'005), "consumed local");
  EXPECT_EQ(arrived(8'999'999), "nothing");
  EXPECT_EQ(arrived(9'000'000), "consumed local");
  EXPECT_EQ(network.network().inside(), 0u);
}

}  // namespace
}  // namespace erbium::dp::test
