#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

TEST(EthInput, AcceptsItsOwnAndGroupAddresses) {
  const Frame good = frame().ip4("192.168.0.9", "10.0.1.5");
  const Case cases[] = {
      {"its own address", good, "port 2"},
      {"somebody else's address", Frame(good).to(kPeerMac), "drop not_for_us"},
      {"the address of its other port", Frame(good).to(router_mac(2)), "drop not_for_us"},
      {"broadcast is taken, and then not forwarded", Frame(good).to(net::Mac::broadcast()),
       "drop ip4_multicast"},
      {"IPv6 multicast is taken, and then not forwarded",
       frame().to({{0x33, 0x33, 0, 0, 0, 1}}).ip6("fd00:a::9", "fd00:b::5"), "drop ip6_multicast"},
      {"one byte short of a header", Frame(good).cut(13), "drop eth_truncated"},
      {"nothing at all", Frame(good).cut(0), "drop eth_truncated"},
      {"only a header", Frame(good).cut(14), "drop ip4_truncated"},
  };
  TestRouter router;
  router.start();
  for (const Case& c : cases) EXPECT_EQ(router.what(1, c.in), c.what) << c.sentence;
}

}  // namespace
}  // namespace erbium::dp::test
