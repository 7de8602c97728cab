// What must never show in the output: the size of bursts, the length of windows and how many
// packets enter in one. Random frames, valid and garbage, go through CE, MSEEs and gateway as the
// compiler builds them, over a timeline of failures, changes and impairments; what is long is cut
// into fragments, and ICMP says what it may. Everything that comes out of ports and links, with its
// time and id, and every counter must be equal between all ways to cut the run. Every run's ledgers
// must balance.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <regex>
#include <sstream>

#include "common/pcapng/writer.h"
#include "control/config/decode.h"
#include "control/expressroute/compiler.h"
#include "control/report/failover_table.h"
#include "control/report/summary.h"
#include "control/scenario/probes.h"
#include "dataplane/core/test_packets.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/fates.h"
#include "dataplane/driver/replay.h"
#include "dataplane/driver/trace.h"
#include "tests/busy_network.h"

namespace erbium {
namespace {

using dp::test::Bytes;
using dp::test::Frame;
using dp::test::frame;

const std::string kTimeline = R"(timeline:
  - { at: 2ms, do: impair, target: er/primary, profile: wavy, for: 9ms }
  - { at: 3ms, do: link_down, target: er/primary, for: 2500us }
  - { at: 5ms, do: set_link, target: er/secondary, dir: to_azure, delay: 20us }
  - { at: 6ms, do: set_bandwidth, target: er, bandwidth: 50Mbps }
  - { at: 8ms, do: set_bandwidth, target: er, bandwidth: 200Mbps }
  - { at: 9ms, do: link_down, target: er/secondary, dir: to_onprem, for: 1ms }
  - { at: 10ms, do: set_link, target: er/primary, rate: 100Mbps, for: 3ms }
  - { at: 11ms, do: arp_mute, target: er, for: 2ms }
  - { at: 12ms, do: wrong_vlan, target: er/secondary, vlan: 101, for: 1ms }
icmp: { rate: 5000, burst: 20 }
)";

std::string scenario_text(const std::string& limiter) {
  return test::busy_network(limiter) + kTimeline;
}

// Frames for any port: IP of both families towards what is there and what is not, ARP and ND of
// every kind, and garbage; some are cut, some bytes flipped.
class RandomFrames {
 public:
  explicit RandomFrames(uint64_t seed) : random_(seed) {}

  Bytes next() {
    Frame f = frame();
    const auto source_port = static_cast<uint16_t>(random_() % 9);
    switch (random_() % 12) {
      case 0:
        f.raw(Bytes(random_() % 100)).type(static_cast<uint16_t>(random_()));
        break;
      case 1:
        f.arp(static_cast<uint16_t>(1 + random_() % 2), dp::test::kPeerMac, pick(kV4), {},
              pick(kV4));
        break;
      case 2:
        f.ip6(pick(kV6), pick(kV6))
            .ttl(255)
            .icmp6(dp::test::neighbor_message(static_cast<uint8_t>(135 + random_() % 2), 0,
                                              pick(kV6), dp::test::kPeerMac));
        break;
      case 3:
      case 4:
        f.ip6(pick(kV6), pick(kV6));
        break;
      case 5:
      case 6:  // two flows, whose packets overtake each other where their paths change
        f.ip4(kV4[source_port % 2 * 2], kV4[(source_port + 1) % 2 * 2]);
        return f.ports(9, 80).data(random_() % 400).bytes();
      default:
        // Nobody ever answers for the second.
        f.ip4(pick(kV4), random_() % 16 != 0 ? pick(kV4) : "10.0.200.1");
    }
    if (random_() % 8 == 0) f.ttl(static_cast<uint8_t>(random_() % 3));
    if (random_() % 16 == 0) f.to(net::Mac::broadcast());
    f.ports(source_port, 80).data(random_() % 1460);
    Bytes out = f.bytes();
    if (random_() % 20 == 0) out.resize(random_() % out.size());
    if (random_() % 20 == 0 && !out.empty()) out[random_() % out.size()]++;
    return out;
  }
  uint64_t operator()() { return random_(); }

