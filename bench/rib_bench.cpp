// What a route costs the control side: into the RIB, out of it when its peer is lost, in memory;
// and how long the FIB waits when a peer is lost, which must not depend on the number of prefixes
// (control/rib/fib_groups.h). Prefixes: bench/bgp_like.h; one set of attributes per seven of them,
// with paths of 3 to 6 ASes and up to 6 communities.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "bench/bgp_feed.h"
#include "control/rib/fib_groups.h"
#include "control/rib/rib.h"

namespace erbium::bench {
namespace {

using cp::bgp::PathAttributes;
using cp::rib::AttributesRef;
using cp::rib::Changes;
using cp::rib::FibDelta;
using cp::rib::FibGroups;
using cp::rib::PeerId;
using cp::rib::Rib;
using cp::rib::RibConfig;
using net::Family;
using net::Prefix;

constexpr size_t kMillion = 1'000'000;
constexpr size_t kPrefixesPerSet = 7;

// Shuffled; built once for the benchmarks of one run.
const std::vector<Prefix>& table(Family family, size_t n) {
  static std::map<std::pair<Family, size_t>, std::vector<Prefix>> all;
  std::vector<Prefix>& prefixes = all[{family, n}];
  if (prefixes.empty()) prefixes = bgp_like(family, n, 42);
  return prefixes;
}

std::vector<PathAttributes> sets_for(size_t prefixes, Family family) {
  SplitMix random(7);
  std::vector<PathAttributes> out(std::max<size_t>(1, prefixes / kPrefixesPerSet));
  const net::Ip next_hop = *net::Ip::parse(family == Family::v4 ? "192.0.2.1" : "2001:db8::1");
  for (PathAttributes& set : out) set = random_attributes(random, family, 65001, next_hop);
  return out;
}

// CPU time of this thread: all of it computes, nothing waits, and others on the machine count less.
class Clock {
 public:
  double seconds() const { return now() - start_; }

