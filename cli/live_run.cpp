#include "cli/live_run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli/captures.h"
#include "cli/control_link.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/run_outputs.h"
#include "control/scenario/setup.h"
#include "dataplane/agent/agent.h"
#include "dataplane/driver/device.h"
#include "dataplane/driver/eal.h"
#include "dataplane/driver/emulation.h"
#include "dataplane/driver/live.h"

namespace erbium::cli {
namespace {

// Of a slot of the calendars, and how far they reach without a heap: windows are short, because a
// turn of the loop is.
constexpr Duration kSlot = Duration::us(1), kHorizon = Duration::ms(32);
// Buffers to begin with: queues of devices, what net_pcap keeps to repeat, and what travels on most
// links. The pool grows when more are in flight.
constexpr uint32_t kPackets = 65'536;

std::vector<std::string> devices(const cp::Scenario& scenario) {
  std::vector<std::string> out;
  for (const cp::Port& port : scenario.ports) out.push_back(port.dev);
  if (std::all_of(out.begin(), out.end(), [](const std::string& dev) { return dev.empty(); }))
    throw UsageError(scenario.path + ": no port has a `dev` to run on");
  return out;
}

}  // namespace

int run_live(const cp::Scenario& scenario, const RunOptions& options,
             const std::atomic<bool>& stop) {
  // Without them nothing would be routed or measured, and nothing would say so.
  if (scenario.control.routes == cp::ControlOptions::Routes::bgp)
    throw UsageError(scenario.path +
                     ": sessions run in virtual time only; leave --live out, or "
                     "control.routes: bgp");
  if (!scenario.probes.empty())
    throw UsageError(scenario.path + ": probes run in virtual time only; leave --live or them out");
  const std::vector<std::string> stages =
      cp::optional_stages(scenario, dp::known_optional_stages());
  const std::vector<std::string> devs = devices(scenario);
  cp::Controller controller(scenario, {.live = true});
  prepare_directory(options.directory);
  OutputFile journal(options.directory + "/journal.jsonl");

  std::vector<std::string> pci;
  std::copy_if(devs.begin(), devs.end(), std::back_inserter(pci), dp::is_pci_address);
  dp::start_eal_for_live(pci, options.eal);
  using Memory = dp::PacketPool::Memory;
  dp::PacketPool pool(options.memory, pci.empty() ? Memory::virtual_devices : Memory::nics);
  dp::Network network(pool, stages,
                      {.max_burst = options.burst, .slot = kSlot, .horizon = kHorizon});
  dp::Agent agent(network);
  ControlLink control(controller, agent, network, Duration::max(), &journal);
  if (pci.empty()) pool.reserve_small(kPackets);
  dp::Live live(network, control,
                {.devices = devs,
                 .duration = options.duration,
                 .replay_start = scenario.time.replay_start,
                 .captures = capture_config(scenario, controller.compiler().topology(), options)});
  dp::release_eal_messages();

  const auto begun = std::chrono::steady_clock::now();
  live.run(stop);
  RunStats stats = live.collect();
  const std::vector<cp::TimelineNote>& notes = controller.timeline_events();
  stats.events.assign(notes.begin(), notes.end());
  stats.events.insert(stats.events.begin(), {controller.replay_start().ns(), "replay_start", ""});
  measure(stats, begun);
  stats.wall.table_bytes = agent.table_bytes();
  // Without a duration it is the user who ends the run, and it is whole.
  stats.partial = stop && options.duration;
  const bool interrupted = stats.partial;
  const std::string found = conservation(stats);
  live.close(stats, interrupted ? "interrupted" : found);
  journal.close(!stats.partial);
  write_results(stats, scenario, options);
  print_results(stats, scenario, options, {});
  refuse_unbalanced(found);
  return interrupted ? kInterrupted : kDone;
}

}  // namespace erbium::cli
