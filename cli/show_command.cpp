// erbium show: runs a run again, without its outputs, up to a moment, and prints what it has come
// to.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/rerun.h"
#include "cli/show_options.h"
#include "cli/virtual_run.h"
#include "control/report/format.h"
#include "control/report/show.h"
#include "control/scenario/probes.h"
#include "dataplane/driver/collect.h"

namespace erbium::cli {
namespace {

// Up to and with that moment: what happens in the nanosecond behind it has not happened.
constexpr Duration kNext = Duration::ns(1);

std::unique_ptr<VirtualRun> run_up_to(const cp::Scenario& scenario, const RunOptions& options,
                                      const std::optional<Moment>& at) {
  auto run = std::make_unique<VirtualRun>(scenario, options, [&](const cp::Topology&) {
    VirtualRun::Settings settings{.duration = cp::scenario_length(scenario)};
    if (at && at->scenario_time)
      settings.stop_at = Time() + at->at + kNext;
    else if (at)
      settings.stop_after = at->at + kNext;
    return settings;
  });
  const std::atomic<bool> never = false;
  run->run(never, [](unsigned, uint64_t) {});
  return run;
}

// Before the replay's start, which is known only when a run has come to it.
Moment before_start(const cp::Scenario& scenario, const RunOptions& options, Duration at) {
  const Time start = *run_up_to(scenario, options, Moment{.at = Duration()})->replay_start();
  if (start + at < Time())
    throw UsageError("--at " + cp::seconds_text(at.ns()) + ": the replay starts at " +
                     cp::seconds_text(start.ns()) + " of scenario time, nothing is before 0");
  return {.scenario_time = true, .at = start + at - Time()};
}

// What is shown of it: the moment that was asked for, or the end that came before it.
cp::RunState state_of(const cp::Scenario& scenario, VirtualRun& run,
                      const std::optional<Moment>& at) {
  cp::RunState state{.scenario = scenario, .compiler = run.compiler(), .sessions = run.sessions()};
  state.replay_start = run.replay_start().value_or(Time::max());
  state.at = run.ended_at();
  if (at) {
    const Time asked = at->scenario_time ? Time() + at->at : *run.replay_start() + at->at;
    state.at = std::min(asked, state.at);
  }
  state.stats = run.counters();
  state.neighbors = dp::collect_neighbors(run.network());
  for (const cp::RouterTable& table : cp::router_tables(scenario, run.compiler().topology())) {
    auto routes = dp::collect_routes(run.network(), run.agent().fib(table.vrf), table.vrf);
    std::move(routes.begin(), routes.end(), std::back_inserter(state.routes));
  }
  return state;
}

void refuse_without_sessions(const cp::Scenario& scenario, Shown what) {
  if (scenario.control.routes == cp::ControlOptions::Routes::bgp) return;
  if (what != Shown::bgp_summary && what != Shown::bfd) return;
  throw NotFoundError(std::string("no ") + (what == Shown::bfd ? "BFD" : "BGP") + " sessions in " +
                      scenario.name +
                      ": its routes follow from the file, with control.routes: static");
}

bool of_peerings(Shown what) {
  return what != Shown::links && what != Shown::drops && what != Shown::circuits;
}

// A disabled peering has nothing to list, and says so.
void add_disabled(const cp::RouterTables& tables, std::vector<cp::Listing>& out) {
  for (const cp::RouterTable& table : tables) {
    cp::Listing& listing = out.emplace_back();
    listing.title = table.name() + ": peering " + table.peering + " is Disabled";
    listing.object = table.object();
    listing.object["state"] = "Disabled";
  }
}

std::vector<cp::Listing> listings(const cp::RunState& state, const ShowOptions& options,
                                  const cp::SelectedTables& selected) {
  const cp::RouterTables& tables = selected.tables;
  const auto family = options.what == Shown::arp ? net::Family::v4 : net::Family::v6;
  switch (options.what) {
    case Shown::bgp_summary:
      return cp::show_bgp_summary(state, tables);
    case Shown::routes:
      return options.fib || !state.sessions ? cp::show_fib(state, tables, options.prefix)
                                            : cp::show_bgp_routes(state, tables, options.prefix);
    case Shown::arp:
    case Shown::nd:
      return options.filter.router.empty() ? cp::show_circuit_neighbors(state, tables, family)
                                           : cp::show_router_neighbors(state, tables, family);
    case Shown::bfd: {
      auto out = cp::show_bfd(state, tables);
      if (out.empty() && selected.disabled.empty())
        throw NotFoundError("no BFD session there: no peering of " + state.scenario.name +
                            " that was asked for has bfd");
      return out;
    }
    case Shown::links:
      return cp::show_links(state, options.filter);
    case Shown::drops:
      return cp::show_drops(state);
    case Shown::circuits:
      return cp::show_circuits(state, options.filter);
  }
  return {};
}

void print(const cp::RunState& state, const std::vector<cp::Listing>& listings, Format format) {
  const bool started = state.replay_start != Time::max();
  if (format == Format::json) {
    nlohmann::ordered_json out = {{"scenario", state.scenario.name}, {"at_ns", state.at.ns()}};
    if (started) out["replay_start_ns"] = state.replay_start.ns();
    out["tables"] = cp::listings_json(listings);
    std::puts(out.dump(2).c_str());
    return;
  }
  std::string when = cp::seconds_text(state.at.ns()) + " of scenario time";
  if (started)
    when = state.clock(state.at.ns()) + " from the replay's start, " + when;
  else
    when += ", before the replay's start";
  std::printf("%s: %s\n\n%s", state.scenario.name.c_str(), when.c_str(),
              cp::listings_text(listings).c_str());
}

}  // namespace

int show_command(const Words& words) {
  const auto options = parse_show_options(words);
  if (!options) return kDone;
  const cp::Scenario scenario = scenario_of_run(options->directory);
  const cp::Topology topology = cp::build_topology(scenario, {});
  const auto tables = cp::select_tables(scenario, topology, options->filter);
  if (!tables) throw NotFoundError(scenario.name + ": " + tables.error());
  refuse_without_sessions(scenario, options->what);
  std::optional<Moment> at = options->at;
  if (at && at->at < Duration()) at = before_start(scenario, options->run, at->at);
  const auto run = run_up_to(scenario, options->run, at);
  const cp::RunState state = state_of(scenario, *run, at);
  auto shown = listings(state, *options, *tables);
  if (of_peerings(options->what)) add_disabled(tables->disabled, shown);
  print(state, shown, options->format);
  return kDone;
}

}  // namespace erbium::cli
