// A generation: the messages that take effect together at one time of the scenario.
#pragma once

#include <vector>

#include "common/api/messages.h"
#include "common/units.h"

namespace erbium::cp {

struct Generation {
  uint64_t id = 0;
  Time at;
  std::vector<api::ToDataplane> messages;  // begin first, commit last
};

}  // namespace erbium::cp
