// What control costs end to end, in one process and thread: a full table from the octets of a
// session to packets forwarded by it, the loss of a peer to the FIB switched, and forwarding while
// routes change. Times are processor time of the thread, by part (bench/control_router.h).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/bgp_feed.h"
#include "bench/control_router.h"
#include "dataplane/driver/eal.h"

namespace erbium::bench {
namespace {

using net::Prefix;

constexpr size_t kMillion = 1'000'000;
constexpr size_t kRead = 65'536;  // octets that a session brings at a time
constexpr size_t kFrames = 65'536;

const std::vector<Prefix>& table(size_t n) {
  static std::map<size_t, std::vector<Prefix>> all;
  std::vector<Prefix>& prefixes = all[n];
  if (prefixes.empty()) prefixes = bgp_like(net::Family::v4, n, 42);
  return prefixes;
}

// To random prefixes of the table.
Frames frames_into(const std::vector<Prefix>& prefixes) {
  SplitMix random(4711);
  std::vector<net::Ip> to;
  while (to.size() < kFrames)
    to.push_back(
        address_in(prefixes[random.below(static_cast<uint32_t>(prefixes.size()))], random));
  return frames_to(to);
}

void feed(ControlRouter& router, cp::bgp::PeerId peer, std::span<const uint8_t> octets) {
  for (; !octets.empty(); octets = octets.subspan(std::min(kRead, octets.size())))
    router.receive(peer, octets.first(std::min(kRead, octets.size())));
}

// Arg: sets of attributes, 0: one for each UPDATE.
void full_table(benchmark::State& state) {
  const std::vector<Prefix>& prefixes = table(kMillion);
  const Frames frames = frames_into(prefixes);
  const std::vector<uint8_t> octets = bgp_feed(
      {.sets = static_cast<size_t>(state.range(0)), .next_hop = ControlRouter::next_hop_of(1)},
      prefixes);
  const double n = static_cast<double>(prefixes.size());
  for (auto _ : state) {
    ControlRouter router(1, frames);
    router.establish(1);
    router.cost = {};
    feed(router, 1, octets);
    const ControlRouter::Cost cost = router.cost;
    state.SetIterationTime(cost.all());
    if (router.prefixes_from(1) != prefixes.size() || router.forward() != frames.size())
      state.SkipWithError("a route is missing");
    state.counters["s"] = cost.all();
    state.counters["bgp_ns"] = cost.bgp * 1e9 / n;
    state.counters["groups_ns"] = cost.groups * 1e9 / n;
    state.counters["messages_ns"] = cost.messages * 1e9 / n;
    state.counters["dataplane_ns"] = cost.dataplane * 1e9 / n;
    state.counters["control_us"] = cost.control() * 1e6 / n;
    state.counters["generations"] = static_cast<double>(cost.generations);
    state.counters["rib_bytes_route"] = static_cast<double>(router.rib_bytes()) / n;
    state.counters["fib_MiB"] = static_cast<double>(router.hop().agent().table_bytes()) / (1 << 20);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * prefixes.size()));
}
BENCHMARK(full_table)
    ->ArgName("sets")
    ->Arg(500)
    ->Arg(0)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// Two peers with the same prefixes, the first preferred by its shorter paths, is lost. `us`: until
// the FIB sends packets to the second. `clean_ns`: what follows, a prefix. Without the second the
// FIB loses its routes one by one.
void peer_gone(benchmark::State& state) {
  const std::vector<Prefix>& prefixes = table(static_cast<size_t>(state.range(0)));
  const bool backup = state.range(1) != 0;
  const Frames frames = frames_into(prefixes);
  const double n = static_cast<double>(prefixes.size());
  for (auto _ : state) {
    ControlRouter router(2, frames);
    for (const cp::bgp::PeerId peer : {1u, 2u}) {
      router.establish(peer);
      if (peer == 2 && !backup) continue;
      feed(router, peer,
           bgp_feed({.peer_as = ControlRouter::kAsn + peer,
                     .prepended = peer == 2 ? 4u : 0u,
                     .next_hop = ControlRouter::next_hop_of(peer)},
                    prefixes));
    }
    if (router.forward() != frames.size()) state.SkipWithError("a route is missing");
    router.cost = {};
    router.lose(1);
    const ControlRouter::Cost loss = router.cost;
    state.SetIterationTime(loss.all());
    if (router.forward() != (backup ? frames.size() : 0)) state.SkipWithError("not switched");
    router.cost = {};
    router.clean_up();
    if (router.forward() != (backup ? frames.size() : 0)) state.SkipWithError("not cleaned up");
    state.counters["us"] = loss.all() * 1e6;
    state.counters["generations"] = static_cast<double>(loss.generations);
    state.counters["groups"] = static_cast<double>(loss.changed_groups);
    state.counters["routes"] = static_cast<double>(loss.changed_routes);
    state.counters["clean_ns"] = router.cost.all() * 1e9 / n;
    state.counters["clean_control_ns"] = router.cost.control() * 1e9 / n;
    state.counters["clean_routes"] = static_cast<double>(router.cost.changed_routes);
  }
}
BENCHMARK(peer_gone)
    ->ArgNames({"prefixes", "backup"})
    ->Args({10, 1})
    ->Args({kMillion, 1})
    ->Args({kMillion, 0})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMicrosecond);

// Applies changes of routes to the forwarding table at a steady pace, in a thread of its own.
class Changer {
 public:
  static constexpr unsigned kBatch = 1'000;  // a commit

