// Loading a scenario for a command: what is wrong with it goes to stderr, one line each.
#pragma once

#include <string>

#include "control/config/scenario.h"

namespace erbium::cli {

// Throws NotFoundError, ConfigError, or InvalidError when the rules object. `to_run` also refuses
// what this version does not emulate. *warnings is the number of warnings printed.
cp::Scenario load_scenario(const std::string& path, bool to_run, unsigned* warnings);

}  // namespace erbium::cli
