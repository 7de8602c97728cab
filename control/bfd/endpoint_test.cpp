#include "control/bfd/endpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "control/wire/mix.h"

namespace erbium::cp::bfd {
namespace {

net::Ip ip(unsigned side, uint32_t i) { return net::Ip::v4(0x0a000000 + side * 0x10000 + i); }
Time ms(int64_t n) { return Time{} + Duration::ms(n); }

// Two systems and a link between them of a fixed delay.
struct Pair {
  explicit Pair(unsigned sessions, Intervals a = {}, Intervals b = {})
      : ends{Endpoint{{1}}, Endpoint{{2}}} {
    for (unsigned i = 0; i < sessions; ++i) {
      ends[0].add(ip(0, i), ip(1, i), a, Time{});
      ends[1].add(ip(1, i), ip(0, i), b, Time{});
    }
  }
  void take(unsigned side, Output out) {
    for (auto& p : out.packets)
      if (!cut[side]) flying.emplace(now + delay, std::pair{1 - side, std::move(p.octets)});
    for (const auto& c : out.changes) changes[side].emplace_back(now, c);
  }
  void event(unsigned side, SessionId id, const Event& e) {
    Output out;
    ends[side].handle(id, e, now, out);
    take(side, std::move(out));
  }
  void run(Time end) {
    while (true) {
      const Time packet = flying.empty() ? Time::max() : flying.begin()->first;
      const Time next = std::min({packet, ends[0].next_deadline(), ends[1].next_deadline()});
      if (next > end) break;
      now = next;
      Output out[2];
      if (packet == next) {
        const auto arrival = flying.extract(flying.begin());
        ends[arrival.mapped().first].receive(arrival.mapped().second, now,
                                             out[arrival.mapped().first]);
      } else {
        for (unsigned side : {0u, 1u}) ends[side].timers(now, out[side]);
      }
      for (unsigned side : {0u, 1u}) take(side, std::move(out[side]));
    }
    now = end;
  }
  bool all(State state) const {
    for (const Endpoint& e : ends)
      for (SessionId id = 0; id < e.sessions(); ++id)
        if (e.session(id).state() != state) return false;
    return true;
  }

