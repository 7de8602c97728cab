// erbium run, erbium replay: a scenario through the network in virtual time.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "cli/command.h"
#include "cli/control_link.h"
#include "cli/exit_codes.h"
#include "cli/live_run.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "cli/run_outputs.h"
#include "cli/scenario.h"
#include "control/config/nearest.h"
#include "control/scenario/assemble.h"
#include "control/scenario/probes.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/eal.h"
#include "dataplane/driver/replay.h"

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

RunStats finish_stats(dp::Network& network, const dp::Replay& replay, const dp::Agent& agent,
                      const cp::Timeline& timeline, dp::Input& input, const ControlLink& control,
                      std::chrono::steady_clock::time_point begun) {
  RunStats stats = dp::collect(network, replay.oversize());
  stats.streams = replay.streams();
  stats.events = timeline.events();
  const std::vector<RunEvent> of_control = control.events();
  stats.events.insert(stats.events.end(), of_control.begin(), of_control.end());
  stats.events.push_back({control.replay_start().ns(), "replay_start", ""});
  for (RunEvent& event : input.take_events()) stats.events.push_back(std::move(event));
  std::stable_sort(stats.events.begin(), stats.events.end(),
                   [](const RunEvent& a, const RunEvent& b) { return a.at_ns < b.at_ns; });
  stats.virtual_time_ns = std::max(stats.virtual_time_ns, stats.events.back().at_ns);
  stats.clamped_timestamps = input.clamped();
  stats.wall.table_bytes = agent.table_bytes();
  measure(stats, begun);
  return stats;
}

void warn(const dp::Input& input, const RunStats& stats, bool captures) {
  const bool any = std::any_of(stats.ports.begin(), stats.ports.end(),
                               [](const PortStats& port) { return port.rx.packets > 0; });
  if (captures && !any && !stats.partial)
    std::fputs("erbium: the captures hold no packets\n", stderr);
  if (input.clamped() > 0)
    std::fprintf(stderr, "erbium: %llu timestamps ran backwards and were set to the one before\n",
                 static_cast<unsigned long long>(input.clamped()));
}

int run_replay(const cp::Scenario& scenario, const RunOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  const std::vector<std::string> stages = optional_stages(scenario);
  cp::Compiler compiler(scenario, {});
  std::optional<cp::Sessions> sessions;
  if (scenario.control.routes == cp::ControlOptions::Routes::bgp)
    sessions.emplace(scenario, compiler);
  cp::Timeline timeline(scenario, compiler, sessions ? &*sessions : nullptr);
  dp::Input input(inputs(scenario, compiler.topology()), scenario.time.max_gap);
  for (const cp::ReplayInput& replay : scenario.replay)
    refuse_own_output(options.directory, replay.file);
  prepare_directory(options.directory);
  OutputFile journal(options.directory + "/journal.jsonl");

  dp::start_eal_for_replay();
  dp::PacketPool pool(options.memory);
  dp::Network network(pool, stages, {.max_burst = options.burst});
  dp::Agent agent(network);
  const bool wants_report = reported(scenario);
  ControlLink control({compiler, timeline, sessions ? &*sessions : nullptr,
                       cp::probe_streams(scenario, compiler.topology())},
                      agent, network, wants_report ? kSampleInterval : Duration::max(), &journal);

  dp::Replay replay(network, control, input,
                    {.replay_start = scenario.time.replay_start,
                     .duration = cp::scenario_length(scenario),
                     .lookahead_divisor = options.lookahead_divisor,
                     .captures = capture_config(scenario, compiler.topology(), options),
                     .start_unix_ns = scenario.time.start_unix_ns});
  std::string unaccounted;
  const auto end = [&](const std::string& partial) {
    RunStats stats = finish_stats(network, replay, agent, timeline, input, control, begun);
    stats.partial = !partial.empty();
    stats.buffers_in_use = pool.in_use();
    unaccounted = conservation(stats);
    replay.close(stats, partial.empty() ? unaccounted : partial);
    journal.close(!stats.partial);
    write_results(stats, scenario, options);
    return stats;
  };
  try {
    Progress progress;
    replay.run(stop_requested, std::ref(progress));
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
  const RunStats stats = end(stop_requested ? "interrupted" : "");
  warn(input, stats, !scenario.replay.empty());
  const cp::Report report = cp::make_report(
      {.scenario = scenario,
       .topology = compiler.topology(),
       .stats = stats,
       .replay_start_ns = control.replay_start().ns(),
       .timeline = timeline.events(),
       .control = control.events(),
       .sessions = sessions ? sessions->histories() : std::vector<cp::SessionHistory>{},
       .sample_interval_ns = wants_report ? control.samples().interval.ns() : 0,
       .samples = control.samples().at});
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
