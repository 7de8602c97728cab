// What a scenario compiles to, read back from the messages of its first generation: routes by name
// of the router whose VRF they stand in, as "10.0.0.0/16 via 172.16.0.2, 172.16.0.6".
#include "control/expressroute/compiler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "control/config/decode.h"
#include "control/config/test_scenario.h"

namespace erbium::cp {
namespace {

class Compiled {
 public:
  explicit Compiled(const std::string& text) : Compiled(load_text(text, "scenario.yaml")) {}
  explicit Compiled(Scenario scenario)
      : scenario_(routes_of_the_file(std::move(scenario))), compiler_(scenario_, {}) {
    apply(compiler_.initial());
  }

  // "via A, B", "on INTERFACE", "local", "nowhere"; "" where there is no such route.
  std::string route(const std::string& node, const std::string& prefix) const {
    const uint32_t vrf = vrf_of(node);
    const auto at = routes_.find({vrf, prefix});
    if (at == routes_.end()) return "";
    std::string out;
    for (uint32_t id : groups_.at(at->second)) {
      const api::NextHop& hop = hops_.at(id);
      out += out.empty() ? "" : ", ";
      if (hop.kind() == api::NextHop::LOCAL) out += "local";
      if (hop.kind() == api::NextHop::CONNECTED) out += "on " + interface(hop.interface()).name;
      if (hop.kind() == api::NextHop::GATEWAY) out += api::ip_from(hop.address().ip())->str();
    }
    return out.empty() ? "nowhere" : out;
  }
  // Which objects a generation changes, by kind.
  std::map<std::string, int> apply(const Generation& generation) {
    std::map<std::string, int> kinds;
    generation.each([&](const api::ToDataplane& m) {
      if (m.has_route())
        routes_[{m.route().vrf(), net::Prefix{*api::ip_from(m.route().prefix().ip()),
                                              static_cast<uint8_t>(m.route().prefix().length())}
                                      .str()}] = m.route().group();
      if (m.has_next_hop_group())
        groups_[m.next_hop_group().id()].assign(m.next_hop_group().next_hops().begin(),
                                                m.next_hop_group().next_hops().end());
      if (m.has_next_hop()) hops_[m.next_hop().id()] = m.next_hop();
      kinds[m.has_route()                     ? "routes"
            : m.has_next_hop_group()          ? "groups"
            : m.has_link()                    ? "links"
            : m.has_begin() || m.has_commit() ? "frame"
                                              : "others"]++;
    });
    return kinds;
  }
  const InterfaceInfo& interface(uint32_t id) const {
    return compiler_.topology().interfaces.at(id - 1);
  }
  const InterfaceInfo& interface(const std::string& name) const {
    for (const InterfaceInfo& i : compiler_.topology().interfaces)
      if (i.name == name) return i;
    throw std::logic_error("no interface " + name);
  }
  Compiler& compiler() { return compiler_; }
  const Topology& topology() const { return compiler_.topology(); }

 private:
  // Unless it asks for sessions.
  static Scenario routes_of_the_file(Scenario scenario) {
    if (!scenario.control.chosen) scenario.control.routes = ControlOptions::Routes::fixed;
    return scenario;
  }
  uint32_t vrf_of(const std::string& node) const {
    for (const InterfaceInfo& i : compiler_.topology().interfaces)
      if (i.vrf != 0 && topology().nodes[topology().trunks[i.trunk - 1].node - 1].name == node)
        return i.vrf;
    throw std::logic_error("no router " + node);
  }

