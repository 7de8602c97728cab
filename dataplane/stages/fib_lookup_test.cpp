#include <gtest/gtest.h>

#include <functional>
#include <numeric>
#include <random>
#include <set>

#include "dataplane/core/flow_hash.h"
#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

TEST(FibLookup, LongestPrefixDecides) {
  TestRouter router;
  router.add_route(1, "10.1.0.0/16", {.kind = NextHop::Kind::discard});
  router.add_route(1, "10.1.1.0/24", {.kind = NextHop::Kind::local});
  router.add_route(1, "10.1.1.128/25", router.add_group({}));
  router.add_route(1, "fd00:b:1::/48", {.kind = NextHop::Kind::discard});
  router.start();
  const auto v4 = [](const char* dst) { return frame().ip4("192.168.0.9", dst); };
  const auto v6 = [](const char* dst) { return frame().ip6("fd00:a::9", dst); };
  const Case cases[] = {
      {"10/8 goes to the peer", v4("10.0.0.1"), "port 2"},
      {"10.1/16 is discarded", v4("10.1.0.1"), "drop discard_route"},
      {"10.1.1/24 is for the router", v4("10.1.1.1"), "consumed local"},
      {"a group without members leads nowhere", v4("10.1.1.200"), "drop no_route"},
      {"no route at all", v4("11.0.0.1"), "drop no_route"},
      {"IPv6 to the peer", v6("fd00:b::1"), "port 2"},
      {"a longer IPv6 prefix", v6("fd00:b:1::1"), "drop discard_route"},
      {"no IPv6 route", v6("fd00:c::1"), "drop no_route"},
      {"an address of the router", v6("fd00:16::1"), "consumed local"},
  };
  for (const Case& c : cases) EXPECT_EQ(router.what(1, c.in), c.what) << c.sentence;
}