 private:
  static constexpr const char* kV4[] = {"192.168.0.9", "192.168.7.7", "10.0.1.5",   "10.0.1.6",
                                        "10.0.9.9",    "172.16.0.1",  "172.16.0.6", "8.8.8.8",
                                        "192.169.1.1", "172.17.0.1",  "10.0.1.1",   "127.0.0.1"};
  static constexpr const char* kV6[] = {"fd00:a::9",  "fd00:b::5", "fd00:b::6", "fd00:16::1",
                                        "fd00:16::2", "fe80::1",   "ff02::1",   "fd00:b::1"};
  template <size_t N>
  const char* pick(const char* const (&from)[N]) {
    return from[random_() % N];
  }
  std::mt19937_64 random_;
};

struct Cut {  // of a run
  unsigned burst = 32;
  unsigned lookahead_divisor = 1;
  unsigned window_packets = 512;
};

class Invariance : public ::testing::Test {
 protected:
  Invariance() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~Invariance() override { std::filesystem::remove_all(directory_); }

  // A capture of 14 ms of random frames, with many at one moment.
  std::string capture(const std::string& name, uint64_t seed, size_t packets) {
    const std::string path = directory_ + "/" + name + ".pcapng";
    pcapng::Writer writer(path);
    writer.add_interface({.name = name});
    RandomFrames frames(seed);
    uint64_t now = 1'600'000'000'000'000'000;
    for (size_t i = 0; i < packets; i++) {
      if (frames() % 3 != 0) now += frames() % (2 * 14'000'000 / packets);
      const Bytes bytes = frames.next();
      const auto missing = static_cast<uint32_t>(frames() % 10 == 0 ? frames() % 500 : 0);
      writer.packet(
          {.timestamp_ns = now, .original_length = static_cast<uint32_t>(bytes.size()) + missing},
          std::as_bytes(std::span(bytes)));
    }
    writer.finish();
    return path;
  }

  using MakeWatch = std::function<dp::Watch*(dp::Network&)>;

  // Runs the scenario with these captures, one a port; what came out, by name of file.
  std::map<std::string, std::string> run(const cp::Scenario& scenario,
                                         const std::vector<std::string>& captures, const Cut& cut,
                                         const MakeWatch& watch = {}) {
    dp::test::start_eal();
    cp::Compiler compiler(scenario, {});
    cp::Timeline timeline(scenario, compiler);
    const cp::Topology& topology = compiler.topology();
    std::vector<dp::InputConfig> inputs;
    for (uint32_t i = 0; i < captures.size(); i++) {
      const cp::PortAttachment& at = topology.ports[i];
      inputs.push_back({.name = "in",
                        .path = captures[i],
                        .port = i + 1,
                        .fit = {.router_mac = at.router_mac,
                                .outer_tpid = at.outer_tpid,
                                .inner_tpid = at.inner_tpid,
                                .outer_vid = at.outer_vid,
                                .inner_vid = at.inner_vid}});
    }
    const std::string out = directory_ + "/out";
    std::filesystem::remove_all(out);
    dp::CaptureConfig files{
        .directory = out, .arrivals = true, .drops = 1'000'000, .comments = true};
    for (const cp::Port& port : scenario.ports) files.ports.push_back(port.name);
    for (const cp::LinkInfo& link : topology.links) files.links.push_back(link.name);

    dp::PacketPool pool(size_t{256} << 20);
    {
      dp::Input input(inputs, Duration::s(10));
      dp::Network network(pool, {}, {.max_burst = cut.burst});
      dp::Agent agent(network);
      test::TimelineControl control(timeline, agent, compiler.initial());
      EXPECT_TRUE(agent.handle(cp::measured_flows(scenario)).has_value());
      dp::Replay replay(network, control, input,
                        {.replay_start = Duration::ms(2),
                         .lookahead_divisor = cut.lookahead_divisor,
                         .window_packets = cut.window_packets,
                         .captures = files,
                         .watch = watch ? watch(network) : nullptr});
      replay.run(false, [](unsigned, uint64_t) {});
      RunStats stats = dp::collect(network, replay.refused());
      EXPECT_EQ(cp::unbalanced(stats), "");
      EXPECT_EQ(network.inside(), 0u);
      replay.close(stats, "");
      stats.flows = replay.take_flows();
      cp::Report report{.duration_ns = stats.virtual_time_ns, .bin_ns = 1'000'000};
      for (const RunEvent& event : timeline.events())
        if (event.what != "routes") report.events.push_back({event.at_ns, event.what, event.text});
      cp::measure_streams(report, stats, [](auto&, auto&) { return cp::Promise{}; });
      auto results = files_in(out);
      stats.wall = {};
      results["counters"] = cp::counters_json(stats);
      results["summary"] = cp::summary_json(stats, 0);
      results["flows"] = cp::failover_json(report).dump(1);
      return results;
    }
  }