 private:
  static double now() {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
  }
  double start_ = now();
};

std::vector<AttributesRef> intern_all(Rib& rib, const std::vector<PathAttributes>& sets) {
  std::vector<AttributesRef> refs;
  for (const PathAttributes& set : sets) refs.push_back(rib.pool().intern(set));
  return refs;
}

// Every prefix from the peer, each with some set or other.
void announce_all(Rib& rib, PeerId peer, const std::vector<Prefix>& prefixes,
                  const std::vector<AttributesRef>& refs, Changes& changes) {
  SplitMix random(11);
  for (const Prefix& prefix : prefixes) {
    const auto id = refs[random.below(static_cast<uint32_t>(refs.size()))].id();
    rib.update(peer, prefix, id, id, 0, changes);
  }
}

std::unique_ptr<Rib> make_rib(PeerId peers, bool report_standby) {
  RibConfig config;
  config.report_standby = report_standby;
  auto rib = std::make_unique<Rib>(config);
  for (PeerId peer = 1; peer <= peers; ++peer) rib->set_peer(peer, {net::Ip::v4(peer)});
  return rib;
}

size_t malloced() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Args: family, sorted. bytes_route counts what malloc gave, attributes included.
void insert(benchmark::State& state) {
  const auto family = static_cast<Family>(state.range(0));
  std::vector<Prefix> prefixes = table(family, kMillion);
  if (state.range(1) != 0) std::sort(prefixes.begin(), prefixes.end());
  const std::vector<PathAttributes> sets = sets_for(kMillion, family);
  Changes changes;
  changes.chosen.reserve(kMillion);
  for (auto _ : state) {
    changes.clear();
    const size_t before = malloced();
    const auto rib = make_rib(1, false);
    const std::vector<AttributesRef> refs = intern_all(*rib, sets);
    const Clock clock;
    announce_all(*rib, 1, prefixes, refs, changes);
    state.SetIterationTime(clock.seconds());
    const size_t refs_held = refs.capacity() * sizeof refs[0];
    state.counters["bytes_route"] = static_cast<double>(malloced() - before - refs_held) / kMillion;
    state.counters["claimed_route"] = static_cast<double>(rib->memory_bytes()) / kMillion;
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kMillion));
}
BENCHMARK(insert)
    ->ArgNames({"family", "sorted"})
    ->ArgsProduct({{4, 6}, {0, 1}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// Sets that are there already, and new ones.
void intern(benchmark::State& state) {
  const std::vector<PathAttributes> sets = sets_for(kMillion, Family::v4);
  const bool known = state.range(0) != 0;
  for (auto _ : state) {
    const auto rib = make_rib(1, false);
    std::vector<AttributesRef> refs;
    if (known) refs = intern_all(*rib, sets);
    const Clock clock;
    const std::vector<AttributesRef> again = intern_all(*rib, sets);
    state.SetIterationTime(clock.seconds());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * sets.size()));
}
BENCHMARK(intern)->ArgName("known")->Arg(0)->Arg(1)->UseManualTime()->Unit(benchmark::kMillisecond);

// Args: family, whether another peer has the same prefixes.
void withdraw_peer(benchmark::State& state) {
  const auto family = static_cast<Family>(state.range(0));
  const std::vector<Prefix>& prefixes = table(family, kMillion);
  const std::vector<PathAttributes> sets = sets_for(kMillion, family);
  Changes changes;
  for (auto _ : state) {
    const auto rib = make_rib(2, false);
    std::vector<AttributesRef> refs = intern_all(*rib, sets);
    announce_all(*rib, 1, prefixes, refs, changes);
    if (state.range(1) != 0) announce_all(*rib, 2, prefixes, refs, changes);
    refs.clear();
    changes = {};
    const Clock clock;
    rib->withdraw_peer(1, changes);
    state.SetIterationTime(clock.seconds());
    changes = {};
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kMillion));
}
BENCHMARK(withdraw_peer)
    ->ArgNames({"family", "other"})
    ->ArgsProduct({{4, 6}, {0, 1}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void walk_in_order(benchmark::State& state) {
  const auto rib = make_rib(1, false);
  Changes changes;
  announce_all(*rib, 1, table(Family::v4, kMillion),
               intern_all(*rib, sets_for(kMillion, Family::v4)), changes);
  std::vector<cp::rib::Path> paths;
  for (auto _ : state) {
    for (const Prefix& prefix : rib->prefixes()) {
      rib->chosen(prefix, paths);
      benchmark::DoNotOptimize(paths.data());
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kMillion));
}
BENCHMARK(walk_in_order)->Unit(benchmark::kMillisecond);

// Two peers with the same prefixes, the first preferred; the paths of the second differ in length,
// so that what is behind the first is the same way by different attributes.
class TwoPeers {
 public:
  explicit TwoPeers(size_t n) : prefixes_(table(Family::v4, n)), rib_(make_rib(2, true)) {
    Changes changes;
    std::vector<PathAttributes> sets = sets_for(n, Family::v4);
    announce_all(*rib_, 2, prefixes_, intern_all(*rib_, sets), changes);
    for (PathAttributes& set : sets) set.local_pref = 200;
    announce_all(*rib_, 1, prefixes_, intern_all(*rib_, sets), changes);
    changes = {};
    const Clock clock;
    groups_.refresh(prefixes_);
    install_seconds = clock.seconds();
    groups_.take();
  }
  // Loses peer 1; what the FIB is to do.
  FibDelta lose() {
    groups_.peer_down(1);
    return groups_.take();
  }
  FibDelta clean_up() {
    Changes changes;
    rib_->withdraw_peer(1, changes);
    groups_.refresh(changes.chosen);
    groups_.refresh(changes.standby);
    return groups_.take();
  }
  double install_seconds = 0;

 private:
  const std::vector<Prefix>& prefixes_;
  std::unique_ptr<Rib> rib_;
  FibGroups groups_{*rib_};
};

// From the loss of the peer to the one generation that moves every prefix off it.
void lose_peer(benchmark::State& state) {
  for (auto _ : state) {
    TwoPeers both(static_cast<size_t>(state.range(0)));
    const Clock clock;
    const FibDelta delta = both.lose();
    state.SetIterationTime(clock.seconds());
    state.counters["groups"] = static_cast<double>(delta.groups.size());
    state.counters["routes"] = static_cast<double>(delta.routes.size());
  }
}
BENCHMARK(lose_peer)
    ->ArgName("prefixes")
    ->Arg(10)
    ->Arg(1000)
    ->Arg(kMillion)
    ->UseManualTime()
    ->Iterations(5)
    ->Unit(benchmark::kMicrosecond);

// The clean-up behind it: the RIB forgets the peer and the groups follow.
void clean_up(benchmark::State& state) {
  const auto n = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    TwoPeers both(n);
    both.lose();
    const Clock clock;
    const FibDelta delta = both.clean_up();
    state.SetIterationTime(clock.seconds());
    state.counters["routes"] = static_cast<double>(delta.routes.size());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * n));
}
BENCHMARK(clean_up)
    ->ArgName("prefixes")
    ->Arg(10)
    ->Arg(kMillion)
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

// First assignment of every prefix to its group, with two paths each.
void install(benchmark::State& state) {
  const auto n = static_cast<size_t>(state.range(0));
  for (auto _ : state) state.SetIterationTime(TwoPeers(n).install_seconds);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * n));
}
BENCHMARK(install)
    ->ArgName("prefixes")
    ->Arg(kMillion)
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace erbium::bench

BENCHMARK_MAIN();
