// erbium run, erbium replay: a scenario through the network in virtual time.
#include <atomic>
#include <optional>

#include "cli/captures.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/live_run.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/processes.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "cli/run_outputs.h"
#include "cli/scenario.h"
#include "cli/several_runs.h"
#include "cli/virtual_run.h"
#include "control/config/nearest.h"
#include "control/scenario/assemble.h"
#include "control/scenario/probes.h"
#include "control/scenario/setup.h"
#include "dataplane/driver/eal.h"
#include "dataplane/driver/emulation.h"

namespace erbium::cli {
namespace {

// Fills `outcome`, or prints where there is none.
int run_replay(const cp::Scenario& scenario, const RunOptions& options,
               const std::atomic<bool>& stop_requested, RunOutcome* outcome) {
  const bool wants_report = reported(scenario);
  std::optional<OutputFile> journal;
  VirtualRun run(scenario, options, [&](const cp::Topology& topology) {
    for (const cp::ReplayInput& replay : scenario.replay)
      refuse_own_output(options.directory, replay.file);
    prepare_directory(options.directory);
    journal.emplace(options.directory + "/journal.jsonl");
    return VirtualRun::Settings{
        .sample_interval = wants_report ? cp::kSampleInterval : Duration::max(),
        .duration = cp::scenario_length(scenario),
        .captures = capture_config(scenario, topology, options),
        .flows = measures_flows(scenario),
        .journal = &*journal};
  });
  const auto end = [&](const std::string& partial) {
    VirtualRun::Result result = run.finish(partial);
    journal->close(!result.stats.partial);
    write_results(result.stats, scenario, options);
    return result;
  };
  try {
    Progress progress(outcome == nullptr);
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
  if (outcome)
    *outcome = {report.expectations, stats.virtual_time_ns};
  else
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

int execute(const RunOptions& options, const std::atomic<bool>& stop_requested,
            RunOutcome* outcome) {
  unsigned warnings = 0;
  cp::Scenario scenario = load_scenario(options.scenario, true, &warnings);
  cp::check_drop_reasons(scenario, dp::known_drop_reasons());
  if (options.seed) scenario.seed = *options.seed;
  RunOptions resolved = options;
  if (resolved.directory.empty()) resolved.directory = scenario.outputs.dir;
  if (!options.captures_in.empty()) replace_inputs(scenario, options);
  const int code = resolved.live ? run_live(scenario, resolved, stop_requested)
                                 : run_replay(scenario, resolved, stop_requested, outcome);
  return code == kDone && warnings > 0 && options.strict ? kWarnings : code;
}

}  // namespace

int run_command(const Words& words) {
  const auto options = parse_run_options(words);
  if (!options) return kDone;
  if (options->processes) return run_processes(words);
  const std::atomic<bool>& stop = catch_interrupts();
  if (!asks_for_several(*options)) return execute(*options, stop, nullptr);
  return run_several(*options, stop, [&](const RunOptions& one, RunOutcome& outcome) {
    return execute(one, stop, &outcome);
  });
}

int replay_command(const Words& words) {
  const auto options = parse_replay_options(words);
  if (!options) return kDone;
  return execute(*options, catch_interrupts(), nullptr);
}

}  // namespace erbium::cli
