// Loading a scenario for a command: what is wrong with it goes to stderr, one line each.
#pragma once

#include <string>

#include "control/config/scenario.h"

namespace erbium::cli {

enum class Purpose { look, run, live };

// Throws NotFoundError, ConfigError, or InvalidError when the rules object. What is to run is also
// refused for what this version does not emulate; live, routes are the file's unless it asks for
// sessions. *warnings is the number of warnings printed.
cp::Scenario load_scenario(const std::string& path, Purpose purpose, unsigned* warnings);

}  // namespace erbium::cli
