// A replay from captures to captures over one router and one link: when it starts, what it refuses,
// what it writes, and that it ends. How runs are cut into windows is tested in tests/property.
#include "dataplane/driver/replay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "common/pcapng/writer.h"
#include "dataplane/core/test_network.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/eal.h"

namespace erbium::dp {
namespace {

using test::Bytes;
using test::frame;
using test::ip;

constexpr uint64_t kEpoch = 1'700'000'000'000'000'000;

// No events; remembers when the replay started.
struct Quiet final : ControlSource {
  Time next() const override { return Time::max(); }
  void deliver(Time) override {}
  void replay_starts(Time at) override { started = at; }
  std::optional<Time> started;
};

// Port 1 -- router 1 == link of 1 Gbit/s and 1 ms == router 2 -- port 2, which leads to 10/8 by the
// neighbour 10.0.0.2. `eager`: router 1 asks for router 2 at once, which answers.
class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() { std::filesystem::create_directories(directory_); }
  ~ReplayTest() override { std::filesystem::remove_all(directory_); }

  void build(bool eager = false) {
    net_.emplace();
    const uint32_t near = net_->add_node(), far = net_->add_node();
    net_->add_port(near);
    const uint32_t near_end = net_->add_trunk(near, 0, 1), far_end = net_->add_trunk(far, 0, 2);
    net_->network().add_port(2, "port 2");
    net_->add_trunk(far, 2, 0);
    net_->add_interface(1, 0, 0, 1, {"192.168.0.1"});
    net_->add_interface(near_end, 0, 0, 1, {"172.16.0.1"});
    net_->add_interface(far_end, 0, 0, 2, {"172.16.0.2"});
    net_->add_interface(4, 0, 0, 2, {"10.0.0.1"});
    for (const uint32_t to : {far_end, near_end})
      net_->add_link(to == far_end ? 1 : 2, {.name = "er/primary",
                                             .direction = to == far_end ? "to_azure" : "to_onprem",
                                             .to_trunk = to,
                                             .rate = BitRate::gbps(1),
                                             .delay = Duration::ms(1),
                                             .queue = Duration::ms(1)});
    const auto via = [](uint32_t interface, const char* address, bool now) {
      return NextHop{.kind = NextHop::Kind::gateway,
                     .interface = interface,
                     .address = ip(address),
                     .eager = now};
    };
    net_->add_route(1, "10.0.0.0/8", via(2, "172.16.0.2", eager));
    net_->add_route(2, "10.0.0.0/8", via(4, "10.0.0.2", false));
    net_->add_neighbor(4, "10.0.0.2", test::kPeerMac);
    if (!eager) net_->add_neighbor(2, "172.16.0.2", test::router_mac(3));
    net_->start();
  }
  void add_packet(uint64_t ns, const Bytes& bytes, uint32_t missing = 0) {
    if (!writer_) {
      writer_.emplace(directory_ + "/in");
      writer_->add_interface({});
    }
    writer_->packet({.timestamp_ns = kEpoch + ns,
                     .original_length = static_cast<uint32_t>(bytes.size()) + missing},
                    std::as_bytes(std::span(bytes)));
  }
  RunStats run(ReplayOptions options = {}) {
    writer_->finish();
    Input input({{.name = "in", .path = directory_ + "/in", .port = 1}}, Duration::s(10));
    Replay replay(net_->network(), control_, input, options);
    replay.run(false, [](unsigned, uint64_t) {});
    RunStats stats = collect(net_->network(), replay.refused());
    stats.drop_places = replay.drop_places();
    replay.close(stats, "");
    start_unix_ns_ = replay.start_unix_ns();
    EXPECT_EQ(net_->network().inside(), 0u);
    return stats;
  }
  // (time after kEpoch, frame) of every record of a capture.
  std::vector<std::pair<int64_t, Bytes>> records(const std::string& name) {
    std::vector<std::pair<int64_t, Bytes>> out;
    const auto reader = CaptureReader::open(directory_ + "/out/" + name + ".pcapng");
    CaptureRecord r;
    while (reader->next(r))
      out.push_back({r.timestamp_ns - static_cast<int64_t>(kEpoch), {r.data, r.data + r.captured}});
    return out;
  }
  CaptureConfig captures(bool arrivals) const {
    return {.directory = directory_ + "/out",
            .ports = {"port 1", "port 2"},
            .links = {"er/primary"},
            .arrivals = arrivals};
  }