  Endpoint ends[2];
  Time now;
  Duration delay = Duration::ms(2);
  bool cut[2] = {false, false};  // by who sends
  std::multimap<Time, std::pair<unsigned, std::vector<uint8_t>>> flying;
  std::vector<std::pair<Time, Output::Change>> changes[2];
};

TEST(BfdEndpoint, SessionsComeUpAndStay) {
  Pair pair(50);
  pair.run(ms(100));
  EXPECT_TRUE(pair.all(State::up));
  pair.run(ms(20'000));
  EXPECT_TRUE(pair.all(State::up));
  for (const auto& changes : pair.changes) EXPECT_LE(changes.size(), 100u) << "no flaps";
  for (const Endpoint& e : pair.ends) {
    EXPECT_EQ(e.counters().not_bfd, 0u);
    for (SessionId id = 0; id < 50; ++id) {
      EXPECT_EQ(e.session(id).transmit_interval(), Duration::ms(300));
      EXPECT_EQ(e.session(id).counters().polls, 1u);
      // 20 s at 225 to 300 ms.
      EXPECT_GE(e.session(id).counters().sent, 20'000u / 300);
      EXPECT_LE(e.session(id).counters().sent, 20'000u / 225 + 8);
    }
  }
}

// Cut in one direction: who hears nothing notices within the detection time of the last packet and
// tells the other, which notices one delay later.
TEST(BfdEndpoint, SilentLinkIsDetectedInTime) {
  for (uint64_t cut_at = 5'000; cut_at < 5'300; cut_at += 17) {
    Pair pair(1);
    pair.run(ms(static_cast<int64_t>(cut_at)));
    pair.cut[0] = true;
    pair.changes[0].clear();
    pair.changes[1].clear();
    pair.run(ms(10'000));
    ASSERT_GE(pair.changes[1].size(), 1u);
    const auto& [when, change] = pair.changes[1][0];
    EXPECT_EQ(change.state.diagnostic, Diagnostic::detection_time_expired);
    EXPECT_GT(when, ms(static_cast<int64_t>(cut_at) + 900 - 300));
    EXPECT_LE(when, ms(static_cast<int64_t>(cut_at) + 900 + 2));
    EXPECT_EQ(pair.changes[0][0].first, when + pair.delay);
    EXPECT_EQ(pair.changes[0][0].second.state.diagnostic, Diagnostic::neighbor_signaled_down);
    pair.cut[0] = false;
    pair.run(ms(12'000));
    EXPECT_TRUE(pair.all(State::up));
  }
}

TEST(BfdEndpoint, IntervalsChangeWithoutAFlap) {
  Pair pair(1);
  pair.delay = Duration::ms(40);
  pair.run(ms(3'000));
  const size_t before = pair.changes[0].size() + pair.changes[1].size();
  const int64_t rates[] = {50, 2'000, 10, 750, 300, 1'500};
  Time end = ms(3'000);
  for (unsigned side : {0u, 1u}) {
    for (int64_t tx : rates) {
      pair.event(side, 0, SetIntervals{{Duration::ms(tx), Duration::ms(3'000 / tx), 3}});
      end = end + Duration::s(10);
      pair.run(end);
      EXPECT_TRUE(pair.all(State::up));
    }
  }
  EXPECT_EQ(pair.changes[0].size() + pair.changes[1].size(), before);
  EXPECT_EQ(pair.ends[0].session(0).transmit_interval(), Duration::ms(1'500));
  EXPECT_EQ(pair.ends[1].session(0).detection_time(), Duration::ms(4'500));
}

TEST(BfdEndpoint, AdminDownIsNoFailureAndReturns) {
  Pair pair(1);
  pair.run(ms(2'000));
  pair.event(0, 0, AdminDown{});
  pair.run(ms(8'000));
  EXPECT_EQ(pair.ends[1].session(0).state(), State::down);
  EXPECT_EQ(pair.ends[1].session(0).diagnostic(), Diagnostic::neighbor_signaled_down);
  EXPECT_EQ(pair.ends[1].session(0).remote_state(), State::admin_down);
  pair.event(0, 0, AdminUp{});
  pair.run(ms(8'100));
  EXPECT_TRUE(pair.all(State::up));
}

TEST(BfdEndpoint, PacketsAreThoseOfTheStandard) {
  Endpoint end({5});
  const net::Ip a6 = *net::Ip::parse("fd00::1"), b6 = *net::Ip::parse("fd00::2");
  end.add(ip(0, 1), ip(1, 1), {}, Time{});
  end.add(a6, b6, {}, Time{});
  Output out;
  end.timers(Time{}, out);
  ASSERT_EQ(out.packets.size(), 2u);
  for (const auto& p : out.packets) {
    const auto packet = wire::parse_ip(p.octets);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->src, end.local(p.session));
    EXPECT_EQ(packet->dst, end.remote(p.session));
    EXPECT_EQ(packet->ttl, 255);
    EXPECT_EQ(packet->tos, 0xc0);
    const auto udp = wire::parse_udp(*packet);
    ASSERT_TRUE(udp);
    EXPECT_EQ(udp->dst_port, 3784);
    EXPECT_GE(udp->src_port, 49'152);
    EXPECT_EQ(udp->src_port, end.source_port(p.session));
    EXPECT_EQ(udp->payload.size(), 24u);
  }
}

TEST(BfdEndpoint, DiscriminatorsAndPortsDiffer) {
  for (uint64_t seed : {0, 1, 99}) {
    Endpoint end({seed});
    std::set<uint32_t> discriminators;
    std::set<uint16_t> ports;
    for (uint32_t i = 0; i < 16'384; ++i) {
      const SessionId id = end.add(ip(0, i), ip(1, i), {}, Time{});
      discriminators.insert(end.session(id).discriminator());
      ports.insert(end.source_port(id));
    }
    EXPECT_EQ(discriminators.size(), 16'384u);
    EXPECT_FALSE(discriminators.contains(0));
    EXPECT_EQ(ports.size(), 16'384u);
    EXPECT_GE(*ports.begin(), 49'152);
  }
}

TEST(BfdEndpoint, StrangersAreCounted) {
  Endpoint end({1});
  end.add(ip(0, 1), ip(1, 1), {}, Time{});
  Output out;
  const auto give = [&](net::Ip from, uint16_t port, uint8_t ttl, const Packet& p) {
    const auto octets = encode(p);
    end.receive(wire::build_udp({from, ip(0, 1), 0, ttl, 0, {}}, {50'000, port, octets}), Time{},
                out);
  };
  Packet p;
  p.detect_multiplier = 3;
  p.my_discriminator = 7;
  give(ip(1, 1), 3785, 255, p);
  EXPECT_EQ(end.counters().not_bfd, 1u);
  const auto discarded = [&](Discard why) {
    return end.counters().discarded[static_cast<size_t>(why)];
  };
  give(ip(1, 1), 3784, 64, p);
  EXPECT_EQ(discarded(Discard::hop_limit), 1u);
  give(ip(1, 2), 3784, 255, p);
  EXPECT_EQ(discarded(Discard::unknown_session), 1u);
  p.your_discriminator = end.session(0).discriminator() + 1;
  give(ip(1, 1), 3784, 255, p);
  EXPECT_EQ(discarded(Discard::unknown_session), 2u);
  p.detect_multiplier = 0;
  give(ip(1, 1), 3784, 255, p);
  EXPECT_EQ(discarded(Discard::detect_multiplier), 1u);
  EXPECT_TRUE(out.packets.empty());
  p.detect_multiplier = 3;
  p.your_discriminator = 0;
  give(ip(1, 1), 3784, 255, p);
  EXPECT_EQ(end.session(0).state(), State::init);
}

TEST(BfdEndpoint, SameSeedSamePackets) {
  std::vector<std::vector<uint8_t>> tapes[2];
  for (auto& tape : tapes) {
    Endpoint end({3});
    for (uint32_t i = 0; i < 10; ++i) end.add(ip(0, i), ip(1, i), {}, Time{});
    for (int i = 0; i < 200; ++i) {
      Output out;
      end.timers(end.next_deadline(), out);
      for (auto& p : out.packets) tape.push_back(std::move(p.octets));
    }
  }
  EXPECT_GE(tapes[0].size(), 200u);
  EXPECT_EQ(tapes[0], tapes[1]);
}

TEST(BfdDeadlineHeap, AgreesWithASortedSet) {
  DeadlineHeap heap;
  std::set<std::pair<Time, uint32_t>> model;
  std::vector<Time> of;
  EXPECT_EQ(heap.first_deadline(), Time::max());
  for (uint64_t step = 0; step < 20'000; ++step) {
    const uint64_t random = wire::mix(17, step);
    const Time deadline = Time::from_ns(static_cast<int64_t>(random >> 32) % 1'000);
    if (of.size() < 200 && random % 3 == 0) {
      const auto index = static_cast<uint32_t>(of.size());
      of.push_back(deadline);
      heap.add(deadline);
      model.emplace(deadline, index);
    } else if (!of.empty()) {
      const auto index = static_cast<uint32_t>(random % of.size());
      model.erase({of[index], index});
      of[index] = deadline;
      heap.set(index, deadline);
      model.emplace(deadline, index);
    }
    if (model.empty()) continue;
    ASSERT_EQ(heap.first_deadline(), model.begin()->first);
    ASSERT_EQ(heap.first(), model.begin()->second);
  }
}

}  // namespace
}  // namespace erbium::cp::bfd
