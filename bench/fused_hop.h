// The routed hop without stages: every step for one packet, then the next packet, on the same
// tables. What it saves against the pipeline is the price of the pipeline's structure.
#pragma once

#include "bench/bench_network.h"
#include "dataplane/core/network.h"

namespace erbium::bench {

class FusedHop {
 public:
  explicit FusedHop(dp::Network& network) : network_(network) {}
  // Routes packets that came in by port 1 and puts them into the port they leave by; what the
  // pipeline would drop, or do otherwise than by a resolved gateway, is freed.
  void run(rte_mbuf** packets, unsigned count);

 private:
  bool route(dp::Packet p, const dp::Forwarding& tables, const dp::NeighborTable& neighbors);
  dp::Network& network_;
};

// True when the pipeline and the fused hop turn each of the first frames into the same bytes.
bool fused_hop_agrees(BenchNetwork& bench, const Frames& frames);

}  // namespace erbium::bench
