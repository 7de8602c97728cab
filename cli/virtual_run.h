// A scenario in virtual time: builds control and dataplane in one process, runs them, and holds
// what they came to.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "cli/control_link.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "common/run_stats.h"
#include "control/config/scenario.h"
#include "control/report/report.h"
#include "control/scenario/controller.h"
#include "dataplane/driver/emulation.h"

namespace erbium::cli {

class VirtualRun {
 public:
  struct Settings {
    Duration sample_interval = Duration::max();  // of the links, for a report; max: none
    std::optional<Duration> duration;            // behind the replay's start; absent: to the end
    Time stop_at = Time::max();                  // looks no further, and so long behind the start
    std::optional<Duration> stop_after;
    std::optional<dp::CaptureConfig> captures;
    bool flows = false;  // those of the captures are measured
    OutputFile* journal = nullptr;
    // Makes whoever is told of every packet; null: nobody. Must outlive run().
    std::function<dp::Watch*(dp::Emulation&)> watch;
  };

  // Throws ConfigError, NotFoundError, CaptureError, IoError, std::runtime_error.
  // The scenario must outlive the run.
  VirtualRun(const cp::Scenario& scenario, const RunOptions& options,
             const std::function<Settings(const cp::Topology&)>& settings);

  // Throws as dp::Replay::run.
  void run(const std::atomic<bool>& stop, const std::function<void(unsigned, uint64_t)>& progress);
  // What the run came to so far, and whether it adds up (`unaccounted`, empty when it does).
  // Closes the captures; as partial when `partial` or `unaccounted` gives a reason.
  struct Result {
    RunStats stats;
    std::string unaccounted;
  };
  Result finish(const std::string& partial);
  cp::Report report(const RunStats& stats) const { return controller_.report(stats); }

  const cp::Compiler& compiler() const { return controller_.compiler(); }
  // nullptr when routes follow from the file alone.
  const cp::Sessions* sessions() const { return controller_.sessions(); }
  const dp::Network& network() const { return emulation_.network(); }
  const dp::Agent& agent() const { return emulation_.agent(); }
  // What was counted so far; finish() does more.
  RunStats counters() { return emulation_.counters(); }
  std::optional<Time> replay_start() const {
    return emulation_.started() ? std::optional(controller_.replay_start()) : std::nullopt;
  }
  // Where run() ended: what lies there has not happened.
  Time ended_at() const { return emulation_.ended_at(); }
  uint64_t clamped_timestamps() const { return emulation_.clamped_timestamps(); }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  cp::Controller controller_;
  const dp::EmulationConfig config_;
  dp::Emulation emulation_;
  Settings settings_;
  ControlLink control_;
};

}  // namespace erbium::cli
