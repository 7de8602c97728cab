#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

Frame from_peer() { return frame().to(router_mac(2)).from(kPeerMac).ip4("10.0.1.5", "172.16.0.1"); }

// Port 2 of the router: 0x8100 for both tags, as on an ExpressRoute Direct port. What has found its
// interface is an own address of the router: "consumed local".
TEST(VlanPop, TwoTagsOfTheSameType) {
  const Case cases[] = {
      {"both tags", from_peer().tag(1001).tag(100), "consumed local"},
      {"priority and drop bits are no part of the VID", from_peer().tag(0xf3e9).tag(0xf064),
       "consumed local"},
      {"another S-tag", from_peer().tag(1002).tag(100), "drop unknown_tag"},
      {"another C-tag", from_peer().tag(1001).tag(101), "drop unknown_tag"},
      {"tags swapped", from_peer().tag(100).tag(1001), "drop unknown_tag"},
      {"no tag", from_peer(), "drop unknown_tag"},
      {"one tag", from_peer().tag(1001), "drop unknown_tag"},
      {"three tags", from_peer().tag(1001).tag(100).tag(5), "drop unknown_tag"},
      {"an S-tag of 802.1ad where 0x8100 is used", from_peer().tag(1001, 0x88a8).tag(100),
       "drop unknown_tag"},
      {"a C-tag of 802.1ad", from_peer().tag(1001).tag(100, 0x88a8), "drop unknown_tag"},
      {"no room for the outer tag", from_peer().tag(1001).tag(100).cut(17), "drop vlan_truncated"},
      {"no room for the inner tag", from_peer().tag(1001).tag(100).cut(21), "drop vlan_truncated"},
      {"nothing behind the tags", from_peer().tag(1001).tag(100).cut(22), "drop ip4_truncated"},
      {"neither IP nor ARP", frame().to(router_mac(2)).tag(1001).tag(100),
       "drop unknown_ethertype"},
      {"LLC length", from_peer().tag(1001).tag(100).type(46), "drop unknown_ethertype"},
  };
  TestRouter router;
  router.start();
  for (const Case& c : cases) EXPECT_EQ(router.what(2, c.in), c.what) << c.sentence;
}

TEST(VlanPop, OtherTagTypes) {
  const Case cases[] = {
      {"0x88a8 outside, 0x8100 inside", from_peer().tag(1001, 0x88a8).tag(100), "consumed local"},
      {"0x8100 outside is not this trunk's tag", from_peer().tag(1001).tag(100),
       "drop unknown_tag"},
      {"0x9100 outside", from_peer().tag(1001, 0x9100).tag(100), "drop unknown_tag"},
  };
  TestRouter router;
  router.tables.trunks[2].outer_tpid = 0x88a8;
  router.start();
  for (const Case& c : cases) EXPECT_EQ(router.what(2, c.in), c.what) << c.sentence;
}

// Port 1 is untagged: a priority tag (VID 0, IEEE 802.1Q clause 6.9) says nothing about the VLAN.
TEST(VlanPop, UntaggedPort) {
  const Frame plain = frame().ip4("192.168.0.9", "10.0.1.5");
  const Case cases[] = {
      {"no tag", plain, "port 2"},
      {"a priority tag", Frame(plain).tag(0xe000), "port 2"},
      {"a tag", Frame(plain).tag(100), "drop unknown_tag"},
      {"a tag of another type", Frame(plain).tag(100, 0x88a8), "drop unknown_tag"},
      {"an unknown type", frame(), "drop unknown_ethertype"},
  };
  TestRouter router;
  router.start();
  for (const Case& c : cases) EXPECT_EQ(router.what(1, c.in), c.what) << c.sentence;
}

// The peering decides the VRF: the same destination, two interfaces, two answers.
TEST(VlanPop, TheInterfaceDecidesTheVrf) {
  TestRouter router;
  const uint32_t other = router.add_interface(2, 1001, 200, 2);
  router.add_route(2, "10.0.0.0/8", {.kind = NextHop::Kind::discard});
  router.start();
  EXPECT_EQ(other, 3u);
  const Frame in = frame().to(router_mac(2)).ip4("10.9.9.9", "10.0.1.5");
  EXPECT_EQ(router.what(2, Frame(in).tag(1001).tag(200)), "drop discard_route");
  EXPECT_EQ(router.what(2, Frame(in).tag(1001).tag(100)), "port 2");
}

}  // namespace
}  // namespace erbium::dp::test
