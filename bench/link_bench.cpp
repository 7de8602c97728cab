// What links cost: limiter, server and delay line (calendar) over many circuits with a stated
// number of packets in flight, beside rte_sched and rte_meter of DPDK doing what they do; and the
// pieces alone. Counter `cycles`: TSC cycles of processor time a packet. A packet that arrives is
// sent again at once, by a circuit that depends on the packet, so the number in flight stays what
// the row says. rte_sched schedules 4,096 pipes of one subport and holds a packet only while its
// burst is passed.
#include <benchmark/benchmark.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_meter.h>
#include <rte_sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/bench_network.h"
#include "bench/bgp_like.h"
#include "dataplane/core/calendar.h"
#include "dataplane/core/packet_pool.h"
#include "dataplane/driver/eal.h"
#include "dataplane/links/circuit_limiter.h"
#include "dataplane/links/link.h"
#include "dataplane/tables/vlan_map.h"

namespace erbium::bench {
namespace {

constexpr uint32_t kFrame = 60;
constexpr unsigned kBurst = 32;
constexpr int64_t kDelayNs = 1'200'000;

void report(benchmark::State& state, double before, uint64_t packets) {
  state.counters["cycles"] = (cpu_cycles() - before) / static_cast<double>(packets);
  state.SetItemsProcessed(static_cast<int64_t>(packets));
}

// Circuits with a limiter and a link each, and the arrivals of the node behind them.
class Circuits {
 public:
  Circuits(unsigned circuits, unsigned in_flight) : pool_(size_t{512} << 20) {
    for (unsigned i = 0; i < circuits; i++) {
      limiters_.push_back(std::make_unique<dp::CircuitLimiter>(
          dp::LimiterConfig{.rate = BitRate::gbps(10), .depth_bits = 80'000'000}));
      links_.push_back(std::make_unique<dp::Link>(dp::LinkConfig{
          .rate = BitRate::gbps(10), .delay = Duration::ns(kDelayNs), .queue = Duration::ms(100)}));
    }
    for (unsigned i = 0; i < in_flight; i++) {
      const dp::Packet p = pool_.allocate(kFrame);
      if (p.mbuf() == nullptr) throw std::runtime_error("no memory for packets");
      p.meta().id = i;
      p.meta().time = int64_t{kDelayNs} * i / in_flight;
      p.meta().link = static_cast<uint32_t>((i * uint64_t{0x9e3779b1} >> 7) % circuits);
      send(p);
    }
    window_ns_ = std::max<int64_t>(1, int64_t{kDelayNs} * kBurst / in_flight);
  }

  // Everything that arrives in the next window, about a burst, goes out again.
  unsigned step() {
    now_ += window_ns_;
    arrived_.clear();
    calendar_.drain(Time::from_ns(now_), arrived_);
    for (size_t i = 0; i < arrived_.size(); i++) {
      if (i + 8 < arrived_.size()) {
        __builtin_prefetch(arrived_[i + 8].mbuf);
        __builtin_prefetch(arrived_[i + 8].mbuf + 1);
      }
      send(dp::Packet(arrived_[i].mbuf));
    }
    return static_cast<unsigned>(arrived_.size());
  }
  uint64_t lost() const { return lost_; }

 private:
  void send(dp::Packet p) {
    const uint32_t circuit = p.meta().link;
    if (!limiters_[circuit]->admit(p) || !links_[circuit]->admit(p)) {
      lost_++;
      return;
    }
    calendar_.push({p.meta().time, p.meta().id, p.mbuf()});
  }

