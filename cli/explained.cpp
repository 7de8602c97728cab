#include "cli/explained.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "cli/virtual_run.h"
#include "control/report/route_source.h"
#include "control/scenario/probes.h"
#include "dataplane/driver/drop_finder.h"

namespace erbium::cli {
namespace {

std::unique_ptr<VirtualRun> make_run(const cp::Scenario& scenario, const RunOptions& options,
                                     std::function<dp::Watch*(dp::Emulation&)> watch) {
  return std::make_unique<VirtualRun>(scenario, options, [&](const cp::Topology&) {
    return VirtualRun::Settings{.duration = cp::scenario_length(scenario), .watch = watch};
  });
}

// Runs until `watch` is done or `interrupted` is set, at the latest to the end of the run.
template <typename WatchType>
class Until final : public dp::Watch {
 public:
  Until(WatchType& watch, std::atomic<bool>& stop, const std::atomic<bool>& interrupted)
      : watch_(watch), stop_(stop), interrupted_(interrupted) {}
  void entered(uint32_t port, dp::Packet p, const dp::Fitting* fitting) override {
    watch_.entered(port, p, fitting);
  }
  void refused(const Refused& frame, const dp::Fitting& fitting) override {
    watch_.refused(frame, fitting);
  }
  void left(uint32_t port, dp::Packet p) override { watch_.left(port, p); }
  void arrived(uint32_t link, dp::Packet p) override { watch_.arrived(link, p); }
  void ended(dp::Packet p, const dp::Ending& ending) override { watch_.ended(p, ending); }
  void passed(Time to) override {
    watch_.passed(to);
    if (watch_.done() || interrupted_) stop_ = true;
  }

 private:
  WatchType& watch_;
  std::atomic<bool>& stop_;
  const std::atomic<bool>& interrupted_;
};

// The longest prefix of the table that matches.
std::optional<net::Prefix> match(const dp::Fib& fib, const net::Ip& ip) {
  for (int length = static_cast<int>(ip.bits()); length >= 0; length--) {
    const net::Prefix prefix = net::Prefix{ip, static_cast<uint8_t>(length)}.canonical();
    if (fib.find(prefix) != dp::kNoRoute) return prefix;
  }
  return std::nullopt;
}

// Follows packets through a run of its own.
class Explained {
 public:
  Explained(const cp::Scenario& scenario, const RunOptions& options, dp::Trace::Choose choose,
            size_t most, const std::atomic<bool>& interrupted)
      : run_(make_run(scenario, options,
                      [&](dp::Emulation& emulation) {
                        trace_.emplace(emulation.network(), std::move(choose),
                                       [this](const Explanation::Lookup& lookup, Explanation& out) {
                                         tell_route(lookup, out);
                                       });
                        trace_->stop_at(most);
                        emulation.network().follow(&*trace_);
                        return &until_.emplace(*trace_, stop_, interrupted);
                      })),
        routes_(scenario, run_->compiler(), run_->sessions()) {
    run_->run(stop_, [](unsigned, uint64_t) {});
  }

  cp::Journeys journeys(const cp::Scenario& scenario) {
    return {.scenario = scenario.name,
            .replay_start = run_->replay_start().value_or(Time::max()),
            .packets = trace_->take()};
  }

 private:
  void tell_route(const Explanation::Lookup& lookup, Explanation& out) const {
    routes_.explain(lookup.vrf, match(run_->agent().fib(lookup.vrf), lookup.destination), out);
  }

  std::atomic<bool> stop_ = false;
  std::optional<dp::Trace> trace_;
  std::optional<Until<dp::Trace>> until_;
  std::unique_ptr<VirtualRun> run_;
  cp::RouteSource routes_;
};

}  // namespace

dp::Trace::Choose one_of(std::vector<uint64_t> ids) {
  std::sort(ids.begin(), ids.end());
  return [ids = std::move(ids)](uint64_t id, std::span<const uint8_t>) {
    return std::binary_search(ids.begin(), ids.end(), id);
  };
}

cp::Journeys follow(const cp::Scenario& scenario, const RunOptions& options,
                    dp::Trace::Choose choose, size_t most, const std::atomic<bool>& interrupted) {
  return Explained(scenario, options, std::move(choose), most, interrupted).journeys(scenario);
}

std::vector<uint64_t> dropped_packets(const cp::Scenario& scenario, const RunOptions& options,
                                      const std::string& reason, size_t first) {
  std::atomic<bool> stop = false;
  std::optional<dp::DropFinder> finder;
  std::optional<Until<dp::DropFinder>> until;
  const auto run = make_run(scenario, options, [&](dp::Emulation& emulation) {
    finder.emplace(emulation.network(), reason, first);
    return &until.emplace(*finder, stop, kNever);
  });
  run->run(stop, [](unsigned, uint64_t) {});
  return finder->ids();
}

std::vector<Journey> explain_drops(const cp::Scenario& scenario, const RunOptions& options,
                                   const cp::Report& report, const std::atomic<bool>& interrupted) {
  std::vector<uint64_t> shown;
  for (const DropPlace* place : cp::shown_drops(report))
    for (const DroppedPacket& packet : place->first)
      if (std::find(shown.begin(), shown.end(), packet.id) == shown.end())
        shown.push_back(packet.id);
  std::vector<Journey> out =
      follow(scenario, options, one_of(shown), shown.size(), interrupted).packets;
  const auto row = [&](const Journey& journey) {
    return std::find(shown.begin(), shown.end(), journey.id);
  };
  std::sort(out.begin(), out.end(),
            [&](const Journey& a, const Journey& b) { return row(a) < row(b); });
  return out;
}

}  // namespace erbium::cli
