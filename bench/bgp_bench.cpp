// What the BGP codec costs, in prefixes a second (items_per_second) and octets a second: UPDATEs as
// a full table brings them, a few prefixes each, and the same prefixes in full messages. Argument:
// prefixes that share their attributes.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

#include "common/check.h"
#include "control/bgp/codec.h"

namespace erbium::bench {
namespace {

using cp::bgp::CodecOptions;
using cp::bgp::Update;

constexpr unsigned kPrefixes = 100'000;
constexpr CodecOptions kOptions{.as4 = true, .multiprotocol_v6 = true};

uint32_t scrambled(uint32_t n) { return n * 0x9e3779b1u ^ n >> 7; }

// Path of three to six ASes, one to four communities, as in tables of the default-free zone.
cp::bgp::PathAttributes attributes(uint32_t n) {
  cp::bgp::PathAttributes out{.next_hop = net::Ip::v4(0xc0000201),
                              .next_hop6 = net::Ip::parse("2001:db8::1")};
  auto& segment = out.as_path.segments.emplace_back();
  for (uint32_t i = 0; i < 3 + n % 4; i++) segment.asns.push_back(1 + scrambled(n + i) % 400'000);
  for (uint32_t i = 0; i < 1 + n % 4; i++) out.communities.push_back(scrambled(n + i) | 1);
  if (n % 3 == 0) out.med = n;
  return out;
}

net::Prefix prefix(uint32_t n, net::Family family) {
  if (family == net::Family::v6) {
    const auto high = static_cast<uint8_t>(n >> 8), low = static_cast<uint8_t>(n);
    const auto top = static_cast<uint8_t>(n >> 16);
    return {net::Ip::v6({0x20, 0x01, 0x0d, 0xb8, top, high, low}), 56};
  }
  const uint8_t length = n % 5 < 3 ? 24 : static_cast<uint8_t>(16 + n % 8);
  return net::Prefix{net::Ip::v4(0x0b000000 + (n << 8)), length}.canonical();
}

std::vector<Update> table(unsigned per_update, net::Family family) {
  std::vector<Update> out;
  for (uint32_t n = 0; n < kPrefixes; n++) {
    if (n % per_update == 0) out.push_back({.attributes = attributes(n / per_update)});
    out.back().announced.push_back(prefix(n, family));
  }
  return out;
}

std::vector<uint8_t> encoded(const std::vector<Update>& updates) {
  std::vector<uint8_t> out;
  for (const Update& update : updates) cp::bgp::encode(update, kOptions, out);
  return out;
}

size_t decode_all(std::span<const uint8_t> octets) {
  size_t prefixes = 0;
  while (!octets.empty()) {
    const unsigned length = *cp::bgp::message_length(octets, kOptions);
    const auto decoded = cp::bgp::decode(octets.first(length), kOptions);
    prefixes += std::get<Update>(decoded->message).announced.size();
    octets = octets.subspan(length);
  }
  return prefixes;
}

void report(benchmark::State& state, size_t octets) {
  state.SetItemsProcessed(state.iterations() * int64_t{kPrefixes});
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(octets));
}

void decode_updates(benchmark::State& state, net::Family family) {
  const auto octets = encoded(table(static_cast<unsigned>(state.range(0)), family));
  for (auto _ : state) {
    const size_t prefixes = decode_all(octets);
    ERBIUM_CHECK(prefixes == kPrefixes);
  }
  report(state, octets.size());
}

void encode_updates(benchmark::State& state, net::Family family) {
  const auto updates = table(static_cast<unsigned>(state.range(0)), family);
  std::vector<uint8_t> out;
  for (auto _ : state) {
    out.clear();
    for (const Update& update : updates) cp::bgp::encode(update, kOptions, out);
    benchmark::DoNotOptimize(out.data());
  }
  report(state, out.size());
}

BENCHMARK_CAPTURE(decode_updates, v4, net::Family::v4)->Arg(1)->Arg(4)->Arg(1000);
BENCHMARK_CAPTURE(decode_updates, v6, net::Family::v6)->Arg(4);
BENCHMARK_CAPTURE(encode_updates, v4, net::Family::v4)->Arg(1)->Arg(4)->Arg(1000);
BENCHMARK_CAPTURE(encode_updates, v6, net::Family::v6)->Arg(4);

}  // namespace
}  // namespace erbium::bench

BENCHMARK_MAIN();
