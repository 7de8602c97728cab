// The words and options of `erbium show`.
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "common/net/address.h"
#include "common/units.h"
#include "control/report/router_tables.h"

namespace erbium::cli {

// A moment of a run.
struct Moment {
  bool scenario_time = false;  // else counted from the replay's start, as the timeline's `at`
  Duration at;
};

enum class Shown { bgp_summary, routes, arp, nd, bfd, links, drops, circuits };

struct ShowOptions {
  Shown what = Shown::bgp_summary;
  std::string directory = ".";
  std::optional<Moment> at;  // absent: the end
  cp::RouterFilter filter;
  std::optional<net::Prefix> prefix;
  bool fib = false;
  Format format = Format::table;
  RunOptions run;  // how to run it: memory, burst, lookahead
};

// What can be shown, for completion: "bgp routes ...".
std::string show_words();

// nullopt when help was printed. Throws UsageError.
std::optional<ShowOptions> parse_show_options(const Words& words);

}  // namespace erbium::cli
