#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

// Port 1 and port 2 joined for the tags 1001/100 and for one tag 7; `untagged` adds a way for all
// else.
struct HandOff : TestNetwork {
  explicit HandOff(bool untagged) {
    add_node(kCrossConnect);
    add_port(1);
    add_port(1);
    join(1001, 100);
    join(7, 0);
    if (untagged) join(0, 0);
    start();
  }
  void join(uint16_t outer, uint16_t inner) {
    const uint32_t a = add_interface(1, outer, inner, 0), b = add_interface(2, outer, inner, 0);
    tables.interfaces[a].cross_connect = b;
    tables.interfaces[b].cross_connect = a;
  }
};

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

TEST(CrossConnect, PassesWhatHasTheTagsOfACircuit) {
  const Case cases[] = {
      {"both tags", frame().tag(1001).tag(100), "port 2"},
      {"one tag", frame().tag(7), "port 2"},
      {"an unknown S-tag", frame().tag(1002).tag(100), "drop cross_connect_unknown_tag"},
      {"an unknown C-tag", frame().tag(1001).tag(101), "drop cross_connect_unknown_tag"},
      {"no tag", frame(), "drop cross_connect_unknown_tag"},
      {"no room for a header", frame().cut(13), "drop cross_connect_truncated"},
      {"no room for the inner tag", frame().tag(1001).tag(100).cut(21),
       "drop cross_connect_truncated"},
  };
  HandOff node(false);
  for (const Case& c : cases) EXPECT_EQ(node.what(1, c.in), c.what) << c.sentence;
}

TEST(CrossConnect, PassesTheRestToTheUntaggedInterface) {
  const Case cases[] = {
      {"no tag", frame(), "port 2"},
      {"a priority tag", frame().tag(0xe000), "port 2"},
      {"an unknown tag", frame().tag(1002).tag(100), "port 2"},
      {"no room for a header", frame().cut(13), "drop cross_connect_truncated"},
  };
  HandOff node(true);
  for (const Case& c : cases) EXPECT_EQ(node.what(1, c.in), c.what) << c.sentence;
}

TEST(CrossConnect, ChangesNoByte) {
  HandOff node(true);
  for (const Frame& f : {frame().tag(1001).tag(100).ip4("192.168.0.9", "10.0.1.5").ttl(1),
                         frame().tag(0xf3e9).tag(0x2064).to(net::Mac::broadcast()),
                         frame().tag(9, 0x88a8).raw(Bytes(4)), frame().raw({})}) {
    ASSERT_EQ(node.what(2, f), "port 1");
    EXPECT_EQ(node.last(1), f.bytes());
  }
}

TEST(CrossConnect, PassesThroughTheLimiter) {
  HandOff node(false);
  node.network().set_limiter(1, {.rate = BitRate::mbps(1), .depth_bits = 60 * 8}, Time());
  node.tables.interfaces[2].limiter = 1;  // port 2, tags 1001/100
  node.start();
  EXPECT_EQ(node.what(1, frame().tag(1001).tag(100).raw(Bytes(38))), "port 2");
  EXPECT_EQ(node.what(1, frame().tag(1001).tag(100).raw(Bytes(38))), "drop policer");
  EXPECT_EQ(node.what(1, frame().tag(7)), "port 2");
  EXPECT_EQ(node.what(2, frame().tag(1001).tag(100)), "port 1");
}

// Counting layer 3, a hand-off leaves the padding out as a router does: 64 bytes come, 28 count.
TEST(CrossConnect, KnowsTheIpPacketForTheLimiter) {
  const Frame padded = frame().tag(1001).tag(100).ip4("192.168.0.9", "10.0.1.5").data(0);
  for (const uint64_t bytes : {27, 28}) {
    HandOff node(false);
    node.network().set_limiter(
        1, {.count = LimiterConfig::Count::l3, .rate = BitRate::mbps(1), .depth_bits = bytes * 8},
        Time());
    node.tables.interfaces[2].limiter = 1;
    node.start();
    EXPECT_EQ(node.what(1, padded), bytes == 28 ? "port 2" : "drop policer");
  }
}

}  // namespace
}  // namespace erbium::dp::test
