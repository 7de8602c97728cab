#include "control/config/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "control/config/decode.h"
#include "control/config/schema.h"
#include "control/config/test_scenario.h"

namespace erbium::cp {
namespace {

std::vector<Diagnostic> check_text(const std::string& text) {
  return check(load_text(text, "scenario.yaml"));
}

// "rule severity" of each finding, with " @" when it points at a place that the text marks with @@.
std::vector<std::string> findings(std::string text) {
  std::set<std::pair<int, int>> marked;
  for (size_t at = text.find("@@"); at != std::string::npos; at = text.find("@@")) {
    text.erase(at, 2);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<int64_t>(at), '\n');
    const size_t start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    marked.emplace(static_cast<int>(line), static_cast<int>(at - start) + 1);
  }
  std::vector<std::string> out;
  for (const Diagnostic& d : check_text(text))
    out.push_back(d.rule + (d.severity == Severity::error ? " error" : " warning") +
                  (marked.contains({d.mark.line, d.mark.column}) ? " @" : ""));
  return out;
}

using Found = std::vector<std::string>;

TEST(Rules, BaseScenarioIsClean) { EXPECT_EQ(findings(kBaseScenario), Found{}); }

TEST(Rules, ExampleOfTheFormatHasNoErrors) {
  for (const Diagnostic& d : check(load(ERBIUM_SOURCE_ROOT "/tests/schema/good/contoso-sjc.yaml")))
    EXPECT_EQ(d.severity, Severity::warning) << d.message;
}

TEST(Rules, EveryRuleHasAnIdASummaryAndASource) {
  std::set<std::string> ids;
  for (const RuleInfo& rule : rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_FALSE(rule.summary.empty()) << rule.id;
    EXPECT_FALSE(rule.source.empty()) << rule.id;
  }
}

// tests/schema/rules holds a file for each error; this one holds the coverage of the list.
TEST(Rules, EveryErrorRuleRefusesAFileOfTheCorpus) {
  std::set<std::string> seen{"md5-key",
                             "bfd-interval",
                             "gateway-circuits",
                             "circuit-connections",
                             "gateway-subnet-filters",
                             "gateway-asn",
                             "vnet-peering",
                             "office-premium",
                             "ce-policy",
                             "announce-once"};  // below
  for (const auto& file :
       std::filesystem::directory_iterator(ERBIUM_SOURCE_ROOT "/tests/schema/rules")) {
    try {
      for (const Diagnostic& d : check(load(file.path().string())))
        if (d.severity == Severity::error) seen.insert(d.rule);
    } catch (const ConfigError&) {
      continue;  // a dangling reference
    }
  }
  for (const RuleInfo& rule : rules())
    if (rule.severity == Severity::error) {
      EXPECT_TRUE(seen.contains(rule.id)) << rule.id;
    }
}

std::string with_md5(const std::string& secret) {
  return edited("        vlan: 100", "        vlan: 100\n        md5: @@" + secret);
}

TEST(Rules, Md5KeyIsCheckedWhereItCanBeRead) {
  const std::string text = with_md5("{ env: ERBIUM_TEST_MD5 }");
  unsetenv("ERBIUM_TEST_MD5");
  EXPECT_EQ(findings(text), Found{});
  setenv("ERBIUM_TEST_MD5", "abcdefghijklmnopqrstuvwxy", 1);
  EXPECT_EQ(findings(text), Found{});
  setenv("ERBIUM_TEST_MD5", "abcdefghijklmnopqrstuvwxyz", 1);
  EXPECT_EQ(findings(text), Found{"md5-key error @"});
  setenv("ERBIUM_TEST_MD5", "pass-word", 1);
  EXPECT_EQ(findings(text), Found{"md5-key error @"});
  EXPECT_EQ(check_text(edited("@@", "", text))[0].message.find("pass-word"), std::string::npos);
  unsetenv("ERBIUM_TEST_MD5");
}

TEST(Rules, Md5KeyIsReadFromAFile) {
  const std::string path = testing::TempDir() + "erbium_md5_key";
  std::ofstream(path) << "with space\n";
  EXPECT_EQ(findings(with_md5("{ file: " + path + " }")), Found{"md5-key error @"});
  std::filesystem::remove(path);
  EXPECT_EQ(findings(with_md5("{ file: " + path + " }")), Found{});
}

std::string with_bfd(const std::string& tx) {
  return edited("        vlan: 100", "        vlan: 100\n        bfd: @@{ tx: " + tx + " }");
}

TEST(Rules, BfdIntervals) {
  EXPECT_EQ(findings(with_bfd("300ms")), Found{});
  EXPECT_EQ(findings(with_bfd("100ms")), Found{"bfd-interval warning @"});
  EXPECT_EQ(findings(with_bfd("0ms")), Found{"bfd-interval error @"});
}

TEST(Rules, GatewayTakesACircuitOnce) {
  EXPECT_EQ(findings(edited("{ id: er }", "{ id: er }, { id: @@er }")),
            Found{"gateway-circuits error @"});
}

TEST(Rules, GatewayNeedsAPrivatePeering) {
  const std::string text =
      edited("      private:", "      microsoft:",
             edited("{ primary: 172.16.0.0/30, secondary: 172.16.0.4/30 }",
                    "{ pair: 203.0.113.0/29 }\n        advertised_prefixes: [198.51.100.0/24]\n"
                    "        route_filter: { communities: [\"12076:51004\"] }",
                    edited("id: er", "id: @@er")));
  const Found found = findings(text);
  EXPECT_NE(std::find(found.begin(), found.end(), "gateway-circuits error @"), found.end());
}

TEST(Rules, GatewaySubnetTakesNoFilters) {
  EXPECT_EQ(findings(edited("10.0.255.0/27 }", "10.0.255.0/27, nsg: @@web, routes: @@rt }") +
                     "nsgs: { web: [] }\nroute_tables:\n  rt:\n    bgp_propagation: false\n"
                     "    routes: [{ prefix: 0.0.0.0/0, next_hop: { type: internet } }]\n"),
            (Found{"gateway-subnet-filters error @", "gateway-subnet-filters error @",
                   "gateway-subnet-filters error @"}));
}

TEST(Rules, OneGatewayForANetwork) {
  EXPECT_EQ(findings(edited("vnets:", "  gw2: { vnet: @@hub, circuits: [{ id: er }] }\nvnets:")),
            Found{"gateway-asn error @"});
  EXPECT_EQ(findings(edited("{ vnet: hub,", "{ vnet: hub, asn: @@65100,")),
            Found{"gateway-asn warning @"});
}

TEST(Rules, NetworkIsNotPeeredWithItself) {
  EXPECT_EQ(findings(edited("    port: cloud", "    port: cloud\n    peerings: [{ to: @@hub }]")),
            Found{"vnet-peering error @"});
}

TEST(Rules, OfficeNeedsPremium) {
  const std::string text = edited("    peerings:",
                                  "    peerings:\n      microsoft: { vlan: 200, peer_asn: @@65001, "
                                  "ipv4: { pair: 203.0.113.0/29 "
                                  "}, "
                                  "advertised_prefixes: [198.51.100.0/24], route_filter: @@{ "
                                  "communities: [\"12076:5010\"] } }");
  EXPECT_EQ(findings(text), (Found{"office-premium error @", "microsoft-asn warning @"}));
  EXPECT_EQ(findings(edited("    links:", "    sku: { tier: premium }\n    links:", text)),
            Found{"microsoft-asn warning @"});
}

TEST(Rules, PolicyNamesTheRoutersOwnLinks) {
  const std::string text = edited(
      "port: lan,", "port: lan, links: [er/primary], local_preference: { @@er/secondary: 50 },",
      edited("{ msee: msee-b }", "{ msee: msee-b, port: wan }",
             edited("lan: {}", "lan: {}\n  wan: {}")));
  const Found found = findings(text);
  EXPECT_NE(std::find(found.begin(), found.end(), "ce-policy error @"), found.end());
}

TEST(Rules, PrefixIsAnnouncedOnceOnALink) {
  EXPECT_EQ(findings(edited("{ prefix: 192.168.0.0/16 }",
                            "{ prefix: 192.168.0.0/16, links: [er/primary] }, "
                            "{ prefix: 192.168.0.0/16, links: [er/secondary], prepend: 2 }")),
            Found{});
  EXPECT_EQ(findings(edited("{ prefix: 192.168.0.0/16 }",
                            "{ prefix: 192.168.0.0/16 }, @@{ prefix: 192.168.0.0/16 }")),
            Found{"announce-once error @"});
}

TEST(Rules, CircuitConnectionsAreCounted) {
  std::string gateways, vnets;
  for (int i = 0; i < 10; i++) {
    const std::string n = std::to_string(i);
    gateways += "  g" + n + ": { vnet: v" + n + ", circuits: [{ id: " + (i == 9 ? "@@er" : "er") +
                " }] }\n";
    vnets += "  v" + n + ": { prefixes: [10.10" + n +
             ".0.0/16], subnets: { GatewaySubnet: { prefix: "
             "10.10" +
             n + ".0.0/27 } } }\n";
  }
  EXPECT_EQ(findings(edited("vnets:\n", gateways + "vnets:\n" + vnets)),
            Found{"circuit-connections error @"});
}

TEST(Rules, OneLinkIsAWarning) {
  EXPECT_EQ(findings(edited("er:\n", "@@er:\n", edited("      secondary: { msee: msee-b }\n", ""))),
            Found{"two-links warning @"});
}

// In the order of time; what is undone counts for nothing.
TEST(Rules, CircuitsAreNotDowngraded) {
  const auto changed = [](const std::string& events) {
    return findings(kBaseScenario + "timeline:\n" + events);
  };
  const std::string to_5 = "  - { at: 1s, do: set_bandwidth, target: er, bandwidth: 5Gbps }\n";
  EXPECT_EQ(changed(to_5), Found{});
  const std::string to_2 = "{ at: 2s, do: set_bandwidth, target: er, bandwidth: 2Gbps }\n";
  EXPECT_EQ(changed(to_5 + "  - @@" + to_2), Found{"bandwidth-change warning @"});
  EXPECT_EQ(changed("  - @@" + to_2 + to_5), Found{"bandwidth-change warning @"});
  EXPECT_EQ(
      changed("  - { at: 1s, do: set_bandwidth, target: er, bandwidth: 5Gbps, for: 500ms }\n  - " +
              to_2),
      Found{});
}

TEST(Rules, GatewaySubnetSizes) {
  EXPECT_EQ(findings(edited("10.0.255.0/27", "10.0.255.0/26")), Found{});
  EXPECT_EQ(findings(edited("10.0.255.0/27", "@@10.0.255.0/28")),
            Found{"gateway-subnet-size warning @"});
  EXPECT_EQ(findings(edited("10.0.255.0/27", "@@10.0.255.0/29")),
            Found{"gateway-subnet-size warning @"});
}

TEST(Rules, UnrelatedCircuitsMayReuseSubnets) {
  const std::string second = R"(  other:
    model: provider
    bandwidth: 1Gbps
    links: { primary: { msee: msee-c }, secondary: { msee: msee-d } }
    peerings: { private: { vlan: 100, peer_asn: 65001, ipv4: { pair: 172.16.0.0/29 } } }
)";
  const std::string text =
      edited("gateways:", second + "gateways:",
             edited("port: lan,", "port: lan, links: [er/primary, er/secondary],"));
  EXPECT_EQ(findings(text + "  ce2: { asn: 65001, links: [other/primary, other/secondary] }\n"),
            Found{});
  const std::string shared = edited("er/secondary],", "er/secondary, other/primary],", text);
  EXPECT_EQ(findings(shared + "  ce2: { asn: 65001, links: [other/secondary] }\n").size(), 2U);
}