  dp::PacketPool pool_;
  std::vector<std::unique_ptr<dp::CircuitLimiter>> limiters_;
  std::vector<std::unique_ptr<dp::Link>> links_;
  dp::Calendar calendar_{Duration::us(16), Duration::ms(100)};
  std::vector<dp::Arrival> arrived_;
  int64_t now_ = 0;
  int64_t window_ns_ = 1;
  uint64_t lost_ = 0;
};

void limiter_link_delay(benchmark::State& state) {
  const auto in_flight = static_cast<unsigned>(state.range(1));
  Circuits circuits(static_cast<unsigned>(state.range(0)), in_flight);
  for (unsigned passed = 0; passed < 4 * in_flight;) passed += circuits.step();
  uint64_t packets = 0;
  const double before = cpu_cycles();
  for (auto _ : state) packets += circuits.step();
  report(state, before, packets);
  if (circuits.lost() != 0) state.SkipWithError("packets were dropped");
}
BENCHMARK(limiter_link_delay)
    ->ArgNames({"circuits", "in_flight"})
    ->Args({1, 4'096})
    ->Args({256, 4'096})
    ->Args({4'096, 4'096})
    ->Args({4'096, 16'384})
    ->Args({4'096, 65'536});

// ---- rte_sched: enqueue, dequeue and free of bursts, as in DPDK's qos_sched ----

constexpr uint32_t kPipes = 4'096;
constexpr uint64_t kSchedRate = 12'500'000'000;  // bytes a second: never the limit

rte_sched_port* make_sched() {
  static rte_sched_pipe_params pipe{};
  pipe.tb_rate = kSchedRate / 100;
  pipe.tb_size = 1'000'000;
  for (uint64_t& rate : pipe.tc_rate) rate = pipe.tb_rate;
  pipe.tc_period = 40;
  pipe.tc_ov_weight = 1;
  for (uint8_t& weight : pipe.wrr_weights) weight = 1;
  static rte_sched_subport_profile_params subport{};
  subport.tb_rate = kSchedRate;
  subport.tb_size = 1'000'000;
  for (uint64_t& rate : subport.tc_rate) rate = kSchedRate;
  subport.tc_period = 10;
  rte_sched_port_params port{};
  port.name = "bench";
  port.rate = kSchedRate;
  port.mtu = 1522;
  port.frame_overhead = 24;
  port.n_subports_per_port = 1;
  port.subport_profiles = &subport;
  port.n_subport_profiles = 1;
  port.n_max_subport_profiles = 1;
  port.n_pipes_per_subport = kPipes;
  rte_sched_port* sched = rte_sched_port_config(&port);
  if (sched == nullptr) throw std::runtime_error("rte_sched_port_config failed");
  rte_sched_subport_params params{};
  params.n_pipes_per_subport_enabled = kPipes;
  for (uint16_t& size : params.qsize) size = 64;
  params.pipe_profiles = &pipe;
  params.n_pipe_profiles = 1;
  params.n_max_pipe_profiles = 1;
  if (rte_sched_subport_config(sched, 0, &params, 0) != 0)
    throw std::runtime_error("rte_sched_subport_config failed");
  for (uint32_t i = 0; i < kPipes; i++)
    if (rte_sched_pipe_config(sched, 0, i, 0) != 0)
      throw std::runtime_error("rte_sched_pipe_config failed");
  return sched;
}

void rte_sched(benchmark::State& state) {
  rte_mempool* pool = rte_pktmbuf_pool_create("sched", 16'384, 256, 0, 256, SOCKET_ID_ANY);
  if (pool == nullptr) throw std::runtime_error("no pool for rte_sched");
  rte_sched_port* sched = make_sched();
  SplitMix random(3);
  uint64_t packets = 0, sent = 0;
  const double before = cpu_cycles();
  for (auto _ : state) {
    rte_mbuf* in[kBurst];
    if (rte_pktmbuf_alloc_bulk(pool, in, kBurst) != 0) break;
    for (rte_mbuf* m : in) {
      m->data_len = kFrame;
      m->pkt_len = kFrame;
      rte_sched_port_pkt_write(sched, m, 0, random.below(kPipes), RTE_SCHED_TRAFFIC_CLASS_BE, 0,
                               RTE_COLOR_GREEN);
    }
    rte_sched_port_enqueue(sched, in, kBurst);
    rte_mbuf* out[kBurst];
    const int n = rte_sched_port_dequeue(sched, out, kBurst);
    rte_pktmbuf_free_bulk(out, static_cast<unsigned>(n));
    packets += kBurst;
    sent += static_cast<unsigned>(n);
  }
  report(state, before, packets);
  state.counters["passed"] = static_cast<double>(sent) / static_cast<double>(packets);
  if (sent * 100 < packets * 99) state.SkipWithError("rte_sched dropped packets");
  rte_sched_port_free(sched);
  rte_mempool_free(pool);
}
BENCHMARK(rte_sched);

// ---- one piece at a time ----

constexpr unsigned kDraws = 1 << 16;
std::vector<uint32_t> draws(uint32_t below) {
  SplitMix random(5);
  std::vector<uint32_t> out(kDraws);
  for (uint32_t& draw : out) draw = random.below(below);
  return out;
}

// Bursts of `one(draw, time)`.
template <typename One>
void measure_pieces(benchmark::State& state, One&& one) {
  const std::vector<uint32_t> drawn = draws(static_cast<uint32_t>(state.range(0)));
  uint64_t packets = 0;
  const double before = cpu_cycles();
  for (auto _ : state) {
    for (unsigned i = 0; i < kBurst; i++, packets++)
      benchmark::DoNotOptimize(
          one(drawn[packets % kDraws], Time::from_ns(static_cast<int64_t>(packets * 100))));
  }
  report(state, before, packets);
}

void token_bucket(benchmark::State& state) {
  std::vector<dp::TokenBucket> buckets(static_cast<size_t>(state.range(0)),
                                       dp::TokenBucket(BitRate::gbps(10), 80'000'000));
  measure_pieces(state, [&](uint32_t i, Time now) { return buckets[i].take(now, kFrame * 8); });
}
BENCHMARK(token_bucket)->Arg(1)->Arg(256)->Arg(4'096)->Arg(65'536);

void rate_server(benchmark::State& state) {
  std::vector<dp::RateServer> servers(static_cast<size_t>(state.range(0)),
                                      dp::RateServer(BitRate::gbps(10)));
  measure_pieces(state, [&](uint32_t i, Time now) {
    return servers[i].serve(now, (kFrame + net::kL1Overhead) * 8);
  });
}
BENCHMARK(rate_server)->Arg(1)->Arg(256)->Arg(4'096)->Arg(65'536);

// ---- a link that is clean, and with each impairment, beside it ----

constexpr uint64_t kTenth = dp::Chance::kAlways / 10;

dp::ImpairmentConfig jitter(dp::Jitter::Distribution distribution) {
  return {.seed = 7, .jitter = {.size = Duration::us(1), .distribution = distribution}};
}

// Packets of 60 bytes, one each 100 ns, and the end of the link for those that it does something
// to. A copy is made of no packet: that costs what a packet costs.
void link(benchmark::State& state, const std::optional<dp::ImpairmentConfig>& impairment) {
  dp::PacketPool pool(size_t{8} << 20);
  dp::Link link({.rate = BitRate::gbps(100), .delay = Duration::us(100), .queue = Duration::ms(1)});
  link.impair(impairment);
  const dp::Packet p = pool.allocate(kFrame);
  p.meta() = {};
  uint64_t packets = 0;
  const double before = cpu_cycles();
  for (auto _ : state) {
    for (unsigned i = 0; i < kBurst; i++, packets++) {
      p.meta().time = static_cast<int64_t>(packets * 100);
      benchmark::DoNotOptimize(link.admit(p));
      if (p.meta().entry != dp::Entry::impaired || link.arrive(p)) link.delivered(1);
    }
  }
  report(state, before, packets);
  p.free();
}

using dp::Chance;
using dp::LossModel;
using enum dp::Jitter::Distribution;
BENCHMARK_CAPTURE(link, clean, std::nullopt);
BENCHMARK_CAPTURE(link, nothing, dp::ImpairmentConfig{});
BENCHMARK_CAPTURE(link, uniform, jitter(uniform));
BENCHMARK_CAPTURE(link, normal, jitter(normal));
BENCHMARK_CAPTURE(link, pareto, jitter(pareto));
BENCHMARK_CAPTURE(link, random_loss,
                  dp::ImpairmentConfig{
                      .loss = {.kind = LossModel::Kind::random, .loss = Chance(kTenth / 10)}});
BENCHMARK_CAPTURE(link, gilbert_elliott,
                  dp::ImpairmentConfig{.loss = {.kind = LossModel::Kind::gilbert_elliott,
                                                .loss = Chance(Chance::kAlways),
                                                .worse = Chance(kTenth / 30),
                                                .better = Chance(kTenth * 3)}});
BENCHMARK_CAPTURE(link, every_nth,
                  dp::ImpairmentConfig{.loss = {.kind = LossModel::Kind::every_nth, .every = 100}});
BENCHMARK_CAPTURE(link, duplicate, dp::ImpairmentConfig{.duplicate = Chance(kTenth / 10)});
BENCHMARK_CAPTURE(link, reorder,
                  dp::ImpairmentConfig{.reorder = Chance(kTenth / 10), .hold = Duration::us(9)});
BENCHMARK_CAPTURE(link, corrupt, dp::ImpairmentConfig{.corrupt = Chance(kTenth / 10)});
BENCHMARK_CAPTURE(link, trace,
                  dp::ImpairmentConfig{.opportunities = std::vector<uint32_t>(10'000, 1)});

// srTCM, colour blind; the time stamp counter is read once a burst, as in rte_meter's examples.
void rte_meter(benchmark::State& state) {
  rte_meter_srtcm_params params{.cir = 1'250'000'000, .cbs = 10'000'000, .ebs = 0};
  rte_meter_srtcm_profile profile;
  if (rte_meter_srtcm_profile_config(&profile, &params) != 0)
    throw std::runtime_error("rte_meter_srtcm_profile_config failed");
  std::vector<rte_meter_srtcm> meters(static_cast<size_t>(state.range(0)));
  for (rte_meter_srtcm& meter : meters) rte_meter_srtcm_config(&meter, &profile);
  uint64_t now = 0;
  unsigned at = 0;
  measure_pieces(state, [&](uint32_t i, Time) {
    if (at++ % kBurst == 0) now = rte_rdtsc();
    return rte_meter_srtcm_color_blind_check(&meters[i], &profile, now, kFrame);
  });
}
BENCHMARK(rte_meter)->Arg(1)->Arg(256)->Arg(4'096)->Arg(65'536);

void vlan_map(benchmark::State& state) {
  dp::VlanMap map;
  const auto circuits = static_cast<uint32_t>(state.range(0));
  const auto outer = [](uint32_t i) { return static_cast<uint16_t>(1 + i % 4'094); };
  const auto inner = [](uint32_t i) { return static_cast<uint16_t>(1 + i / 4'094); };
  for (uint32_t i = 0; i < circuits; i++) map.insert(1, outer(i), inner(i), i + 1);
  measure_pieces(state, [&](uint32_t i, Time) { return map.lookup(1, outer(i), inner(i)); });
}
BENCHMARK(vlan_map)->Arg(1)->Arg(256)->Arg(4'096)->Arg(65'536);

}  // namespace
}  // namespace erbium::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    erbium::dp::start_eal_for_replay();
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "link_bench: %s\n", error.what());
    return 5;
  }
  return 0;
}
