// Loading a scenario for a command: what is wrong with it goes to stderr, one line each.
#pragma once

#include <string>
#include <vector>

#include "control/config/scenario.h"

namespace erbium::cli {

enum class Purpose { look, run, live };

// Throws NotFoundError, ConfigError, or InvalidError when the rules object. What is to run is also
// refused for what this version does not emulate; live, routes are the file's unless it asks for
// sessions. *warnings is the number of warnings printed.
cp::Scenario load_scenario(const std::string& path, Purpose purpose, unsigned* warnings);

// What `erbium replay` does to a scenario: these captures enter by `port`, in place of its own; an
// empty port is that of the scenario's first replay, or the customer's LAN. Throws NotFoundError,
// UsageError.
void replay_instead(cp::Scenario& scenario, const std::vector<std::string>& captures,
                    const std::string& port);

}  // namespace erbium::cli