  const std::string directory_ = ::testing::TempDir() + "erbium_replay_" + std::to_string(getpid());
  std::optional<test::TestNetwork> net_;
  std::optional<pcapng::Writer> writer_;
  Quiet control_;
  int64_t start_unix_ns_ = 0;
};

const Bytes kFrame = frame().ip4("192.168.0.9", "10.0.1.5").data(1226 - 42).bytes();

TEST_F(ReplayTest, WritesWhatPassesAtEveryPlace) {
  build();
  add_packet(0, kFrame);
  run({.captures = captures(true)});
  const auto on_link = frame()
                           .to(test::router_mac(3))
                           .from(test::router_mac(2))
                           .ip4("192.168.0.9", "10.0.1.5")
                           .data(1226 - 42)
                           .ttl(63)
                           .bytes();
  const auto out = frame()
                       .to(test::kPeerMac)
                       .from(test::router_mac(4))
                       .ip4("192.168.0.9", "10.0.1.5")
                       .data(1226 - 42)
                       .ttl(62)
                       .bytes();
  using Records = std::vector<std::pair<int64_t, Bytes>>;
  EXPECT_EQ(records("ports/port 1"), (Records{{0, kFrame}}));
  EXPECT_EQ(records("links/er.primary"), (Records{{10'000, on_link}, {1'010'000, on_link}}))
      << "the last bit leaves, and arrives one delay later";
  EXPECT_EQ(records("ports/port 2"), (Records{{1'010'000, out}}));
  EXPECT_EQ(control_.started, Time()) << "nothing was to be resolved";
}

TEST_F(ReplayTest, StartsWhenEagerNeighborsAreResolved) {
  build(true);
  add_packet(0, kFrame);
  const RunStats stats = run({.captures = captures(false)});
  // The request arrives after 1 ms, its answer 50 us and 1 ms later, and takes effect 50 us later.
  EXPECT_EQ(control_.started, Time() + Duration::ms(3)) << "rounded up to a millisecond";
  EXPECT_EQ(start_unix_ns_, static_cast<int64_t>(kEpoch) - 3'000'000);
  const auto link = records("links/er.primary");
  ASSERT_EQ(link.size(), 3u) << "request, reply, packet";
  EXPECT_EQ(link[2].first, 10'000) << "the packet keeps its own timestamp";
  EXPECT_LT(link[0].first, 0);
  EXPECT_EQ(stats.nodes[0].originated.at("arp"), 1u);
  EXPECT_EQ(stats.nodes[1].originated.at("arp"), 1u);
}

TEST_F(ReplayTest, StartsAfterTheLimitWhenNobodyAnswers) {
  build(true);
  net_->tables.interfaces[3].addresses.clear();
  net_->start();
  add_packet(0, kFrame);
  const RunStats stats = run();
  EXPECT_EQ(control_.started, Time() + Replay::kConvergenceLimit);
  EXPECT_EQ(stats.nodes[0].drops.at("no_neighbor"), 1u);
}

TEST_F(ReplayTest, StartsWhenItIsTold) {
  build();
  add_packet(0, kFrame);
  const RunStats stats = run({.replay_start = Duration::us(1'500), .start_unix_ns = 777});
  EXPECT_EQ(control_.started, Time() + Duration::us(1'500));
  EXPECT_EQ(start_unix_ns_, 777);
  EXPECT_EQ(stats.virtual_time_ns, 1'500'000 + 1'010'000);
}

TEST_F(ReplayTest, LooksNoFurtherThanItIsTold) {
  add_packet(0, kFrame);
  add_packet(5'000'000, kFrame);
  writer_->finish();
  using End = std::pair<Time, uint64_t>;  // and packets that have left
  const auto end = [&](const ReplayOptions& options) {
    build();
    Input input({{.name = "in", .path = directory_ + "/in", .port = 1}}, Duration::s(10));
    Replay replay(net_->network(), control_, input, options);
    replay.run(false, [](unsigned, uint64_t) {});
    return End(replay.ended_at(), net_->network().port(2).tx.packets);
  };
  const Time leaves = Time() + Duration::ms(3) + Duration::us(1'010);
  const Duration start = Duration::ms(3);
  EXPECT_EQ(end({.replay_start = start, .stop_at = leaves}), End(leaves, 0));
  const Time behind = leaves + Duration::ns(1);
  EXPECT_EQ(end({.replay_start = start, .stop_at = behind}), End(behind, 1));
  EXPECT_EQ(end({.replay_start = start, .stop_after = behind - Time() - start}), End(behind, 1));
  const Time early = Time() + Duration::us(7);
  EXPECT_EQ(end({.replay_start = start, .stop_at = early}), End(early, 0));
  const End whole = end({.replay_start = start});
  EXPECT_EQ(whole.second, 2u);
  EXPECT_EQ(end({.replay_start = start, .stop_after = Duration::s(9)}), whole);
  EXPECT_EQ(end({.replay_start = start, .duration = Duration::ms(4), .stop_after = Duration::s(9)}),
            End(Time() + Duration::ms(7), 1));
}

TEST_F(ReplayTest, NeighborsAreThereToSee) {
  build(true);
  add_packet(0, kFrame);
  run();
  using State = NeighborState::State;
  const auto found = collect_neighbors(net_->network());
  ASSERT_EQ(found.size(), 3u);
  // Router 1 asked at 0: 60 bytes and 24 of layer 1 on the wire are 672 ns.
  EXPECT_EQ(found[0].ip, ip("172.16.0.2"));
  EXPECT_EQ(found[0].state, State::reachable);
  EXPECT_EQ(found[0].mac, test::router_mac(3));
  EXPECT_EQ(found[0].heard_ns, 2 * (1'000'000 + 672 + 50'000));
  EXPECT_EQ(found[1].ip, ip("172.16.0.1"));
  EXPECT_EQ(found[1].heard_ns, 1'000'000 + 672 + 50'000);
  EXPECT_EQ(found[1].node, 2u);
  EXPECT_EQ(found[2].ip, ip("10.0.0.2"));
  EXPECT_EQ(found[2].state, State::permanent);
  EXPECT_EQ(found[2].mac, test::kPeerMac);
  EXPECT_FALSE(found[2].heard_ns);
}

TEST_F(ReplayTest, GoesOnWhereAnotherStood) {
  build();
  for (const uint64_t ms : {0, 10, 20}) add_packet(ms * 1'000'000, kFrame);
  const Time replay_start = Time() + Duration::ms(5);
  const RunStats stats =
      run({.captures = captures(false),
           .resume = ReplayOptions::Resume{Time() + Duration::ms(15), replay_start}});
  EXPECT_FALSE(control_.started) << "it knows";
  EXPECT_EQ(start_unix_ns_, static_cast<int64_t>(kEpoch) - 5'000'000);
  EXPECT_EQ(stats.ports[0].rx.packets, 2u) << "of the moment itself, and later";
  const auto out = records("ports/port 2");
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].first, 11'010'000);
  EXPECT_EQ(out[1].first, 21'010'000);
}

TEST_F(ReplayTest, StartsLaterWhereTheOtherHadNotYet) {
  build();
  add_packet(0, kFrame);
  const RunStats stats =
      run({.resume = ReplayOptions::Resume{Time() + Duration::us(7'300), std::nullopt}});
  EXPECT_EQ(control_.started, Time() + Duration::ms(8));
  EXPECT_EQ(stats.ports[1].tx.packets, 1u);
}

TEST_F(ReplayTest, RefusesWhatIsTooLong) {
  build();
  add_packet(0, Bytes(net::kMaxFrame));
  add_packet(1, Bytes(net::kMaxFrame + 1));
  add_packet(2, Bytes(60), net::kMaxFrame);
  const RunStats stats = run();
  EXPECT_EQ(stats.ports[0].rx.packets, 3u);
  EXPECT_EQ(stats.ports[0].to_node, 1u);
  EXPECT_EQ(stats.ports[0].drops, (NamedCounts{{"oversize", 2}}));
}

// Everything at one moment: the window cannot end before it, however many it is to hold.
// A gigabit takes 10 us a packet and 1 ms of queue 100 of them.
TEST_F(ReplayTest, TellsDropsApartByReasonAndPlace) {
  for (const unsigned divisor : {1u, 3u}) {
    build();
    writer_.reset();
    add_packet(0, frame().ip4("192.168.0.9", "11.0.0.1").ports(7, 8).bytes());
    for (int i = 0; i < 110; i++) add_packet(1'000, kFrame);
    add_packet(2'000, Bytes(10'000));
    add_packet(3'000, frame().ip4("192.168.0.9", "11.0.0.2").bytes());
    const RunStats stats = run({.lookahead_divisor = divisor, .drop_examples = 3});
    ASSERT_EQ(stats.drop_places.size(), 3u);
    const DropPlace &port = stats.drop_places[0], &router = stats.drop_places[1],
                    &link = stats.drop_places[2];
    EXPECT_EQ(port.where + ", " + port.reason, "port port 1, oversize");
    EXPECT_EQ(port.packets, 1u);
    EXPECT_EQ(port.first.at(0).id, 112u);
    EXPECT_EQ(router.reason, "no_route");
    EXPECT_EQ(router.stage, "fib_lookup");
    EXPECT_EQ(router.packets, 2u);
    EXPECT_EQ(router.first.at(0).name, "packet 1");
    EXPECT_EQ(router.first.at(0).flow, "udp 192.168.0.9:7 > 11.0.0.1:8");
    EXPECT_EQ(router.first.at(0).at_ns, 0);
    EXPECT_EQ(router.first.at(1).id, 113u);
    EXPECT_EQ(link.where, "link er/primary to_azure");
    EXPECT_EQ(link.reason, "queue_full");
    EXPECT_EQ(link.stage, "");
    EXPECT_EQ(link.packets, 9u);
    ASSERT_EQ(link.first.size(), 3u) << "as many as are wanted";
    for (uint64_t i = 0; i < 3; i++) EXPECT_EQ(link.first[i].id, 103 + i) << "the first of them";
  }
}

TEST_F(ReplayTest, ManyPacketsAtOneMoment) {
  build();
  for (int i = 0; i < 50; i++) add_packet(5, kFrame);
  const RunStats stats = run({.window_packets = 3});
  EXPECT_EQ(stats.ports[1].tx.packets, 50u);
}

TEST_F(ReplayTest, RunsOutOfMemoryWithTheFigureThatWouldDo) {
  build();
  for (int i = 0; i < 40'000; i++) add_packet(0, Bytes(kFrame));
  EXPECT_THROW(run(), MachineError);
}

}  // namespace
}  // namespace erbium::dp
