#include "dataplane/agent/router_from.h"

#include <gtest/gtest.h>

namespace erbium::dp {
namespace {

TEST(RouterFrom, TakesRatesOfIcmpErrorsThatABucketCanKeep) {
  api::Node::Icmp m;
  EXPECT_TRUE(icmp_from(m)) << "says nothing, needs no rate";
  EXPECT_FALSE(icmp_from(m)->errors);
  m.set_errors(true);
  m.set_rate(7);
  EXPECT_EQ(icmp_from(m).error(), "rate or burst of ICMP errors out of range");
  m.set_burst(3);
  ASSERT_TRUE(icmp_from(m));
  EXPECT_EQ(icmp_from(m)->rate, 7u);
  EXPECT_EQ(icmp_from(m)->burst, 3u);
  m.set_rate(1'000'000'001);
  EXPECT_FALSE(icmp_from(m));
  m.set_rate(0);
  EXPECT_FALSE(icmp_from(m));
}

TEST(RouterFrom, TakesAnInterface) {
  api::Interface m;
  m.set_outer_vid(100);
  m.set_inner_vid(7);
  m.set_mtu(1400);
  m.set_mute(true);
  m.add_addresses()->set_ip(std::string("\xac\x10\x00\x01", 4));
  m.add_icmp_source()->set_ip(std::string("\x0a\x00\xff\x04", 4));
  for (const auto& [mode, wanted] : {std::pair{api::Interface::ANSWER, OverMtu::answer},
                                     {api::Interface::FRAGMENT, OverMtu::fragment},
                                     {api::Interface::SILENT_DROP, OverMtu::silent_drop}}) {
    m.set_over_mtu(mode);
    const auto out = interface_from(m);
    ASSERT_TRUE(out) << out.error();
    EXPECT_EQ(out->over_mtu, wanted);
    EXPECT_EQ(out->outer_vid, 100);
    EXPECT_EQ(out->inner_vid, 7);
    EXPECT_EQ(out->mtu, 1400u);
    EXPECT_TRUE(out->mute);
    ASSERT_EQ(out->addresses.size(), 1u);
    EXPECT_EQ(out->addresses[0].str(), "172.16.0.1");
    ASSERT_EQ(out->icmp_source.size(), 1u);
    EXPECT_EQ(out->icmp_source[0].str(), "10.0.255.4");
  }
}

TEST(RouterFrom, RefusesAnInterfaceWithoutSense) {
  api::Interface m;
  m.set_inner_vid(7);
  EXPECT_EQ(interface_from(m).error(), "bad id or VLAN id");
  m.set_outer_vid(4095);
  EXPECT_FALSE(interface_from(m));
  m.set_outer_vid(100);
  m.set_flow_age_ns(-1);
  EXPECT_EQ(interface_from(m).error(), "bad age of flows");
  m.set_flow_age_ns(0);
  m.add_icmp_source()->set_ip("five!");
  EXPECT_EQ(interface_from(m).error(), "bad address");
}

}  // namespace
}  // namespace erbium::dp
