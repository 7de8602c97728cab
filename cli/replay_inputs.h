// How captures enter, as the words of `erbium replay` say it: their pace, which of their packets,
// and which side of the network each comes from.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/config/scenario.h"

namespace erbium::cli {

// Options and their values as typed, in the order of the help; repeated where they were.
using ReplayWords = std::vector<std::pair<std::string, std::string>>;

void add_replay_options(boost::program_options::options_description& options);
// Throws UsageError for a value that is no good.
ReplayWords take_replay_options(const boost::program_options::variables_map& values);

// Values of an option, as prefixes. Throws UsageError.
std::vector<net::Prefix> prefixes(const ReplayWords& words, const std::string& option);

// The keys of a scenario's `replay` that say the same, with values as YAML has them; sides are not
// among them.
ReplayWords replay_keys(const ReplayWords& words);

// What `erbium replay` does to a scenario: these captures enter by `port`, in place of its own; an
// empty port is that of the scenario's first replay, or the customer's LAN. Throws NotFoundError,
// UsageError.
void replay_instead(cp::Scenario& scenario, const std::vector<std::string>& captures,
                    const std::string& port, const ReplayWords& words);

}  // namespace erbium::cli
