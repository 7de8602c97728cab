// Writes the UPDATEs of a full table (bench/bgp_feed.h), with an End-of-RIB behind them, for
// bench/feed_bgp.py: make_updates PREFIXES SETS NEXT_HOP FILE.
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "bench/bgp_feed.h"

int main(int argc, char** argv) {
  using namespace erbium;
  const auto next_hop = argc == 5 ? net::Ip::parse(argv[3]) : std::nullopt;
  if (!next_hop) {
    std::fprintf(stderr, "usage: make_updates PREFIXES SETS NEXT_HOP FILE\n");
    return 2;
  }
  const auto prefixes = bench::bgp_like(net::Family::v4, std::strtoul(argv[1], nullptr, 10), 42);
  auto octets = bench::bgp_feed({.sets = std::strtoul(argv[2], nullptr, 10), .next_hop = *next_hop},
                                prefixes);
  cp::bgp::encode(cp::bgp::Update{}, {.as4 = true}, octets);
  std::ofstream out(argv[4], std::ios::binary);
  out.write(reinterpret_cast<const char*>(octets.data()),
            static_cast<std::streamsize>(octets.size()));
  return out.good() ? 0 : 1;
}
