#include "control/config/decode.h"

#include <gtest/gtest.h>

#include <fstream>

#include "control/config/test_scenario.h"

namespace erbium::cp {
namespace {

Scenario decode(const std::string& text) { return load_text(text, "dir/scenario.yaml"); }

std::string error_of(const std::string& text) {
  try {
    decode(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Decode, ExampleOfTheFormat) {
  const Scenario s = load(ERBIUM_SOURCE_ROOT "/tests/schema/good/contoso-sjc.yaml");
  EXPECT_EQ(s.name, "contoso-sjc");
  EXPECT_EQ(s.seed, 42U);
  ASSERT_EQ(s.ports.size(), 3U);
  EXPECT_EQ(s.ports[0].dev, "0000:3b:00.0");
  const Circuit& c = s.circuits.at(0);
  EXPECT_EQ(c.model, Circuit::Model::direct);
  EXPECT_EQ(c.tier, Circuit::Tier::premium);
  EXPECT_EQ(c.bandwidth, BitRate::gbps(10));
  EXPECT_TRUE(c.rate_limit);
  EXPECT_EQ(c.s_tag, 1001U);
  EXPECT_EQ(c.links[kSecondary]->msee, "msee-b");
  EXPECT_EQ(c.private_peering->vlan, 100U);
  EXPECT_EQ(c.private_peering->ipv6->msee(kSecondary).str(), "fd00:16::6");
  EXPECT_EQ(c.private_peering->md5->name, "ER_MD5");
  EXPECT_EQ(c.microsoft->route_filter->communities.size(), 2U);
  EXPECT_EQ(s.vnets.at(0).subnets.at(1).nsg, "web-only");
  EXPECT_TRUE(s.gateways.at(0).circuits.at(0).fastpath);
  EXPECT_EQ(s.onprem.at(0).links.size(), 2U);
  EXPECT_EQ(s.replay.at(0).loop, 3U);
  EXPECT_EQ(s.replay.at(0).speed.factor, s.replay.at(0).speed.unit);
  EXPECT_EQ(s.replay.at(0).s_tag, 1001U);
  EXPECT_EQ(s.timeline.at(0).link, kPrimary);
  EXPECT_EQ(s.timeline.at(0).lasts, Duration::s(20));
  EXPECT_EQ(s.timeline.at(3).target, "Silicon Valley");
  EXPECT_EQ(s.expect.at(0).name, "onprem-to-app");
  EXPECT_EQ(s.expect.at(0).bounds.at(0), std::pair(std::string("outage"), std::string("<= 1s")));
  EXPECT_EQ(s.expect.at(2).subject, Expectation::Subject::circuit);
  EXPECT_EQ(s.expect.at(2).bounds.size(), 2U);
  EXPECT_EQ(s.outputs.comments, Outputs::Comments::drops);
  EXPECT_EQ(s.outputs.drop_limit, 1'000'000u);
  EXPECT_FALSE(s.outputs.capture_ports.all);
  EXPECT_TRUE(s.outputs.capture_links.all);
}

// The tables hold the defaults; the structs repeat them for whoever builds one by hand.
TEST(Decode, DefaultsOfTablesAndStructsAgree) {
  const Scenario s = decode(kBaseScenario);
  EXPECT_EQ(s.seed, Scenario{}.seed);
  EXPECT_EQ(s.time.max_gap, TimeOptions{}.max_gap);
  EXPECT_EQ(s.time.control_latency, TimeOptions{}.control_latency);
  EXPECT_EQ(s.time.reply_latency, TimeOptions{}.reply_latency);
  EXPECT_EQ(s.time.arp_age, TimeOptions{}.arp_age);
  EXPECT_FALSE(s.time.replay_start);
  EXPECT_EQ(s.backbone.rate, Backbone{}.rate);
  EXPECT_EQ(s.backbone.delay, Backbone{}.delay);
  EXPECT_EQ(s.backbone.queue, Backbone{}.queue);
  EXPECT_EQ(s.outputs.dir, Outputs{}.dir);
  EXPECT_EQ(s.outputs.ends, Outputs{}.ends);
  EXPECT_EQ(s.outputs.comments, Outputs{}.comments);
  const Circuit& c = s.circuits.at(0);
  EXPECT_EQ(c.tier, Circuit{}.tier);
  EXPECT_EQ(c.ethertype_outer, Circuit{}.ethertype_outer);
  EXPECT_EQ(c.ethertype_inner, Circuit{}.ethertype_inner);
  EXPECT_EQ(c.limiter.mode, Limiter{}.mode);
  EXPECT_EQ(c.limiter.count, Limiter{}.count);
  EXPECT_EQ(c.limiter.scope, Limiter{}.scope);
  EXPECT_EQ(c.limiter.queue, Limiter{}.queue);
  EXPECT_EQ(c.limiter.burst.time, Burst{}.time);
  EXPECT_EQ(c.links[kPrimary]->delay_to_azure, CircuitLink{}.delay_to_azure);
  EXPECT_EQ(c.links[kPrimary]->queue, CircuitLink{}.queue);
  EXPECT_EQ(c.links[kPrimary]->mtu, CircuitLink{}.mtu);
  EXPECT_EQ(s.gateways.at(0).asn, Gateway{}.asn);
}

TEST(Decode, ErrorsAreOneLine) {
  try {
    decode(edited("model: provider", "model: \"two\\nlines\\e\""));
    FAIL() << "it is no model";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("two\\x0alines\\x1b"), std::string::npos)
        << error.what();
  }
}

TEST(Decode, RateLimitFollowsTheModel) {
  EXPECT_TRUE(decode(kBaseScenario).circuits[0].rate_limit);
  EXPECT_FALSE(decode(edited("provider", "direct")).circuits[0].rate_limit);
  EXPECT_TRUE(decode(edited("model: provider", "model: direct\n    rate_limit: true"))
                  .circuits[0]
                  .rate_limit);
}

TEST(Decode, LinkRateFollowsTheBandwidth) {
  auto rate = [](const std::string& bandwidth) {
    return decode(edited("1Gbps", bandwidth)).circuits[0].links[kPrimary]->rate;
  };
  EXPECT_EQ(rate("10Gbps"), BitRate::gbps(10));
  EXPECT_EQ(rate("40Gbps"), BitRate::gbps(100));
  EXPECT_EQ(rate("200Gbps"), BitRate::gbps(400));
}

// The worked example of Microsoft Learn, expressroute-routing: 192.168.100.128/29.
TEST(Decode, PairIsCutInTwo) {
  const Scenario s = decode(
      edited("primary: 172.16.0.0/30, secondary: 172.16.0.4/30", "pair: 192.168.100.128/29"));
  const PeeringSubnets& v4 = *s.circuits[0].private_peering->ipv4;
  EXPECT_EQ(v4.subnet[kPrimary].str(), "192.168.100.128/30");
  EXPECT_EQ(v4.subnet[kSecondary].str(), "192.168.100.132/30");
  EXPECT_EQ(v4.customer(kPrimary).str(), "192.168.100.129");
  EXPECT_EQ(v4.msee(kPrimary).str(), "192.168.100.130");
  EXPECT_EQ(v4.customer(kSecondary).str(), "192.168.100.133");
  EXPECT_EQ(v4.msee(kSecondary).str(), "192.168.100.134");
}

TEST(Decode, PathsAreRelativeToTheScenario) {
  const Scenario s = decode(kBaseScenario +
                            "replay:\n  - { name: a, file: ../x.pcap, port: lan }\n"
                            "  - { name: b, file: /abs/y.pcap, port: lan }\n");
  EXPECT_EQ(s.replay[0].file, "x.pcap");
  EXPECT_EQ(s.replay[1].file, "/abs/y.pcap");
}

TEST(Decode, RouterTakesTheLinksWithoutPorts) {
  const Scenario s = decode(edited("{ msee: msee-a }", "{ msee: msee-a, port: wan }",
                                   edited("lan: {}", "lan: {}\n  wan: {}")));
  ASSERT_EQ(s.onprem[0].links.size(), 1U);
  EXPECT_EQ(s.onprem[0].links[0].str(), "er/secondary");
}

TEST(Decode, DelayOnlyImpairmentIsTheLinksDelay) {
  const Scenario s =
      decode(kBaseScenario +
             "impairments:\n  far: { delay: { base: 7ms } }\n  near: { delay: { base: 3ms } }\n"
             "apply:\n  - { profile: far, circuit: er, link: primary, dir: to_azure }\n"
             "  - { profile: near, circuit: er, link: primary, dir: to_onprem }\n");
  EXPECT_EQ(s.circuits[0].links[kPrimary]->delay_to_azure, Duration::ms(7));
  EXPECT_EQ(s.circuits[0].links[kPrimary]->delay_to_onprem, Duration::ms(3));
  EXPECT_EQ(s.circuits[0].links[kSecondary]->delay_to_azure, Duration::ms(1));
  EXPECT_TRUE(not_emulated(s).empty());
}

TEST(Decode, WhatIsBeyondDelayStandsAtTheDirectionsOfLinks) {
  const Scenario s =
      decode(kBaseScenario +
             "impairments:\n  clean: { delay: { base: 2ms } }\n"
             "  far: { delay: { base: 7ms, jitter: 1ms } }\n"
             "apply:\n  - { profile: far, circuit: er, link: primary, dir: to_onprem }\n");
  const CircuitLink& link = *s.circuits[0].links[kPrimary];
  EXPECT_EQ(link.delay_to_azure, Duration::ms(1));
  EXPECT_EQ(link.delay_to_onprem, Duration::ms(7));
  EXPECT_EQ(link.impaired[0], std::nullopt);
  EXPECT_EQ(link.impaired[1], 1U);
  EXPECT_EQ(s.circuits[0].links[kSecondary]->impaired[1], std::nullopt);
  EXPECT_TRUE(not_emulated(s).empty());
}

TEST(Decode, TwoImpairmentsOnOneDirectionAreAnError) {
  EXPECT_NE(error_of(kBaseScenario + "impairments:\n  bad: { corrupt: 1% }\n"
                                     "  worse: { duplicate: 1% }\n"
                                     "apply:\n  - { profile: bad, circuit: er, dir: to_azure }\n"
                                     "  - { profile: worse, circuit: er, link: secondary }\n")
                .find("dir/scenario.yaml:32:5: a link of circuit 'er' has an impairment already"),
            std::string::npos);
}

TEST(Decode, TwoProfilesOnOneDirectionAreAnError) {
  EXPECT_NE(error_of(kBaseScenario + "impairments:\n  far: { delay: { base: 7ms } }\n"
                                     "apply:\n  - { profile: far, circuit: er, link: primary }\n"
                                     "  - { profile: far, circuit: er, dir: to_azure }\n")
                .find("dir/scenario.yaml:31:5: a link of circuit 'er' has a delay already"),
            std::string::npos);
}

TEST(Decode, TargetsAreSplit) {
  const Scenario s = decode(kBaseScenario +
                            "timeline:\n  - { at: 1s, do: link_down, target: er }\n"
                            "  - { at: 2s, do: set_link, target: er/secondary, delay: 5ms }\n"
                            "  - { at: 3s, do: set_bandwidth, target: er, bandwidth: 2Gbps }\n");
  EXPECT_EQ(s.timeline[0].circuit, "er");
  EXPECT_FALSE(s.timeline[0].link);
  EXPECT_EQ(s.timeline[1].link, kSecondary);
  EXPECT_EQ(s.timeline[1].delay, Duration::ms(5));
  EXPECT_EQ(s.timeline[2].bandwidth, BitRate::gbps(2));
  EXPECT_TRUE(not_emulated(s).empty());
}

TEST(Decode, FirstDanglingNameOfTheFileIsReported) {
  EXPECT_EQ(error_of(edited("vnet: hub", "vnet: hup", edited("port: lan, ann", "port: lam, ann"))),
            "dir/scenario.yaml:19:15: there is no vnet 'hup'; write 'hub'");
}

TEST(Decode, BurstInBitsIsExactAndHasAFloor) {
  EXPECT_EQ(Burst{}.bits(BitRate::gbps(1)), 10'000'000U);
  EXPECT_EQ(Burst{}.bits(BitRate::gbps(400)), 4'000'000'000U);
  EXPECT_EQ(Burst{}.bits(BitRate::mbps(1)), Burst::kMinBytes * 8);
  Burst odd;
  odd.time = Duration::ns(1'234'567'891);
  EXPECT_EQ(odd.bits(BitRate::bps(987'654'321'123)), 1'219'326'312'265U);
  Burst bytes;
  bytes.bytes = 30'000;
  EXPECT_EQ(bytes.bits(BitRate::gbps(1)), 240'000U);
}

TEST(Load, SaysWhyAFileCannotBeRead) {
  EXPECT_THROW(load("/nonexistent/scenario.yaml"), ConfigError);
  EXPECT_THROW(load("/"), ConfigError);
}

TEST(NotEmulated, SeparatesRefusalsFromMissingOutputs) {
  const Scenario s = load(ERBIUM_SOURCE_ROOT "/tests/schema/good/contoso-sjc.yaml");
  const std::vector<Diagnostic> all = not_emulated(s);
  size_t refused = 0;
  for (const Diagnostic& d : all) {
    EXPECT_GT(d.mark.line, 0) << d.message;
    refused += d.severity == Severity::error;
  }
  EXPECT_EQ(refused, 12U);
  EXPECT_EQ(all.size(), 20U);
  EXPECT_TRUE(not_emulated(decode(kBaseScenario)).empty());
}

TEST(Decode, RoutesAndWhatTheySay) {
  const Scenario s = load(ERBIUM_SOURCE_ROOT "/tests/schema/good/routes.yaml");
  const Ce& ce = s.onprem.at(0);
  EXPECT_EQ(ce.restart_time, Duration::s(60));
  const Announcement& run = ce.announce.at(0);
  ASSERT_EQ(prefixes(run).size(), 16u);
  EXPECT_EQ(prefixes(run)[15].str(), "192.168.15.0/24");
  EXPECT_EQ(run.marks.med, 5u);
  EXPECT_EQ(run.marks.prepend, 1u);
  EXPECT_EQ(run.marks.communities, (std::vector<uint32_t>{65001u << 16 | 1, 65535}));
  EXPECT_EQ(ce.announce.at(1).peering, PeeringKind::microsoft);
  EXPECT_EQ(ce.announce.at(1).marks.large_communities,
            (std::vector<bgp::LargeCommunity>{{65001, 0, 4294967295u}}));
  EXPECT_EQ(ce.announce.at(2).limit, 3u);
  EXPECT_TRUE(prefixes(ce.announce.at(2)).empty()) << "until the file has been read";
  const Circuit& circuit = s.circuits.at(0);
  EXPECT_EQ(circuit.private_peering->max_prefixes->retry_after, Duration::s(30));
  EXPECT_EQ(s.vnets.at(0).region, "West Europe");
  EXPECT_EQ(s.vnets.at(0).community, 12076u << 16 | 20001);
  EXPECT_EQ(s.microsoft_edges.at(0).asn, 8075u);
  EXPECT_EQ(s.microsoft_edges.at(0).prefixes.at(0).count, 4u);
  EXPECT_EQ(s.timeline.at(0).routes.marks.prepend, 3u);
  EXPECT_EQ(s.timeline.at(3).verb, TimelineEvent::Verb::ce_restart);
}

// On a Microsoft peering the advertised prefixes, unless something is announced for it.
TEST(Decode, AnnouncedOnALinkAndPeering) {
  Scenario s = load(ERBIUM_SOURCE_ROOT "/tests/schema/good/routes.yaml");
  s.onprem[0].announce[2].routes.resize(1);
  s.onprem[0].announce[2].routes[0].prefix = *net::Prefix::parse("3.0.0.0/8");
  const auto announced = [&](size_t link, bool microsoft) {
    const Circuit& circuit = s.circuits[0];
    std::vector<std::string> out;
    each_announced(s.onprem[0], circuit, link,
                   microsoft ? *circuit.microsoft : *circuit.private_peering,
                   [&](const net::Prefix& prefix, const RouteMarks&, const auto* file) {
                     out.push_back(prefix.str() + (file ? " of a file" : ""));
                   });
    return out;
  };
  EXPECT_EQ(announced(kPrimary, false).size(), 17u);
  EXPECT_EQ(announced(kPrimary, false).back(), "3.0.0.0/8 of a file");
  EXPECT_EQ(announced(kSecondary, false).size(), 16u);
  EXPECT_EQ(announced(kPrimary, true), std::vector<std::string>{"198.51.100.0/25"});
  s.onprem[0].announce.erase(s.onprem[0].announce.begin() + 1);
  EXPECT_EQ(announced(kPrimary, true), std::vector<std::string>{"198.51.100.0/24"});
}

}  // namespace
}  // namespace erbium::cp