const std::string kMarkedAnnouncement = edited("[{ prefix", "[@@{ prefix");

TEST(Rules, AnnouncementsOverVnetsAndPeeringSubnetsAreWarnings) {
  EXPECT_EQ(findings(edited("192.168.0.0/16", "10.0.3.0/24", kMarkedAnnouncement)),
            Found{"vnet-onprem-overlap warning @"});
  EXPECT_EQ(findings(edited("192.168.0.0/16", "10.0.0.0/8")), Found{});
  EXPECT_EQ(findings(edited("192.168.0.0/16", "172.16.0.0/12", kMarkedAnnouncement)),
            Found{"peering-onprem-overlap warning @"});
  EXPECT_EQ(findings(edited("192.168.0.0/16", "0.0.0.0/0")), Found{});
}

TEST(Rules, LoweringTheBandwidthIsAWarning) {
  EXPECT_EQ(
      findings(kBaseScenario +
               "timeline:\n  - @@{ at: 1s, do: set_bandwidth, target: er, bandwidth: 500Mbps }\n"),
      Found{"bandwidth-change warning @"});
}

TEST(Rules, AnInstanceIsMissedWhereTheGatewayIsLimited) {
  const std::string down = "timeline:\n  - { at: 1s, do: gateway_instance_down, target: @@gw }\n";
  EXPECT_EQ(findings(kBaseScenario + down), Found{"gateway-instances error @"});
  const std::string limited = edited("gw: { vnet", "gw: { sku: ErGw1AZ, vnet");
  EXPECT_EQ(
      findings(limited + "timeline:\n  - { at: 1s, do: gateway_instance_down, target: gw }\n"),
      Found{});
  EXPECT_EQ(findings(limited +
                     "timeline:\n  - @@{ at: 2s, do: gateway_instance_down, target: gw, for: 1s }\n"
                     "  - { at: 1s, do: gateway_instance_down, target: gw }\n"),
            Found{"gateway-instances error @"})
      << "one is down for good";
}

