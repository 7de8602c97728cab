#include "common/units_text.h"

#include <cstddef>

namespace erbium {

std::string interval_text(int64_t ns) {
  if (ns == 0) return "0s";
  constexpr const char* kUnits[] = {"ns", "us", "ms", "s"};
  const uint64_t size = ns < 0 ? -static_cast<uint64_t>(ns) : static_cast<uint64_t>(ns);
  size_t unit = 0;
  uint64_t scale = 1;
  for (; unit < 3 && size >= scale * 1000; unit++) scale *= 1000;
  std::string out = (ns < 0 ? "-" : "") + std::to_string(size / scale);
  if (size % scale != 0) {
    std::string digits = std::to_string(scale + size % scale).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += "." + digits;
  }
  return out + kUnits[unit];
}

std::string bit_rate_text(BitRate rate) {
  constexpr const char* kUnits[] = {"bps", "Kbps", "Mbps", "Gbps"};
  uint64_t value = rate.bps();
  size_t unit = 0;
  for (; unit < 3 && value != 0 && value % 1000 == 0; unit++) value /= 1000;
  return std::to_string(value) + kUnits[unit];
}

}  // namespace erbium
