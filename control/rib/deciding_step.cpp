#include "control/rib/deciding_step.h"

#include <algorithm>

namespace erbium::cp::rib {
namespace {

std::string against(const char* what, uint64_t loser, uint64_t winner) {
  return std::string(what) + " " + std::to_string(loser) + " against " + std::to_string(winner);
}

const char* origin_name(bgp::Origin origin) {
  constexpr const char* kNames[] = {"igp", "egp", "incomplete"};
  return kNames[static_cast<size_t>(origin)];
}

}  // namespace

Deciding deciding_step(const AttributesPool& pool, const DecisionConfig& config,
                       const std::vector<Path>& paths, const std::vector<Path>& chosen,
                       const Path& loser) {
  using enum DecidingStep;
  if (loser.accepted == kNoAttributes) return {refused, "refused by import policy"};
  const Path& best = chosen.front();
  if (best.peer == kLocal) return {own, "the router has a route of its own"};
  const Rank& lost = pool.rank(loser.accepted);
  const Rank& won = pool.rank(best.accepted);
  if (loser.weight != best.weight) return {weight, against("weight", loser.weight, best.weight)};
  if (lost.local_pref != won.local_pref)
    return {local_preference, against("local preference", lost.local_pref, won.local_pref)};
  if (lost.path_length != won.path_length)
    return {path_length, against("AS path of", lost.path_length, won.path_length)};
  if (lost.origin != won.origin)
    return {origin, std::string("origin ") + origin_name(lost.origin) + " against " +
                        origin_name(won.origin)};
  for (const Path& other : paths) {
    if (other.accepted == kNoAttributes || other.weight != loser.weight) continue;
    const Rank& rank = pool.rank(other.accepted);
    const bool compared = config.always_compare_med || rank.neighbour_as == lost.neighbour_as;
    const bool as_good = rank.local_pref == lost.local_pref &&
                         rank.path_length == lost.path_length && rank.origin == lost.origin;
    if (compared && as_good && rank.med < lost.med)
      return {med, against("MED", lost.med, rank.med)};
  }
  if (!config.multipath_relax && pool.at(loser.accepted).as_path != pool.at(best.accepted).as_path)
    return {as_path, "as good, but through other ASes"};
  return {places, "as good, but only " + std::to_string(chosen.size()) + " may share the traffic"};
}

}  // namespace erbium::cp::rib
