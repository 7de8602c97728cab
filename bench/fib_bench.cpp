// What a forwarding lookup, an installed route and a held route cost, beside DPDK's rte_fib
// (DIR24-8 with 4-byte entries, trie for IPv6) in the same run. Lookups are counted in TSC cycles
// per address over bursts of 32; the addresses are precomputed, so the loop measures the lookup
// and a sequential read. Tables: bench/bgp_like.h.
#include <benchmark/benchmark.h>
#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "bench/bgp_like.h"
#include "dataplane/tables/fib.h"

namespace erbium::bench {
namespace {

using dp::Fib;
using dp::FibView;
using dp::kFibBurst;
using dp::NextHopGroupId;
using net::Family;
using net::Ip;
using net::Prefix;

constexpr unsigned kAddresses = 1 << 16;  // a power of two

NextHopGroupId group_of(size_t i) { return static_cast<NextHopGroupId>(1 + i % 250); }

// Tables are built once and shared by the benchmarks of one run.
const std::vector<Prefix>& table(Family family, size_t routes) {
  static std::map<std::pair<Family, size_t>, std::vector<Prefix>> all;
  std::vector<Prefix>& prefixes = all[{family, routes}];
  if (prefixes.empty()) prefixes = bgp_like(family, routes, 42);
  return prefixes;
}

std::vector<Prefix> two_routes() {
  return {*Prefix::parse("10.0.0.0/8"), *Prefix::parse("10.128.0.0/9"), *Prefix::parse("fd00::/16"),
          *Prefix::parse("fd00:1::/48")};
}

void fill(Fib& fib, const std::vector<Prefix>& routes) {
  for (size_t i = 0; i < routes.size(); ++i) fib.upsert(routes[i], group_of(i));
  fib.commit();
  fib.reclaim();
}

// `flows` different addresses inside random routes of the table, repeated in random order.
std::vector<Ip> addresses(const std::vector<Prefix>& routes, Family family, unsigned flows) {
  SplitMix random(4711);
  std::vector<Ip> pool;
  while (pool.size() < flows) {
    const Prefix& p = routes[random.below(static_cast<uint32_t>(routes.size()))];
    if (p.address.family == family) pool.push_back(address_in(p, random));
  }
  std::vector<Ip> out;
  for (unsigned i = 0; i < kAddresses; ++i) {
    out.push_back(flows >= kAddresses ? pool[i] : pool[random.below(flows)]);
  }
  return out;
}

std::vector<uint32_t> host_order(const std::vector<Ip>& ips) {
  std::vector<uint32_t> out;
  for (const Ip& ip : ips) out.push_back(ip.v4_host());
  return out;
}

// Runs `burst(at)` over all addresses again and again and reports TSC cycles per address: the
// median over the passes and the best pass, which say more on a shared machine than the mean.
template <class Burst>
void measure_lookups(benchmark::State& state, const Burst& burst) {
  std::vector<uint64_t> cycles;
  for (auto _ : state) {
    const uint64_t start = __rdtsc();
    for (unsigned at = 0; at < kAddresses; at += kFibBurst) burst(at);
    cycles.push_back(__rdtsc() - start);
  }
  std::sort(cycles.begin(), cycles.end());
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kAddresses));
  state.counters["cycles"] = static_cast<double>(cycles[cycles.size() / 2]) / kAddresses;
  state.counters["best"] = static_cast<double>(cycles.front()) / kAddresses;
}

void lookup4(benchmark::State& state, const std::vector<Prefix>& routes, unsigned flows) {
  Fib fib;
  fill(fib, routes);
  const std::vector<uint32_t> dst = host_order(addresses(routes, Family::v4, flows));
  NextHopGroupId out[kFibBurst];
  measure_lookups(state, [&](unsigned at) {
    fib.view()->lookup4_bulk(&dst[at], out, kFibBurst);
    benchmark::DoNotOptimize(out);
  });
  state.counters["MiB"] = static_cast<double>(fib.memory_bytes()) / (1 << 20);
}