  // Every packet is followed: nothing that comes out shows it, and what is told of a packet is what
  // became of it.
  void expect_told(const std::string& mode, uint64_t seed, const Cut& cut) {
    const cp::Scenario scenario = cp::load_text(scenario_text(mode), "property.yaml");
    const std::vector<std::string> captures = {capture("lan", seed, 3000),
                                               capture("cloud", seed + 1, 3000),
                                               capture("off", seed + 2, 800)};
    std::optional<dp::Fates> fates;
    const auto expected =
        run(scenario, captures, {}, [&](dp::Network& network) { return &fates.emplace(network); });
    std::optional<dp::Trace> trace;
    const auto got = run(scenario, captures, cut, [&](dp::Network& network) {
      const auto all = [](uint64_t, std::span<const uint8_t>) { return true; };
      network.follow(&trace.emplace(network, all, nullptr));
      return &*trace;
    });
    for (const auto& [name, bytes] : expected) EXPECT_TRUE(got.at(name) == bytes) << name;
    const RunFates found = fates->take();
    std::map<uint64_t, Journey> journeys;
    for (Journey& journey : trace->take()) journeys.emplace(journey.id, std::move(journey));
    ASSERT_EQ(found.packets.size(), 6800u);
    EXPECT_GT(journeys.size(), found.packets.size()) << "routers make packets too";
    std::map<std::string, size_t> places;
    size_t copies = 0;
    for (const PacketRecord& packet : found.packets) {
      const Journey& journey = journeys.at(packet.id);
      const JourneyEnd& end = decisive(journey);
      const std::string stage = end.stage.empty() ? "" : ", stage " + end.stage;
      const std::string place = end.reason.empty() ? end.where : end.reason + ": " + end.where;
      EXPECT_EQ(end.fate, packet.fate) << packet.id;
      EXPECT_EQ(place + stage, found.places[packet.place]) << packet.id;
      EXPECT_EQ(end.at_ns, packet.ended_ns) << packet.id;
      EXPECT_EQ(journey.from_ns, packet.entered_ns) << packet.id;
      for (const JourneyEnd& each : journey.ends) expect_last_step(journey, each);
      places[found.places[packet.place]]++;
      copies += journey.ends.size() - 1;
      if (HasFailure()) return;
    }
    EXPECT_GT(places.size(), 30u);
    EXPECT_GT(copies, 20u);
    size_t held = 0;
    for (const auto& [id, journey] : journeys)
      for (const JourneyHop& hop : journey.hops)
        for (const JourneyStep& step : hop.steps) held += step.verdict == "held";
    EXPECT_GT(held, 20u);
  }

