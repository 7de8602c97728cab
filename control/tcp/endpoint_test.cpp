#include "control/tcp/endpoint.h"

#include <gtest/gtest.h>

#include <variant>

#include "control/tcp/test_wire.h"

namespace erbium::cp::tcp {
namespace {

const net::Ip kA = *net::Ip::parse("10.0.0.1"), kB = *net::Ip::parse("10.0.0.2");
const net::Ip kA6 = *net::Ip::parse("fd00::1"), kB6 = *net::Ip::parse("fd00::2");
constexpr uint16_t kBgp = 179;
constexpr ConnectionId kId = 7;

Time at(Duration d) { return Time{} + d; }

std::vector<uint8_t> pattern(size_t octets, uint64_t seed) {
  std::vector<uint8_t> out(octets);
  for (size_t i = 0; i < octets; ++i)
    out[i] = static_cast<uint8_t>(wire::mix(seed, i / 8) >> i % 8 * 8);
  return out;
}

void open(TestWire& wire, Duration how_long = Duration::s(10)) {
  wire.b().listen(kBgp);
  wire.act(0, [&](Endpoint& e, Output& out) {
    e.connect(kId, wire.b().address(), kBgp, wire.now(), out);
  });
  wire.run(wire.now() + how_long);
}

void send(TestWire& wire, unsigned side, ConnectionId id, const std::vector<uint8_t>& octets) {
  wire.act(side, [&](Endpoint& e, Output& out) {
    e.send(id, octets);
    e.push(wire.now(), out);
  });
}

void close(TestWire& wire, unsigned side, ConnectionId id) {
  wire.act(side, [&](Endpoint& e, Output& out) { e.close(id, wire.now(), out); });
}

template <typename Wanted>
const Wanted* only(const std::vector<Event>& events) {
  return events.size() == 1 ? std::get_if<Wanted>(&events[0]) : nullptr;
}

TEST(TcpEndpoint, ConnectsTalksAndClosesInBothFamilies) {
  for (bool v4 : {true, false}) {
    TestWire wire(v4 ? kA : kA6, v4 ? kB : kB6, {});
    open(wire);
    ASSERT_TRUE(only<Connected>(wire[0].events));
    const auto* accepted = only<Accepted>(wire[1].events);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->id, kFirstAccepted);
    EXPECT_EQ(accepted->remote, wire.a().address());
    EXPECT_EQ(accepted->local_port, kBgp);
    EXPECT_GE(accepted->remote_port, 49152);
    // SYN and its answer take one way each, the third packet another.
    EXPECT_EQ(wire[0].times[0], at(Duration::ms(10)));
    EXPECT_EQ(wire[1].times[0], at(Duration::ms(15)));

    const auto there = pattern(100'000, 1), back = pattern(50'001, 2);
    send(wire, 0, kId, there);
    send(wire, 1, kFirstAccepted, back);
    close(wire, 0, kId);
    wire.run(wire.now() + Duration::s(1));
    EXPECT_EQ(wire[1].streams[kFirstAccepted], there);
    const auto* closed = std::get_if<Closed>(&wire[1].events.back());
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->reason, Reason::fin);
    EXPECT_EQ(wire.b().connections(), 0u);
    EXPECT_EQ(wire.a().connections(), 1u) << "waits for late segments";
    wire.run(wire.now() + Duration::s(2));
    EXPECT_EQ(wire.a().connections(), 0u);
    EXPECT_EQ(wire.a().next_deadline(), Time::max());
    EXPECT_EQ(wire.a().counters().timeouts + wire.b().counters().timeouts, 0u);
    EXPECT_EQ(wire.a().counters().fast_retransmits + wire.b().counters().fast_retransmits, 0u);
  }
}

