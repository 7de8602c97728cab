// The options of `erbium run` and `erbium replay`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/replay_inputs.h"

namespace erbium::cli {

struct RunOptions {
  std::string scenario;
  std::vector<std::string> scenarios;    // run: files and directories, as typed
  std::string covers;                    // run: "T7,pain"; only scenarios that cover one of these
  std::vector<std::string> captures_in;  // replay: instead of the scenario's own
  std::string port;                      // replay: where they enter; empty: the scenario's
  ReplayWords replay_words;              // replay: how they enter
  std::string directory;                 // empty: the scenario's
  std::optional<uint64_t> seed;
  bool captures = true;
  bool strict = false;
  bool explain = false;  // report.html tells the ways of dropped examples
  Format format = Format::table;
  size_t memory = size_t{1} << 30;  // packet pool, bytes
  unsigned burst = 32;
  unsigned lookahead_divisor = 1;
  bool live = false;
  bool processes = false;            // control and dataplane each in a process of its own
  std::optional<Duration> duration;  // live: ends by itself
  std::vector<std::string> eal;      // live: appended to EAL's arguments
};

// Those of every kind of run in virtual time, which never show in its output: memory, burst,
// lookahead.
void add_machine_options(boost::program_options::options_description& options);
void take_machine_options(const boost::program_options::variables_map& values, RunOptions& out);

// Of erbium-control.
struct ControlOptions {
  RunOptions run;
  std::string socket;
  Duration wait;  // for another dataplane when the first has gone away
};

// nullopt when help was printed. Throw UsageError.
std::optional<RunOptions> parse_run_options(const Words& words);
std::optional<RunOptions> parse_replay_options(const Words& words);
std::optional<ControlOptions> parse_control_options(const Words& words);

}  // namespace erbium::cli
