// What a BFD session costs: two systems that hold N sessions with each other at 300 ms x 3 (RFC
// 5880), all up, in virtual time. A unit of work is one packet sent by a session and received by
// the other, with its IP and UDP headers, checksums, timers and deadlines; a session on one system
// does one of each in 262.5 ms on average (300 ms less a jitter of 0 to 25 %).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "control/bfd/endpoint.h"

namespace erbium::bench {
namespace {

using namespace erbium::cp;

constexpr double kMeanInterval = 0.2625;  // seconds
constexpr Duration kStep = Duration::ms(1);

class Systems {
 public:
  explicit Systems(uint32_t sessions) {
    for (uint32_t i = 0; i < sessions; ++i) {
      const Time start = Time{} + Duration::us(37 * i % 300'000);
      const net::Ip a = net::Ip::v4(0x0a000000 + i), b = net::Ip::v4(0x0b000000 + i);
      ends_[0].add(a, b, {}, start);
      ends_[1].add(b, a, {}, start);
    }
    while (now_ < Time{} + Duration::s(5)) step();
  }

  // A millisecond: what is due is sent, and received at its end. Returns the number of packets.
  size_t step() {
    now_ = now_ + kStep;
    for (auto& end : ends_) end.timers(now_, out_[&end - ends_]);
    size_t packets = 0;
    for (unsigned side : {0u, 1u}) {
      arrived_.swap(out_[side].packets);
      for (const auto& p : arrived_) ends_[1 - side].receive(p.octets, now_, out_[1 - side]);
      packets += arrived_.size();
      arrived_.clear();
    }
    return packets;
  }

  bool all_up() const {
    for (const auto& end : ends_)
      for (bfd::SessionId id = 0; id < end.sessions(); ++id)
        if (end.session(id).state() != bfd::State::up) return false;
    return true;
  }

 private:
  bfd::Endpoint ends_[2] = {bfd::Endpoint{{.seed = 1}}, bfd::Endpoint{{.seed = 2}}};
  bfd::Output out_[2];
  std::vector<bfd::Output::Packet> arrived_;
  Time now_;
};

void bfd_sessions(benchmark::State& state) {
  Systems systems(static_cast<uint32_t>(state.range(0)));
  size_t packets = 0;
  for (auto _ : state) packets += systems.step();
  if (!systems.all_up()) state.SkipWithError("a session is not up");
  using benchmark::Counter;
  const auto pairs = static_cast<double>(packets);
  state.counters["s_per_tx_rx"] = Counter(pairs, Counter::kIsRate | Counter::kInvert);
  // In the share of a second that a session leaves between its packets.
  state.counters["sessions_per_core"] = Counter(pairs * kMeanInterval, Counter::kIsRate);
}
BENCHMARK(bfd_sessions)->Arg(10)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void bfd_decode_encode(benchmark::State& state) {
  bfd::Packet packet;
  packet.detect_multiplier = 3;
  packet.my_discriminator = 1;
  for (auto _ : state) {
    const auto octets = bfd::encode(packet);
    auto parsed = bfd::parse(octets);
    benchmark::DoNotOptimize(parsed);
    packet.my_discriminator = std::get<bfd::Packet>(parsed).my_discriminator | 1;
  }
}
BENCHMARK(bfd_decode_encode);

}  // namespace
}  // namespace erbium::bench

BENCHMARK_MAIN();
