// What the dataplane is told of a run before its first generation: which captures enter where, what
// is written, how much memory and how far.
#pragma once

#include <string>
#include <vector>

#include "common/api/channel.h"
#include "control/config/scenario.h"
#include "control/expressroute/topology.h"

namespace erbium::cp {

struct SetupOptions {
  size_t memory = 0;  // of the packet pool, bytes
  unsigned burst = 0;
  unsigned lookahead_divisor = 1;
  unsigned drop_examples = 0;  // kept for each reason and place; 0: drops are not told apart
};

// Between samples of the links for a report, to begin with.
Duration sample_interval(const Scenario& scenario);

// Of drops, for a report.
inline constexpr unsigned kDropExamples = 3;

// Without output captures.
api::Setup run_setup(const Scenario& scenario, const Topology& topology,
                     const SetupOptions& options);

// The files that the scenario asks for, in `directory`.
api::OutputCaptures output_captures(const Scenario& scenario, const Topology& topology,
                                    const std::string& directory);

// The scenario's optional stages. Throws ConfigError for one that is not among `known`.
std::vector<std::string> optional_stages(const Scenario& scenario,
                                         const std::vector<std::string>& known);

// Throws ConfigError for an expectation about a reason of drops that is not among `known`, those
// that the dataplane declares.
void check_drop_reasons(const Scenario& scenario, const std::vector<std::string>& known);

}  // namespace erbium::cp
