// The routes that an MRT file comes to, one for each prefix, for a router that announces them: what
// stands when the file has been read from its beginning, or until enough prefixes are there.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "control/config/scenario.h"
#include "control/mrt/reader.h"

namespace erbium::cp::mrt {

// The peer whose route comes first stands for a prefix, until it replaces the route or takes it
// back. Routes that a session would have refused (RFC 7606) are passed over. In order of prefix,
// IPv4 first. Throws Error, with the offset of the record or message that is wrong, and IoError.
std::vector<FileRoute> routes(Reader& reader, std::optional<uint32_t> limit);

// Fills in the routes of every announcement that names a file. Throws ConfigError, which names the
// line of the scenario and the offset in the file.
void read_routes(Scenario& scenario);

}  // namespace erbium::cp::mrt
