// Files of delivery opportunities in Mahimahi's format: a line a millisecond at which a packet of
// 1,504 bytes may leave, as a whole number, never falling (Netravali et al., USENIX ATC 2015).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "control/config/scenario.h"

namespace erbium::cp {

// Throws Fault at the line that is wrong: none, one that is no number or runs backwards, or a last
// that is 0, which has no end.
std::vector<uint32_t> parse_trace(std::string_view text);

// Fills in the opportunities of every profile that names a file. Throws ConfigError, which names
// the file's line, or the scenario's where there is no such file.
void read_traces(Scenario& scenario);

}  // namespace erbium::cp
