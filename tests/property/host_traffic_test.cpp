// The same as invariance_test for runs in which control takes part packet by packet: sessions over
// host ports whose every answer depends on what came and when, streams beside them, links that fail
// and routes that follow. Captures, what control received, and what the streams recorded must be
// equal however the run is cut; ledgers must balance with packets still inside.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "control/report/summary.h"
#include "dataplane/agent/stream_frame.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/replay.h"
#include "dataplane/driver/test_talk.h"

namespace erbium {
namespace {

using dp::test::frame;
using dp::test::Talk;
using dp::test::TwoLinks;

api::Stream stream(uint32_t id, int64_t first, int64_t interval) {
  const bool there = id % 2;
  const auto f =
      there ? frame().ip4("192.168.0.9", "10.0.1.5") : frame().ip4("10.0.1.5", "192.168.0.9");
  const auto packet = dp::test::Frame(f).data(24 + 300 * id).without_ethernet();
  api::Stream m;
  m.set_id(id);
  m.set_name("probe " + std::to_string(id));
  m.set_packet({packet.begin(), packet.end()});
  m.set_port_in(there ? 1 : 2);
  m.set_port_out(there ? 2 : 1);
  m.set_first_ns(first);
  m.set_interval_ns(interval);
  m.set_count(static_cast<uint64_t>(14'000'000 / interval));
  m.set_router_mac(api::to_bytes(dp::test::router_mac(there ? 1 : 2)));
  return m;
}

using Results = std::map<std::string, std::string>;

void add_files(const std::string& directory, Results& out) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    out[entry.path().filename().string()] = text.str();
  }
}

std::string text_of(const std::vector<StreamResult>& streams) {
  std::ostringstream out;
  for (const StreamResult& s : streams) {
    out << s.name << ' ' << s.first_ns << ' ' << s.repeated.size() << ' ' << s.reordered << ' '
        << s.strayed << '\n';
    for (size_t i = 0; i < s.received_ns.size(); i++)
      out << s.received_ns[i] << ' ' << s.path[i] << '\n';
    for (const auto& path : s.paths) {
      for (const uint32_t link : path) out << link << ' ';
      out << '\n';
    }
  }
  return out.str();
}

std::string text_of(const std::vector<Delivery>& deliveries) {
  std::ostringstream out;
  for (const Delivery& d : deliveries) {
    out << d.at.ns() << ' ' << d.host_port << ' ' << d.interface_in << ' ' << d.packet_id << ' ';
    for (const uint8_t byte : d.packet) out << static_cast<unsigned>(byte) << '.';
    out << '\n';
  }
  return out.str();
}

Results run(unsigned burst, dp::ReplayOptions options) {
  const std::string directory =
      ::testing::TempDir() + "erbium_host_traffic_" + std::to_string(getpid());
  TwoLinks net({.max_burst = burst});
  Talk talk(net, 20);
  const auto set = [&](uint32_t first, bool up) {
    return [&net, first, up](Time now) {
      net.set_link(first, up, now);
      net.set_link(first + 1, up, now);
      net.start(now);
    };
  };
  talk.at(Duration::us(4'000), set(1, false));
  talk.at(Duration::us(5'100), [&](Time now) { net.go_by(net.kB, now); });
  talk.at(Duration::us(8'123), set(1, true));
  talk.at(Duration::us(9'000), [&](Time now) { net.go_by(net.kA, now); });
  talk.at(Duration::us(11'000), set(3, false));
  // 1 and 2 load the links to their limit together with what control sends.
  for (const api::Stream& m : {stream(1, 0, 40'000), stream(2, 17, 60'000), stream(3, 0, 250'000)})
    net.network().set_stream(m.id(), dp::stream_from(m).value());
  options.captures = dp::CaptureConfig{.directory = directory,
                                       .ports = {"port 1", "port 2"},
                                       .links = {"er/a", "er/b"},
                                       .arrivals = true};
  Results results;
  {
    dp::Input input({}, Duration::s(10));
    dp::Replay replay(net.network(), talk, input, options);
    replay.run(false, [](unsigned, uint64_t) {});
    RunStats stats = dp::collect(net.network(), replay.refused());
    stats.buffers_in_use = net.packets().pool().in_use();
    EXPECT_EQ(cp::unbalanced(stats), "");
    EXPECT_FALSE(net.network().busy());
    replay.close(stats, "");
    add_files(directory, results);
    stats.wall = {};
    results["counters"] = cp::counters_json(stats);
    results["summary"] = cp::summary_json(stats, 0);
    results["streams"] = text_of(replay.take_streams());
    results["deliveries"] = text_of(talk.received);
  }
  std::filesystem::remove_all(directory);
  return results;
}

TEST(HostTraffic, DoesNotShowHowTheRunWasCut) {
  const Results expected = run(32, {});
  EXPECT_GT(expected.at("deliveries").size(), 100'000u) << "sessions have been busy";
  for (const char* reason : {"queue_full", "link_down", "\"session\"", "\"host\""})
    EXPECT_NE(expected.at("counters").find(reason), std::string::npos) << reason;
  for (const unsigned burst : {1u, 4u, 7u, 32u})
    for (const unsigned divisor : {1u, 2u, 4u}) {
      const Results got =
          run(burst, {.lookahead_divisor = divisor, .window_packets = 512 / burst / divisor});
      for (const auto& [name, bytes] : expected)
        EXPECT_TRUE(got.at(name) == bytes)
            << name << " differs at burst " << burst << ", lookahead divisor " << divisor;
      if (HasFailure()) return;  // one difference is enough to read
    }
}

}  // namespace
}  // namespace erbium
