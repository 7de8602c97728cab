// erbium run, erbium replay: a scenario through the network in virtual time.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/live_run.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "cli/run_outputs.h"
#include "cli/scenario.h"
#include "cli/virtual_run.h"
#include "control/config/nearest.h"
#include "control/scenario/assemble.h"
#include "control/scenario/probes.h"
#include "dataplane/driver/eal.h"

namespace erbium::cli {
namespace {

constexpr Duration kSampleInterval = Duration::ms(50);

std::atomic<bool> stop_requested{false};
void request_stop(int) { stop_requested = true; }

// Reads that wait are interrupted, and a second Ctrl-C ends the program at once.
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

class Progress {
 public:
  void operator()(unsigned per_mille, uint64_t packets) {
    if (!shown_ && !isatty(STDERR_FILENO)) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r%3u.%u %%  %llu packets", per_mille / 10, per_mille % 10,
                 static_cast<unsigned long long>(packets));
  }
  ~Progress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  bool shown_ = false;
};

void warn(const RunStats& stats, bool captures) {
  const bool any = std::any_of(stats.ports.begin(), stats.ports.end(),
                               [](const PortStats& port) { return port.rx.packets > 0; });
  if (captures && !any && !stats.partial)
    std::fputs("erbium: the captures hold no packets\n", stderr);
  if (stats.clamped_timestamps > 0)
    std::fprintf(stderr, "erbium: %llu timestamps ran backwards and were set to the one before\n",
                 static_cast<unsigned long long>(stats.clamped_timestamps));
}

int run_replay(const cp::Scenario& scenario, const RunOptions& options) {
  const bool wants_report = reported(scenario);
  std::optional<OutputFile> journal;
  VirtualRun run(scenario, options, [&](const cp::Topology& topology) {
    for (const cp::ReplayInput& replay : scenario.replay)
      refuse_own_output(options.directory, replay.file);
    prepare_directory(options.directory);
    journal.emplace(options.directory + "/journal.jsonl");
    return VirtualRun::Settings{
        .sample_interval = wants_report ? kSampleInterval : Duration::max(),
        .duration = cp::scenario_length(scenario),
        .captures = capture_config(scenario, topology, options),
        .flows = cp::has_flows(scenario) && (wants_report || cp::expects_flows(scenario)),
        .journal = &*journal};
  });
  const auto end = [&](const std::string& partial) {
    VirtualRun::Result result = run.finish(partial);
    journal->close(!result.stats.partial);
    write_results(result.stats, scenario, options);
    return result;
  };
  try {
    Progress progress;
    run.run(stop_requested, std::ref(progress));
  } catch (const dp::CaptureError&) {
    if (!stop_requested) {
      end("the input is damaged");
      throw;
    }
  } catch (const IoError&) {
    try {
      end("an output could not be written");
    } catch (const IoError&) {
    }
    throw;
  } catch (const dp::MachineError&) {
    end("packets in flight need more memory");
    throw;
  }
  const auto [stats, unaccounted] = end(stop_requested ? "interrupted" : "");
  warn(stats, !scenario.replay.empty());
  const cp::Report report = run.report(stats);
  if (wants_report) write_report(report, stats.partial, options);
  print_results(stats, scenario, options, report);
  refuse_unbalanced(unaccounted);
  if (stop_requested) return kInterrupted;
  return missed(report) ? kExpectationFailed : kDone;
}

// Which port `erbium replay` feeds when it is not told: that of the scenario's first replay, or the
// customer's LAN.
std::string default_port(const cp::Scenario& scenario) {
  if (!scenario.replay.empty()) return scenario.replay.front().port;
  for (const cp::Ce& ce : scenario.onprem)
    if (!ce.port.empty()) return ce.port;
  if (scenario.ports.size() == 1) return scenario.ports.front().name;
  throw UsageError("the scenario has several ports; say which with --port");
}

void replace_inputs(cp::Scenario& scenario, const RunOptions& options) {
  const std::string port = options.port.empty() ? default_port(scenario) : options.port;
  std::vector<std::string> names;
  for (const cp::Port& p : scenario.ports) names.push_back(p.name);
  if (!cp::find(scenario.ports, port))
    throw NotFoundError("no port " + port + " in " + scenario.path + "; " +
                        cp::suggestion(port, names, "ports"));
  cp::ReplayInput input;
  for (const cp::ReplayInput& existing : scenario.replay)
    if (existing.port == port) input = existing;
  input.name = "capture";
  input.port = port;
  scenario.replay.clear();
  for (const std::string& file : options.captures_in) {
    input.file = file;
    scenario.replay.push_back(input);
  }
}

int execute(const RunOptions& options) {
  catch_interrupts();
  unsigned warnings = 0;
  cp::Scenario scenario = load_scenario(options.scenario, true, &warnings);
  if (options.seed) scenario.seed = *options.seed;
  RunOptions resolved = options;
  if (resolved.directory.empty()) resolved.directory = scenario.outputs.dir;
  if (!options.captures_in.empty()) replace_inputs(scenario, options);
  const int code =
      resolved.live ? run_live(scenario, resolved, stop_requested) : run_replay(scenario, resolved);
  return code == kDone && warnings > 0 && options.strict ? kWarnings : code;
}

}  // namespace

int run_command(const Words& words) {
  const auto options = parse_run_options(words);
  return options ? execute(*options) : kDone;
}

int replay_command(const Words& words) {
  const auto options = parse_replay_options(words);
  return options ? execute(*options) : kDone;
}

}  // namespace erbium::cli
