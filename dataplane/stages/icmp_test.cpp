#include "common/net/checksum.h"
#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

// An echo request or reply with `data` bytes, checksum included.
Bytes echo(uint8_t type, size_t data = 8) {
  Bytes out{type, 0, 0, 0, 0x12, 0x34, 0, 1};
  for (size_t i = 0; i < data; i++) out.push_back(static_cast<uint8_t>(i));
  const auto sum = static_cast<uint16_t>(~net::fold(net::raw_sum(out.data(), out.size())));
  std::memcpy(out.data() + 2, &sum, 2);
  return out;
}

// An IPv6 header chain and what it carries, as a frame's payload.
Bytes fragment_header6(uint8_t next, uint16_t offset_flags, const Bytes& rest) {
  Bytes out{
      next, 0, static_cast<uint8_t>(offset_flags >> 8), static_cast<uint8_t>(offset_flags), 0, 0,
      0,    7};
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

// A router that speaks, and knows the hosts that ask.
struct Speaker : TestRouter {
  explicit Speaker(NetworkOptions options = {}, const IcmpConfig& icmp = {})
      : TestRouter(options, icmp) {
    add_neighbor(1, "192.168.0.9", kHostMac);
    add_neighbor(1, "fd00:a::9", kHostMac);
  }
};

class Icmp : public ::testing::Test {
 protected:
  // What happens at once, and later on.
  std::string what(uint32_t port, const Frame& f) {
    std::string out = router.what(port, f);
    router.run(router.now() + Duration::ms(1));
    const std::string later = router.changes();
    return later == "nothing" ? out : out + "; " + later;
  }
  Packet reply(uint32_t port) {
    const Bytes& frame = router.last(port);
    const size_t header = port == 1 ? 14 : 22;
    copy_.emplace(
        router.packets().make(Bytes(frame.begin() + static_cast<long>(header), frame.end())));
    return *copy_;
  }
  // The ICMP message of the last frame at the port, in words; judged by its checksums.
  std::string said(uint32_t port) {
    const Packet p = reply(port);
    const auto* ip = p.header<net::Ipv4Header>();
    std::string out;
    if (ip->version() == 4) {
      EXPECT_TRUE(net::ipv4_checksum_ok(*ip, 20));
      const uint32_t length = ip->total_length.value() - 20u;
      const auto* icmp = p.header<net::IcmpHeader>(20);
      EXPECT_EQ(net::fold(net::raw_sum(icmp, length)), 0xffff);
      out = net::Ip::v4(ip->src.value()).str() + " > " + net::Ip::v4(ip->dst.value()).str() + " " +
            words(*icmp) + " " + std::to_string(ip->total_length.value());
    } else {
      const auto* ip6 = p.header<net::Ipv6Header>();
      const uint32_t length = ip6->payload_length.value();
      const auto* icmp = p.header<net::IcmpHeader>(40);
      EXPECT_EQ(net::ipv6_upper_checksum(*ip6, net::kProtoIcmp6, icmp, length), 0);
      out = net::Ip::v6(ip6->src).str() + " > " + net::Ip::v6(ip6->dst).str() + " " + words(*icmp) +
            " " + std::to_string(40 + length);
    }
    p.free();
    return out;
  }
  static std::string words(const net::IcmpHeader& icmp) {
    std::string out = std::to_string(icmp.type) + "/" + std::to_string(icmp.code);
    if (icmp.rest.value() != 0) out += " " + std::to_string(icmp.rest.value());
    return out;
  }

  Speaker router;
  std::optional<Packet> copy_;
};

TEST_F(Icmp, AnswersEchoRequestsToItsAddresses) {
  router.start();
  EXPECT_EQ(what(2, TestRouter::from_peer().ip4("172.16.0.2", "172.16.0.1").icmp4(echo(8))),
            "consumed local, originated icmp; port 2");
  EXPECT_EQ(said(2), "172.16.0.1 > 172.16.0.2 0/0 305397761 36");
  // By whichever interface it came.
  EXPECT_EQ(what(2, TestRouter::from_peer().ip4("10.0.0.9", "192.168.0.1").icmp4(echo(8, 1000))),
            "consumed local, originated icmp; port 2");
  EXPECT_EQ(said(2), "192.168.0.1 > 10.0.0.9 0/0 305397761 1028");
  EXPECT_EQ(what(2, TestRouter::from_peer().ip6("fd00:b::9", "fd00:16::1").icmp6(echo(128))),
            "consumed local, originated icmp; port 2");
  EXPECT_EQ(said(2), "fd00:16::1 > fd00:b::9 129/0 305397761 56");
}

TEST_F(Icmp, GivesBackTheDataOfAnEcho) {
  router.start();
  what(2, TestRouter::from_peer().ip4("172.16.0.2", "172.16.0.1").icmp4(echo(8, 40)));
  const Packet p = reply(2);
  const Bytes request = echo(8, 40);
  EXPECT_EQ(Bytes(p.data() + 24, p.data() + 68), Bytes(request.begin() + 4, request.end()));
  p.free();
}

TEST_F(Icmp, LeavesWhatIsNoEchoRequestAlone) {
  router.start();
  const auto to_router = [] { return TestRouter::from_peer().ip4("172.16.0.2", "172.16.0.1"); };
  EXPECT_EQ(what(2, to_router().icmp4(echo(0))), "consumed local");
  EXPECT_EQ(what(2, to_router().icmp4(echo(13))), "consumed local");
  Bytes spoiled = echo(8);
  spoiled.back()++;
  EXPECT_EQ(what(2, to_router().icmp4(spoiled)), "consumed local");
  EXPECT_EQ(what(2, to_router().icmp4(echo(8)).fragment(0x2000)), "consumed local");
  EXPECT_EQ(what(2, to_router().protocol(6)), "consumed local");
}

TEST_F(Icmp, SaysThatAPortOrProtocolIsNotThere) {
  router.start();
  EXPECT_EQ(what(2, TestRouter::from_peer().ip4("172.16.0.2", "172.16.0.1").data(100)),
            "consumed local, originated icmp; port 2");
  EXPECT_EQ(said(2), "172.16.0.1 > 172.16.0.2 3/3 156");
  what(2, TestRouter::from_peer().ip4("172.16.0.2", "172.16.0.1").protocol(47).data(100));
  EXPECT_EQ(said(2), "172.16.0.1 > 172.16.0.2 3/2 148");
  what(2, TestRouter::from_peer().ip6("fd00:b::9", "fd00:16::1").data(100));
  EXPECT_EQ(said(2), "fd00:16::1 > fd00:b::9 1/4 196");
  // RFC 4443 §3.4: the pointer says where the header was named.
  what(2, TestRouter::from_peer().ip6("fd00:b::9", "fd00:16::1").protocol(47).data(100));
  EXPECT_EQ(said(2), "fd00:16::1 > fd00:b::9 4/1 6 188");
}

TEST_F(Icmp, SaysThatTheTtlIsOverFromTheInterfaceItCameInBy) {
  router.start();
  EXPECT_EQ(what(1, frame().ip4("192.168.0.9", "10.0.1.5").ttl(1)),
            "drop ttl, originated icmp; port 1");
  EXPECT_EQ(said(1), "192.168.0.1 > 192.168.0.9 11/0 74");
  EXPECT_EQ(what(2, TestRouter::from_peer().ip4("10.0.1.5", "192.168.0.9").ttl(1)),
            "drop ttl, originated icmp; port 2");
  EXPECT_EQ(said(2), "172.16.0.1 > 10.0.1.5 11/0 74");
  EXPECT_EQ(what(2, TestRouter::from_peer().ip6("fd00:b::5", "fd00:a::9").ttl(0)),
            "drop ttl, originated icmp; port 2");
  EXPECT_EQ(said(2), "fd00:16::1 > fd00:b::5 3/0 114");
}

TEST_F(Icmp, TakesTheSourceThatTheInterfaceIsGiven) {
  router.tables.interfaces[2].icmp_source = {ip("10.255.0.4")};
  router.start();
  what(2, TestRouter::from_peer().ip4("10.0.1.5", "192.168.0.9").ttl(1));
  EXPECT_EQ(said(2), "10.255.0.4 > 10.0.1.5 11/0 74");
  what(2, TestRouter::from_peer().ip6("fd00:b::5", "fd00:a::9").ttl(1));
  EXPECT_EQ(said(2), "fd00:16::1 > fd00:b::5 3/0 114");
}

TEST_F(Icmp, SaysThatThereIsNoRoute) {
  router.start();
  EXPECT_EQ(what(1, frame().ip4("192.168.0.9", "11.0.0.1")),
            "drop no_route, originated icmp; port 1");
  EXPECT_EQ(said(1), "192.168.0.1 > 192.168.0.9 3/0 74");
  what(1, frame().ip6("fd00:a::9", "fd00:c::1"));
  EXPECT_EQ(said(1), "fd00:a::1 > fd00:a::9 1/0 114");
}

TEST_F(Icmp, SaysThatTheNextHopDoesNotAnswer) {
  router.start();
  EXPECT_EQ(router.what(2, TestRouter::from_peer().ip4("10.0.1.5", "192.168.7.7")), "held");
  router.run(router.now() + Duration::s(4));
  EXPECT_NE(router.changes().find("drop no_neighbor"), std::string::npos);
  EXPECT_EQ(said(2), "172.16.0.1 > 10.0.1.5 3/1 74");
  router.what(2, TestRouter::from_peer().ip6("fd00:b::5", "fd00:a::7"));
  router.run(router.now() + Duration::s(4));
  EXPECT_EQ(said(2), "fd00:16::1 > fd00:b::5 1/3 114");
}

TEST_F(Icmp, SaysTheMtuOfTheWayOut) {
  router.tables.interfaces[2].mtu = 1400;
  router.start();
  EXPECT_EQ(what(1, frame().ip4("192.168.0.9", "10.0.1.5").fragment(0x4000).data(1373)),
            "drop mtu, originated icmp; port 1");
  EXPECT_EQ(said(1), "192.168.0.1 > 192.168.0.9 3/4 1400 576");
  EXPECT_EQ(what(1, frame().ip6("fd00:a::9", "fd00:b::1").data(1353)),
            "drop mtu, originated icmp; port 1");
  EXPECT_EQ(said(1), "fd00:a::1 > fd00:a::9 2/0 1400 1280");
  EXPECT_EQ(what(1, frame().ip4("192.168.0.9", "10.0.1.5").fragment(0x4000).data(1372)), "port 2");
}

TEST_F(Icmp, SaysNothingWhereTheWayOutIsSilent) {
  router.tables.interfaces[2].mtu = 1400;
  router.tables.interfaces[2].over_mtu = OverMtu::silent_drop;
  router.start();
  EXPECT_EQ(what(1, frame().ip4("192.168.0.9", "10.0.1.5").fragment(0x4000).data(1373)),
            "drop mtu_silent");
  EXPECT_EQ(what(1, frame().ip6("fd00:a::9", "fd00:b::1").data(1353)), "drop mtu_silent");
}

// RFC 1812 §4.3.2.7, RFC 4443 §2.4 (e).
TEST_F(Icmp, SaysNothingAboutErrorsAndLaterFragments) {
  router.start();
  const auto dying = [] { return frame().ip4("192.168.0.9", "10.0.1.5").ttl(1); };
  for (const uint8_t type : Bytes{3, 4, 5, 11, 12})
    EXPECT_EQ(what(1, dying().icmp4(echo(type))), "drop ttl") << int{type};
  EXPECT_EQ(what(1, dying().fragment(0x2001)), "drop ttl");
  EXPECT_EQ(what(1, dying().protocol(1).data(0)), "drop ttl");
  EXPECT_EQ(what(1, dying().icmp4(echo(8))), "drop ttl, originated icmp; port 1");
  EXPECT_EQ(what(1, dying().fragment(0x2000)), "drop ttl, originated icmp; port 1");
  const auto dying6 = [] { return frame().ip6("fd00:a::9", "fd00:b::5").ttl(1); };
  for (const uint8_t type : Bytes{1, 2, 3, 4, 137})
    EXPECT_EQ(what(1, dying6().icmp6(echo(type))), "drop ttl") << int{type};
  EXPECT_EQ(what(1, dying6().icmp6(echo(128))), "drop ttl, originated icmp; port 1");
}

TEST_F(Icmp, LooksBehindTheExtensionHeadersOfIpv6) {
  router.start();
  const auto dying = [](const Bytes& chain) {
    return frame().ip6("fd00:a::9", "fd00:b::5").ttl(1).protocol(44).upper_bytes(chain);
  };
  EXPECT_EQ(what(1, dying(fragment_header6(58, 1, echo(3)))), "drop ttl");
  EXPECT_EQ(what(1, dying(fragment_header6(58, 9, echo(128)))), "drop ttl");
  EXPECT_EQ(what(1, dying(fragment_header6(58, 1, echo(128)))),
            "drop ttl, originated icmp; port 1");
  EXPECT_EQ(what(1, dying(fragment_header6(17, 9, echo(3)))), "drop ttl, originated icmp; port 1");
  EXPECT_EQ(what(1, dying({58})), "drop ttl, originated icmp; port 1");
}

TEST_F(Icmp, QuotesWhatTheCaptureKept) {
  router.start();
  const Bytes whole = frame().ip4("192.168.0.9", "10.0.1.5").ttl(1).data(300).bytes();
  const Bytes kept(whole.begin(), whole.begin() + 54);
  router.what(1, kept, router.now(), static_cast<uint32_t>(whole.size() - kept.size()));
  router.run(router.now() + Duration::ms(1));
  EXPECT_EQ(said(1), "192.168.0.1 > 192.168.0.9 11/0 68");
}

TEST_F(Icmp, QuotesTheHeaderAsItWas) {
  router.start();
  const Bytes sent = frame().ip4("192.168.0.9", "10.0.1.5").ttl(1).bytes();
  what(1, frame().ip4("192.168.0.9", "10.0.1.5").ttl(1));
  const Packet p = reply(1);
  EXPECT_EQ(Bytes(p.data() + 28, p.data() + 28 + 46), Bytes(sent.begin() + 14, sent.end()));
  EXPECT_EQ(p.data()[1], 0xc0);
  EXPECT_EQ(p.header<net::Ipv4Header>()->ttl, 64);
  p.free();
}

TEST_F(Icmp, KeepsToItsRate) {
  router.start();
  const auto burst = [&](unsigned n) {
    (void)router.changes();
    for (unsigned i = 0; i < n; i++)
      router.receive(1, frame().ip4("192.168.0.9", "10.0.1.5").ttl(1).bytes(), router.now());
    router.run(router.now() + Duration::ms(1));
    return router.changes();
  };
  EXPECT_EQ(burst(60), "drop ttl 60, originated icmp 50, port 1 50, withheld icmp_rate 10");
  router.run(router.now() + Duration::ms(19));  // 100 a second
  EXPECT_EQ(burst(5), "drop ttl 5, originated icmp 2, port 1 2, withheld icmp_rate 3");
}

// One by one or in one burst: the packets that ended are answered in their order.
TEST(IcmpOrder, DoesNotDependOnBursts) {
  std::vector<Bytes> first;
  for (const unsigned size : {1u, 4u, 32u}) {
    Speaker router({.max_burst = size});
    router.start();
    for (unsigned i = 0; i < 60; i++) {
      Frame f = i % 3 == 0   ? frame().ip4("192.168.0.9", "11.0.0.1")
                : i % 3 == 1 ? frame().ip4("192.168.0.9", "10.0.1.5").ttl(1)
                             : frame().ip4("192.168.0.9", "172.16.0.1");
      router.receive(1, f.data(i).bytes(), router.now());
    }
    router.run(Time() + Duration::ms(1));
    std::vector<Bytes> sent;
    for (const Sent& s : router.sent[1]) sent.push_back(s.bytes);
    EXPECT_EQ(sent.size(), 50u);
    if (first.empty()) first = sent;
    EXPECT_EQ(sent, first) << size;
  }
}

TEST(IcmpOfHosts, AnswersForTheHostsOfANetworkThatEndsHere) {
  Speaker router;
  router.add_route(1, "10.9.0.0/16", {.kind = NextHop::Kind::local, .hosts = true});
  router.start();
  EXPECT_EQ(router.what(1, frame().ip4("192.168.0.9", "10.9.0.4").icmp4(echo(8))),
            "consumed local, originated icmp");
  router.run(router.now() + Duration::ms(1));
  const Bytes& reply = router.last(1);
  EXPECT_EQ(reply[14 + 8], 63);  // the host stands behind the router
  EXPECT_EQ(reply[14 + 20], 0);
  router.changes();
  EXPECT_EQ(router.what(1, frame().ip4("192.168.0.9", "10.9.0.4")), "consumed local");
  EXPECT_EQ(router.what(1, frame().ip4("192.168.0.9", "10.9.0.4").ttl(1)),
            "drop host_ttl, originated icmp");
  router.run(router.now() + Duration::ms(1));
  EXPECT_EQ(router.changes(), "port 1");
}

TEST(IcmpConfigured, SaysOnlyWhatItMay) {
  Speaker mute({}, {.echo = false, .errors = false});
  mute.start();
  EXPECT_EQ(mute.what(1, frame().ip4("192.168.0.9", "172.16.0.1").icmp4(echo(8))),
            "consumed local");
  EXPECT_EQ(mute.what(1, frame().ip4("192.168.0.9", "172.16.0.1")), "consumed local");
  EXPECT_EQ(mute.what(1, frame().ip4("192.168.0.9", "10.0.1.5").ttl(1)), "drop ttl");
  mute.run(mute.now() + Duration::ms(1));
  EXPECT_EQ(mute.changes(), "nothing");
}

TEST(IcmpOfItsOwn, IsNeverAnswered) {
  Speaker router;
  const uint32_t host = router.add_host_port(1, 1, {});
  router.start();
  EXPECT_EQ(router.what_of_injected(host, frame().ip4("172.16.0.1", "11.0.0.1")),
            "drop no_route, originated session");
  router.run(router.now() + Duration::ms(1));
  EXPECT_EQ(router.changes(), "nothing");
}

}  // namespace
}  // namespace erbium::dp::test
