// A node whose stages are timed one by one while packets run through them, in the order and with
// the caches of the real path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/bench_network.h"
#include "dataplane/core/node.h"
#include "dataplane/core/pipeline.h"

namespace erbium::bench {

// Cycles a packet, one sample a burst; the median leaves out bursts that were interrupted.
class BurstTimes {
 public:
  void add(uint64_t cycles, unsigned packets) {
    if (packets == 0) return;
    samples_[at_++ % kSamples] = static_cast<float>(cycles) / static_cast<float>(packets);
  }
  size_t count() const { return at_ < kSamples ? at_ : kSamples; }
  double median() const;

 private:
  static constexpr size_t kSamples = 1 << 16;
  std::vector<float> samples_ = std::vector<float>(kSamples);
  size_t at_ = 0;
};

// The samples of every stage of the build since the last reset.
class TimedStages {
 public:
  static void reset();
  // By stage name, less what reading the counter costs; stages that did not run are left out.
  static std::map<std::string, double> medians();
};

// Stands in for the network's first router, with the same tables; what it sends into a link
// arrives at the network's second node.
class TimedNode {
 public:
  explicit TimedNode(BenchNetwork& bench);
  void receive(dp::Packet p);
  void run(Time to);

 private:
  dp::Network& network_;
  dp::Pipeline pipeline_;
  dp::Node node_;
};

}  // namespace erbium::bench
