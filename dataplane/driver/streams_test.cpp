// Streams through a replay over two links: what their packets hold, when they enter, and what is
// recorded of each.
#include "dataplane/driver/streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/net/checksum.h"
#include "dataplane/agent/stream_frame.h"
#include "dataplane/core/packet_id.h"
#include "dataplane/core/test_two_links.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/replay.h"

namespace erbium::dp {
namespace {

using test::Bytes;
using test::Frame;
using test::frame;
using ::testing::Each;
using ::testing::ElementsAre;

// Things to do at given times after the replay's start.
struct Script final : ControlSource {
  std::map<Time, std::function<void(Time)>> steps;
  std::optional<Time> started;

  Time next() const override {
    return !started || steps.empty() ? Time::max() : *started + (steps.begin()->first - Time());
  }
  void deliver(Time now) override {
    const auto step = std::move(steps.begin()->second);
    steps.erase(steps.begin());
    step(now);
  }
  void replay_starts(Time at) override { started = at; }
};

api::Stream message(uint32_t id, const Frame& f, uint32_t in, uint32_t out) {
  const Bytes packet = f.without_ethernet();
  api::Stream m;
  m.set_id(id);
  m.set_name("probe " + std::to_string(id));
  m.set_port_in(in);
  m.set_port_out(out);
  m.set_packet({packet.begin(), packet.end()});
  m.set_interval_ns(1'000'000);
  m.set_count(10);
  m.set_router_mac(api::to_bytes(test::router_mac(static_cast<uint8_t>(in))));
  return m;
}
const Frame kThere = frame().ip4("192.168.0.9", "10.0.1.5").data(64);
const Frame kBack = frame().ip4("10.0.1.5", "192.168.0.9").data(64);

class StreamsTest : public ::testing::Test {
 protected:
  void add(const api::Stream& m) {
    auto config = stream_from(m);
    ASSERT_TRUE(config) << config.error();
    net_.network().set_stream(m.id(), std::move(*config));
  }
  RunStats run(ReplayOptions options = {}) {
    Input input({}, Duration::s(10));
    Replay replay(net_.network(), control_, input, options);
    replay.run(false, [](unsigned, uint64_t) {});
    RunStats stats = collect(net_.network(), replay.refused());
    stats.streams = replay.take_streams();
    return stats;
  }
  static std::vector<int64_t> delays(const StreamResult& stream) {
    std::vector<int64_t> out;
    for (size_t i = 0; i < stream.received_ns.size(); i++)
      out.push_back(stream.received_ns[i] == -1 ? -1
                                                : stream.received_ns[i] - stream.first_ns -
                                                      static_cast<int64_t>(i) * stream.interval_ns);
    return out;
  }