  Scenario scenario_;
  Compiler compiler_;
  std::map<std::pair<uint32_t, std::string>, uint32_t> routes_;
  std::map<uint32_t, std::vector<uint32_t>> groups_;
  std::map<uint32_t, api::NextHop> hops_;
};

const Time kLater = Time() + Duration::ms(1);

TEST(Compiler, RoutesOfPrimaryAndSecondary) {
  const Compiled c(kBaseScenario);
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.2, 172.16.0.6");
  EXPECT_EQ(c.route("ce", "192.168.0.0/16"), "on ce/lan");
  EXPECT_EQ(c.route("ce", "172.16.0.0/30"), "on er/primary/private customer");
  EXPECT_EQ(c.route("ce", "172.16.0.1/32"), "local");
  EXPECT_EQ(c.route("msee-a", "192.168.0.0/16"), "172.16.0.1");
  EXPECT_EQ(c.route("msee-b", "192.168.0.0/16"), "172.16.0.5");
  EXPECT_EQ(c.route("msee-a", "10.0.0.0/16"), "169.254.0.2");
  EXPECT_EQ(c.route("msee-b", "10.0.0.0/16"), "169.254.0.6");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1, 169.254.0.5");
  EXPECT_EQ(c.route("gw", "10.0.0.0/16"), "on hub/cloud");
  EXPECT_EQ(c.route("gw", "172.16.0.0/30"), "");
}

TEST(Compiler, AFailedLinkChangesGroupsOnly) {
  Compiled c(kBaseScenario);
  const auto down =
      c.compiler().change_link(kLater, "er", kPrimary, Direction::to_onprem, {.up = false});
  EXPECT_EQ(c.apply(down), (std::map<std::string, int>{{"frame", 2}, {"links", 1}}));
  const auto routes = c.compiler().routes(kLater);
  ASSERT_TRUE(routes);
  EXPECT_EQ(c.apply(*routes), (std::map<std::string, int>{{"frame", 2}, {"groups", 3}}));
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.6") << "a session needs both directions";
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.5");
  EXPECT_EQ(c.route("msee-a", "192.168.0.0/16"), "nowhere");
  EXPECT_FALSE(c.compiler().routes(kLater)) << "nothing has changed since";
  c.compiler().change_link(kLater, "er", kPrimary, Direction::both, {.up = true});
  c.apply(*c.compiler().routes(kLater));
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.2, 172.16.0.6");
}

TEST(Compiler, BothLinksDownLeadNowhere) {
  Compiled c(kBaseScenario);
  c.compiler().change_link(kLater, "er", std::nullopt, Direction::both, {.up = false});
  c.apply(*c.compiler().routes(kLater));
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "nowhere");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "nowhere");
}

TEST(Compiler, LocalPreferencePicksTheWayOut) {
  Compiled c(edited("announce:", "local_preference: { er/secondary: 200 }, announce:"));
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.6");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1, 169.254.0.5") << "not the way back";
  c.compiler().change_link(kLater, "er", kSecondary, Direction::both, {.up = false});
  c.apply(*c.compiler().routes(kLater));
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.2") << "the lower one takes over";
}

// The shorter AS path wins at the gateway.
TEST(Compiler, PrependPushesTheWayBackAside) {
  const std::string text =
      edited("announce: [{ prefix: 192.168.0.0/16 }]",
             "announce: [{ prefix: 192.168.0.0/16, links: [er/primary] },"
             " { prefix: 192.168.0.0/16, links: [er/secondary], prepend: 2 }]");
  Compiled c(text);
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1");
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.2, 172.16.0.6") << "not the way out";
  c.compiler().change_link(kLater, "er", kPrimary, Direction::both, {.up = false});
  c.apply(*c.compiler().routes(kLater));
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.5");
}

TEST(Compiler, AnnouncementsCrossOnlyTheirLinks) {
  const Compiled c(
      edited("{ prefix: 192.168.0.0/16 }", "{ prefix: 192.168.0.0/16, links: [er/secondary] }"));
  EXPECT_EQ(c.route("msee-a", "192.168.0.0/16"), "");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.5");
}

const std::string kTwoCircuits = edited("gateways:\n  gw: { vnet: hub, circuits: [{ id: er }] }",
                                        R"(  er2:
    model: provider
    bandwidth: 1Gbps
    links:
      primary: { msee: msee-c }
      secondary: { msee: msee-d }
    peerings:
      private:
        vlan: 200
        peer_asn: 65001
        ipv4: { primary: 172.17.0.0/30, secondary: 172.17.0.4/30 }
gateways:
  gw: { vnet: hub, circuits: [{ id: er }, { id: er2, weight: 10 }] })");

