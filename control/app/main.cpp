// erbium-control: the control half of a run in virtual time, on a dataplane in another process.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/failure.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "cli/run_outputs.h"
#include "cli/scenario.h"
#include "common/io_error.h"
#include "control/scenario/controller.h"
#include "control/scenario/journal.h"
#include "control/scenario/setup.h"
#include "control/shell/dataplane_link.h"

namespace erbium::cp {
namespace {

// The dataplane may have another working directory.
std::string absolute(const std::string& path) { return std::filesystem::absolute(path).string(); }

// Throws NotFoundError, UsageError.
void check_inputs(const Scenario& scenario, const std::string& directory) {
  cli::refuse_missing_captures(scenario);
  for (const ReplayInput& replay : scenario.replay) {
    if (replay.file == "-")
      throw cli::UsageError(
          "a capture from standard input does not reach another process; name "
          "a file, or run in one process");
    cli::refuse_own_output(directory, replay.file);
  }
}

api::Setup setup_of(const Scenario& scenario, const Controller& controller,
                    const cli::RunOptions& options) {
  const Topology& topology = controller.compiler().topology();
  api::Setup out = run_setup(scenario, topology,
                             {.memory = options.memory,
                              .burst = options.burst,
                              .lookahead_divisor = options.lookahead_divisor,
                              .drop_examples = cli::reported(scenario) ? kDropExamples : 0});
  for (api::InputCapture& input : *out.mutable_inputs()) input.set_path(absolute(input.path()));
  if (options.captures)
    *out.mutable_captures() = output_captures(scenario, topology, absolute(options.directory));
  out.set_network_hash(controller.network_hash());
  return out;
}

// What is told at the end; a run that was cut short has a reason.
struct Finished {
  RunStats stats;
  std::string unaccounted;
};

// As a run in one process says it.
std::string reason(const api::Failure& failure) {
  switch (failure.kind()) {
    case api::Failure::CAPTURE:
      return "the input is damaged";
    case api::Failure::IO:
      return "an output could not be written";
    case api::Failure::MACHINE:
      return "packets in flight need more memory";
    default:
      return failure.text();
  }
}

// Balances the counts and has the dataplane close its outputs.
Finished finish(DataplaneLink& link, const Controller& controller, DataplaneLink::Outcome& outcome,
                std::chrono::steady_clock::time_point begun) {
  std::string partial = outcome.interrupted ? "interrupted" : outcome.partial;
  if (outcome.failure) partial = reason(*outcome.failure);
  RunStats stats = std::move(outcome.stats);
  controller.add_events(stats);
  const uint64_t of_dataplane = stats.wall.peak_rss_bytes;
  cli::measure(stats, begun);
  stats.wall.peak_rss_bytes += of_dataplane;
  stats.partial = !partial.empty();
  std::string unaccounted = cli::conservation(stats);
  link.close(stats.virtual_time_ns, partial.empty() ? unaccounted : partial, outcome.interrupted);
  return {std::move(stats), std::move(unaccounted)};
}

// Of a dataplane that cannot go on.
int fail(const DataplaneFailure& failure) {
  std::fprintf(stderr, "erbium-control: %s\n", failure.what());
  return failure.kind == api::Failure::CAPTURE ? cli::kInvalid
         : failure.kind == api::Failure::OTHER ? cli::kInternal
                                               : cli::kMachine;
}

int run(const Scenario& scenario, const cli::ControlOptions& options, const std::atomic<bool>& stop,
        unsigned& warnings) {
  const auto begun = std::chrono::steady_clock::now();
  const cli::RunOptions& run_options = options.run;
  check_inputs(scenario, run_options.directory);
  Controller controller(scenario, {});
  DataplaneLink link(controller, {options.socket, options.wait}, stop);
  const api::Hello& hello = link.meet();
  optional_stages(scenario, {hello.optional_stages().begin(), hello.optional_stages().end()});
  check_drop_reasons(scenario, {hello.drop_reasons().begin(), hello.drop_reasons().end()});
  if (cli::measures_flows(scenario)) controller.measure_flows();
  if (cli::reported(scenario)) controller.measure_links();
  link.set_up(setup_of(scenario, controller, run_options));
  if (link.takes_over())
    cli::make_directory(run_options.directory);
  else
    cli::prepare_directory(run_options.directory);
  cli::OutputFile journal(run_options.directory + "/journal.jsonl");
  const bool wants_report = cli::reported(scenario);
  std::optional<cli::Progress> progress(std::in_place, true);
  DataplaneLink::Outcome outcome = link.run(
      wants_report ? sample_interval(scenario) : Duration::max(),
      [&](const api::ToDataplane& message, Time at) { journal.append(journal_line(message, at)); },
      std::ref(*progress));
  progress.reset();
  outcome.interrupted |= stop;
  const std::optional<api::Failure> failure = outcome.failure;
  const std::string lost = outcome.partial;
  auto [stats, unaccounted] = finish(link, controller, outcome, begun);
  journal.close(!stats.partial);
  cli::write_results(stats, scenario, run_options);
  if (failure) throw DataplaneFailure(*failure);
  warnings += cli::warn(stats, scenario);
  const Report report = controller.report(stats);
  if (wants_report) cli::write_report(report, stats.partial, run_options);
  cli::print_results(stats, scenario, run_options, report);
  cli::refuse_unbalanced(unaccounted);
  if (outcome.interrupted) return cli::kInterrupted;
  if (!lost.empty()) {
    std::fprintf(stderr, "erbium-control: the outputs are partial: %s\n", lost.c_str());
    return cli::kPeer;
  }
  return cli::missed(report) ? cli::kExpectationFailed : cli::kDone;
}

int execute(const cli::Words& words) {
  auto options = cli::parse_control_options(words);
  if (!options) return cli::kDone;
  const std::atomic<bool>& stop = cli::catch_interrupts();
  unsigned warnings = 0;
  Scenario scenario = cli::load_scenario(options->run.scenario, cli::Purpose::run, &warnings);
  if (options->run.seed) scenario.seed = *options->run.seed;
  if (options->run.directory.empty()) options->run.directory = scenario.outputs.dir;
  const int code = run(scenario, *options, stop, warnings);
  return code == cli::kDone && warnings > 0 && options->run.strict ? cli::kWarnings : code;
}

}  // namespace
}  // namespace erbium::cp

int main(int argc, char** argv) {
  using namespace erbium;
  try {
    const int code = cp::execute({argv + 1, argv + argc});
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
      throw IoError("write", "standard output", errno);
    return code;
  } catch (const cp::DataplaneFailure& failure) {
    return cp::fail(failure);
  } catch (const std::exception&) {
    return cli::print_failure("erbium-control");
  }
}
