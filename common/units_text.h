// Durations and rates as scenario files have them, exact.
#pragma once

#include <cstdint>
#include <string>

#include "common/units.h"

namespace erbium {

std::string interval_text(int64_t ns);    // "300ms", "-1.5us", "0s"
std::string bit_rate_text(BitRate rate);  // "1Gbps", "1500Kbps", "0bps"

}  // namespace erbium
