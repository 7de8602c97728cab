// The scenario that is written for captures without one is a good scenario.
#include "control/scenario/inferred.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/config/decode.h"
#include "control/config/rules.h"

namespace erbium::cp {
namespace {

using ::testing::HasSubstr;

CaptureSummary talk(const char* client, const char* server) {
  CaptureSummary out;
  const net::Ip a = *net::Ip::parse(client), b = *net::Ip::parse(server);
  Conversation one{.a = std::min(a, b), .b = std::max(a, b), .packets = 4};
  (a < b ? one.a_opened : one.b_opened) = 1;
  out.conversations = {one};
  out.packets = out.ip = 4;
  return out;
}

InferredInput input() {
  return {.name = "mine", .files = {"../my \"own\".pcap"}, .directory = "out/mine"};
}

Scenario accepted(const CaptureSummary& summary, const InferredInput& in) {
  const auto out = infer_scenario(summary, in);
  EXPECT_TRUE(out.has_value());
  Scenario scenario = load_text(out->text, "out/mine/scenario.yaml");
  for (const Diagnostic& d : check(scenario)) ADD_FAILURE() << d.message << "\n" << out->text;
  for (const Diagnostic& d : not_emulated(scenario)) ADD_FAILURE() << d.message;
  return scenario;
}

TEST(InferredScenario, IsAcceptedWithoutAWarning) {
  const Scenario scenario = accepted(talk("192.168.1.5", "10.0.1.4"), input());
  EXPECT_EQ(scenario.name, "mine");
  EXPECT_EQ(scenario.replay.front().file, "out/my \"own\".pcap");
  EXPECT_EQ(scenario.replay.front().port, "branch");
  EXPECT_EQ(scenario.replay.front().split->port, "cloud");
  EXPECT_EQ(scenario.replay.front().split->azure.front().str(), "10.0.1.0/24");
  EXPECT_EQ(scenario.circuits.front().bandwidth, BitRate::gbps(1));
  EXPECT_EQ(scenario.control.routes, ControlOptions::Routes::fixed);
}

TEST(InferredScenario, CapturesWithoutConversationsGetDefaults) {
  const auto out = infer_scenario({.packets = 3, .arp = 3}, input());
  EXPECT_THAT(out->assumed[0], HasSubstr("by default"));
  EXPECT_THAT(out->assumed[2], HasSubstr("3 ARP"));
  accepted({.packets = 3, .arp = 3}, input());
}

TEST(InferredScenario, ItsOwnNetworksKeepClearOfTheCaptures) {
  accepted(talk("192.0.2.5", "10.255.255.4"), input());
  accepted(talk("fd00:16::5", "fd10::4"), input());
  accepted(talk("198.51.100.1", "192.0.2.1"), input());
}

TEST(InferredScenario, CarriesTheCapturesPeak) {
  CaptureSummary fast = talk("192.168.1.5", "10.0.1.4");
  fast.peak_bps = 1'200'000'000;
  EXPECT_EQ(accepted(fast, input()).circuits.front().bandwidth, BitRate::gbps(2));
  InferredInput asked = input();
  asked.rate = BitRate::gbps(7);
  EXPECT_EQ(accepted(fast, asked).circuits.front().bandwidth, BitRate::gbps(10));
  fast.peak_bps = 40'000'000'000;
  EXPECT_THAT(infer_scenario(fast, input())->assumed[1], HasSubstr("the largest of a provider"));
}

TEST(InferredScenario, SuperFramesAreCutUnlessHostsAgreeOnLongOnes) {
  CaptureSummary summary = talk("192.168.1.5", "10.0.1.4");
  EXPECT_EQ(accepted(summary, input()).replay.front().gso, ReplayInput::Gso::drop);
  summary.super_frames = 2;
  summary.largest_mss = 1460;
  EXPECT_EQ(accepted(summary, input()).replay.front().gso, ReplayInput::Gso::resegment);
  summary.largest_mss = 8960;
  EXPECT_EQ(accepted(summary, input()).replay.front().gso, ReplayInput::Gso::keep);
  InferredInput asked = input();
  asked.keys = {{"gso", "drop"}, {"loop", "3"}, {"filter", "'host 10.0.1.4'"}};
  const Scenario scenario = accepted(summary, asked);
  EXPECT_EQ(scenario.replay.front().gso, ReplayInput::Gso::drop);
  EXPECT_EQ(scenario.replay.front().loop, 3u);
  EXPECT_EQ(scenario.replay.front().filter, "host 10.0.1.4");
}

TEST(InferredScenario, GivenPrefixesMustLeaveRoom) {
  InferredInput all = input();
  all.given.azure = {*net::Prefix::parse("0.0.0.0/0")};
  EXPECT_THAT(infer_scenario({}, all).error(), HasSubstr("leave no addresses"));
  InferredInput both = input();
  both.given = {{*net::Prefix::parse("0.0.0.0/0")}, {*net::Prefix::parse("10.0.0.0/8")}};
  accepted(talk("203.0.113.9", "10.0.1.4"), both);
}

// A server that the whole Internet asks: what was found for Azure is everywhere.
TEST(InferredScenario, HostsEverywhereLeaveRoom) {
  for (const char* server : {"10.9.8.7", "203.0.113.200"}) {
    CaptureSummary summary;
    for (uint32_t net = 1; net < 224; net++) {
      if (net == 10 || net == 127) continue;
      for (const uint32_t host : {0x010101u, 0xf0f0f0u}) {
        const CaptureSummary one = talk((std::to_string(net) + ".0.0.0").c_str(), server);
        Conversation conversation = one.conversations.front();
        net::Ip& client =
            conversation.a == *net::Ip::parse(server) ? conversation.b : conversation.a;
        client = net::Ip::v4(net << 24 | host);
        if (conversation.b < conversation.a) {
          std::swap(conversation.a, conversation.b);
          std::swap(conversation.a_opened, conversation.b_opened);
        }
        summary.conversations.push_back(conversation);
        summary.packets += one.packets;
      }
    }
    std::sort(summary.conversations.begin(), summary.conversations.end(),
              [](const Conversation& x, const Conversation& y) {
                return std::pair(x.a, x.b) < std::pair(y.a, y.b);
              });
    const Scenario scenario = accepted(summary, input());
    EXPECT_EQ(infer_scenario(summary, input())
                  ->assumed[2]
                  .find(std::to_string(summary.packets) + " of " + std::to_string(summary.packets)),
              0u);
  }
}

}  // namespace
}  // namespace erbium::cp
