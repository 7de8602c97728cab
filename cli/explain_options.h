// The words and options of `erbium explain`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/run_options.h"

namespace erbium::cli {

struct ExplainOptions {
  std::string directory = ".";
  // One of these says which packets.
  std::optional<uint64_t> packet;
  std::string filter;
  bool dropped = false;
  std::string reason;  // of drops; empty: any
  size_t first = 1;    // so many of them
  Format format = Format::table;
  RunOptions run;  // how to run it: memory, burst, lookahead
};

// nullopt when help was printed. Throws UsageError.
std::optional<ExplainOptions> parse_explain_options(const Words& words);

}  // namespace erbium::cli