void lookup4_two_routes(benchmark::State& state) { lookup4(state, two_routes(), 10'000); }
BENCHMARK(lookup4_two_routes);

void lookup4_bgp(benchmark::State& state) {
  lookup4(state, table(Family::v4, static_cast<size_t>(state.range(0))), kAddresses);
}
BENCHMARK(lookup4_bgp)->Arg(4'000)->Arg(100'000)->Arg(500'000)->Arg(1'000'000);

void lookup6(benchmark::State& state, const std::vector<Prefix>& routes, unsigned flows) {
  Fib fib;
  fill(fib, routes);
  const std::vector<Ip> ips = addresses(routes, Family::v6, flows);
  const uint8_t* dst[kFibBurst];
  NextHopGroupId out[kFibBurst];
  measure_lookups(state, [&](unsigned at) {
    for (unsigned i = 0; i < kFibBurst; ++i) dst[i] = ips[at + i].bytes.data();
    fib.view()->lookup6_bulk(dst, out, kFibBurst);
    benchmark::DoNotOptimize(out);
  });
  state.counters["MiB"] = static_cast<double>(fib.memory_bytes()) / (1 << 20);
}

void lookup6_two_routes(benchmark::State& state) { lookup6(state, two_routes(), 10'000); }
BENCHMARK(lookup6_two_routes);

void lookup6_bgp(benchmark::State& state) {
  lookup6(state, table(Family::v6, static_cast<size_t>(state.range(0))), kAddresses);
}
BENCHMARK(lookup6_bgp)->Arg(4'000)->Arg(100'000)->Arg(200'000);

// Every packet of a burst in a VRF drawn at random, each VRF with range(1) routes of its own.
void lookup4_vrfs(benchmark::State& state) {
  const auto vrfs = static_cast<unsigned>(state.range(0));
  const auto routes = static_cast<size_t>(state.range(1));
  std::vector<std::unique_ptr<Fib>> fibs;
  std::vector<std::vector<Prefix>> tables;
  size_t bytes = 0;
  for (unsigned i = 0; i < vrfs; ++i) {
    fibs.push_back(std::make_unique<Fib>());
    tables.push_back(bgp_like(Family::v4, routes, i));
    fill(*fibs.back(), tables.back());
    bytes += fibs.back()->memory_bytes();
  }
  SplitMix random(9);
  std::vector<const FibView*> views;
  std::vector<uint32_t> dst;
  for (unsigned i = 0; i < kAddresses; ++i) {
    const uint32_t vrf = random.below(vrfs);
    views.push_back(fibs[vrf]->view());
    const Prefix& p = tables[vrf][random.below(static_cast<uint32_t>(routes))];
    dst.push_back(address_in(p, random).v4_host());
  }
  NextHopGroupId out[kFibBurst];
  measure_lookups(state, [&](unsigned at) {
    FibView::lookup4_bulk(&views[at], &dst[at], out, kFibBurst);
    benchmark::DoNotOptimize(out);
  });
  state.counters["KiB_per_vrf"] = static_cast<double>(bytes) / vrfs / 1024;
}
BENCHMARK(lookup4_vrfs)
    ->Args({1, 100})
    ->Args({100, 100})
    ->Args({1000, 100})
    ->Args({1, 4000})
    ->Args({100, 4000})
    ->Args({1000, 4000});

// Installs range(0) routes in generations of range(1), all in one where that is 0.
void insert(benchmark::State& state, Family family) {
  const std::vector<Prefix>& routes = table(family, static_cast<size_t>(state.range(0)));
  const size_t generation = state.range(1) ? static_cast<size_t>(state.range(1)) : routes.size();
  constexpr size_t kStaged = 256;  // at once, as the agent does
  std::vector<dp::FibChange> changes;
  for (size_t i = 0; i < routes.size(); ++i) changes.push_back({routes[i], group_of(i)});
  std::vector<NextHopGroupId> before(kStaged);
  size_t peak = 0;
  size_t after = 0;
  for (auto _ : state) {
    Fib fib;
    for (size_t i = 0, n = 0; i < routes.size(); i += n) {
      n = std::min({kStaged, routes.size() - i, generation - i % generation});
      fib.stage(std::span(changes).subspan(i, n), before.data());
      if ((i + n) % generation != 0) continue;
      fib.commit();
      peak = std::max(peak, fib.memory_bytes());
      fib.reclaim();
    }
    fib.commit();
    fib.reclaim();
    after = fib.memory_bytes();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * routes.size()));
  state.counters["MiB"] = static_cast<double>(after) / (1 << 20);
  state.counters["peak_MiB"] = static_cast<double>(peak) / (1 << 20);
}
void insert4(benchmark::State& state) { insert(state, Family::v4); }
BENCHMARK(insert4)
    ->Args({100'000, 0})
    ->Args({500'000, 0})
    ->Args({1'000'000, 0})
    ->Args({100'000, 1000})
    ->Args({500'000, 1000})
    ->Args({1'000'000, 1000})
    ->Unit(benchmark::kMillisecond);
void insert6(benchmark::State& state) { insert(state, Family::v6); }
BENCHMARK(insert6)->Args({100'000, 0})->Args({100'000, 1000})->Unit(benchmark::kMillisecond);

void erase4(benchmark::State& state) {
  const std::vector<Prefix>& routes = table(Family::v4, static_cast<size_t>(state.range(0)));
  const auto generation = static_cast<size_t>(state.range(1));
  for (auto _ : state) {
    state.PauseTiming();
    Fib fib;
    fill(fib, routes);
    state.ResumeTiming();
    for (size_t i = 0; i < routes.size(); ++i) {
      fib.erase(routes[i]);
      if ((i + 1) % generation != 0) continue;
      fib.commit();
      fib.reclaim();
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * routes.size()));
}
BENCHMARK(erase4)
    ->Args({1'000'000, 1000})
    ->Args({1'000'000, 1'000'000})
    ->Unit(benchmark::kMillisecond);

// A change of one route among a million, from upsert to published, by its prefix length;
// length 0: a random route of the table.
void one_change4(benchmark::State& state) {
  const std::vector<Prefix>& routes = table(Family::v4, 1'000'000);
  Fib fib;
  fill(fib, routes);
  SplitMix random(1);
  NextHopGroupId group = 1000;
  for (auto _ : state) {
    Prefix p = routes[random.below(1'000'000)];
    if (state.range(0) > 0) p.length = static_cast<uint8_t>(state.range(0));
    fib.upsert(p, ++group);
    fib.commit();
    fib.reclaim();
  }
}
BENCHMARK(one_change4)
    ->Arg(0)
    ->Arg(1)
    ->Arg(8)
    ->Arg(16)
    ->Arg(24)
    ->Arg(32)
    ->Unit(benchmark::kMicrosecond);

struct Dir248 {
  explicit Dir248(const std::vector<Prefix>& routes) {
    rte_fib_conf conf{};
    conf.max_routes = 1 << 21;
    conf.type = RTE_FIB_DIR24_8;
    conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
    conf.dir24_8.num_tbl8 = 1 << 15;
    fib = rte_fib_create("bench4", 0, &conf);
    if (fib == nullptr) std::abort();
    for (size_t i = 0; i < routes.size(); ++i) {
      const Prefix& p = routes[i];
      if (p.address.is_v4()) rte_fib_add(fib, p.address.v4_host(), p.length, group_of(i));
    }
  }
  Dir248(const Dir248&) = delete;
  Dir248& operator=(const Dir248&) = delete;
  ~Dir248() { rte_fib_free(fib); }
  rte_fib* fib;
};

void dir24_8_lookup(benchmark::State& state, const std::vector<Prefix>& routes, unsigned flows) {
  const Dir248 table(routes);
  std::vector<uint32_t> dst = host_order(addresses(routes, Family::v4, flows));
  uint64_t out[kFibBurst];
  measure_lookups(state, [&](unsigned at) {
    rte_fib_lookup_bulk(table.fib, &dst[at], out, kFibBurst);
    benchmark::DoNotOptimize(out);
  });
}
void dir24_8_lookup_two_routes(benchmark::State& state) {
  dir24_8_lookup(state, two_routes(), 10'000);
}
BENCHMARK(dir24_8_lookup_two_routes);
void dir24_8_lookup_bgp(benchmark::State& state) {
  dir24_8_lookup(state, table(Family::v4, static_cast<size_t>(state.range(0))), kAddresses);
}
BENCHMARK(dir24_8_lookup_bgp)->Arg(4'000)->Arg(100'000)->Arg(500'000)->Arg(1'000'000);

void dir24_8_insert(benchmark::State& state) {
  const std::vector<Prefix>& routes = table(Family::v4, static_cast<size_t>(state.range(0)));
  for (auto _ : state) const Dir248 fib(routes);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * routes.size()));
}
BENCHMARK(dir24_8_insert)
    ->Arg(100'000)
    ->Arg(500'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);

struct Trie6 {
  explicit Trie6(const std::vector<Prefix>& routes) {
    rte_fib6_conf conf{};
    conf.max_routes = 1 << 20;
    conf.type = RTE_FIB6_TRIE;
    conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
    conf.trie.num_tbl8 = 1 << 18;
    fib = rte_fib6_create("bench6", 0, &conf);
    if (fib == nullptr) std::abort();
    for (size_t i = 0; i < routes.size(); ++i) {
      if (!routes[i].address.is_v4()) {
        rte_fib6_add(fib, routes[i].address.bytes.data(), routes[i].length, group_of(i));
      }
    }
  }
  Trie6(const Trie6&) = delete;
  Trie6& operator=(const Trie6&) = delete;
  ~Trie6() { rte_fib6_free(fib); }
  rte_fib6* fib;
};

void trie6_lookup(benchmark::State& state, const std::vector<Prefix>& routes, unsigned flows) {
  const Trie6 table(routes);
  const std::vector<Ip> ips = addresses(routes, Family::v6, flows);
  uint8_t dst[kFibBurst][RTE_FIB6_IPV6_ADDR_SIZE];
  uint64_t out[kFibBurst];
  measure_lookups(state, [&](unsigned at) {
    for (unsigned i = 0; i < kFibBurst; ++i) std::memcpy(dst[i], ips[at + i].bytes.data(), 16);
    rte_fib6_lookup_bulk(table.fib, dst, out, kFibBurst);
    benchmark::DoNotOptimize(out);
  });
}
void trie6_lookup_two_routes(benchmark::State& state) { trie6_lookup(state, two_routes(), 10'000); }
BENCHMARK(trie6_lookup_two_routes);
void trie6_lookup_bgp(benchmark::State& state) {
  trie6_lookup(state, table(Family::v6, static_cast<size_t>(state.range(0))), kAddresses);
}
BENCHMARK(trie6_lookup_bgp)->Arg(4'000)->Arg(100'000);

void trie6_insert(benchmark::State& state) {
  const std::vector<Prefix>& routes = table(Family::v6, static_cast<size_t>(state.range(0)));
  for (auto _ : state) const Trie6 fib(routes);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * routes.size()));
}
BENCHMARK(trie6_insert)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace erbium::bench

int main(int argc, char** argv) {
  const char* eal[] = {"fib_bench",      "--no-huge",          "-m",
                       "1024",           "--no-pci",           "--no-shconf",
                       "--no-telemetry", "--log-level=*:error"};
  if (rte_eal_init(static_cast<int>(std::size(eal)), const_cast<char**>(eal)) < 0) {
    std::fprintf(stderr, "fib_bench: the DPDK EAL did not start\n");
    return 1;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  rte_eal_cleanup();
  return 0;
}