// The weight of the connection comes before the AS path (Microsoft Learn:
// expressroute-optimize-routing).
TEST(Compiler, WeightPicksTheCircuitOfTheWayBack) {
  Compiled c(kTwoCircuits);
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.9, 169.254.0.13");
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.2, 172.16.0.6, 172.17.0.2, 172.17.0.6");
  c.compiler().change_link(kLater, "er2", std::nullopt, Direction::both, {.up = false});
  c.apply(*c.compiler().routes(kLater));
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1, 169.254.0.5");
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.2, 172.16.0.6");
}

TEST(Compiler, BothFamilies) {
  std::string text = edited("{ primary: 172.16.0.0/30, secondary: 172.16.0.4/30 }",
                            "{ primary: 172.16.0.0/30, secondary: 172.16.0.4/30 }\n"
                            "        ipv6: { pair: \"fd00:16::/125\" }");
  text = edited("prefixes: [10.0.0.0/16]", "prefixes: [10.0.0.0/16, \"fd00:b::/48\"]", text);
  text = edited("{ prefix: 192.168.0.0/16 }",
                "{ prefix: 192.168.0.0/16 }, { prefix: \"fd00:a::/48\" }", text);
  const Compiled c(text);
  EXPECT_EQ(c.route("ce", "fd00:b::/48"), "fd00:16::2, fd00:16::6");
  EXPECT_EQ(c.route("msee-b", "fd00:a::/48"), "fd00:16::5");
  EXPECT_EQ(c.route("gw", "fd00:a::/48"), "fd00:e4::1, fd00:e4::5");
  EXPECT_EQ(c.route("gw", "10.0.0.0/16"), "on hub/cloud");
}

// Without a peering of the family a prefix is not announced.
TEST(Compiler, WithoutIpv6OnThePeeringNoIpv6Route) {
  const Compiled c(edited("prefixes: [10.0.0.0/16]", "prefixes: [10.0.0.0/16, \"fd00:b::/48\"]"));
  EXPECT_EQ(c.route("ce", "fd00:b::/48"), "");
  EXPECT_EQ(c.route("gw", "fd00:b::/48"), "on hub/cloud");
}

TEST(Compiler, ProviderCircuitsCarryOneTag) {
  const Compiled c(kBaseScenario);
  const InterfaceInfo& msee = c.interface("er/primary/private MSEE");
  EXPECT_EQ(msee.outer_vid, 100);
  EXPECT_EQ(msee.inner_vid, 0);
  EXPECT_NE(msee.limiter, 0u);
  EXPECT_NE(msee.limiter, c.interface("er/primary/private customer").limiter);
}

TEST(Compiler, DirectCircuitsCarryTwoTags) {
  const Compiled c(edited("model: provider", "model: direct\n    s_tag: 1001"));
  for (const char* name : {"er/secondary/private MSEE", "er/secondary/private customer"}) {
    EXPECT_EQ(c.interface(name).outer_vid, 1001) << name;
    EXPECT_EQ(c.interface(name).inner_vid, 100) << name;
    EXPECT_EQ(c.interface(name).limiter, 0u) << "a direct port is not limited";
  }
}

std::string handed_off() {
  return edited(
      "  ce: { asn: 65001, port: lan, announce:", "  ce: { asn: 65001, announce:",
      edited("primary: { msee: msee-a }", "primary: { msee: msee-a, port: lan }",
             edited("secondary: { msee: msee-b }", "secondary: { msee: msee-b, port: lan2 }",
                    edited("  lan: {}", "  lan: {}\n  lan2: {}"))));
}

