// The scenario for captures that come without one: a plain circuit between the two sides that their
// packets show, as the text of a scenario file that says in comments what was assumed.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "common/capture_summary.h"
#include "common/units.h"
#include "control/config/scenario.h"
#include "control/scenario/infer_sides.h"

namespace erbium::cp {

struct InferredInput {
  std::string name;
  std::vector<std::string> files;  // as the scenario is to name them
  std::string directory;           // of the outputs
  GivenSides given;
  // Keys of `replay` besides those that follow from the captures, with values as YAML has them.
  std::vector<std::pair<std::string, std::string>> keys;
  // Bandwidth that the replay takes, where it is not the capture's.
  std::optional<BitRate> rate;
};

struct InferredScenario {
  std::string text;
  std::array<std::string, 3> assumed;  // one line each
};

// An error says why there is none: what is given leaves no room.
tl::expected<InferredScenario, std::string> infer_scenario(const CaptureSummary& summary,
                                                           const InferredInput& input);

}  // namespace erbium::cp
