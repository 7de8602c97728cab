// Whole-text matching of the patterns that the tables hold (ECMA-262, as in JSON Schema).
#pragma once

#include <cstddef>
#include <string>

namespace erbium::cp {

// The longest text of a scalar; the engine of the patterns recurses per character.
inline constexpr size_t kMaxText = 1024;

// Whether all of `text` matches; each pattern is compiled once. Throws std::regex_error when the
// pattern is not one. A text longer than kMaxText never matches.
bool matches_whole(const std::string& text, const std::string& pattern);

}  // namespace erbium::cp