TEST(TcpEndpoint, StreamsSurviveLossReorderingAndDuplicates) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const WireConfig bad{Duration::ms(2), Duration::ms(seed % 3),
                         static_cast<unsigned>(20 + 5 * (seed % 20)), 30, seed};
    TestWire wire(kA, kB, bad);
    open(wire, Duration::s(60));
    const auto there = pattern(200'000, seed), back = pattern(70'000, seed + 1'000);
    send(wire, 0, kId, there);
    send(wire, 1, kFirstAccepted, back);
    wire.run(wire.now() + Duration::s(2'000));
    EXPECT_EQ(wire[1].streams[kFirstAccepted], there) << "seed " << seed;
    EXPECT_EQ(wire[0].streams[kId], back) << "seed " << seed;
    EXPECT_GT(wire.lost(), 0u);
    close(wire, 1, kFirstAccepted);
    wire.run(wire.now() + Duration::s(200));
    EXPECT_EQ(wire.a().connections() + wire.b().connections(), 0u) << "seed " << seed;
    EXPECT_TRUE(std::holds_alternative<Closed>(wire[0].events.back())) << "seed " << seed;
  }
}

TEST(TcpEndpoint, SameSeedSamePackets) {
  std::vector<std::pair<Time, std::vector<uint8_t>>> seen[2];
  for (auto& tape : seen) {
    TestWire wire(kA, kB, {Duration::ms(2), Duration::ms(1), 100, 10, 5});
    wire.tap([&](Time t, std::span<const uint8_t> p) {
      tape.emplace_back(t, std::vector(p.begin(), p.end()));
    });
    open(wire);
    send(wire, 0, kId, pattern(30'000, 3));
    wire.run(wire.now() + Duration::s(100));
  }
  EXPECT_GT(seen[0].size(), 30u);
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(TcpEndpoint, NobodyListens) {
  TestWire wire(kA, kB, {});
  wire.act(0, [&](Endpoint& e, Output& out) { e.connect(kId, kB, kBgp, wire.now(), out); });
  wire.run(at(Duration::s(1)));
  const auto* failed = only<ConnectFailed>(wire[0].events);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->reason, Reason::reset);
  EXPECT_EQ(wire[0].times[0], at(Duration::ms(10)));
  EXPECT_EQ(wire.a().connections() + wire.b().connections(), 0u);
}

TEST(TcpEndpoint, NobodyAnswers) {
  TestWire wire(kA, kB, {}, {.user_timeout = Duration::s(20)});
  std::vector<Time> sent;
  wire.tap([&](Time t, std::span<const uint8_t>) { sent.push_back(t); });
  wire.cut(true);
  open(wire, Duration::s(100));
  const auto* failed = only<ConnectFailed>(wire[0].events);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->reason, Reason::timeout);
  EXPECT_EQ(wire[0].times[0], at(Duration::s(20)));
  const std::vector<Time> wanted = {at(Duration::s(0)), at(Duration::s(1)), at(Duration::s(3)),
                                    at(Duration::s(7)), at(Duration::s(15))};
  EXPECT_EQ(sent, wanted);
}

TEST(TcpEndpoint, DeadPeerIsGivenUpAfterTheUserTimeout) {
  TestWire wire(kA, kB, {}, {.user_timeout = Duration::s(30)});
  open(wire);
  const Time start = wire.now();
  std::vector<Duration> sent;
  wire.tap([&](Time t, std::span<const uint8_t>) { sent.push_back(t - start); });
  wire.cut(true);
  send(wire, 0, kId, {1, 2, 3});
  wire.run(start + Duration::s(100));
  const std::vector<Duration> wanted = {Duration::s(0), Duration::s(1), Duration::s(3),
                                        Duration::s(7), Duration::s(15)};
  EXPECT_EQ(sent, wanted);
  const auto* closed = std::get_if<Closed>(&wire[0].events.back());
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->reason, Reason::timeout);
  EXPECT_EQ(wire[0].times.back() - start, Duration::s(30));
  EXPECT_EQ(wire.a().connections(), 0u);
}

TEST(TcpEndpoint, LostSynIsSentAgainAndSlowsTheTimer) {
  TestWire wire(kA, kB, {});
  wire.cut(true);
  open(wire, Duration::ms(500));
  wire.cut(false);
  wire.run(at(Duration::s(5)));
  ASSERT_TRUE(only<Connected>(wire[0].events));
  EXPECT_EQ(wire[0].times[0], at(Duration::ms(1'010)));
  // RFC 6298 §5.7: three seconds for the first data.
  wire.cut(true);
  send(wire, 0, kId, {1});
  EXPECT_EQ(wire.a().next_deadline() - wire.now(), Duration::s(3));
}

TEST(TcpEndpoint, AbortResetsThePeer) {
  TestWire wire(kA, kB, {});
  open(wire);
  wire.act(0, [&](Endpoint& e, Output& out) { e.abort(kId, wire.now(), out); });
  EXPECT_EQ(wire.a().connections(), 0u);
  wire.run(wire.now() + Duration::s(1));
  const auto* closed = std::get_if<Closed>(&wire[1].events.back());
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->reason, Reason::reset);
  EXPECT_EQ(wire[0].events.size(), 1u) << "no event for who asked";
  EXPECT_EQ(wire.b().connections(), 0u);
}

TEST(TcpEndpoint, PeerOfAForgottenConnectionIsReset) {
  TestWire wire(kA, kB, {});
  open(wire);
  wire.cut(true);
  wire.act(0, [&](Endpoint& e, Output& out) { e.abort(kId, wire.now(), out); });
  wire.cut(false);
  send(wire, 1, kFirstAccepted, {1});
  wire.run(wire.now() + Duration::s(1));
  EXPECT_EQ(std::get<Closed>(wire[1].events.back()).reason, Reason::reset);
}

TEST(TcpEndpoint, ClosingOneSideSendsWhatTheOtherHasQueued) {
  TestWire wire(kA, kB, {Duration::ms(50), {}, 0, 0, 1});
  open(wire);
  const auto long_one = pattern(300'000, 9);
  send(wire, 1, kFirstAccepted, long_one);
  send(wire, 0, kId, pattern(10, 1));
  wire.run(wire.now() + Duration::s(5));
  EXPECT_EQ(wire[0].streams[kId], long_one);
  close(wire, 0, kId);
  close(wire, 1, kFirstAccepted);  // at once: both FINs cross
  wire.run(wire.now() + Duration::s(10));
  EXPECT_EQ(wire.a().connections() + wire.b().connections(), 0u);
}

TEST(TcpEndpoint, IdsAreFreeAfterCloseAndPortsDiffer) {
  TestWire wire(kA, kB, {});
  open(wire);
  close(wire, 0, kId);
  open(wire, Duration::ms(100));
  ASSERT_EQ(wire[1].events.size(), 3u);  // accepted, closed, accepted
  EXPECT_NE(std::get<Accepted>(wire[1].events[0]).remote_port,
            std::get<Accepted>(wire[1].events[2]).remote_port);
  send(wire, 0, kId, {42});
  wire.run(wire.now() + Duration::s(1));
  EXPECT_EQ(wire[1].streams[kFirstAccepted + 1], std::vector<uint8_t>{42});
}

TEST(TcpEndpoint, SegmentsFitTheSmallerMss) {
  TestWire wire(kA, kB, {}, {.mss_v4 = 1460}, {.mss_v4 = 700});
  size_t longest = 0;
  wire.tap([&](Time, std::span<const uint8_t> p) { longest = std::max(longest, p.size()); });
  open(wire);
  send(wire, 0, kId, pattern(5'000, 1));
  wire.run(wire.now() + Duration::s(1));
  EXPECT_EQ(longest, 740u);
}

TEST(TcpEndpoint, SegmentsAreCutFromAllThatOneMomentGives) {
  TestWire wire(kA, kB, {});
  open(wire);
  std::vector<size_t> payloads;
  wire.tap([&](Time, std::span<const uint8_t> p) {
    const Segment s = *parse_segment(*wire::parse_ip(p));
    if (s.src_port != kBgp) payloads.push_back(s.payload.size());
  });
  wire.act(0, [&](Endpoint& e, Output& out) {
    for (int i = 0; i < 40; i++) e.send(kId, pattern(100, 1));
    EXPECT_TRUE(out.packets.empty());
    e.push(wire.now(), out);
    e.push(wire.now(), out);  // nothing is left
  });
  EXPECT_EQ(payloads, (std::vector<size_t>{1460, 1460, 1080}));
  wire.run(wire.now() + Duration::s(1));
  EXPECT_EQ(wire[1].streams[kFirstAccepted].size(), 4'000u);
}

TEST(TcpEndpoint, WhatIsQueuedGoesOutWithTheFin) {
  TestWire wire(kA, kB, {});
  open(wire);
  wire.act(0, [&](Endpoint& e, Output& out) {
    e.send(kId, pattern(100, 1));
    e.close(kId, wire.now(), out);
    EXPECT_EQ(out.packets.size(), 1u);
  });
  wire.run(wire.now() + Duration::s(1));
  EXPECT_EQ(wire[1].streams[kFirstAccepted], pattern(100, 1));
  EXPECT_EQ(std::get<Closed>(wire[1].events.back()).reason, Reason::fin);
}

TEST(TcpEndpoint, HopLimitGuardsThePort) {
  for (uint8_t ttl : {uint8_t{254}, uint8_t{255}}) {
    TestWire wire(kA, kB, {}, {.ttl = ttl}, {.ttl = 255, .min_ttl = 255});
    open(wire, Duration::ms(100));
    EXPECT_EQ(wire[1].events.size(), ttl == 255 ? 1u : 0u);
  }
}

// Two ends that agree on addresses and ports but on nothing else must not answer each other's
// answers for ever.
TEST(TcpEndpoint, DisagreementEndsInSilence) {
  TestWire one(kA, kB, {}, {.seed = 1}, {.seed = 1}), two(kA, kB, {}, {.seed = 1}, {.seed = 2});
  open(one);
  two.run(Time{} + Duration::s(40'000));  // other sequence numbers
  open(two);
  Output from_one, from_two;
  const std::vector<uint8_t> octet = {1};
  const Time now = two.now();
  one.a().send(kId, octet);
  one.a().push(now, from_one);
  size_t packets = 0;
  while (packets < 1'000 && (!from_one.packets.empty() || !from_two.packets.empty())) {
    Output to_two = std::exchange(from_one, {}), to_one = std::exchange(from_two, {});
    packets += to_two.packets.size() + to_one.packets.size();
    for (const auto& p : to_two.packets) two.b().handle(p, now, from_two);
    for (const auto& p : to_one.packets) one.a().handle(p, now, from_one);
  }
  EXPECT_GE(packets, 2u);
  EXPECT_LT(packets, 10u);
}

TEST(TcpEndpoint, BrokenAndForeignPacketsAreCounted) {
  Endpoint b(kB);
  Output out;
  const std::vector<uint8_t> noise = {0x45, 0, 1};
  b.handle(noise, Time{}, out);
  const auto other = build_segment({kB, kA, 0, 64, 0, {}}, {.flags = kSyn});
  b.handle(other, Time{}, out);
  auto broken = build_segment({kA, kB, 0, 64, 0, {}}, {.flags = kSyn});
  broken.back() ^= 1;
  b.handle(broken, Time{}, out);
  EXPECT_EQ(b.counters().ignored, 3u);
  EXPECT_TRUE(out.packets.empty());
}

TEST(TcpEndpoint, SynFloodIsBounded) {
  Endpoint b(kB);
  b.listen(kBgp);
  Output out;
  for (unsigned port = 1; port <= 5'000; ++port) {
    const auto syn =
        build_segment({kA, kB, 0, 64, 0, {}},
                      {.src_port = static_cast<uint16_t>(port), .dst_port = kBgp, .flags = kSyn});
    b.handle(syn, Time{}, out);
  }
  EXPECT_EQ(b.connections(), 1'024u);
  b.timers(Time{} + Duration::s(100), out);
  EXPECT_EQ(b.connections(), 0u);
  EXPECT_TRUE(out.events.empty());
}

}  // namespace
}  // namespace erbium::cp::tcp
