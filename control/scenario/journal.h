// The journal: what control has told the dataplane, one line of JSON for each message
// (docs/output.md).
#pragma once

#include <string>

#include "common/api/messages.h"
#include "common/units.h"

namespace erbium::cp {

// With its end of line.
std::string journal_line(const api::ToDataplane& message, Time at);

}  // namespace erbium::cp
