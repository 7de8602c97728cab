// A run is run again, without its outputs, to follow some of its packets; it stops when it is known
// what became of them. All throw as VirtualRun does.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/run_options.h"
#include "control/config/scenario.h"
#include "control/report/explain.h"
#include "control/report/report.h"
#include "dataplane/driver/trace.h"

namespace erbium::cli {

inline constexpr std::atomic<bool> kNever{false};

// The ways of the first `most` packets that `choose` takes, as far as they are known when
// `interrupted` is set.
cp::Journeys follow(const cp::Scenario& scenario, const RunOptions& options,
                    dp::Trace::Choose choose, size_t most,
                    const std::atomic<bool>& interrupted = kNever);

dp::Trace::Choose one_of(std::vector<uint64_t> ids);

// The first packets that were dropped, for any reason where it is empty.
std::vector<uint64_t> dropped_packets(const cp::Scenario& scenario, const RunOptions& options,
                                      const std::string& reason, size_t first);

// The ways of the dropped packets that the report shows, in its order. Not all of them when
// `interrupted` is set meanwhile.
std::vector<Journey> explain_drops(const cp::Scenario& scenario, const RunOptions& options,
                                   const cp::Report& report, const std::atomic<bool>& interrupted);

}  // namespace erbium::cli
