#include "bench/timed_stages.h"

#include <rte_cycles.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "dataplane/core/stage.h"

namespace erbium::bench {
namespace {

constexpr size_t kMaxStages = 32;

std::array<BurstTimes, kMaxStages>& times() {
  static std::array<BurstTimes, kMaxStages> all;
  return all;
}

class Timed final : public dp::Stage {
 public:
  Timed(std::unique_ptr<dp::Stage> stage, BurstTimes& times)
      : stage_(std::move(stage)), times_(times) {}
  void run(dp::Burst& burst, dp::Context& context) noexcept override {
    const unsigned packets = burst.size();
    const uint64_t before = rte_rdtsc();
    stage_->run(burst, context);
    times_.add(rte_rdtsc() - before, packets);
  }
  void on_deadline(Time now, dp::Context& context) noexcept override {
    stage_->on_deadline(now, context);
  }

 private:
  std::unique_ptr<dp::Stage> stage_;
  BurstTimes& times_;
};

// A descriptor's `make` takes no argument: one function for each place in the list of stages.
template <size_t I>
std::unique_ptr<dp::Stage> make_timed() {
  return std::make_unique<Timed>(dp::all_stages()[I]->make(), times()[I]);
}
template <size_t... I>
constexpr auto makers(std::index_sequence<I...>) {
  return std::array{&make_timed<I>...};
}

std::vector<const dp::StageDescriptor*> timed_descriptors() {
  static constexpr auto kMakers = makers(std::make_index_sequence<kMaxStages>());
  static std::vector<dp::StageDescriptor> timed;
  if (timed.empty())
    for (const dp::StageDescriptor* stage : dp::all_stages()) {
      timed.push_back(*stage);
      timed.back().make = kMakers[timed.size() - 1];
    }
  std::vector<const dp::StageDescriptor*> out;
  for (const dp::StageDescriptor& stage : timed) out.push_back(&stage);
  return out;
}

// What two readings in a row cost, as they are part of every sample.
double empty_burst() {
  BurstTimes none;
  for (unsigned i = 0; i < 10'000; i++) {
    const uint64_t before = rte_rdtsc();
    none.add(rte_rdtsc() - before, dp::Burst::kMax);
  }
  return none.median();
}

}  // namespace

double BurstTimes::median() const {
  std::vector<float> sorted(samples_.begin(),
                            samples_.begin() + static_cast<std::ptrdiff_t>(count()));
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  return static_cast<double>(sorted[sorted.size() / 2]);
}

void TimedStages::reset() { times() = {}; }

std::map<std::string, double> TimedStages::medians() {
  std::map<std::string, double> out;
  const double empty = empty_burst();
  for (size_t i = 0; i < dp::all_stages().size(); i++)
    if (times()[i].count() > 0) out[dp::all_stages()[i]->name] = times()[i].median() - empty;
  return out;
}

TimedNode::TimedNode(BenchNetwork& bench)
    : network_(bench.network()),
      pipeline_(dp::kRouter, timed_descriptors(), {}),
      node_(1, {.name = "timed"}, pipeline_, network_, Duration::us(16), Duration::ms(100)) {
  node_.configure(network_.tables(), Time());
  bench.set_neighbors(node_);
}

void TimedNode::receive(dp::Packet p) {
  p.meta().trunk_in = 1;
  p.meta().link = 0;
  node_.receive(p);
}

void TimedNode::run(Time to) {
  node_.run(to, dp::Burst::kMax);
  if (network_.nodes() > 2) network_.node(2).run(to, dp::Burst::kMax);
}

}  // namespace erbium::bench
