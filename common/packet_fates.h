// What became of every packet of a run's captures and streams, as plain values: recorded by the
// dataplane, compared by control (`erbium diff`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/journey.h"

namespace erbium {

struct PacketRecord {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint64_t id = 0;      // as in the captures
  uint32_t stream = 0;  // of RunFates::streams; 0: of the captures
  uint32_t number = 0;  // in it, streams count from 0 and captures from 1
  int64_t entered_ns = 0;
  int64_t ended_ns = 0;  // where `fate` is inside: of no meaning
  uint32_t place = 0;    // of RunFates::places: where and why it ended
  uint32_t last_hop = kNone;
  uint32_t repeated = 0;  // times that it left beyond the first
  EndKind fate = EndKind::inside;
};

struct RunFates {
  // A link that a packet has come to the end of.
  struct Hop {
    uint32_t before = PacketRecord::kNone;  // the packet's hop before it
    uint32_t link = 0;                      // of links
    int64_t departed_ns = 0, arrived_ns = 0;
  };
  std::vector<PacketRecord> packets;  // captures, in order; then streams, by (stream, sequence)
  std::vector<Hop> hops;
  std::vector<std::string> places;   // "inside", "port cloud", "policer: router ce, stage limiter"
  std::vector<std::string> links;    // "er-sjc/primary to_azure"
  std::vector<std::string> streams;  // by id, from 1

  // In the order of travel.
  std::vector<Hop> path(const PacketRecord& packet) const {
    std::vector<Hop> out;
    for (uint32_t at = packet.last_hop; at != PacketRecord::kNone; at = hops[at].before)
      out.insert(out.begin(), hops[at]);
    return out;
  }
};

}  // namespace erbium
