// What a packet costs on its way through routers: one routed hop (QinQ parse, VRF, longest prefix,
// TTL, rewrite), the same with limiter and link, three hops, IPv6, ARP and ND, each stage in its
// place, and a fused reference that does the hop's steps in one loop over the packets with the same
// tables. Every row holds the loop of bench/bench_network.h (allocate, copy 60 bytes, free); row
// `loop` is that loop alone. Counter `cycles`: TSC cycles of processor time a packet.
#include <benchmark/benchmark.h>
#include <rte_cycles.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/bench_network.h"
#include "bench/fused_hop.h"
#include "bench/timed_stages.h"
#include "dataplane/driver/eal.h"

namespace erbium::bench {
namespace {

using Kind = NetworkShape::Kind;
using net::Family;

constexpr unsigned kWarmUpBursts = 2048;

// Runs `step(burst)` until Google Benchmark has enough and reports what a packet took.
template <typename Step>
void measure(benchmark::State& state, unsigned burst, Step&& step) {
  for (unsigned i = 0; i < kWarmUpBursts; i++) step(burst);
  uint64_t packets = 0;
  const double before = cpu_cycles();
  for (auto _ : state) {
    step(burst);
    packets += burst;
  }
  state.counters["cycles"] = (cpu_cycles() - before) / static_cast<double>(packets);
  state.SetItemsProcessed(static_cast<int64_t>(packets));
}

void loop_alone(benchmark::State& state) {
  BenchNetwork bench({});
  const Frames frames = routed_frames({}, Family::v4, 10'000);
  Feeder feeder(bench, frames);
  dp::Port& out = bench.network().port(BenchNetwork::kOut);
  measure(state, 32, [&](unsigned burst) {
    for (unsigned i = 0; i < burst; i++) out.sent.push_back(feeder.next().mbuf());
    bench.network().free_sent(out);
  });
}
BENCHMARK(loop_alone)->Name("loop");

struct PathRow {
  NetworkShape shape = {};
  Family family = Family::v4;
  unsigned flows = 10'000;
  unsigned burst = 32;
};

void path(benchmark::State& state, const PathRow& row) {
  BenchNetwork bench(row.shape);
  const Frames frames = routed_frames(row.shape, row.family, row.flows);
  Feeder feeder(bench, frames);
  uint64_t out = 0, in = 0;
  measure(state, row.burst, [&](unsigned burst) {
    feeder.step(burst);
    out += feeder.drain();
    in += burst;
  });
  state.counters["in_flight"] = static_cast<double>(in - out);
  if (bench.network().inside() != in - out) state.SkipWithError("packets were dropped");
}

// Replies of the router to requests: one in, one out 50 us later.
void requests(benchmark::State& state, Family family) {
  BenchNetwork bench({});
  const Frames frames = request_frames(family);
  Feeder feeder(bench, frames);
  uint64_t out = 0;
  measure(state, 32, [&](unsigned burst) {
    feeder.step(burst);
    out += feeder.drain();
  });
  if (out < static_cast<uint64_t>(state.iterations()) * 32)
    state.SkipWithError("requests were not answered");
}

void fused(benchmark::State& state, const PathRow& row) {
  BenchNetwork bench(row.shape);
  const Frames frames = routed_frames(row.shape, row.family, row.flows);
  if (!fused_hop_agrees(bench, frames)) {
    state.SkipWithError("the fused reference and the pipeline differ");
    return;
  }
  Feeder feeder(bench, frames);
  FusedHop hop(bench.network());
  measure(state, row.burst, [&](unsigned burst) {
    rte_mbuf* packets[dp::Burst::kMax];
    for (unsigned i = 0; i < burst; i++) packets[i] = feeder.next().mbuf();
    hop.run(packets, burst);
    feeder.drain();
  });
}

// The nodes of three hops one after the other, as Network::run() runs them, with a clock between.
void each_hop(benchmark::State& state) {
  const NetworkShape shape{.kind = Kind::three_hops};
  BenchNetwork bench(shape);
  const Frames frames = routed_frames(shape, Family::v4, 10'000);
  Feeder feeder(bench, frames);
  BurstTimes times[3];
  measure(state, 32, [&](unsigned burst) {
    for (unsigned i = 0; i < burst; i++) bench.network().receive(1, feeder.next());
    uint64_t last = rte_rdtsc();
    for (uint32_t id = 1; id <= 3; id++) {
      bench.network().node(id).run(feeder.now(), dp::Burst::kMax);
      const uint64_t now = rte_rdtsc();
      times[id - 1].add(now - last, burst);
      last = now;
    }
    feeder.drain();
  });
  const char* names[] = {"ce", "msee", "gateway"};
  for (size_t i = 0; i < 3; i++) state.counters[names[i]] = times[i].median();
}
BENCHMARK(each_hop);

// Every stage in its place in the running path, timed burst by burst; the median.
void stages(benchmark::State& state, const PathRow& row) {
  BenchNetwork bench(row.shape);
  const Frames frames =
      row.flows == 0 ? request_frames(row.family) : routed_frames(row.shape, row.family, row.flows);
  Feeder feeder(bench, frames);
  TimedStages::reset();
  TimedNode node(bench);
  measure(state, row.burst, [&](unsigned burst) {
    for (unsigned i = 0; i < burst; i++) node.receive(feeder.next());
    node.run(feeder.now());
    feeder.drain();
  });
  for (const auto& [name, cycles] : TimedStages::medians()) state.counters[name] = cycles;
}

template <typename Run>
void add(const std::string& name, Run&& run, const PathRow& row) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [run, row](benchmark::State& state) { run(state, row); });
}

void register_paths() {
  const NetworkShape two{}, bgp{.routes = Routes::bgp500k};
  add("hop/flows:1", path, {.shape = two, .flows = 1});
  add("hop/flows:10000", path, {.shape = two});
  for (unsigned burst : {1u, 4u, 8u, 16u})
    add("hop/flows:10000/burst:" + std::to_string(burst), path, {.shape = two, .burst = burst});
  add("hop/flows:65536", path, {.shape = two, .flows = 65'536});
  add("hop/routes:500k/flows:65536", path, {.shape = bgp, .flows = 65'536});
  add("hop/ipv6/flows:10000", path, {.family = Family::v6});
  add("fused/flows:10000", fused, {.shape = two});
  add("fused/routes:500k/flows:65536", fused, {.shape = bgp, .flows = 65'536});
  for (int64_t delay : {100, 1'200}) {
    const Duration d = Duration::us(delay);
    const std::string suffix = "/delay_us:" + std::to_string(delay);
    add("hop_limiter_link" + suffix, path, {.shape = {.kind = Kind::hop_and_link, .delay = d}});
    add("three_hops" + suffix, path, {.shape = {.kind = Kind::three_hops, .delay = d}});
  }
  add("stages/hop", stages, {.shape = two});
  add("stages/hop_ipv6", stages, {.family = Family::v6});
  add("stages/hop_500k", stages, {.shape = bgp, .flows = 65'536});
  add("stages/hop_limiter_link", stages, {.shape = {.kind = Kind::hop_and_link}});
  add("stages/arp", stages, {.flows = 0});
  add("stages/nd", stages, {.family = Family::v6, .flows = 0});
  benchmark::RegisterBenchmark("arp_answer", requests, Family::v4);
  benchmark::RegisterBenchmark("nd_answer", requests, Family::v6);
}

}  // namespace
}  // namespace erbium::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    erbium::dp::start_eal_for_replay();
    erbium::bench::register_paths();
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pipeline_bench: %s\n", error.what());
    return 5;
  }
  return 0;
}
