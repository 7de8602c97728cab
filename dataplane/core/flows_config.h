// Which flows of captures are measured, and between which moments: the driver does it.
#pragma once

#include <vector>

#include "common/units.h"

namespace erbium::dp {

struct FlowsConfig {
  std::vector<Duration> events;  // after the replay's start; ascending
};

}  // namespace erbium::dp
