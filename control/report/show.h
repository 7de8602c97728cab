// What `erbium show` lists: the state of a run at one moment, with the columns of Azure's own
// tables where it has one (Microsoft Learn: expressroute-troubleshooting-arp-resource-manager,
// expressroute-troubleshooting-expressroute-overview; ARM: ExpressRouteCircuits, GatewayRoute) and
// those of FRR's `show bgp summary` and `show bfd peers` beside them.
#pragma once

#include <optional>
#include <vector>

#include "common/forwarding_state.h"
#include "common/run_stats.h"
#include "control/config/scenario.h"
#include "control/expressroute/compiler.h"
#include "control/expressroute/sessions.h"
#include "control/report/listing.h"
#include "control/report/router_tables.h"

namespace erbium::cp {

struct RunState {
  const Scenario& scenario;
  const Compiler& compiler;
  const Sessions* sessions = nullptr;  // null: routes follow from the file alone
  Time at;
  Time replay_start;  // Time::max(): not yet
  RunStats stats;
  std::vector<NeighborState> neighbors;
  std::vector<RouteState> routes;

  const Topology& topology() const { return compiler.topology(); }
  // Of a moment, as `--at` counts: from the replay's start, "@1.2s" of scenario time before it.
  std::string clock(int64_t at_ns) const;
  std::string rounded_clock(int64_t at_ns) const;  // to the ms
};

using RouterTables = std::vector<RouterTable>;

// ---- of the sessions, which must be there ----
// For each table and family one list.
std::vector<Listing> show_bgp_summary(const RunState& state, const RouterTables& tables);
// What the routers know, best first; with `covering` only the routes that cover it. Of a gateway as
// its learned routes, else as a circuit's route table.
std::vector<Listing> show_bgp_routes(const RunState& state, const RouterTables& tables,
                                     const std::optional<net::Prefix>& covering);
std::vector<Listing> show_bfd(const RunState& state, const RouterTables& tables);

// ---- of the dataplane ----
std::vector<Listing> show_fib(const RunState& state, const RouterTables& tables,
                              const std::optional<net::Prefix>& covering);
// ARP (v4) or ND (v6), of the circuits' links as Azure shows them.
std::vector<Listing> show_circuit_neighbors(const RunState& state, const RouterTables& tables,
                                            net::Family family);
// ... and of whole routers.
std::vector<Listing> show_router_neighbors(const RunState& state, const RouterTables& tables,
                                           net::Family family);
std::vector<Listing> show_links(const RunState& state, const RouterFilter& filter);
std::vector<Listing> show_drops(const RunState& state);
std::vector<Listing> show_circuits(const RunState& state, const RouterFilter& filter);

}  // namespace erbium::cp
