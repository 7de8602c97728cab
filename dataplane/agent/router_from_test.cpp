#include "dataplane/agent/router_from.h"

#include <gtest/gtest.h>

namespace erbium::dp {
namespace {

TEST(RouterFrom, TakesAnInterface) {
  api::Interface m;
  m.set_outer_vid(100);
  m.set_inner_vid(7);
  m.set_mtu(1400);
  m.add_addresses()->set_ip(std::string("\xac\x10\x00\x01", 4));
  const auto out = interface_from(m);
  ASSERT_TRUE(out) << out.error();
  EXPECT_EQ(out->outer_vid, 100);
  EXPECT_EQ(out->inner_vid, 7);
  EXPECT_EQ(out->mtu, 1400u);
  ASSERT_EQ(out->addresses.size(), 1u);
  EXPECT_EQ(out->addresses[0].str(), "172.16.0.1");
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
  m.add_addresses()->set_ip("five!");
  EXPECT_EQ(interface_from(m).error(), "bad address");
}

}  // namespace
}  // namespace erbium::dp
