// erbium run, erbium replay: a scenario through the network in virtual time.
#include <atomic>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "cli/captures.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/explained.h"
#include "cli/inferred_run.h"
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
#include "control/scenario/assemble.h"
#include "control/scenario/probes.h"
#include "control/scenario/setup.h"
#include "dataplane/driver/eal.h"
#include "dataplane/driver/emulation.h"

namespace erbium::cli {
namespace {

// Runs the scenario once more and writes the report again, with the ways of dropped packets. The
// results stand without them as well, so that they are not found out is no failure. Throws IoError
// when the report cannot be written; the first one then stays.
void add_ways(cp::Report& report, const cp::Scenario& scenario, const RunOptions& options,
              const std::atomic<bool>& stop_requested) {
  std::string why;
  try {
    report.explained = explain_drops(scenario, options, report, stop_requested);
    if (stop_requested) why = "interrupted";
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (why.empty()) return rewrite_report(report, options);
  std::fprintf(stderr, "erbium: the report is without the ways of dropped packets: %s\n",
               why.c_str());
}

// Fills `outcome`, or prints where there is none.
int run_replay(const cp::Scenario& scenario, const RunOptions& options,
               const std::atomic<bool>& stop_requested, RunOutcome* outcome, unsigned& warnings) {
  const bool wants_report = reported(scenario);
  std::optional<OutputFile> journal;
  std::optional<VirtualRun> run(
      std::in_place, scenario, options, [&](const cp::Topology& topology) {
        for (const cp::ReplayInput& replay : scenario.replay)
          refuse_own_output(options.directory, replay.file);
        prepare_directory(options.directory);
        journal.emplace(options.directory + "/journal.jsonl");
        return VirtualRun::Settings{
            .sample_interval = wants_report ? cp::sample_interval(scenario) : Duration::max(),
            .duration = cp::scenario_length(scenario),
            .captures = capture_config(scenario, topology, options),
            .flows = measures_flows(scenario),
            .journal = &*journal};
      });
  const auto end = [&](const std::string& partial) {
    VirtualRun::Result result = run->finish(partial);
    journal->close(!result.stats.partial);
    write_results(result.stats, scenario, options);
    return result;
  };
  try {
    Progress progress(outcome == nullptr);
    run->run(stop_requested, std::ref(progress));
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
  warnings += warn(stats, scenario);
  cp::Report report = run->report(stats);
  if (wants_report) write_report(report, stats.partial, options);
  if (outcome)
    *outcome = {report.expectations, stats.virtual_time_ns};
  else
    print_results(stats, scenario, options, report);
  refuse_unbalanced(unaccounted);
  if (stats.partial) return kInterrupted;
  if (options.explain && !report.drop_places.empty()) {
    std::fflush(stdout);
    run.reset();  // the other has the machine's memory to itself
    add_ways(report, scenario, options, stop_requested);
  }
  return missed(report) ? kExpectationFailed : kDone;
}

int execute(const RunOptions& options, const std::atomic<bool>& stop_requested,
            RunOutcome* outcome) {
  unsigned warnings = 0;
  cp::Scenario scenario =
      load_scenario(options.scenario, options.live ? Purpose::live : Purpose::run, &warnings);
  cp::check_drop_reasons(scenario, dp::known_drop_reasons());
  if (options.seed) scenario.seed = *options.seed;
  if (options.explain && !reported(scenario)) scenario.outputs.report.emplace_back("html");
  RunOptions resolved = options;
  if (resolved.directory.empty()) resolved.directory = scenario.outputs.dir;
  if (!options.captures_in.empty())
    replay_instead(scenario, options.captures_in, options.port, options.replay_words);
  const int code = resolved.live
                       ? run_live(scenario, resolved, stop_requested)
                       : run_replay(scenario, resolved, stop_requested, outcome, warnings);
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
  const std::atomic<bool>& stop = catch_interrupts();
  return execute(options->scenario.empty() ? inferred_run(*options) : *options, stop, nullptr);
}

}  // namespace erbium::cli