// Only what a host port asks for goes to control, with what it needs to be answered.
TEST(FibLookup, AHostPortTakesWhatItAsksFor) {
  TestRouter router;
  router.add_host_port(1, 1, {{net::kProtoTcp, 179}, {net::kProtoUdp, 3784}});
  router.add_route(1, "172.16.0.1/32", {.kind = NextHop::Kind::local, .host_port = 1});
  router.add_route(1, "fd00:16::1/128", {.kind = NextHop::Kind::local, .host_port = 1});
  router.start();
  const auto v4 = [](uint8_t protocol, uint16_t src, uint16_t dst) {
    return frame().ip4("192.168.0.9", "172.16.0.1").protocol(protocol).ports(src, dst);
  };
  const auto v6 = [](uint8_t protocol, uint16_t src, uint16_t dst) {
    return frame().ip6("fd00:a::9", "fd00:16::1").protocol(protocol).ports(src, dst);
  };
  constexpr uint8_t kTcp = net::kProtoTcp, kUdp = net::kProtoUdp;
  const Case cases[] = {
      {"by destination port", v4(kTcp, 50'000, 179), "punt host"},
      {"by source port", v4(kTcp, 179, 50'000), "punt host"},
      {"IPv6", v6(kUdp, 49'152, 3784), "punt host"},
      {"behind options", v4(kTcp, 1, 179).options(3), "punt host"},
      {"with a TTL that is used up", v4(kTcp, 1, 179).ttl(1), "punt host"},
      {"another port", v4(kTcp, 180, 178), "consumed local"},
      {"another protocol", v4(kUdp, 179, 179), "consumed local"},
      {"IPv6, another protocol", v6(kTcp, 3784, 3784), "consumed local"},
      {"no ports to see", v4(kTcp, 179, 179).fragment(0x2000), "consumed local"},
      {"nothing behind the header", v4(50, 1, 1).data(0), "consumed local"},
      {"an address that control does not speak for",
       frame().ip4("192.168.0.9", "192.168.0.1").protocol(kTcp).ports(1, 179), "consumed local"},
  };
  for (const Case& c : cases) EXPECT_EQ(router.what(1, c.in), c.what) << c.sentence;
  const auto got = router.network().take_deliveries();
  ASSERT_EQ(got.size(), 5u);
  EXPECT_EQ(got[0].packet, cases[0].in.without_ethernet());
  EXPECT_EQ(got[0].host_port, 1u);
  EXPECT_EQ(got[0].interface_in, 1u);
  EXPECT_EQ(got[0].packet_id, 1u);
  EXPECT_EQ(got[4].packet, cases[4].in.without_ethernet());
  EXPECT_EQ(got[4].at, Time::from_ns(4));
  EXPECT_FALSE(router.network().has_deliveries());
}

// A router with several ways to 10/8 and fd00:b::/32, each to a peer of its own.
struct ManyWays : TestNetwork {
  explicit ManyWays(size_t ways, uint64_t seed = 1) {
    add_node();
    add_port(1);
    add_port(1);
    add_interface(1, 0, 0, 1, {"192.168.0.1"});
    add_interface(2, 0, 0, 1, {"172.16.0.1"});
    std::vector<uint32_t> hops;
    for (size_t i = 0; i < ways; i++) {
      const std::string peer = "172.16.0." + std::to_string(i + 2);
      add_neighbor(2, peer.c_str(), peer_mac(i));
      hops.push_back(
          add_hop({.kind = NextHop::Kind::gateway, .interface = 2, .address = ip(peer)}));
    }
    const uint32_t group = add_group(hops);
    add_route(1, "10.0.0.0/8", group);
    add_route(1, "fd00:b::/32", group);
    tables.hash_seed = seed;
    start();
  }
  static net::Mac peer_mac(size_t way) { return {{2, 0, 0, 0, 0xcc, static_cast<uint8_t>(way)}}; }
  // The way that a frame takes, by the destination MAC address it leaves with.
  size_t way(const Frame& in) {
    EXPECT_EQ(what(1, in), "port 2");
    return last(2)[5];
  }
};

Frame flow(std::mt19937& random, bool v6) {
  const std::string a = std::to_string(random() % 250), b = std::to_string(random() % 250);
  Frame f = v6 ? frame().ip6("fd00:a::" + a, "fd00:b::" + b)
               : frame().ip4("192.168.0." + a, "10.0." + b + ".1");
  return f.ports(static_cast<uint16_t>(random()), static_cast<uint16_t>(random()))
      .protocol(random() % 2 ? net::kProtoTcp : net::kProtoUdp);
}

TEST(FibLookup, AFlowStaysOnItsWay) {
  std::mt19937 random(1);
  ManyWays router(4);
  for (int i = 0; i < 200; i++) {
    const Frame f = flow(random, i % 2);
    const size_t way = router.way(f);
    EXPECT_EQ(router.way(Frame(f).data(900).ttl(9)), way) << "size and TTL do not matter";
  }
}

TEST(FibLookup, FlowsSpreadEvenly) {
  for (const bool v6 : {false, true})
    for (const size_t ways : {2u, 3u, 4u}) {
      std::mt19937 random(2);
      ManyWays router(ways);
      std::vector<int> taken(ways);
      constexpr int kFlows = 3000;
      for (int i = 0; i < kFlows; i++) taken.at(router.way(flow(random, v6)))++;
      for (const int n : taken) EXPECT_NEAR(n, kFlows / static_cast<int>(ways), 150) << v6 << ways;
    }
}

TEST(FibLookup, TheSeedDealsAnew) {
  const auto ways = [](uint64_t seed) {
    std::mt19937 random(3);
    ManyWays router(2, seed);
    std::vector<size_t> out;
    for (int i = 0; i < 400; i++) out.push_back(router.way(flow(random, i % 2)));
    return out;
  };
  const auto one = ways(1), two = ways(2);
  EXPECT_EQ(ways(1), one);
  EXPECT_NEAR(std::inner_product(one.begin(), one.end(), two.begin(), 0, std::plus<>(),
                                 std::not_equal_to<>()),
              200, 60);
}

// Only the first fragment shows ports, and ESP (protocol 50) has none: whatever stands there must
// not tear the flow apart.
TEST(FibLookup, WithoutPortsThreeFieldsDecide) {
  ManyWays router(4);
  const Frame f = frame().ip4("192.168.0.9", "10.0.1.5");
  const size_t whole = router.way(Frame(f).fragment(0x2000));
  std::set<size_t> fragments, esp, datagrams;
  for (uint16_t port = 0; port < 64; port++) {
    fragments.insert(router.way(Frame(f).fragment(100).ports(port, port)));
    esp.insert(router.way(Frame(f).protocol(50).data(port)));
    datagrams.insert(router.way(Frame(f).ports(port, port)));
  }
  EXPECT_EQ(fragments, std::set<size_t>{whole});
  EXPECT_EQ(esp.size(), 1u);
  EXPECT_EQ(datagrams.size(), 4u);
}

// The hash is part of the output: these values must be the same in every build and version.
TEST(FibLookup, HashIsPinned) {
  Packets packets;
  const auto hash = [&](const Frame& f, Protocol protocol, uint64_t seed) {
    Packet p = packets.make(f.without_ethernet());
    p.meta().protocol = protocol;
    return flow_hash(p, seed);
  };
  const Frame v4 = frame().ip4("192.168.0.9", "10.0.1.5");
  const Frame v6 = frame().ip6("fd00:a::9", "fd00:b::5");
  EXPECT_EQ(hash(v4, Protocol::ipv4, 1), 516454229u);
  EXPECT_EQ(hash(v4, Protocol::ipv4, 2), 1789495425u);
  EXPECT_EQ(hash(v6, Protocol::ipv6, 1), 1740016721u);
  EXPECT_EQ(hash(v6, Protocol::ipv6, 2), 2332730738u);
}

// One burst with both families and several VRFs: each packet gets its own answer.
TEST(FibLookup, AMixedBurst) {
  TestRouter router;
  router.add_interface(1, 7, 0, 2);
  router.add_route(2, "10.0.0.0/8", {.kind = NextHop::Kind::discard});
  router.start();
  (void)router.changes();
  for (int i = 0; i < 10; i++) {
    router.receive(1, frame().ip4("192.168.0.9", "10.0.1.5").bytes(), Time());
    router.receive(1, frame().ip6("fd00:a::9", "fd00:b::5").bytes(), Time());
    router.receive(1, frame().tag(7).ip4("192.168.0.9", "10.0.1.5").bytes(), Time());
  }
  router.run(Time::from_ns(1));
  EXPECT_EQ(router.changes(), "drop discard_route 10, port 2 20");
  for (size_t i = 0; i < 20; i++) {
    EXPECT_EQ(router.sent[2][i].id, i / 2 * 3 + i % 2 + 1) << "order is kept";
    EXPECT_EQ(router.sent[2][i].bytes[20], i % 2 ? 0x86 : 0x08);
  }
}

}  // namespace
}  // namespace erbium::dp::test
