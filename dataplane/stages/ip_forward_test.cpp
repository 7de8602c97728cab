#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

constexpr size_t kMtuData = 1500 - 20 - 8;

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

Frame v4() { return frame().ip4("192.168.0.9", "10.0.1.5"); }
constexpr uint16_t kDf = 0x4000;
Frame v6() { return frame().ip6("fd00:a::9", "fd00:b::5"); }

TEST(IpForward, TtlAndMtu) {
  const Case cases[] = {
      {"TTL 0", v4().ttl(0), "drop ttl"},
      {"TTL 1 would leave with 0", v4().ttl(1), "drop ttl"},
      {"TTL 2", v4().ttl(2), "port 2"},
      {"TTL 1 to the router itself is nobody's business",
       frame().ip4("192.168.0.9", "172.16.0.1").ttl(1), "consumed local"},
      {"hop limit 0", v6().ttl(0), "drop ttl"},
      {"hop limit 1", v6().ttl(1), "drop ttl"},
      {"hop limit 2", v6().ttl(2), "port 2"},
      {"as long as the MTU", v4().data(kMtuData), "port 2"},
      {"one byte more", v4().data(kMtuData + 1), "copied, port 2 2"},
      {"one byte more with DF", v4().data(kMtuData + 1).fragment(kDf), "drop mtu"},
      {"IPv6 as long as the MTU", v6().data(kMtuData - 20), "port 2"},
      {"IPv6 one byte more", v6().data(kMtuData - 19), "drop mtu"},
  };
  TestRouter router;
  router.start();
  for (const Case& c : cases) EXPECT_EQ(router.what(1, c.in), c.what) << c.sentence;
}

TEST(IpForward, MtuIsThatOfTheInterfaceItLeavesBy) {
  TestRouter router;
  router.tables.interfaces[2].mtu = 9000;
  router.start();
  EXPECT_EQ(router.what(1, v4().data(9000 - 28).fragment(kDf)), "port 2");
  EXPECT_EQ(router.what(1, v4().data(9001 - 28).fragment(kDf)), "drop mtu");
}

TEST(IpForward, CountsWhatTheCaptureLeftOut) {
  TestRouter router;
  router.start();
  const Bytes whole = v4().data(kMtuData + 1).fragment(kDf).bytes();
  const Bytes seen(whole.begin(), whole.begin() + 100);
  EXPECT_EQ(router.what(1, seen, Time(), static_cast<uint32_t>(whole.size() - 100)), "drop mtu");
}

TEST(IpForward, ChangesTtlAndChecksumAndNothingElse) {
  TestRouter router;
  router.start();
  for (unsigned ttl = 2; ttl < 256; ttl++) {
    // The low byte of an address walks, so that every carry of the checksum comes up.
    const std::string dst = "10.0.1." + std::to_string(ttl - 1);
    const Frame in = frame().ip4("192.168.0.9", dst).ttl(static_cast<uint8_t>(ttl));
    ASSERT_EQ(router.what(1, in), "port 2");
    const Frame out = router.towards_peer().ip4("192.168.0.9", dst);
    ASSERT_EQ(router.last(2), Frame(out).ttl(static_cast<uint8_t>(ttl - 1)).bytes());
  }
  ASSERT_EQ(router.what(1, v6().ttl(9)), "port 2");
  EXPECT_EQ(router.last(2), router.towards_peer().ip6("fd00:a::9", "fd00:b::5").ttl(8).bytes());
}

}  // namespace
}  // namespace erbium::dp::test
