#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

constexpr uint8_t kIcmp = 1;

// Beside the LAN of TestRouter two ways lead outside: interface 2 by port 2, to 10/8 and
// fd00:b::/32, and interface 3 by port 3, which 10.3/16 is routed to.
struct Firewall : TestRouter {
  explicit Firewall(std::vector<std::string> stages = {"stateful"}) : TestRouter(true, stages) {
    add_port(1);
    add_interface(3, 0, 0, 1, {"172.16.0.5"});
    add_neighbor(3, "172.16.0.6", kPeerMac);
    add_neighbor(1, "192.168.0.9", kHostMac);
    add_neighbor(1, "fd00:a::9", kHostMac);
    by_port_3("10.3.0.0/16");
    tables.interfaces[2].flow_age = tables.interfaces[3].flow_age = Duration::s(10);
    start();
  }
  void by_port_3(const char* to) {
    add_route(1, to, {.kind = NextHop::Kind::gateway, .interface = 3, .address = ip("172.16.0.6")});
  }
  std::string out(const Frame& f) { return what(1, f); }
  std::string in2(Frame f) { return what(2, f.to(router_mac(2)).tag(1001).tag(100)); }
  std::string in3(Frame f) { return what(3, f.to(router_mac(3))); }
};

Frame request() { return frame().ip4("192.168.0.9", "10.0.0.5").ports(4000, 53); }
Frame reply() { return frame().ip4("10.0.0.5", "192.168.0.9").ports(53, 4000); }

TEST(Stateful, LetsInWhatAnswersAndNothingElse) {
  Firewall f;
  EXPECT_EQ(f.in2(reply()), "drop flow_unknown") << "nobody asked";
  EXPECT_EQ(f.out(request()), "port 2");
  EXPECT_EQ(f.in2(reply()), "port 1");
  EXPECT_EQ(f.in2(frame().ip4("10.0.0.5", "192.168.0.9").ports(54, 4000)), "drop flow_unknown");
  EXPECT_EQ(f.in2(frame().ip4("10.0.0.6", "192.168.0.9").ports(53, 4000)), "drop flow_unknown");
  EXPECT_EQ(f.in2(reply().protocol(net::kProtoTcp)), "drop flow_unknown");
  EXPECT_EQ(f.out(request().protocol(net::kProtoTcp)), "port 2");
  EXPECT_EQ(f.in2(reply().protocol(net::kProtoTcp)), "port 1");
}

TEST(Stateful, KnowsBothFamiliesApart) {
  Firewall f;
  EXPECT_EQ(f.in2(frame().ip6("fd00:b::5", "fd00:a::9").ports(53, 4000)), "drop flow_unknown");
  EXPECT_EQ(f.out(frame().ip6("fd00:a::9", "fd00:b::5").ports(4000, 53)), "port 2");
  EXPECT_EQ(f.in2(frame().ip6("fd00:b::5", "fd00:a::9").ports(53, 4000)), "port 1");
  EXPECT_EQ(f.in2(reply()), "drop flow_unknown");
}

// What the other side begins has no flow, in whichever order.
TEST(Stateful, AFlowBeginsInside) {
  Firewall f;
  EXPECT_EQ(f.in2(reply()), "drop flow_unknown");
  EXPECT_EQ(f.in2(reply()), "drop flow_unknown");
}

TEST(Stateful, AFlowStaysWithTheInterfaceItFirstLeftBy) {
  Firewall f;
  EXPECT_EQ(f.out(request()), "port 2");
  EXPECT_EQ(f.in3(reply()), "drop flow_other_way");
  f.by_port_3("10.0.0.0/8");  // the way outside changes
  f.start(f.now());
  EXPECT_EQ(f.out(request()), "port 3") << "outward packets follow the routes";
  EXPECT_EQ(f.in3(reply()), "drop flow_other_way") << "... but the session stands where it stood";
  EXPECT_EQ(f.in2(reply()), "port 1");
  EXPECT_EQ(f.out(request().ports(4001, 53)), "port 3");
  EXPECT_EQ(f.in3(reply().ports(53, 4001)), "port 1") << "a new flow has its state there";
}