TEST(Compiler, APortCanBeTheCustomersEnd) {
  const Compiled c(handed_off());
  EXPECT_EQ(c.route("msee-a", "192.168.0.0/16"), "172.16.0.1");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1, 169.254.0.5");
  const auto& nodes = c.topology().nodes;
  const auto hand_off =
      std::find_if(nodes.begin(), nodes.end(), [](auto& n) { return n.name == "handoff-lan"; });
  ASSERT_NE(hand_off, nodes.end());
  EXPECT_TRUE(hand_off->cross_connect);
  const InterfaceInfo& inside = c.interface("er/primary/private customer");
  const InterfaceInfo& outside = c.interface("er/primary/private customer port");
  EXPECT_EQ(inside.cross_connect, outside.id);
  EXPECT_EQ(outside.cross_connect, inside.id);
  EXPECT_EQ(outside.outer_vid, 100);
  // Frames of a capture are fitted to the MSEE behind the port, and its tags.
  const PortAttachment& port = c.topology().ports.at(0);
  EXPECT_EQ(port.router_mac,
            c.topology().trunks.at(c.interface("er/primary/private MSEE").trunk - 1).mac);
  EXPECT_EQ(port.outer_vid, 100);
  EXPECT_EQ(port.inner_vid, 0);
}

TEST(Compiler, IdsAreDenseAndInOrder) {
  const Compiled c(kTwoCircuits);
  const auto dense = [](const auto& list) {
    for (size_t i = 0; i < list.size(); i++)
      if (list[i].id != i + 1) return false;
    return !list.empty();
  };
  EXPECT_TRUE(dense(c.topology().nodes));
  EXPECT_TRUE(dense(c.topology().trunks));
  EXPECT_TRUE(dense(c.topology().interfaces));
  EXPECT_TRUE(dense(c.topology().links));
  EXPECT_TRUE(dense(c.topology().limiters));
}

TEST(Compiler, GenerationsBeginAndCommit) {
  Compiled c(kBaseScenario);
  const Generation generation = c.compiler().change_bandwidth(kLater, "er", BitRate::mbps(50));
  EXPECT_EQ(generation.id, 2u);
  EXPECT_EQ(generation.messages.front().begin().generation(), 2u);
  EXPECT_FALSE(generation.messages.front().begin().full());
  EXPECT_EQ(generation.messages.back().commit().generation(), 2u);
  EXPECT_EQ(generation.messages.back().commit().at_ns(), kLater.ns());
  EXPECT_EQ(c.compiler().bandwidth("er"), BitRate::mbps(50));
  // A depth given as time follows the bandwidth: 10 ms of 50 Mbit/s.
  EXPECT_EQ(generation.messages[1].limiter().depth_bits(), 500'000u);
}

TEST(Compiler, MistakesNameTheirPlace) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      const Compiled c(text);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(error(kBaseScenario), "");
  EXPECT_NE(error(edited("port: cloud", "port: lan")).find("port lan is already at ce"),
            std::string::npos);
  EXPECT_NE(error(edited("  ce: { asn: 65001, port: lan,",
                         "  ce: { asn: 65001, port: lan,"
                         " links: [er/primary],"))
                .find("er/secondary ends nowhere"),
            std::string::npos);
}

TEST(Compiler, RunsOfPrefixes) {
  const Compiled c(edited("{ prefix: 192.168.0.0/16 }", "{ prefix: 192.168.0.0/24, count: 3 }"));
  for (const char* prefix : {"192.168.0.0/24", "192.168.1.0/24", "192.168.2.0/24"}) {
    EXPECT_EQ(c.route("ce", prefix), "on ce/lan");
    EXPECT_EQ(c.route("gw", prefix), "169.254.0.1, 169.254.0.5");
  }
  EXPECT_EQ(c.route("gw", "192.168.3.0/24"), "");
}

// The shorter path of a file's routes wins at the gateway, as their prepends do.
TEST(Compiler, RoutesOfAFileCountTheirPath) {
  Scenario scenario =
      load_text(edited("[{ prefix: 192.168.0.0/16 }]",
                       "[{ mrt: a, links: [er/primary] }, { mrt: b, links: [er/secondary] }]"),
                "scenario.yaml");
  const net::Prefix prefix = *net::Prefix::parse("203.0.113.0/24");
  const auto path = [](std::vector<uint32_t> asns) {
    bgp::PathAttributes out;
    out.as_path.segments = {{bgp::AsSegment::Type::sequence, std::move(asns)}};
    return out;
  };
  scenario.onprem[0].announce[0].routes = {{prefix, path({1239, 80})}};
  scenario.onprem[0].announce[1].routes = {{prefix, path({80})}};
  const Compiled c(std::move(scenario));
  EXPECT_EQ(c.route("ce", "203.0.113.0/24"), "on ce/lan");
  EXPECT_EQ(c.route("gw", "203.0.113.0/24"), "169.254.0.5");
}