TEST(Reference, DocumentInTheRepositoryIsCurrent) {
  std::ifstream file(ERBIUM_SOURCE_ROOT "/docs/config.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), config_reference()) << "erbium schema --reference > docs/config.md";
}

const std::string kMicrosoft = edited(
    "secondary: 172.16.0.4/30 }",
    "secondary: 172.16.0.4/30 }\n      microsoft:\n        vlan: 200\n        peer_asn: 65001\n"
    "        ipv4: { primary: 203.0.113.0/30, secondary: 203.0.113.4/30 }\n"
    "        advertised_prefixes: [198.51.100.0/24]\n"
    "        route_filter: @@{ communities: [\"12076:52002\"] }");
const std::string kPrivateAsn = "microsoft-asn warning";

TEST(Rules, PrefixLimitsCountRunsByLinkAndPeering) {
  const auto announcing = [](const std::string& list, const std::string& text = kBaseScenario) {
    return findings(edited("{ prefix: 192.168.0.0/16 }", list, text));
  };
  EXPECT_EQ(announcing("{ prefix: 100.64.0.0/24, count: 4000 }"), Found{});
  EXPECT_EQ(announcing("{ prefix: 100.64.0.0/24, count: 4001 }"), Found{"prefix-limit warning"});
  EXPECT_EQ(announcing("{ prefix: \"fd01::/48\", count: 101 }"), Found{"prefix-limit warning"});
  EXPECT_EQ(announcing("{ prefix: 100.64.0.0/24, count: 3000, links: [er/primary] }, "
                       "{ prefix: 100.127.0.0/28, count: 3000, links: [er/secondary] }"),
            Found{});
  EXPECT_EQ(announcing("{ prefix: 198.51.100.0/32, count: 201, peering: microsoft }",
                       edited("@@", "", kMicrosoft)),
            (Found{kPrivateAsn, "prefix-limit warning"}));
}

TEST(Rules, MicrosoftPeeringAndWhatItRefuses) {
  EXPECT_EQ(findings(kMicrosoft), Found{kPrivateAsn});
  EXPECT_EQ(findings(edited("12076:52002", "12076:52099", kMicrosoft)),
            (Found{kPrivateAsn, "community-known warning @"}));
  const std::string clean = edited("@@", "", kMicrosoft);
  const auto announcing = [&](const std::string& prefix) {
    return findings(edited("{ prefix: 192.168.0.0/16 }",
                           "@@{ prefix: " + prefix + ", peering: microsoft }", clean));
  };
  EXPECT_EQ(announcing("198.51.100.128/25"), Found{kPrivateAsn});
  for (const char* outside : {"192.168.0.0/16", "0.0.0.0/0", "198.51.100.0/23"})
    EXPECT_EQ(announcing(outside)[1], "microsoft-announced warning @") << outside;
}

TEST(Rules, AnEdgeWithoutMicrosoftPeeringLeadsNowhere) {
  const std::string edge = "microsoft_edges:\n  @@ms: { prefixes: [] }\n";
  EXPECT_EQ(findings(kBaseScenario + edge), Found{"microsoft-edge warning @"});
  EXPECT_EQ(findings(edited("@@", "", kMicrosoft) + edge), Found{kPrivateAsn});
}

TEST(Rules, ACustomCommunityWantsARegion) {
  const auto with = [](const std::string& more) {
    return findings(edited("port: cloud\nonprem", "port: cloud\n" + more + "\nonprem"));
  };
  EXPECT_EQ(with("    community: @@\"12076:20001\""), Found{"vnet-community warning @"});
  EXPECT_EQ(with("    community: \"12076:20001\"\n    region: West US 3"), Found{});
  EXPECT_EQ(with("    community: @@\"12076:50000\""), Found{"vnet-community error @"});
}

}  // namespace
}  // namespace erbium::cp