  // Of the ends of a packet and its copies: the first that left, or else the packet's own.
  static const JourneyEnd& decisive(const Journey& journey) {
    const JourneyEnd* out = nullptr;
    for (const JourneyEnd& end : journey.ends)
      if (end.fate == EndKind::left && (!out || end.at_ns < out->at_ns)) out = &end;
    for (const JourneyEnd& end : journey.ends)
      if (!out && end.copy == 0) out = &end;
    return *out;
  }

  // The step that decided says the same as the end.
  static void expect_last_step(const Journey& journey, const JourneyEnd& end) {
    const auto hop = std::find_if(journey.hops.rbegin(), journey.hops.rend(),
                                  [&](const JourneyHop& h) { return h.copy == end.copy; });
    ASSERT_NE(hop, journey.hops.rend()) << journey.id;
    if (end.fate == EndKind::left) {
      EXPECT_EQ("port " + hop->name, end.where) << journey.id;
      return;
    }
    ASSERT_FALSE(hop->steps.empty()) << journey.id;
    const JourneyStep& last = hop->steps.back();
    EXPECT_EQ(last.reason, end.reason) << journey.id;
    EXPECT_FALSE(last.why.clauses.empty()) << journey.id << ": " << end.reason;
    EXPECT_TRUE(end.stage.empty() || last.stage == end.stage) << journey.id << ": " << last.stage;
  }

  void expect_same(const std::string& mode, uint64_t seed) {
    const cp::Scenario scenario = cp::load_text(scenario_text(mode), "property.yaml");
    const std::vector<std::string> captures = {capture("lan", seed, 3000),
                                               capture("cloud", seed + 1, 3000),
                                               capture("off", seed + 2, 800)};
    const auto expected = run(scenario, captures, {});
    EXPECT_GT(expected.at("out/links/er.primary.pcapng").size(), 100'000u);
    // The network is put under load, or nothing would be proved.
    for (const char* drop : {"queue_full", "link_down", "no_neighbor", "no_route", "impair_loss",
                             "mtu", "ttl", "icmp_rate", mode == "police" ? "policer" : "shaper"})
      EXPECT_NE(expected.at("counters").find(drop), std::string::npos) << drop;
    EXPECT_NE(expected.at("counters").find("\"corrupted\""), std::string::npos);
    EXPECT_EQ(expected.at("summary").find("\"copied\": 0"), std::string::npos);
    for (const char* found : {"\"gaps\": [1-9]", "er/secondary",
                              mode == "police" ? "\"lost\": [1-9]" : "\"reordered\": [1-9]"})
      EXPECT_TRUE(std::regex_search(expected.at("flows"), std::regex(found))) << found;
    if (HasFailure()) return;
    for (const unsigned burst : {1u, 4u, 7u, 32u})
      for (const unsigned divisor : {1u, 2u, 4u}) {
        const auto got = run(scenario, captures, {burst, divisor, 512 / burst});
        for (const auto& [name, bytes] : expected)
          EXPECT_TRUE(got.at(name) == bytes)
              << name << " differs at burst " << burst << ", lookahead divisor " << divisor;
        if (HasFailure()) return;  // one difference is enough to read
      }
  }

 private:
  std::map<std::string, std::string> files_in(const std::string& directory) {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (!entry.is_regular_file()) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      out[std::filesystem::relative(entry.path(), directory_).string()] = text.str();
    }
    return out;
  }

  const std::string directory_ =
      ::testing::TempDir() + "erbium_invariance_" + std::to_string(getpid());
};

TEST_F(Invariance, WhereTheCircuitPolices) {
  for (const uint64_t seed : {1u, 2u, 3u}) expect_same("police", seed);
}
TEST_F(Invariance, WhereTheCircuitShapes) {
  for (const uint64_t seed : {4u, 5u, 6u}) expect_same("shape", seed);
}

TEST_F(Invariance, WhatIsToldOfAPacketIsWhatBecameOfIt) {
  expect_told("police", 7, {});
  expect_told("shape", 8, {.burst = 7, .lookahead_divisor = 2, .window_packets = 100});
}

}  // namespace
}  // namespace erbium
