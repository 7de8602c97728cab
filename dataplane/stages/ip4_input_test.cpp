// RFC 1812 §5.2.2 check by check, then what a router must not forward.
#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
  uint32_t missing = 0;  // bytes the capture left out
};

Frame good() { return frame().ip4("192.168.0.9", "10.0.1.5"); }
Frame from(const char* src) { return frame().ip4(src, "10.0.1.5"); }
Frame to(const char* dst) { return frame().ip4("192.168.0.9", dst); }

void expect(const std::vector<Case>& cases) {
  TestRouter router;
  router.start();
  for (const Case& c : cases)
    EXPECT_EQ(router.what(1, c.in.bytes(), router.now(), c.missing), c.what) << c.sentence;
}

TEST(Ip4Input, ChecksTheHeader) {
  expect({
      {"a good packet", good(), "port 2"},
      {"one byte short of the minimum header", good().cut(14 + 19), "drop ip4_truncated"},
      {"a wrong checksum", good().spoil(10), "drop ip4_bad_checksum"},
      {"a flipped TTL", good().spoil(8), "drop ip4_bad_checksum"},
      {"version 5 with a right checksum", good().ip_byte(0, 0x55), "drop ip4_bad_version"},
      {"version 6 with a right checksum", good().ip_byte(0, 0x65), "drop ip4_bad_version"},
      {"a header of four words", good().ip_byte(0, 0x44), "drop ip4_bad_length"},
      {"no header length", good().ip_byte(0, 0x40), "drop ip4_bad_length"},
      {"options that end behind the frame", good().ip_byte(0, 0x4f), "drop ip4_bad_length"},
      {"options", good().options(10), "port 2"},
      {"a total length that does not hold the header", good().ip_byte(3, 19),
       "drop ip4_bad_length"},
      {"a total length that does not hold the options", good().options(1).ip_byte(3, 20),
       "drop ip4_bad_length"},
      {"a total length of one byte more than there is", good().data(0).ip_byte(3, 29),
       "drop ip4_bad_length"},
      {"a packet that is only a header", good().protocol(59).data(0), "port 2"},
  });
}

TEST(Ip4Input, RefusesAddressesThatMustNotBeForwarded) {
  expect({
      {"source in this network", from("0.0.0.0"), "drop ip4_martian"},
      {"source in 0/8", from("0.255.255.255"), "drop ip4_martian"},
      {"source just behind 0/8", from("1.0.0.0"), "port 2"},
      {"source loopback", from("127.0.0.1"), "drop ip4_martian"},
      {"source just in front of loopback", from("126.255.255.255"), "port 2"},
      {"source just behind loopback", from("128.0.0.0"), "port 2"},
      {"source multicast", from("224.0.0.1"), "drop ip4_martian"},
      {"source just in front of multicast", from("223.255.255.255"), "port 2"},
      {"source reserved", from("240.0.0.1"), "drop ip4_martian"},
      {"source limited broadcast", from("255.255.255.255"), "drop ip4_martian"},
      {"destination this network", to("0.0.0.0"), "drop ip4_martian"},
      {"destination loopback", to("127.0.0.1"), "drop ip4_martian"},
      {"destination multicast", to("224.0.0.5"), "drop ip4_multicast"},
      {"destination limited broadcast", to("255.255.255.255"), "drop ip4_multicast"},
      {"unicast in a broadcast frame", good().to(net::Mac::broadcast()), "drop ip4_multicast"},
  });
}

TEST(Ip4Input, CutsPaddingOff) {
  TestRouter router;
  router.start();
  EXPECT_EQ(router.what(1, good().data(100).bytes(), Time()), "port 2");
  const Bytes bare = router.last(2);
  Bytes in = good().data(100).bytes();
  in.insert(in.end(), 7, 0xee);
  EXPECT_EQ(router.what(1, in, router.now()), "port 2");
  EXPECT_EQ(router.last(2), bare) << "seven bytes behind the packet are gone";
}

// A capture with a snap length keeps the beginning of a frame; the rest was on the wire.
TEST(Ip4Input, WhatTheCaptureLeftOutWasThere) {
  expect({
      {"the rest of the packet is missing", good().data(1000).cut(60), "port 2",
       982 + 8 + 20 + 14 - 42},
      {"one byte less than the header says was on the wire", good().data(1000).cut(60),
       "drop ip4_bad_length", 981},
  });
  TestRouter router;
  router.start();
  const Bytes whole = good().data(1000).bytes();
  const Bytes seen(whole.begin(), whole.begin() + 60);
  EXPECT_EQ(router.what(1, seen, Time(), 982 + 12), "port 2") << "12 bytes of padding were on it";
  EXPECT_EQ(router.sent[2].back().missing, 982u);
  EXPECT_EQ(router.last(2).size(), 68u) << "what is there, with two tags";
}

}  // namespace
}  // namespace erbium::dp::test
