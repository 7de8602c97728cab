#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

Frame good() { return frame().ip6("fd00:a::9", "fd00:b::5"); }
Frame from(const char* src) { return frame().ip6(src, "fd00:b::5"); }
Frame to(const char* dst) { return frame().ip6("fd00:a::9", dst); }

void expect(const std::vector<Case>& cases) {
  TestRouter router;
  router.start();
  for (const Case& c : cases) EXPECT_EQ(router.what(1, c.in), c.what) << c.sentence;
}

TEST(Ip6Input, ChecksTheHeader) {
  expect({
      {"a good packet", good(), "port 2"},
      {"one byte short of a header", good().cut(14 + 39), "drop ip6_truncated"},
      {"version 4", good().ip_byte(0, 0x40), "drop ip6_bad_version"},
      {"a payload of one byte more than there is", good().ip_byte(5, 27), "drop ip6_bad_length"},
      {"no payload", good().protocol(59).data(0), "port 2"},
      {"length 0 and yet a payload", good().ip_byte(4, 0).ip_byte(5, 0), "drop ip6_bad_length"},
  });
}

TEST(Ip6Input, RefusesAddressesThatMustNotBeForwarded) {
  expect({
      {"source unspecified", from("::"), "drop ip6_martian"},
      {"source loopback", from("::1"), "drop ip6_martian"},
      {"source ::2 is neither", from("::2"), "port 2"},
      {"source multicast", from("ff02::1"), "drop ip6_martian"},
      {"destination unspecified", to("::"), "drop ip6_martian"},
      {"destination loopback", to("::1"), "drop ip6_martian"},
      {"destination multicast", to("ff02::1"), "drop ip6_multicast"},
      {"unicast in a multicast frame", good().to({{0x33, 0x33, 0, 0, 0, 1}}), "drop ip6_multicast"},
      {"source link-local", from("fe80::1"), "drop ip6_link_local"},
      {"the end of link-local", from("febf::1"), "drop ip6_link_local"},
      {"ICMPv6 from :: to one host", from("::").protocol(58), "drop ip6_martian"},
      {"just behind link-local", from("fec0::1"), "port 2"},
      {"destination link-local", to("fe80::1"), "drop ip6_link_local"},
  });
}

TEST(Ip6Input, CutsPaddingOff) {
  TestRouter router;
  router.start();
  EXPECT_EQ(router.what(1, good()), "port 2");
  const Bytes bare = router.last(2);
  Bytes in = good().bytes();
  in.insert(in.end(), 9, 0xee);
  EXPECT_EQ(router.what(1, in, router.now()), "port 2");
  EXPECT_EQ(router.last(2), bare);
}

TEST(Ip6Input, WhatTheCaptureLeftOutWasThere) {
  TestRouter router;
  router.start();
  const Bytes whole = good().data(1000).bytes();
  const Bytes seen(whole.begin(), whole.begin() + 62);
  const auto missing = static_cast<uint32_t>(whole.size() - 62);
  EXPECT_EQ(router.what(1, seen, Time(), missing), "port 2");
  EXPECT_EQ(router.sent[2].back().missing, missing);
  EXPECT_EQ(router.what(1, seen, router.now(), missing - 1), "drop ip6_bad_length");
}

}  // namespace
}  // namespace erbium::dp::test
