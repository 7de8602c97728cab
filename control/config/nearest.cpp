#include "control/config/nearest.h"

#include <algorithm>
#include <cctype>

namespace erbium::cp {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); i++) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); j++) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); i++)
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kLongestWord = 100;  // the table is quadratic
  if (word.size() > kLongestWord) return {};
  const std::string wanted = lower(word);
  size_t best = 1 + std::max<size_t>(1, (wanted.size() + 1) / 3);
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const size_t d = distance(wanted, lower(candidate));
    if (d < best) {
      best = d;
      found = candidate;
    }
  }
  return found;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates,
                       std::string_view what) {
  const std::string near = nearest(word, candidates);
  if (!near.empty()) return "write '" + near + "'";
  if (candidates.empty()) return "the file defines no " + std::string(what);
  constexpr size_t kShown = 20;
  std::string out = "valid " + std::string(what) + ": ";
  for (size_t i = 0; i < candidates.size() && i < kShown; i++)
    out += (i > 0 ? ", " : "") + candidates[i];
  return out + (candidates.size() > kShown ? ", ..." : "");
}

}  // namespace erbium::cp
