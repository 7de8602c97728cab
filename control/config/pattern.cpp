// The only user of <regex>: gcc 12 warns inside that header under -fsanitize (GCC PR 105562), and
// the warning is about no code of ours.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "control/config/pattern.h"

#include <map>
#include <regex>

namespace erbium::cp {

bool matches_whole(const std::string& text, const std::string& pattern) {
  static std::map<std::string, std::regex> compiled;
  if (text.size() > kMaxText) return false;
  auto found = compiled.find(pattern);
  if (found == compiled.end())
    found = compiled.emplace(pattern, std::regex(pattern, std::regex::optimize)).first;
  return std::regex_match(text, found->second);
}

}  // namespace erbium::cp