// Behind Microsoft peering, apart from the gateways.
TEST(Compiler, AMicrosoftEdgeJoinsTheMicrosoftPeerings) {
  std::string text = edited("secondary: 172.16.0.4/30 }",
                            "secondary: 172.16.0.4/30 }\n      microsoft:\n        vlan: 200\n"
                            "        peer_asn: 65001\n        ipv4: { pair: 203.0.113.0/29 }\n"
                            "        advertised_prefixes: [198.51.100.0/24]");
  text = edited("ports:\n", "ports:\n  internet: {}\n", text);
  text +=
      "control: { routes: bgp }\nmicrosoft_edges:\n  ms: { port: internet, prefixes: "
      "[{ prefix: 20.60.0.0/22, count: 2, communities: [] }] }\n";
  const Compiled c(text);
  ASSERT_EQ(c.topology().microsoft_backbones.size(), 2u);
  EXPECT_EQ(c.topology().backbones.size(), 2u);
  const BackboneInfo& first = c.topology().microsoft_backbones[0];
  EXPECT_EQ(first.msee_ip[0].str(), "169.254.0.9") << "behind the two of the gateway";
  EXPECT_EQ(c.interface(first.msee_interface).name, "msee-a/ms");
  EXPECT_EQ(c.interface(first.msee_interface).vrf, c.interface("er/primary/microsoft MSEE").vrf);
  EXPECT_EQ(c.route("ms", "20.60.4.0/22"), "on ms/internet");
  EXPECT_EQ(c.route("ms", "169.254.0.9/32"), "on msee-a/ms");
  EXPECT_EQ(c.route("ce", "198.51.100.0/24"), "on ce/lan");
}

const std::string kVpn =
    "vpn: { site: { gateway: gw, router: ce, addresses: 169.254.21.0/30, mtu: 1390 } }\n";

TEST(Compiler, WithoutSessionsAConnectionIsTheLastWay) {
  Compiled c(kBaseScenario + kVpn);
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "172.16.0.2, 172.16.0.6");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1, 169.254.0.5");
  EXPECT_EQ(c.route("ce", "169.254.21.0/30"), "on site");
  EXPECT_EQ(c.interface("site").mtu, 1390u);
  c.compiler().change_link(kLater, "er", std::nullopt, Direction::both, {.up = false});
  c.apply(*c.compiler().routes(kLater));
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "169.254.21.2");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.21.1");
  EXPECT_EQ(c.route("msee-a", "192.168.0.0/16"), "nowhere") << "no transit for circuits";
}

TEST(Compiler, ALongerPrefixGoesByTheConnection) {
  const Compiled c(kBaseScenario +
                   edited("mtu: 1390", "announce: [192.168.7.0/24], mtu: 1390", kVpn));
  EXPECT_EQ(c.route("gw", "192.168.7.0/24"), "169.254.21.1");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1, 169.254.0.5");
}

// What BGP brings stands in front of a static route of the prefix, and uncovers it when it goes.
TEST(Compiler, StaticPrefixesOfAConnectionHoldWhileBgpHasNone) {
  Compiled c(kBaseScenario + edited("mtu: 1390", "static: [192.168.0.0/16], mtu: 1390", kVpn) +
             "control: { routes: bgp }\n");
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.21.1");
  EXPECT_EQ(c.route("ce", "10.0.0.0/16"), "169.254.21.2");
  const GatewayInfo& gateway = c.topology().gateways[0];
  const BackboneInfo& way = c.topology().backbones[0];
  const net::Prefix prefix = *net::Prefix::parse("192.168.0.0/16");
  const std::vector<uint32_t> interfaces{way.gateway_interface};
  c.compiler().learn(gateway.vrf, {.groups = {{1, {{1, way.msee_ip[0]}}}}, .routes = {{prefix, 1}}},
                     interfaces);
  c.apply(*c.compiler().flush(kLater));
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.0.1");
  c.compiler().learn(gateway.vrf, {.routes = {{prefix, 0}}, .removed = {1}}, interfaces);
  c.apply(*c.compiler().flush(kLater));
  EXPECT_EQ(c.route("gw", "192.168.0.0/16"), "169.254.21.1");
  c.compiler().learn(gateway.vrf, {}, interfaces);
  EXPECT_FALSE(c.compiler().flush(kLater)) << "nothing has changed since";
}

