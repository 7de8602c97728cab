// What the configuration file may contain, told from the same tables that the decoder walks.
#pragma once

#include <string>

namespace erbium::cp {

// JSON Schema, draft 2020-12, as pretty-printed text ending in a newline.
std::string json_schema();

// docs/config.md.
std::string config_reference();

}  // namespace erbium::cp
