#include "cli/virtual_run.h"

#include "cli/run_outputs.h"
#include "common/check.h"
#include "control/scenario/setup.h"

namespace erbium::cli {
namespace {

dp::EmulationConfig emulation(const cp::Scenario& scenario, const cp::Topology& topology,
                              const RunOptions& options) {
  refuse_missing_captures(scenario);
  cp::optional_stages(scenario, dp::known_optional_stages());
  const auto config =
      dp::emulation_config(cp::run_setup(scenario, topology,
                                         {.memory = options.memory,
                                          .burst = options.burst,
                                          .lookahead_divisor = options.lookahead_divisor}));
  ERBIUM_CHECK(config.has_value());  // options and scenario are in range
  return *config;
}

cp::Controller& measuring(cp::Controller& controller, const VirtualRun::Settings& settings) {
  if (settings.flows) controller.measure_flows();
  if (settings.sample_interval != Duration::max()) controller.measure_links();
  return controller;
}

}  // namespace

VirtualRun::VirtualRun(const cp::Scenario& scenario, const RunOptions& options,
                       const std::function<Settings(const cp::Topology&)>& settings)
    : controller_(scenario, {}),
      config_(emulation(scenario, compiler().topology(), options)),
      emulation_(config_),
      settings_(settings(compiler().topology())),
      control_(measuring(controller_, settings_), emulation_.agent(), emulation_.network(),
               settings_.sample_interval, settings_.journal) {
  dp::ReplayOptions replay = config_.replay;
  replay.duration = settings_.duration;
  replay.stop_at = settings_.stop_at;
  replay.stop_after = settings_.stop_after;
  replay.captures = settings_.captures;
  if (settings_.sample_interval != Duration::max()) replay.drop_examples = cp::kDropExamples;
  if (settings_.watch) replay.watch = settings_.watch(emulation_);
  emulation_.begin(control_, replay);
}

void VirtualRun::run(const std::atomic<bool>& stop,
                     const std::function<void(unsigned, uint64_t)>& progress) {
  emulation_.run(stop, progress);
}

VirtualRun::Result VirtualRun::finish(const std::string& partial) {
  RunStats stats = emulation_.collect();
  controller_.add_events(stats);
  measure(stats, begun_);
  stats.partial = !partial.empty();
  std::string unaccounted = conservation(stats);
  emulation_.close(stats, partial.empty() ? unaccounted : partial);
  return {std::move(stats), std::move(unaccounted)};
}

}  // namespace erbium::cli
