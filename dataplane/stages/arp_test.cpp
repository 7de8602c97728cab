#include <gtest/gtest.h>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

constexpr int64_t kReplyNs = 50'000;
constexpr uint16_t kRequest = 1, kReply = 2;

Frame from_peer(uint16_t operation, const char* target = "172.16.0.1") {
  return frame()
      .to(router_mac(2))
      .from(kPeerMac)
      .tag(1001)
      .tag(100)
      .arp(operation, kPeerMac, "172.16.0.2", operation == kReply ? router_mac(2) : net::Mac{},
           target);
}

TEST(Arp, AnswersForItsOwnAddressesOneLatencyLater) {
  TestRouter router;
  router.start();
  const Frame request = from_peer(kRequest).to(net::Mac::broadcast());
  EXPECT_EQ(router.what(2, request.bytes(), Time::from_ns(100)), "consumed arp, originated arp");
  router.run(Time::from_ns(100 + kReplyNs));
  EXPECT_EQ(router.changes(), "nothing");
  router.run(Time::from_ns(101 + kReplyNs));
  EXPECT_EQ(router.changes(), "port 2");
  EXPECT_EQ(router.sent[2][0].time, 100 + kReplyNs);
  EXPECT_EQ(router.last(2), TestRouter::towards_peer()
                                .arp(kReply, router_mac(2), "172.16.0.1", kPeerMac, "172.16.0.2")
                                .padded()
                                .bytes());
}

struct Case {
  const char* sentence;
  Frame in;
  const char* what;
};

TEST(Arp, TakesWhatIsWellFormedAndAnswersWhatIsForIt) {
  const auto spoiled = [](size_t at) { return from_peer(kRequest).spoil(at); };
  const net::Mac group{{3, 0, 0, 0, 0, 1}};
  const Case cases[] = {
      {"a request for the router", from_peer(kRequest), "consumed arp, originated arp"},
      {"a reply to the router", from_peer(kReply), "consumed arp"},
      {"a request for somebody else", from_peer(kRequest, "172.16.0.3"), "consumed arp"},
      {"a request for the router's address on its other port", from_peer(kRequest, "192.168.0.1"),
       "consumed arp"},
      {"padding behind it", from_peer(kRequest).padded(), "consumed arp, originated arp"},
      {"another hardware type", spoiled(1), "drop arp_malformed"},
      {"another protocol type", spoiled(3), "drop arp_malformed"},
      {"another hardware length", spoiled(4), "drop arp_malformed"},
      {"another protocol length", spoiled(5), "drop arp_malformed"},
      {"operation 0", from_peer(0), "drop arp_malformed"},
      {"operation 3, RARP", from_peer(3), "drop arp_malformed"},
      {"one byte short", from_peer(kRequest).cut(14 + 8 + 27), "drop arp_malformed"},
      {"a group address as sender",
       from_peer(kRequest).arp(1, group, "172.16.0.2", {}, "172.16.0.1"), "drop arp_malformed"},
  };
  for (const Case& c : cases) {
    TestRouter router;
    router.start();
    EXPECT_EQ(router.what(2, c.in), c.what) << c.sentence;
  }
}

// What the router knows of the peer after a message, one latency later and a moment before that.
Neighbor::State learned(const Frame& in, bool known_before, int64_t after_ns = kReplyNs) {
  TestRouter router(false);
  router.start();
  NeighborTable& neighbors = router.network().node(1).neighbors();
  if (!known_before) neighbors = {};
  (void)router.what(2, in.bytes(), Time());
  router.run(Time::from_ns(after_ns + 1));
  const uint32_t id = neighbors.find(2, ip("172.16.0.2"));
  return id == 0 ? Neighbor::State::idle : neighbors[id].state;
}

// RFC 826: a known sender is updated by any message, an unknown one added when it is for us.
TEST(Arp, LearnsOneLatencyLater) {
  using State = Neighbor::State;
  EXPECT_EQ(learned(from_peer(kReply), true), State::reachable);
  EXPECT_EQ(learned(from_peer(kReply), true, kReplyNs - 1), State::idle) << "not before";
  EXPECT_EQ(learned(from_peer(kRequest), true), State::reachable);
  EXPECT_EQ(learned(from_peer(kRequest), false), State::reachable) << "it is for us";
  EXPECT_EQ(learned(from_peer(kRequest, "172.16.0.3"), true), State::reachable) << "it is known";
  EXPECT_EQ(learned(from_peer(kRequest, "172.16.0.3"), false), State::idle) << "nobody asked";
  // RFC 5227: a probe has no sender address and tells nothing.
  EXPECT_EQ(learned(from_peer(kRequest).arp(1, kPeerMac, "0.0.0.0", {}, "172.16.0.1"), false),
            State::idle);
}

TEST(Arp, AMuteInterfaceLearnsAndSaysNothing) {
  TestRouter router(false);
  router.tables.interfaces[2].mute = true;
  router.start();
  EXPECT_EQ(router.what(2, from_peer(kRequest)), "consumed arp");
  router.run(router.now() + Duration::ms(1));
  EXPECT_EQ(router.what(1, frame().ip4("192.168.0.9", "10.0.1.5")), "port 2") << "it has learned";
}

// RFC 5227 §3: an announcement is a request for the own address; known neighbours take it over.
TEST(Arp, AnnouncesItselfAndHeedsAnnouncements) {
  TestRouter router(false);
  router.start();
  router.network().node(1).announce(2, router.now());
  router.run(router.now() + Duration::ns(1));
  ASSERT_EQ(router.sent[2].size(), 2u);  // and one of IPv6
  EXPECT_EQ(router.sent[2][0].bytes,
            TestRouter::towards_peer()
                .to(net::Mac::broadcast())
                .arp(kRequest, router_mac(2), "172.16.0.1", {}, "172.16.0.1")
                .padded()
                .bytes());
  EXPECT_EQ(router.sent[2][1].bytes[14 + 8 + 40], 136);
  const net::Mac moved{{2, 9, 9, 9, 9, 9}};
  (void)router.what(2, from_peer(kReply));
  router.run(router.now() + Duration::ms(1));
  (void)router.what(2, from_peer(kRequest).arp(1, moved, "172.16.0.2", {}, "172.16.0.2"));
  router.run(router.now() + Duration::ms(1));
  EXPECT_EQ(router.what(1, frame().ip4("192.168.0.9", "10.0.1.5")), "port 2");
  EXPECT_EQ(router.last(2)[1], 9);
}

TEST(Arp, APermanentNeighborStays) {
  TestRouter router;
  router.start();
  const net::Mac other{{2, 9, 9, 9, 9, 9}};
  (void)router.what(2, from_peer(kReply).arp(2, other, "172.16.0.2", {}, "172.16.0.1"));
  router.run(Time() + Duration::ms(1));
  EXPECT_EQ(router.what(1, frame().ip4("192.168.0.9", "10.0.1.5")), "port 2");
  EXPECT_EQ(router.last(2)[0], kPeerMac.bytes[0]);
  EXPECT_EQ(router.last(2)[4], kPeerMac.bytes[4]);
}

}  // namespace
}  // namespace erbium::dp::test
