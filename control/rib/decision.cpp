#include "control/rib/decision.h"

#include <algorithm>
#include <tuple>

namespace erbium::cp::rib {

namespace {

// The steps up to MED; the lesser is the better.
struct Merit {
  uint32_t less_weight;
  uint32_t less_local_pref;  // RFC 4271 §9.1.1
  uint16_t path_length;      // §9.1.2.2 a
  bgp::Origin origin;        // b
  auto operator<=>(const Merit&) const = default;
};

// Keeps the paths for which `value` is lowest.
template <class Value>
void keep_lowest(std::vector<Path>& paths, Value value) {
  auto lowest = value(paths.front());
  auto kept = paths.begin() + 1;
  for (auto at = kept; at != paths.end(); ++at) {
    const auto here = value(*at);
    if (lowest < here) continue;
    if (here < lowest) kept = paths.begin();
    lowest = here;
    *kept++ = *at;
  }
  paths.erase(kept, paths.end());
}

}  // namespace

void Decision::set_peer(PeerId id, const Peer& peer) {
  if (id >= peers_.size()) peers_.resize(id + 1);
  peers_[id] = peer;
}

bool Decision::named_before(const Path& a, const Path& b) const {
  const Peer &one = peers_[a.peer], &other = peers_[b.peer];
  return std::tie(one.identifier, one.address, a.peer) <
         std::tie(other.identifier, other.address, b.peer);
}

// RFC 4271 §9.1.2.2 c: of each neighbouring AS only the paths with its lowest MED. Paths without a
// neighbouring AS, such as those originated inside our own, are compared with each other.
void Decision::lowest_med(std::vector<Path>& paths) const {
  const auto med = [&](const Path& path) { return pool_.rank(path.accepted).med; };
  if (config_.always_compare_med) return keep_lowest(paths, med);
  const auto as = [&](const Path& path) { return pool_.rank(path.accepted).neighbour_as; };
  std::sort(paths.begin(), paths.end(), [&](const Path& a, const Path& b) {
    return std::make_tuple(as(a), med(a)) < std::make_tuple(as(b), med(b));
  });
  auto kept = paths.begin();
  for (auto group = paths.begin(); group != paths.end();) {
    const uint32_t group_as = as(*group), group_med = med(*group);
    for (; group != paths.end() && as(*group) == group_as; ++group) {
      if (med(*group) == group_med) *kept++ = *group;
    }
  }
  paths.erase(kept, paths.end());
}

void Decision::first_bundles(std::vector<Path>& paths) const {
  std::vector<uint32_t> kept;
  std::erase_if(paths, [&](const Path& path) {
    const uint32_t bundle = peers_[path.peer].bundle;
    if (std::find(kept.begin(), kept.end(), bundle) != kept.end()) return false;
    if (kept.size() == config_.max_bundles) return true;
    kept.push_back(bundle);
    return false;
  });
}

void Decision::choose(std::vector<Path>& paths) const {
  std::erase_if(paths, [](const Path& path) { return path.accepted == kNoAttributes; });
  if (paths.size() < 2) return;
  const auto local = std::find_if(paths.begin(), paths.end(),
                                  [](const Path& path) { return path.peer == kLocal; });
  if (local != paths.end()) {
    paths = {Path(*local)};
    return;
  }
  keep_lowest(paths, [&](const Path& path) {
    const Rank& rank = pool_.rank(path.accepted);
    return Merit{~path.weight, ~rank.local_pref, rank.path_length, rank.origin};
  });
  if (paths.size() < 2) return;
  lowest_med(paths);
  keep_lowest(paths, [&](const Path& path) { return !peers_[path.peer].external; });  // d
  std::sort(paths.begin(), paths.end(),
            [&](const Path& a, const Path& b) { return named_before(a, b); });  // f, g
  if (!config_.multipath_relax) {
    const bgp::AsPath best = pool_.at(paths.front().accepted).as_path;
    std::erase_if(paths, [&](const Path& path) { return pool_.at(path.accepted).as_path != best; });
  }
  if (config_.max_bundles != 0) first_bundles(paths);
  if (paths.size() > config_.max_paths) paths.resize(config_.max_paths);
}

}  // namespace erbium::cp::rib
