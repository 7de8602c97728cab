// summary.json and counters.json of a run, and the totals they rest on.
#pragma once

#include <cstdint>
#include <string>

#include "common/run_stats.h"

namespace erbium::cp {

// rx + originated + copied = tx + dropped + consumed + punted + held + in_flight
struct Totals {
  uint64_t rx = 0, originated = 0, copied = 0;
  uint64_t tx = 0, dropped = 0, consumed = 0, punted = 0, held = 0, in_flight = 0;
  NamedCounts drops, originated_by, consumed_by;
  NamedCounts withheld;  // by limits on what routers originate
};

Totals totals(const RunStats& stats);

// The first ledger that does not balance, named with its figures; empty when all do: the run, every
// node, link direction and port.
std::string unbalanced(const RunStats& stats);

// Pretty-printed JSON ending in a newline. Everything outside "wall" is equal between runs.
std::string summary_json(const RunStats& stats, uint64_t seed);
std::string counters_json(const RunStats& stats);

}  // namespace erbium::cp