TEST(Stateful, ASilentFlowIsForgotten) {
  Firewall f;
  const Bytes in = reply().to(router_mac(2)).tag(1001).tag(100).bytes();
  EXPECT_EQ(f.what(1, request().bytes(), Time() + Duration::s(1)), "port 2");
  EXPECT_EQ(f.what(2, in, Time() + Duration::s(11)), "port 1") << "ten seconds are not too long";
  EXPECT_EQ(f.what(2, in, Time() + Duration::s(20)), "port 1") << "what came in kept it";
  EXPECT_EQ(f.what(2, in, Time() + Duration::ns(30'000'000'001)), "drop flow_unknown");
  f.by_port_3("10.0.0.0/8");
  f.start(f.now());
  EXPECT_EQ(f.what(1, request().bytes(), Time() + Duration::s(31)), "port 3");
  EXPECT_EQ(f.in3(reply()), "port 1") << "forgotten, it began anew by the other interface";
}

TEST(Stateful, RefusedPacketsKeepNothing) {
  Firewall f;
  EXPECT_EQ(f.what(1, request().bytes(), Time()), "port 2");
  const Bytes wrong = reply().to(router_mac(3)).bytes();
  EXPECT_EQ(f.what(3, wrong, Time() + Duration::s(9)), "drop flow_other_way");
  EXPECT_EQ(f.what(3, wrong, Time() + Duration::s(12)), "drop flow_unknown");
}

// All fragments of a flow are judged alike: by addresses and protocol.
TEST(Stateful, FragmentsAndProtocolsWithoutPorts) {
  Firewall f;
  EXPECT_EQ(f.out(request()), "port 2");
  EXPECT_EQ(f.in2(reply().fragment(0x2000)), "drop flow_unknown");
  EXPECT_EQ(f.out(request().fragment(0x2000)), "port 2");
  EXPECT_EQ(f.in2(reply().fragment(0x2000)), "port 1");
  EXPECT_EQ(f.in2(reply().fragment(0x0010)), "port 1");
  const Frame echo = frame().ip4("192.168.0.9", "10.0.0.5").protocol(kIcmp).data(16);
  const Frame answer = frame().ip4("10.0.0.5", "192.168.0.9").protocol(kIcmp).data(16);
  EXPECT_EQ(f.in2(answer), "drop flow_unknown");
  EXPECT_EQ(f.out(echo), "port 2");
  EXPECT_EQ(f.in2(answer), "port 1");
}

// A destination-unreachable message with the first 28 bytes of `about`, from a router outside.
Frame unreachable(uint8_t type, const Frame& about) {
  Bytes message = {type, 4, 0, 0, 0, 0, 5, 0x14};
  const Bytes packet = about.without_ethernet();
  message.insert(message.end(), packet.begin(), packet.begin() + 28);
  return frame().ip4("203.0.113.1", "192.168.0.9").icmp4(message);
}

TEST(Stateful, ErrorsPassWithTheirFlow) {
  Firewall f;
  EXPECT_EQ(f.in2(unreachable(3, request())), "drop flow_unknown");
  EXPECT_EQ(f.out(request()), "port 2");
  EXPECT_EQ(f.in2(unreachable(3, request())), "port 1");
  EXPECT_EQ(f.in3(unreachable(3, request())), "drop flow_other_way");
  EXPECT_EQ(f.in2(unreachable(3, request().ports(4001, 53))), "drop flow_unknown");
  EXPECT_EQ(f.in2(unreachable(0, request())), "drop flow_unknown") << "an echo reply is no error";
}

TEST(Stateful, ErrorsOfIpv6PassWithTheirFlow) {
  Firewall f;
  const Frame sent = frame().ip6("fd00:a::9", "fd00:b::5").ports(4000, 53);
  Bytes message = {2, 0, 0, 0, 0, 0, 5, 0};  // packet too big
  const Bytes packet = sent.without_ethernet();
  message.insert(message.end(), packet.begin(), packet.end());
  const Frame error = frame().ip6("fd00:b::1", "fd00:a::9").icmp6(message);
  EXPECT_EQ(f.in2(error), "drop flow_unknown");
  EXPECT_EQ(f.out(sent), "port 2");
  EXPECT_EQ(f.in2(error), "port 1");
}

TEST(Stateful, TheTableIsBounded) {
  Firewall f;
  unsigned full = 0, sent = 0;
  for (unsigned n = 0; n < 90'000; n++) {
    const std::string dst = "10.1." + std::to_string(n / 30'000) + ".5";
    f.receive(1,
              frame().ip4("192.168.0.9", dst).ports(static_cast<uint16_t>(n % 30'000), 9).bytes(),
              f.now());
    if (n % 1000 == 999) f.run(f.now() + Duration::us(1));
  }
  const std::string said = f.changes();
  const size_t at = said.find("drop flow_table_full ");
  ASSERT_NE(at, std::string::npos) << said;
  full = static_cast<unsigned>(std::stoul(said.substr(at + 21)));
  sent = static_cast<unsigned>(f.sent[2].size());
  EXPECT_EQ(full + sent, 90'000u);
  EXPECT_GT(sent, 50'000u);
  EXPECT_LE(sent, 65'536u);
  // When all of them have been silent there is room again.
  EXPECT_EQ(f.what(1, request().bytes(), Time() + Duration::s(60)), "port 2");
}

TEST(Stateful, WithoutAnAgeEverythingPasses) {
  Firewall f;
  f.tables.interfaces[2].flow_age = f.tables.interfaces[3].flow_age = Duration();
  f.start(f.now());
  EXPECT_EQ(f.in2(reply()), "port 1");
  EXPECT_EQ(f.in3(reply()), "port 1");
}

TEST(Stateful, IsNotThereUnlessAskedFor) {
  Firewall f(std::vector<std::string>{});
  EXPECT_EQ(f.in2(reply()), "port 1");
}

// The router's own packets are its own affair.
TEST(Stateful, TheRouterTalksForItself) {
  Firewall f;
  f.add_host_port(1, 1, {{net::kProtoTcp, 179}});
  f.add_route(1, "172.16.0.1/32", {.kind = NextHop::Kind::local, .host_port = 1});
  f.start(f.now());
  const Frame to_router =
      frame().ip4("172.16.0.2", "172.16.0.1").protocol(net::kProtoTcp).ports(5000, 179);
  EXPECT_EQ(f.in2(to_router), "punt host");
  EXPECT_EQ(f.what_of_injected(
                1, frame().ip4("172.16.0.1", "10.0.0.5").protocol(net::kProtoTcp).ports(179, 5000)),
            "originated session, port 2");
}

}  // namespace
}  // namespace erbium::dp::test