TEST(Compiler, TheWayToTheInternetIsTheGatewaysLast) {
  const std::string text = edited("cloud: {}", "cloud: {}\n  net: {}",
                                  edited("port: cloud", "port: cloud\n    internet: net"));
  const Compiled alone(text);
  EXPECT_EQ(alone.route("gw", "0.0.0.0/0"), "on hub/net");
  EXPECT_EQ(alone.route("gw", "::/0"), "on hub/net");
  EXPECT_EQ(alone.route("msee-a", "0.0.0.0/0"), "");
  Compiled tunnelled(edited("[{ prefix: 192.168.0.0/16 }]",
                            "[{ prefix: 192.168.0.0/16 }, { prefix: 0.0.0.0/0 }]", text));
  EXPECT_EQ(tunnelled.route("gw", "0.0.0.0/0"), "169.254.0.1, 169.254.0.5");
  tunnelled.compiler().change_link(kLater, "er", std::nullopt, Direction::both, {.up = false});
  tunnelled.apply(*tunnelled.compiler().routes(kLater));
  EXPECT_EQ(tunnelled.route("gw", "0.0.0.0/0"), "on hub/net");
}

TEST(Compiler, MistakesAreMadeAtTheCustomersEnd) {
  const Compiled c(edited("asn: 65001, port",
                          "asn: 65001, mistakes: [{ link: er/primary, vlan: 101, swapped: true }], "
                          "port"));
  const InterfaceInfo& wrong = c.interface("er/primary/private customer");
  const InterfaceInfo& right = c.interface("er/secondary/private customer");
  EXPECT_EQ(wrong.outer_vid, 101);
  EXPECT_EQ(wrong.addresses, (std::vector{*net::Ip::parse("172.16.0.2")}));
  EXPECT_EQ(right.outer_vid, 100);
  EXPECT_EQ(right.addresses, (std::vector{*net::Ip::parse("172.16.0.5")}));
  EXPECT_EQ(c.interface("er/primary/private MSEE").outer_vid, 100);
}

TEST(Compiler, AnEtherTypeIsMistakenAtTheCustomersEnd) {
  const Compiled c(edited("asn: 65001, port",
                          "asn: 65001, mistakes: [{ link: er/primary, ethertype: 0x88a8 }], port"));
  const auto outer = [&](const std::string& interface) {
    return c.topology().trunks.at(c.interface(interface).trunk - 1).outer_tpid;
  };
  EXPECT_EQ(outer("er/primary/private customer"), 0x88a8);
  EXPECT_EQ(outer("er/primary/private MSEE"), 0x8100);
  EXPECT_EQ(outer("er/secondary/private customer"), 0x8100);
}

TEST(Compiler, AGatewayOwnsAnAddressOfItsSubnet) {
  EXPECT_EQ(Compiled(kBaseScenario).route("gw", "10.0.255.4/32"), "local");
}

TEST(Compiler, AFilterStandsTowardLinksAndConnections) {
  const Compiled c(edited("asn: 65001, port", "asn: 65001, stateful: { idle: 30s }, port") + kVpn);
  for (const char* name : {"er/primary/private customer", "er/secondary/private customer", "site"})
    EXPECT_EQ(c.interface(name).flow_age, Duration::s(30)) << name;
  EXPECT_EQ(c.interface("ce/lan").flow_age, Duration());
  EXPECT_EQ(c.interface("er/primary/private MSEE").flow_age, Duration());
}

}  // namespace
}  // namespace erbium::cp
