#include "cli/virtual_run.h"

#include <algorithm>
#include <filesystem>

#include "cli/run_outputs.h"
#include "control/scenario/assemble.h"
#include "control/scenario/probes.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/eal.h"

namespace erbium::cli {
namespace {

std::vector<dp::InputConfig> inputs(const cp::Scenario& scenario, const cp::Topology& topology) {
  std::vector<dp::InputConfig> out;
  for (const cp::ReplayInput& replay : scenario.replay) {
    if (replay.file != "-" && !std::filesystem::exists(replay.file))
      throw NotFoundError("no capture " + replay.file);
    const auto port =
        static_cast<size_t>(cp::find(scenario.ports, replay.port) - scenario.ports.data());
    const cp::PortAttachment& at = topology.ports[port];
    dp::InputConfig config{.name = replay.name, .path = replay.file};
    config.port = static_cast<uint32_t>(port + 1);
    const bool fit = replay.mac == cp::ReplayInput::MacRewrite::fit;
    if (fit) config.fit.router_mac = at.router_mac;
    config.fit.retag = fit || replay.s_tag || replay.c_tag;
    config.fit.outer_tpid = at.outer_tpid;
    config.fit.inner_tpid = at.inner_tpid;
    config.fit.outer_vid = at.outer_vid;
    config.fit.inner_vid = at.inner_vid;
    if (replay.s_tag || replay.c_tag) {
      config.fit.outer_vid = static_cast<uint16_t>(replay.s_tag.value_or(replay.c_tag.value_or(0)));
      config.fit.inner_vid = static_cast<uint16_t>(replay.s_tag ? replay.c_tag.value_or(0) : 0);
    }
    out.push_back(config);
  }
  return out;
}

std::vector<api::ToDataplane> measured(const cp::Scenario& scenario, const cp::Topology& topology,
                                       bool flows) {
  std::vector<api::ToDataplane> out = cp::probe_streams(scenario, topology);
  if (flows) out.push_back(cp::measured_flows(scenario));
  return out;
}

// EAL is up before the first member that needs it.
size_t with_eal(size_t memory) {
  dp::start_eal_for_replay();
  return memory;
}

}  // namespace

VirtualRun::VirtualRun(const cp::Scenario& scenario, const RunOptions& options,
                       const std::function<Settings(const cp::Topology&)>& settings)
    : scenario_(scenario),
      stages_(optional_stages(scenario)),
      compiler_(scenario, {}),
      sessions_(scenario.control.routes == cp::ControlOptions::Routes::bgp
                    ? std::optional<cp::Sessions>(std::in_place, scenario, compiler_)
                    : std::nullopt),
      timeline_(scenario, compiler_, sessions_ ? &*sessions_ : nullptr),
      input_(inputs(scenario, compiler_.topology()), scenario.time.max_gap),
      settings_(settings(compiler_.topology())),
      pool_(with_eal(options.memory)),
      network_(pool_, stages_, {.max_burst = options.burst}),
      agent_(network_),
      control_({compiler_, timeline_, sessions_ ? &*sessions_ : nullptr,
                measured(scenario, compiler_.topology(), settings_.flows)},
               agent_, network_, settings_.sample_interval, settings_.journal),
      replay_(network_, control_, input_,
              {.replay_start = scenario.time.replay_start,
               .duration = settings_.duration,
               .lookahead_divisor = options.lookahead_divisor,
               .captures = settings_.captures,
               .start_unix_ns = scenario.time.start_unix_ns}) {}

void VirtualRun::run(const std::atomic<bool>& stop,
                     const std::function<void(unsigned, uint64_t)>& progress) {
  replay_.run(stop, progress);
}

VirtualRun::Result VirtualRun::finish(const std::string& partial) {
  RunStats stats = dp::collect(network_, replay_.oversize());
  stats.streams = replay_.streams();
  stats.flows = replay_.take_flows();
  stats.events = timeline_.events();
  const std::vector<RunEvent> of_control = control_.events();
  stats.events.insert(stats.events.end(), of_control.begin(), of_control.end());
  stats.events.push_back({control_.replay_start().ns(), "replay_start", ""});
  for (RunEvent& event : input_.take_events()) stats.events.push_back(std::move(event));
  std::stable_sort(stats.events.begin(), stats.events.end(),
                   [](const RunEvent& a, const RunEvent& b) { return a.at_ns < b.at_ns; });
  stats.virtual_time_ns = std::max(stats.virtual_time_ns, stats.events.back().at_ns);
  stats.clamped_timestamps = input_.clamped();
  stats.wall.table_bytes = agent_.table_bytes();
  measure(stats, begun_);
  stats.partial = !partial.empty();
  stats.buffers_in_use = pool_.in_use();
  std::string unaccounted = conservation(stats);
  replay_.close(stats, partial.empty() ? unaccounted : partial);
  return {std::move(stats), std::move(unaccounted)};
}

cp::Report VirtualRun::report(const RunStats& stats) const {
  const bool sampled = settings_.sample_interval != Duration::max();
  return cp::make_report(
      {.scenario = scenario_,
       .topology = compiler_.topology(),
       .stats = stats,
       .replay_start_ns = control_.replay_start().ns(),
       .timeline = timeline_.events(),
       .control = control_.events(),
       .sessions = sessions_ ? sessions_->histories() : std::vector<cp::SessionHistory>{},
       .sample_interval_ns = sampled ? control_.samples().interval.ns() : 0,
       .samples = control_.samples().at});
}

}  // namespace erbium::cli
