#include "dataplane/core/test_network.h"

namespace erbium::dp::test {
namespace {

// Of what leaves by interface 2: 8 Mbit/s with 8,000 bits in store, 1,000 packets a second with
// ten in store, 20 flows.
struct Appliance : TestRouter {
  explicit Appliance(Capacity capacity = kCapacity) : TestRouter(true, {"capacity"}) {
    add_neighbor(1, "192.168.0.9", kHostMac);
    tables.interfaces[2].capacity = 1;
    tables.capacities.push_back(capacity);
    start();
  }
  // At `at` or, where another was sent then, a nanosecond later.
  std::string out(const Frame& f, Time at) { return what(1, f.bytes(), std::max(at, now())); }

  static constexpr Capacity kCapacity{.rate = BitRate::mbps(8),
                                      .depth_bits = 8000,
                                      .packets_per_second = 1000,
                                      .depth_packets = 10,
                                      .flows = 20,
                                      .flow_age = Duration::s(1)};
};

Frame of_bytes(size_t n) { return frame().ip4("192.168.0.9", "10.0.0.5").data(n - 28); }
Time at_us(int64_t us) { return Time() + Duration::us(us); }

// RFC 2697: the bucket holds 1,000 bytes and gains one every microsecond.
TEST(Capacity, CountsTheBitsOfIpPackets) {
  Appliance a;
  EXPECT_EQ(a.out(of_bytes(600), at_us(0)), "port 2");
  EXPECT_EQ(a.out(of_bytes(600), at_us(199)), "drop gw_bandwidth");
  EXPECT_EQ(a.out(of_bytes(600), at_us(200)), "port 2") << "what was dropped took nothing";
  EXPECT_EQ(a.out(of_bytes(601), at_us(800)), "drop gw_bandwidth");
}

TEST(Capacity, CountsPackets) {
  Appliance a;
  for (int i = 0; i < 10; i++) EXPECT_EQ(a.out(of_bytes(46), at_us(0)), "port 2") << i;
  EXPECT_EQ(a.out(of_bytes(46), at_us(999)), "drop gw_packet_rate");
  EXPECT_EQ(a.out(of_bytes(46), at_us(1000)), "port 2");
  EXPECT_EQ(a.out(of_bytes(46), at_us(1000)), "drop gw_packet_rate");
}

TEST(Capacity, CountsFlows) {
  Appliance a({.rate = BitRate::gbps(1),
               .depth_bits = 1'000'000,
               .packets_per_second = 1'000'000,
               .depth_packets = 1000,
               .flows = 2,
               .flow_age = Duration::ms(1)});
  EXPECT_EQ(a.out(of_bytes(46).ports(1, 2), at_us(0)), "port 2");
  EXPECT_EQ(a.out(of_bytes(46).ports(1, 3), at_us(0)), "port 2");
  EXPECT_EQ(a.out(of_bytes(46).ports(2, 2), at_us(1)), "drop gw_flow_limit");
  EXPECT_EQ(a.out(frame().ip6("fd00:a::9", "fd00:b::5").ports(1, 2), at_us(1)),
            "drop gw_flow_limit");
  EXPECT_EQ(a.out(of_bytes(46).ports(1, 2), at_us(900)), "port 2") << "known ones go on";
  EXPECT_EQ(a.out(of_bytes(46).ports(2, 2), at_us(1001)), "port 2")
      << "the silent one is forgotten";
  EXPECT_EQ(a.out(of_bytes(46).ports(1, 3), at_us(1001)), "drop gw_flow_limit");
}

// Fragments show no ports: all of one datagram are one flow.
TEST(Capacity, FragmentsOfADatagramAreOneFlow) {
  Capacity capacity = Appliance::kCapacity;
  capacity.flows = 1;
  Appliance a(capacity);
  EXPECT_EQ(a.out(of_bytes(80).fragment(0x2000), at_us(0)), "port 2");
  EXPECT_EQ(a.out(of_bytes(80).fragment(10), at_us(0)), "port 2");
  EXPECT_EQ(a.out(of_bytes(80), at_us(0)), "drop gw_flow_limit");
}

TEST(Capacity, TheOtherDirectionHasItsOwn) {
  Appliance a;
  EXPECT_EQ(a.out(of_bytes(1000), at_us(0)), "port 2");
  EXPECT_EQ(a.out(of_bytes(1000), at_us(0)), "drop gw_bandwidth");
  EXPECT_EQ(a.what(2, a.from_peer().ip4("10.0.0.5", "192.168.0.9").data(972)), "port 1");
}

TEST(Capacity, InterfacesOfOneCapacityShareIt) {
  Appliance a;
  a.add_port(1);
  a.add_interface(3, 0, 0, 1, {"172.16.0.5"});
  a.tables.interfaces[3].capacity = 1;
  a.add_neighbor(3, "172.16.0.6", kPeerMac);
  a.add_route(1, "10.3.0.0/16",
              {.kind = NextHop::Kind::gateway, .interface = 3, .address = ip("172.16.0.6")});
  a.start(a.now());
  EXPECT_EQ(a.out(of_bytes(1000), at_us(10)), "port 2");
  EXPECT_EQ(a.out(frame().ip4("192.168.0.9", "10.3.0.5"), at_us(10)), "drop gw_bandwidth");
}

TEST(Capacity, WhatTheRouterSendsItselfIsNotCounted) {
  Appliance a;
  const uint32_t host = a.add_host_port(1, 1, {});
  a.start(a.now());
  EXPECT_EQ(a.out(of_bytes(1000), at_us(0)), "port 2");
  EXPECT_EQ(a.what_of_injected(host, frame().ip4("172.16.0.1", "10.0.0.5")),
            "originated session, port 2");
}

TEST(Capacity, AChangeKeepsWhatIsKnown) {
  Appliance a;
  EXPECT_EQ(a.out(of_bytes(1000), at_us(0)), "port 2");
  a.tables.capacities[1].rate = BitRate::mbps(16);
  a.tables.generation++;
  a.start(at_us(1));
  EXPECT_EQ(a.out(of_bytes(1000), at_us(1)), "drop gw_bandwidth");
  EXPECT_EQ(a.out(of_bytes(1000), at_us(400)), "drop gw_bandwidth");
  EXPECT_EQ(a.out(of_bytes(1000), at_us(501)), "port 2") << "1 us at 8 Mbit/s, 500 at 16";
}

}  // namespace
}  // namespace erbium::dp::test
