// Journeys of packets as text for a terminal of 80 columns and as JSON, both from one description.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/journey.h"
#include "common/units.h"

namespace erbium::cp {

struct Journeys {
  std::string scenario;
  Time replay_start;  // Time::max(): not yet
  std::vector<Journey> packets;
};

std::string explain_text(const Journeys& journeys);
// Of one, without the scenario in front.
std::string journey_text(const Journey& journey);
nlohmann::ordered_json explain_json(const Journeys& journeys);

// "dropped: policer at router ce, stage limiter"
std::string end_text(const JourneyEnd& end);

}  // namespace erbium::cp
