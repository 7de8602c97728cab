#include "control/expressroute/policy.h"

#include <gtest/gtest.h>

#include "control/config/communities.h"
#include "control/expressroute/announced.h"

namespace erbium::cp {
namespace {

using Kind = PeerPolicy::Kind;

bgp::RouteInPolicy route(const char* prefix, std::vector<uint32_t> path = {}) {
  bgp::RouteInPolicy out{.prefix = *net::Prefix::parse(prefix)};
  if (!path.empty()) out.attributes.as_path.segments = {{bgp::AsSegment::Type::sequence, path}};
  return out;
}

std::string path(const bgp::RouteInPolicy& r) { return r.attributes.as_path.str(); }

// Peer 1 is a customer, 2 and 3 are gateways.
PrivatePeeringPolicy private_peering() {
  PrivatePeeringPolicy out;
  for (const Kind kind : {Kind::customer, Kind::gateway, Kind::gateway})
    out.add_peer({.kind = kind});
  return out;
}

TEST(PrivatePeering, CustomerSeesVirtualNetworksWithout65515) {
  PrivatePeeringPolicy msee = private_peering();
  auto r = route("10.0.0.0/16", {65515});
  ASSERT_TRUE(msee.export_to(1, 2, r));
  EXPECT_EQ(path(r), "") << "the speaker puts 12076 in front";
}

TEST(PrivatePeering, AnotherGatewaySees12076Twice) {
  PrivatePeeringPolicy msee = private_peering();
  auto r = route("10.0.0.0/16", {65515});
  ASSERT_TRUE(msee.export_to(3, 2, r));
  EXPECT_EQ(path(r), "12076") << "and the speaker's own";
}

TEST(PrivatePeering, GatewaysSeeTheCustomersPath) {
  PrivatePeeringPolicy msee = private_peering();
  auto r = route("192.168.0.0/16", {65001, 65001});
  ASSERT_TRUE(msee.export_to(2, 1, r));
  EXPECT_EQ(path(r), "65001 65001");
}

TEST(PrivatePeering, MaintenancePrependsToBothSides) {
  PrivatePeeringPolicy msee = private_peering();
  msee.peer(1).drain = 8;
  msee.peer(2).drain = 8;
  auto to_customer = route("10.0.0.0/16", {65515}), to_gateway = route("192.168.0.0/16", {65001});
  ASSERT_TRUE(msee.export_to(1, 2, to_customer));
  ASSERT_TRUE(msee.export_to(2, 1, to_gateway));
  EXPECT_EQ(to_customer.attributes.as_path.length(), 8u);
  EXPECT_EQ(to_gateway.attributes.as_path.length(), 9u);
}

TEST(PrivatePeering, CustomersAreNoTransitForEachOther) {
  PrivatePeeringPolicy msee = private_peering();
  msee.add_peer({.kind = Kind::customer});
  auto r = route("192.168.0.0/16", {65001});
  EXPECT_FALSE(msee.export_to(4, 1, r));
}

TEST(PrivatePeering, RefusesAzuresReservedNumbersFromCustomers) {
  const PrivatePeeringPolicy msee = private_peering();
  for (const uint32_t asn : {65515u, 65517u, 65520u}) {
    auto r = route("192.168.0.0/16", {65001, asn});
    EXPECT_FALSE(msee.import(1, r)) << asn;
    EXPECT_TRUE(msee.import(2, r)) << asn;
  }
  auto fine = route("0.0.0.0/0", {65001, 65514, 65521});
  EXPECT_TRUE(msee.import(1, fine)) << "a default route means forced tunneling";
}

TEST(PrivatePeering, CommunitiesPassAndNoneOfTheCustomersHasAnEffect) {
  const PrivatePeeringPolicy msee = private_peering();
  auto r = route("192.168.0.0/16", {65001});
  r.attributes.communities = {community(65001, 100), 0xffffff01, 0xffff029a, community(12076, 1)};
  ASSERT_TRUE(msee.import(1, r));
  EXPECT_EQ(r.attributes.communities,
            (std::vector<uint32_t>{community(65001, 100), community(12076, 1)}));
  ASSERT_TRUE(msee.export_to(2, 1, r));
  EXPECT_EQ(r.attributes.communities.size(), 2u);
}

TEST(MicrosoftPeering, TheFilterDecidesWhatTheCustomerGets) {
  const auto told = [](std::vector<uint32_t> filter, std::vector<uint32_t> communities) {
    MicrosoftPeeringPolicy msee;
    msee.add_peer({.kind = Kind::customer, .filter = std::move(filter)});
    msee.add_peer({.kind = Kind::microsoft_edge});
    auto r = route("20.190.128.0/18", {8075});
    r.attributes.communities = std::move(communities);
    EXPECT_TRUE(msee.import(2, r));
    return msee.export_to(1, 2, r);
  };
  const uint32_t entra = community(12076, 5060), storage = community(12076, 52002);
  EXPECT_FALSE(told({}, {entra}));
  EXPECT_FALSE(told({storage}, {entra}));
  EXPECT_FALSE(told({storage}, {}));
  EXPECT_TRUE(told({storage, entra}, {entra}));
  EXPECT_TRUE(told({entra}, {storage, entra}));
}

TEST(MicrosoftPeering, LeadsToEdgesAndNotFromOneToAnother) {
  MicrosoftPeeringPolicy msee;
  msee.add_peer({.kind = Kind::customer});
  msee.add_peer({.kind = Kind::microsoft_edge});
  msee.add_peer({.kind = Kind::microsoft_edge});
  msee.peer(2).drain = 8;
  auto r = route("198.51.100.0/24", {3320});
  ASSERT_TRUE(msee.export_to(2, 1, r));
  EXPECT_EQ(r.attributes.as_path.length(), 9u);
  EXPECT_FALSE(msee.export_to(3, 2, r));
}

TEST(Announced, MarksGoOnTopOfWhatAFileSays) {
  bgp::PathAttributes file;
  file.as_path.segments = {{bgp::AsSegment::Type::sequence, {1239, 80}}};
  file.med = 7;
  file.communities = {community(1239, 1)};
  const auto kept = announced_attributes(65001, {}, &file);
  EXPECT_EQ(kept, file);
  const auto marked =
      announced_attributes(65001,
                           {.prepend = 1,
                            .med = 9,
                            .communities = {community(1239, 1), community(65001, 2)},
                            .large_communities = {{65001, 1, 2}}},
                           &file);
  EXPECT_EQ(marked.as_path.str(), "65001 1239 80");
  EXPECT_EQ(marked.med, 9u);
  EXPECT_EQ(marked.communities, (std::vector<uint32_t>{community(1239, 1), community(65001, 2)}));
  EXPECT_EQ(marked.large_communities.size(), 1u);
}

TEST(MicrosoftPeering, TakesWhatWasDeclaredAndIsPublic) {
  MicrosoftPeeringPolicy msee;
  PeerPolicy customer{.kind = Kind::customer};
  for (const char* prefix : {"198.51.100.0/24", "10.0.0.0/8", "0.0.0.0/0"})
    customer.allowed.push_back(*net::Prefix::parse(prefix));
  msee.add_peer(customer);
  const struct {
    const char* prefix;
    std::vector<uint32_t> path;
    bool taken;
  } cases[] = {
      {"198.51.100.0/24", {3320}, true},
      {"198.51.100.128/25", {3320}, true},
      {"10.1.0.0/16", {3320}, false},
      {"0.0.0.0/0", {3320}, false},
      {"198.51.100.0/24", {3320, 64500}, false},
      {"198.51.100.0/24", {64512, 3320}, true},
  };
  for (const auto& c : cases) {
    auto r = route(c.prefix, c.path);
    EXPECT_EQ(msee.import(1, r), c.taken) << c.prefix;
  }
  auto r = route("198.51.100.0/24", {64512, 3320, 4'200'000'001});
  ASSERT_TRUE(msee.import(1, r));
  EXPECT_EQ(path(r), "3320") << "private numbers are stripped";
}

TEST(Customer, AnnouncesItsOwnByLinkAndIsNoTransit) {
  CustomerPolicy ce;
  PeerPolicy primary{.kind = Kind::msee, .local_preference = 200};
  primary.announced[*net::Prefix::parse("192.168.0.0/16")] =
      announced_attributes(65001, {.prepend = 2, .med = 50}, nullptr);
  ce.add_peer(primary);
  ce.add_peer({.kind = Kind::msee});
  auto own = route("192.168.0.0/16"), azure = route("10.0.0.0/16", {12076});
  EXPECT_FALSE(ce.export_to(2, 0, own));
  EXPECT_FALSE(ce.export_to(1, 2, azure));
  ASSERT_TRUE(ce.export_to(1, 0, own));
  EXPECT_EQ(path(own), "65001 65001");
  EXPECT_EQ(own.attributes.med, 50u);
  ASSERT_TRUE(ce.import(1, azure));
  EXPECT_EQ(azure.attributes.local_pref, 200u);
}

TEST(Gateway, WeighsConnectionsAndIgnoresAFailedSite) {
  GatewayPolicy gateway;
  gateway.add_peer({.kind = Kind::msee, .weight = 10});
  auto r = route("192.168.0.0/16", {12076, 65001}), own = route("10.0.0.0/16");
  ASSERT_TRUE(gateway.import(1, r));
  EXPECT_EQ(r.weight, 10u);
  EXPECT_TRUE(gateway.export_to(1, 0, own));
  EXPECT_FALSE(gateway.export_to(1, 1, r));
  gateway.peer(1).refused = true;
  EXPECT_FALSE(gateway.import(1, r));
  EXPECT_FALSE(gateway.export_to(1, 0, own));
}

TEST(Customer, PrependsForAWhile) {
  CustomerPolicy ce;
  PeerPolicy primary{.kind = Kind::msee};
  primary.announced[*net::Prefix::parse("192.168.0.0/16")] =
      announced_attributes(65001, {.prepend = 1}, nullptr);
  ce.add_peer(primary);
  ce.peer(1).in_front.assign(3, 65001);
  auto own = route("192.168.0.0/16");
  ASSERT_TRUE(ce.export_to(1, 0, own));
  EXPECT_EQ(path(own), "65001 65001 65001 65001") << "the speaker puts one more in front";
}

TEST(Gateway, PrefersCircuitsToAVpnConnection) {
  GatewayPolicy gateway;
  gateway.add_peer({.kind = Kind::msee});
  gateway.add_peer({.kind = Kind::customer, .local_preference = 50});
  auto by_circuit = route("192.168.0.0/16", {12076, 65001}),
       by_vpn = route("192.168.0.0/16", {65001});
  ASSERT_TRUE(gateway.import(1, by_circuit));
  ASSERT_TRUE(gateway.import(2, by_vpn));
  EXPECT_EQ(by_vpn.weight, by_circuit.weight);
  EXPECT_EQ(by_vpn.attributes.local_pref, 50u);
  EXPECT_FALSE(by_circuit.attributes.local_pref) << "100";
  EXPECT_FALSE(gateway.export_to(1, 2, by_vpn)) << "no transit";
}

}  // namespace
}  // namespace erbium::cp