  test::TwoLinks net_;
  Script control_;
};

// 106 bytes and 24 more at 100 Mbit/s take 10.4 us; the first waits for ARP, there and back.
TEST_F(StreamsTest, RecordsWhenEachPacketArrivedAndByWhichLinks) {
  api::Stream m = message(1, kThere, 1, 2);
  m.set_first_ns(2'000'000);
  add(m);
  const RunStats stats = run();
  ASSERT_EQ(stats.streams.size(), 1u);
  const StreamResult& s = stats.streams[0];
  EXPECT_EQ(s.name, "probe 1");
  EXPECT_EQ(s.first_ns, 2'000'000);
  EXPECT_EQ(s.interval_ns, 1'000'000);
  auto took = delays(s);
  ASSERT_EQ(took.size(), 10u);
  EXPECT_GT(took[0], 3 * 250'000);
  took.erase(took.begin());
  EXPECT_THAT(took, Each(250'000 + 10'400));
  EXPECT_THAT(s.path, Each(0));
  EXPECT_THAT(s.paths, ElementsAre(ElementsAre(0)));
  EXPECT_EQ(stats.links[0].name + " " + stats.links[0].direction, "er/a to_azure");
  EXPECT_EQ(s.repeated.size() + s.reordered + s.strayed, 0u);
  EXPECT_EQ(stats.ports[0].rx.packets, 10u);
  EXPECT_EQ(stats.ports[1].tx.packets, 10u);
}

TEST_F(StreamsTest, GoOnWhereOthersStood) {
  add(message(1, kThere, 1, 2));
  const RunStats stats =
      run({.resume = ReplayOptions::Resume{Time::from_ns(6'500'000), Time::from_ns(2'000'000)}});
  const auto took = delays(stats.streams.at(0));
  ASSERT_EQ(took.size(), 10u);
  for (size_t i = 0; i < 5; i++) EXPECT_EQ(took[i], -1) << "entered elsewhere";
  EXPECT_EQ(took[9], 250'000 + 10'400) << "at its own time";
  EXPECT_EQ(stats.ports[0].rx.packets, 5u);
}

TEST_F(StreamsTest, ShowsAnOutageAndTheWayAround) {
  add(message(1, kThere, 1, 2));
  add(message(2, kBack, 2, 1));
  control_.steps[Time::from_ns(4'500'000)] = [&](Time now) {
    net_.set_link(1, false, now);
    net_.set_link(2, false, now);
  };
  control_.steps[Time::from_ns(7'500'000)] = [&](Time now) { net_.go_by(net_.kB, now); };
  const RunStats stats = run();
  ASSERT_EQ(stats.streams.size(), 2u);
  for (const StreamResult& s : stats.streams) {
    std::string arrived, way;
    for (size_t i = 0; i < s.received_ns.size(); i++) {
      arrived += s.received_ns[i] == -1 ? '-' : '+';
      way += static_cast<char>('0' + s.path[i]);
    }
    EXPECT_EQ(arrived, "+++++---++");
    EXPECT_EQ(way, "0000011122") << "those that were lost came to the end of no link";
  }
  EXPECT_THAT(stats.streams[0].paths, ElementsAre(ElementsAre(0), ElementsAre(), ElementsAre(2)));
  EXPECT_THAT(stats.streams[1].paths, ElementsAre(ElementsAre(1), ElementsAre(), ElementsAre(3)));
}

TEST_F(StreamsTest, CountsWhatLeavesElsewhere) {
  add(message(1, kThere, 1, 1));
  const RunStats stats = run();
  EXPECT_THAT(stats.streams[0].received_ns, Each(-1));
  EXPECT_EQ(stats.streams[0].strayed, 10u);
}

// B is slower by 80 us than A: what goes back to A overtakes.
TEST_F(StreamsTest, CountsReordering) {
  api::Stream m = message(1, kThere, 1, 2);
  m.set_interval_ns(20'000);
  m.set_count(200);
  add(m);
  control_.steps[Time::from_ns(1'000'001)] = [&](Time now) { net_.go_by(net_.kB, now); };
  control_.steps[Time::from_ns(3'000'001)] = [&](Time now) { net_.go_by(net_.kA, now); };
  const RunStats stats = run();
  EXPECT_EQ(
      std::count(stats.streams[0].received_ns.begin(), stats.streams[0].received_ns.end(), -1), 0);
  EXPECT_EQ(stats.streams[0].reordered, 3u) << "those of the last 80 us; one arrives just in time";
}

// The Ethernet header and tags, 22 bytes.
void expect_head(const Bytes& got, uint16_t type) {
  const Bytes expected = frame().tag(1001, 0x88a8).tag(100).type(type).raw({}).bytes();
  EXPECT_TRUE(std::equal(got.begin(), got.begin() + 6, expected.begin())) << "to the router";
  EXPECT_TRUE(std::equal(got.begin() + 12, got.begin() + 22, expected.begin() + 12));
  EXPECT_EQ(got[6] & 3, 2) << "of a locally administered source";
}

// RFC 1071 section 1: with the checksum in it, what is summed up gives all ones.
void expect_checksums(const Bytes& got, bool v4) {
  const size_t ip = 22, udp = ip + (v4 ? 20 : 40), length = got.size() - udp;
  const net::be32 pseudo[] = {net::be32{static_cast<uint32_t>(length)}, net::be32{17}};
  EXPECT_EQ(net::fold(net::raw_sum(got.data() + ip + (v4 ? 12 : 8), v4 ? 8 : 32) +
                      net::raw_sum(pseudo, 8) + net::raw_sum(got.data() + udp, length)),
            0xffff);
  if (v4) {
    EXPECT_EQ(net::fold(net::raw_sum(got.data() + ip, 20)), 0xffff);
  }
}

TEST_F(StreamsTest, PayloadAndChecksumsSayWhatItIs) {
  for (const uint32_t id : {1u, 2u}) {
    api::Stream m =
        message(id, id == 1 ? kThere : frame().ip6("fd00:a::9", "fd00:b::5").data(25), 1, 2);
    m.set_outer_tpid(0x88a8);
    m.set_outer_vid(1001);
    m.set_inner_tpid(0x8100);
    m.set_inner_vid(100);
    add(m);
  }
  Streams streams(net_.network());
  streams.start(Time::from_ns(5));
  for (uint64_t n = 0; n < 20; n++) {
    const uint64_t sequence = n / 2;
    const auto id = static_cast<uint32_t>(n % 2 + 1);
    const int64_t at = 5 + static_cast<int64_t>(sequence) * 1'000'000;
    ASSERT_EQ(streams.next(), Time::from_ns(at));
    const auto [port, p] = streams.take();
    EXPECT_EQ(port, 1u);
    EXPECT_EQ(p.time(), Time::from_ns(at));
    EXPECT_EQ(p.meta().id, stream_packet_id(id, sequence));
    const Bytes got = test::bytes_of(p);
    p.free();
    expect_head(got, id == 1 ? net::kEtherTypeIpv4 : net::kEtherTypeIpv6);
    expect_checksums(got, id == 1);
    StreamPayload payload;
    std::memcpy(&payload, got.data() + 22 + (id == 1 ? 28 : 48), sizeof payload);
    EXPECT_EQ(payload.magic.value(), kStreamMagic);
    EXPECT_EQ(payload.stream.value(), id);
    EXPECT_EQ(payload.sequence.value(), sequence);
    EXPECT_EQ(payload.sent_ns.value(), at);
  }
  EXPECT_EQ(streams.next(), Time::max());
}

TEST_F(StreamsTest, ManyStreamsEnterInTheOrderOfTimeAndNumber) {
  for (uint32_t id = 1; id <= 3; id++) {
    api::Stream m = message(id, kThere, 1, 2);
    m.set_interval_ns(id * 10);
    m.set_count(3);
    add(m);
  }
  Streams streams(net_.network());
  EXPECT_EQ(streams.next(), Time::max()) << "not started";
  streams.start(Time());
  EXPECT_EQ(streams.per_mille(), 0u);
  std::vector<std::pair<int64_t, uint32_t>> order;
  while (streams.next() < Time::max()) {
    const auto [port, p] = streams.take();
    order.push_back({p.time().ns(), stream_of(p.meta().id)});
    p.free();
  }
  using At = std::pair<int64_t, uint32_t>;
  EXPECT_THAT(order, ElementsAre(At{0, 1}, At{0, 2}, At{0, 3}, At{10, 1}, At{20, 1}, At{20, 2},
                                 At{30, 3}, At{40, 2}, At{60, 3}));
  EXPECT_EQ(streams.per_mille(), 1000u);
}

TEST_F(StreamsTest, EndsWhenItIsTold) {
  api::Stream m = message(1, kThere, 1, 2);
  m.set_count(kMaxStreamPackets);
  add(m);
  const RunStats stats = run({.replay_start = Duration::ms(3), .duration = Duration::us(4'100)});
  EXPECT_EQ(stats.streams[0].received_ns.size(), 5u) << "at 0, 1, 2, 3 and 4 ms";
  EXPECT_EQ(stats.streams[0].received_ns[4], -1) << "still inside";
  EXPECT_EQ(net_.network().inside(), 1u);
}

TEST(StreamFrame, RefusesWhatCouldNotCarryIt) {
  struct Case {
    const char* error;
    std::function<void(api::Stream&)> spoil;
  };
  const char* const packet = "needs a router MAC address and a whole UDP packet";
  const char* const numbers = "count, interval or first time out of range";
  const auto with = [](const Frame& f) {
    return [f](api::Stream& m) { m.set_packet(message(1, f, 1, 2).packet()); };
  };
  const Case cases[] = {
      {"bad id", [](auto& m) { m.set_id(0); }},
      {"bad id", [](auto& m) { m.set_id(65'536); }},
      {numbers, [](auto& m) { m.set_interval_ns(0); }},
      {numbers, [](auto& m) { m.set_first_ns(-1); }},
      {numbers, [](auto& m) { m.set_count(uint64_t{1} << 32); }},
      {packet, [](auto& m) { m.clear_router_mac(); }},
      {packet, [](auto& m) { m.clear_packet(); }},
      {packet, [](auto& m) { m.mutable_packet()->pop_back(); }},
      {packet, [](auto& m) { m.mutable_packet()->push_back('x'); }},
      {packet, [](auto& m) { m.mutable_packet()->at(0) = 0x55; }},
      {packet, [](auto& m) { m.mutable_packet()->at(0) = 0x44; }},
      {packet, [](auto& m) { m.mutable_packet()->at(25)++; }},
      {packet, [](auto& m) { m.mutable_packet()->resize(19); }},
      {packet, with(frame().ip4("192.168.0.9", "10.0.1.5").data(23))},
      {packet, with(Frame(kThere).fragment(0x2000))},
      {packet, with(Frame(kThere).protocol(net::kProtoTcp))},
      {packet, with(frame().ip6("fd00:a::9", "fd00:b::5").data(23))},
  };
  for (const Case& c : cases) {
    api::Stream m = message(1, kThere, 1, 2);
    c.spoil(m);
    const auto got = stream_from(m);
    ASSERT_FALSE(got) << m.ShortDebugString();
    EXPECT_EQ(got.error(), c.error);
  }
  EXPECT_TRUE(stream_from(message(1, frame().ip4("192.168.0.9", "10.0.1.5").data(24), 1, 2)));
}

}  // namespace
}  // namespace erbium::dp
