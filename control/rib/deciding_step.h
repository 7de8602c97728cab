// Which step of the decision process (RFC 4271 §9.1.2, control/rib/decision.h) put one path before
// another: for people who ask why a route is not the one that is used.
#pragma once

#include <string>
#include <vector>

#include "control/rib/attributes_pool.h"
#include "control/rib/decision.h"

namespace erbium::cp::rib {

enum class DecidingStep {
  refused,  // import policy did not take it
  own,      // the router's own route goes before any other
  weight,
  local_preference,
  path_length,
  origin,
  med,
  as_path,  // as good, but by other ASes, where those may not share
  places,   // as good, and no place is left among those that share
};

struct Deciding {
  DecidingStep step = DecidingStep::places;
  std::string text;  // "local preference 100 against 200"
};

// Why `loser`, one of `paths`, is not among `chosen`, which Decision::choose() made of them and
// which is not empty. Of external peers only, as all are here.
Deciding deciding_step(const AttributesPool& pool, const DecisionConfig& config,
                       const std::vector<Path>& paths, const std::vector<Path>& chosen,
                       const Path& loser);

}  // namespace erbium::cp::rib
