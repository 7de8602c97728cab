// Section `impairments`: what can go wrong on a link, as profiles, and to which links they are
// applied. Vocabulary: tc-netem(8), and Mahimahi for bandwidth traces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "control/config/circuit.h"
#include "control/config/share.h"

namespace erbium::cp {

struct LossProfile {
  enum class Model { random, gilbert_elliott, every_nth };
  Model model = Model::random;
  std::optional<Share> p, r, mean;
  std::optional<uint32_t> burst;  // gilbert_elliott: mean length of bursts, in packets
  Share bad{Share::kAll}, good;   // gilbert_elliott: loss in either state
  uint32_t n = 0;                 // every_nth
  SourceMark mark;

  // gilbert_elliott: from the good state to the bad one and back.
  struct Transitions {
    Share worse, better;
  };
  // An error says what is wrong and what to write instead.
  tl::expected<Transitions, std::string> transitions() const;
};

struct ImpairmentProfile {
  enum class Distribution { uniform, normal, pareto };
  enum class Order { keep, free };
  std::string name;
  std::optional<Duration> delay_base;
  Duration jitter;
  Distribution distribution = Distribution::normal;
  Order order = Order::keep;
  std::optional<LossProfile> loss;
  Share duplicate, corrupt, reorder;
  Duration hold;
  std::string trace;  // a file of delivery opportunities, resolved path; empty: none
  // Milliseconds; empty until read_traces() (bandwidth_trace.h) has been there.
  std::vector<uint32_t> opportunities;
  SourceMark mark, trace_mark;

  // Whether there is more than a delay.
  bool beyond_delay() const;
  // No packet takes less than the delay less this.
  Duration reach() const;
};

struct Application {
  std::string profile, circuit;
  std::optional<size_t> link;  // absent: both
  Direction dir = Direction::both;
  SourceMark mark, profile_mark, circuit_mark;
};

struct Scenario;

// Delays of applied profiles are those of the links; what is beyond them stands in the links'
// `impaired`. Throws Fault for a second one on a link and direction.
void apply_profiles(Scenario& scenario);

}  // namespace erbium::cp