  // `quiet`: grows whenever the reader holds no view.
  Changer(dp::Fib& fib, const std::vector<Prefix>& prefixes, uint32_t groups, unsigned per_second,
          const std::atomic<uint64_t>& quiet)
      : fib_(fib), prefixes_(prefixes), groups_(groups), per_second_(per_second), quiet_(quiet) {}

  std::atomic<bool> active{false}, ended{false};
  std::atomic<uint64_t> changes{0};
  double cycles = 0;  // of processor time, for the changes; read it when run() has returned

  void run() {
    using Clock = std::chrono::steady_clock;
    const auto period = std::chrono::nanoseconds(1'000'000'000ull * kBatch / per_second_);
    for (auto next = Clock::now(); !ended; next = std::max(next, Clock::now() - 10 * period)) {
      std::this_thread::sleep_until(next);
      next += period;
      if (active) batch();
    }
  }

 private:
  // A third are withdrawals, another announces again what the last batch withdrew.
  void batch() {
    const double start = cpu_cycles();
    // Not waited for: on a busy machine the reader may not run for a while.
    if (quiet_ >= committed_at_ + 2) fib_.reclaim();
    for (const Prefix* prefix : withdrawn_) staged_.push_back({*prefix, any_group()});
    withdrawn_.clear();
    for (unsigned i = 0; i < kBatch / 3; i++) {
      staged_.push_back({any(), any_group()});
      withdrawn_.push_back(&any());
      staged_.push_back({*withdrawn_.back(), dp::kNoRoute});
    }
    before_.resize(staged_.size());
    fib_.stage(staged_, before_.data());
    staged_.clear();
    fib_.commit();
    cycles += cpu_cycles() - start;
    committed_at_ = quiet_;
    changes += kBatch;
  }

  uint32_t any_group() { return 1 + random_.below(groups_); }
  const Prefix& any() { return prefixes_[random_.below(static_cast<uint32_t>(prefixes_.size()))]; }

  dp::Fib& fib_;
  const std::vector<Prefix>& prefixes_;
  const uint32_t groups_;
  const unsigned per_second_;
  const std::atomic<uint64_t>& quiet_;
  SplitMix random_{99};
  std::vector<const Prefix*> withdrawn_;
  std::vector<dp::FibChange> staged_;
  std::vector<dp::NextHopGroupId> before_;
  uint64_t committed_at_ = 0;  // of quiet_
};

// One thread forwards through 500k routes while another changes 100,000 a second, in turn with
// slices of time without changes. `lost_percent`: of the rate, by processor time of the forwarder.
void forwarding_while_routes_change(benchmark::State& state) {
  const NetworkShape shape{.routes = Routes::bgp500k};
  const std::vector<Prefix> prefixes = bgp_like(net::Family::v4, 500'000, 42);
  BenchNetwork bench(shape);
  dp::Fib fib;
  for (size_t i = 0; i < prefixes.size(); i++)
    fib.upsert(prefixes[i], static_cast<uint32_t>(1 + i % bench.groups()));
  fib.commit();
  fib.reclaim();
  const Frames frames = routed_frames(shape, net::Family::v4, kFrames);
  Feeder feeder(bench, frames);
  dp::Forwarding tables = bench.network().tables();
  tables.vrfs[1] = fib.view();
  bench.network().apply(&tables, feeder.now());

  std::atomic<uint64_t> quiet{0};
  Changer changer(fib, prefixes, bench.groups(), 100'000, quiet);
  std::thread thread([&] { changer.run(); });
  // Cycles a packet over a slice of time.
  const auto slice = [&](bool changing) {
    constexpr unsigned kBursts = 16'384;
    changer.active = changing;
    const double before = cpu_cycles();
    for (unsigned i = 0; i < kBursts; i++) {
      tables.vrfs[1] = fib.view();
      feeder.step(dp::Burst::kMax);
      feeder.drain();
      quiet.fetch_add(1, std::memory_order_release);
    }
    return (cpu_cycles() - before) / (kBursts * dp::Burst::kMax);
  };
  slice(false);
  std::vector<double> with, without, ratios;
  double seconds = 0;
  uint64_t changes = 0;
  for (auto _ : state) {
    without.push_back(slice(false));
    const auto start = std::chrono::steady_clock::now();
    const uint64_t before = changer.changes;
    with.push_back(slice(true));
    changes += changer.changes - before;
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ratios.push_back(with.back() / without.back());
  }
  changer.active = false;
  changer.ended = true;
  thread.join();
  const auto median = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  state.counters["cycles"] = median(with);
  state.counters["cycles_without"] = median(without);
  state.counters["lost_percent"] = 100 * (1 - 1 / median(ratios));
  state.counters["cycles_change"] = changer.cycles / static_cast<double>(changer.changes);
  state.counters["changes_s"] = static_cast<double>(changes) / seconds;
  if (static_cast<double>(changes) < 90'000 * seconds) {
    const std::string why =
        "only " + std::to_string(static_cast<int>(static_cast<double>(changes) / seconds)) +
        " changes a second, of " +
        std::to_string(static_cast<int>(changer.cycles / static_cast<double>(changer.changes))) +
        " cycles each";
    state.SkipWithError(why.c_str());
  }
}
BENCHMARK(forwarding_while_routes_change)->Iterations(60)->UseRealTime();

}  // namespace
}  // namespace erbium::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    erbium::dp::start_eal_for_replay();
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "control_bench: %s\n", error.what());
    return 5;
  }
  return 0;
}
