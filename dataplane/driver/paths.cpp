#include "dataplane/driver/paths.h"

#include <algorithm>

namespace erbium::dp {

Paths::Id Paths::extend(Id path, uint32_t link) {
  const Step step{path, link};
  const auto at = known_.find(step);
  if (at != known_.end()) return at->second;
  if (steps_.size() > UINT16_MAX) return path;
  const auto id = static_cast<Id>(steps_.size());
  steps_.push_back(step);
  known_.emplace(step, id);
  return id;
}

std::vector<uint32_t> Paths::links(Id path) const {
  std::vector<uint32_t> out;
  for (; path != 0; path = steps_[path].before) out.push_back(steps_[path].link - 1);
  std::reverse(out.begin(), out.end());
  return out;
}

Paths::Id PathNumbers::of(Paths::Id path) {
  const auto [at, added] = numbers_.emplace(path, static_cast<Paths::Id>(links_.size()));
  if (added) links_.push_back(paths_.links(path));
  return at->second;
}

}  // namespace erbium::dp
