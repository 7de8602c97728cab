// Numbers as people read them, for the report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/units_text.h"  // of scenario files

namespace erbium::cp {

std::string grouped_text(uint64_t n);   // 1234567 -> "1,234,567"
std::string duration_text(int64_t ns);  // "900 ms", "1.2 s", "80 us" with a micro sign; exact
std::string rounded_duration_text(int64_t ns);  // four digits: "901.3 ms"
std::string time_text(int64_t ns);              // "10.000000 s": scenario time to the microsecond
std::string rate_text(uint64_t bps);            // "9.87 Gbit/s"

// For terminals.
inline constexpr size_t kTerminalWidth = 80;  // columns
std::string seconds_text(int64_t ns);  // "10.897s", "-1.015000001s": exact, at least to the ms
std::string padded(std::string text, size_t width);
// Words behind `first`, which stands in the first line; the lines that follow begin at `indent`.
std::string wrapped(std::string first, const std::string& text, size_t indent);
std::string up_time_text(int64_t ns);  // as routers print it: "00:12:33", "1d02h", "8w4d"

// For HTML text and attribute values in double quotes.
std::string escaped(std::string_view text);
// JSON that may stand in a <script> element: no "</" and no "<!--" can occur in it.
std::string script_safe(std::string json);

}  // namespace erbium::cp
