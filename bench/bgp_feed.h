// A full table as the octets of one BGP session, for any speaker: UPDATEs of a few prefixes each,
// with attributes as public tables have them (paths of 3 to 6 ASes, up to 6 communities).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/bgp_like.h"
#include "control/bgp/codec.h"

namespace erbium::bench {

inline cp::bgp::PathAttributes random_attributes(SplitMix& random, net::Family family,
                                                 uint32_t first_as, const net::Ip& next_hop) {
  cp::bgp::PathAttributes out;
  std::vector<uint32_t> path(3 + random.below(4));
  for (uint32_t& asn : path) asn = 1 + random.below(400'000);
  path.front() = first_as;
  out.as_path.segments = {{cp::bgp::AsSegment::Type::sequence, std::move(path)}};
  (family == net::Family::v4 ? out.next_hop : out.next_hop6) = next_hop;
  out.communities.resize(random.below(7));
  for (uint32_t& community : out.communities) community = static_cast<uint32_t>(random.next());
  return out;
}

struct FeedShape {
  size_t sets = 500;         // of attributes, drawn by the UPDATEs; 0: each has its own
  unsigned per_update = 6;   // prefixes
  uint32_t peer_as = 65001;  // who announces
  unsigned prepended = 0;    // times more than once
  net::Ip next_hop;
};

// 4-octet AS numbers; no OPEN, no End-of-RIB.
inline std::vector<uint8_t> bgp_feed(const FeedShape& shape,
                                     const std::vector<net::Prefix>& prefixes) {
  SplitMix random(7);
  const auto draw = [&] {
    auto set = random_attributes(random, net::Family::v4, shape.peer_as, shape.next_hop);
    if (shape.prepended > 0) set.as_path.prepend(shape.peer_as, shape.prepended);
    return set;
  };
  std::vector<cp::bgp::PathAttributes> sets;
  while (sets.size() < shape.sets) sets.push_back(draw());
  std::vector<uint8_t> out;
  for (size_t at = 0; at < prefixes.size(); at += shape.per_update) {
    cp::bgp::Update update;
    update.attributes =
        sets.empty() ? draw() : sets[random.below(static_cast<uint32_t>(sets.size()))];
    const size_t end = std::min(at + shape.per_update, prefixes.size());
    update.announced.assign(prefixes.begin() + static_cast<ptrdiff_t>(at),
                            prefixes.begin() + static_cast<ptrdiff_t>(end));
    cp::bgp::encode(update, {.as4 = true}, out);
  }
  return out;
}

}  // namespace erbium::bench
