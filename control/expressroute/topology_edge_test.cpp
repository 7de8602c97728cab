#include "control/expressroute/topology_edge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "control/config/decode.h"
#include "control/config/test_scenario.h"
#include "control/expressroute/compiler.h"

namespace erbium::cp {
namespace {

struct Built {
  explicit Built(const std::string& text)
      : scenario(load_text(text, "scenario.yaml")), topology(build_topology(scenario, {})) {}
  const InterfaceInfo& interface(uint32_t id) const { return topology.interfaces.at(id - 1); }
  const InterfaceInfo& interface(const std::string& name) const {
    return *std::find_if(topology.interfaces.begin(), topology.interfaces.end(),
                         [&](const InterfaceInfo& i) { return i.name == name; });
  }
  Scenario scenario;
  Topology topology;
};

TEST(TopologyEdge, AGatewaysPathMtuStandsTowardBothSides) {
  const auto with = [](const std::string& mode) {
    return Built(edited("vnet: hub, ", "vnet: hub, path_mtu: 1400, over_path_mtu: " + mode + ", "));
  };
  const Built b = with("silent_drop");
  for (const BackboneInfo& backbone : b.topology.backbones) {
    EXPECT_EQ(b.interface(backbone.gateway_interface).mtu, 1400u);
    EXPECT_EQ(b.interface(backbone.gateway_interface).over_mtu, api::Interface::SILENT_DROP);
    EXPECT_EQ(b.interface(backbone.msee_interface).mtu, 9000u) << "not at the MSEE";
  }
  EXPECT_EQ(b.interface("hub/cloud").mtu, 1400u);
  EXPECT_EQ(with("fragment").interface("hub/cloud").over_mtu, api::Interface::FRAGMENT);
  EXPECT_EQ(with("icmp_frag_needed").interface("hub/cloud").over_mtu, api::Interface::ANSWER);
  EXPECT_EQ(Built(kBaseScenario).interface("hub/cloud").mtu, 1500u);
}

TEST(TopologyEdge, RoutersSpeakByAddressesThatMeanSomethingOutside) {
  const Built b(kBaseScenario);
  const auto sources = [&](uint32_t id) {
    std::string out;
    for (const net::Ip& ip : b.interface(id).icmp_source) out += ip.str() + " ";
    return out;
  };
  EXPECT_EQ(sources(b.topology.backbones[0].msee_interface), "172.16.0.2 ");
  EXPECT_EQ(sources(b.topology.backbones[1].msee_interface), "172.16.0.6 ");
  EXPECT_EQ(sources(b.topology.backbones[0].gateway_interface), "10.0.255.4 ");
}

TEST(TopologyEdge, RoutersSayWhatSectionIcmpLetsThem) {
  const Built b(kBaseScenario +
                "icmp: { rate: 7, routers: { gw: { errors: false }, msee-b: { burst: 3 } } }\n");
  const auto icmp = [&](const std::string& router) {
    const IcmpOptions options = icmp_of(b.scenario, router);
    return std::to_string(options.echo) + std::to_string(options.errors) + " " +
           std::to_string(options.rate) + " " + std::to_string(options.burst);
  };
  EXPECT_EQ(icmp("ce"), "11 7 50");
  EXPECT_EQ(icmp("gw"), "10 7 50");
  EXPECT_EQ(icmp("msee-b"), "11 7 3");
  EXPECT_EQ(b.topology.nodes.front().icmp.rate, 7u);
}

TEST(TopologyEdge, ARouterMayBeMuteOnOneLink) {
  const Built b(
      edited("asn: 65001, port", "asn: 65001, mistakes: [{ link: er/primary, mute: true }], port"));
  EXPECT_TRUE(b.interface("er/primary/private customer").mute);
  EXPECT_FALSE(b.interface("er/secondary/private customer").mute);
  EXPECT_FALSE(b.interface("er/primary/private MSEE").mute);
}

TEST(TopologyEdge, AGatewayCarriesWhatItsSizeDoes) {
  const Built c(edited("gw: { vnet", "gw: { sku: ErGwScale, scale_units: 3, vnet"));
  ASSERT_EQ(c.topology.capacities.size(), 2u);
  EXPECT_EQ(c.topology.capacities[0].size.rate, BitRate::gbps(3));
  EXPECT_EQ(c.topology.capacities[0].size.packets_per_second, 300'000u);
  EXPECT_EQ(c.topology.capacities[0].size.flows, 300'000u);
  EXPECT_EQ(c.interface("hub/cloud").capacity, 1u) << "to Azure";
  unsigned to_onprem = 0;
  for (const InterfaceInfo& i : c.topology.interfaces) to_onprem += i.capacity == 2;
  EXPECT_EQ(to_onprem, 2u) << "to either MSEE";
}

TEST(TopologyEdge, AGatewayWithoutASizeCarriesEverything) {
  EXPECT_TRUE(Built(kBaseScenario).topology.capacities.empty());
  EXPECT_TRUE(Built(edited("gw: { vnet", "gw: { sku: ErGw1AZ, caps: false, vnet"))
                  .topology.capacities.empty());
  EXPECT_FALSE(Built(edited("gw: { vnet", "gw: { caps: true, vnet")).topology.capacities.empty());
}

TEST(TopologyEdge, EachOfTwoInstancesCarriesHalf) {
  const Scenario scenario = load_text(edited("gw: { vnet", "gw: { sku: ErGw1AZ, vnet"), "s");
  Compiler compiler(scenario, {});
  const auto capacities = [](const Generation& generation) {
    std::vector<std::array<uint64_t, 4>> out;
    generation.each([&](const api::ToDataplane& m) {
      const api::Capacity& c = m.capacity();
      if (m.has_capacity())
        out.push_back({c.rate_bps(), c.depth_bits(), c.packets_per_second(), c.flows()});
    });
    return out;
  };
  const std::array<uint64_t, 4> half = {500'000'000, 5'000'000, 50'000, 100'000},
                                whole = {1'000'000'000, 10'000'000, 100'000, 200'000};
  EXPECT_EQ(capacities(compiler.change_instances(Time(), "gw", 1)), (std::vector{half, half}));
  EXPECT_EQ(capacities(compiler.everything(Time(), 0)), (std::vector{half, half}))
      << "a dataplane that comes back learns how it is now";
  EXPECT_EQ(capacities(compiler.change_instances(Time(), "gw", 2)), (std::vector{whole, whole}));
}

TEST(TopologyEdge, DirectCircuitsMayExceedTheirBandwidthByAFifth) {
  const auto excess = [](const std::string& limiter) {
    const Scenario scenario =
        load_text(edited("model: provider", "model: direct\n    rate_limit: true" + limiter), "s");
    uint64_t out = 0;
    Compiler(scenario, {})
        .change_bandwidth(Time(), "er", BitRate::gbps(5))
        .each([&](const api::ToDataplane& m) {
          out = m.has_limiter() ? m.limiter().excess_bps() : out;
        });
    return out;
  };
  EXPECT_EQ(excess(""), 1'000'000'000u);
  EXPECT_EQ(excess("\n    limiter: { excess: 0% }"), 0u);
  EXPECT_EQ(excess("\n    limiter: { mode: shape }"), 0u);
}

}  // namespace
}  // namespace erbium::cp
