// The tables of a scenario's routers, as a user names them: one of routes and neighbours at a
// customer's router, a gateway and a Microsoft edge, one for each peering of a circuit's link at an
// MSEE.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "control/config/scenario.h"
#include "control/expressroute/topology.h"

namespace erbium::cp {

struct RouterTable {
  enum class Kind : uint8_t { customer, msee, gateway, microsoft_edge };
  Kind kind = Kind::customer;
  std::string router;  // "msee-a"
  uint32_t node = 0, vrf = 0;
  // Of an MSEE.
  std::string circuit, link, peering;  // "er-sjc", "primary", "private"
  const PeeringInfo* info = nullptr;

  std::string path() const { return circuit + "/" + link + "/" + peering; }
  std::string name() const;  // "msee-a er-sjc/primary/private"
  nlohmann::ordered_json object() const;
};

// Customers' routers, MSEEs by circuit, link and peering, gateways, Microsoft edges. Points into
// `topology`.
std::vector<RouterTable> router_tables(const Scenario& scenario, const Topology& topology);

// The MSEEs' tables that are not there because the peering is disabled; without node and VRF.
std::vector<RouterTable> disabled_tables(const Scenario& scenario, const Topology& topology);

// What the user wants to see; empty: all.
struct RouterFilter {
  std::string router, circuit, link, peering;
  bool empty() const {
    return router.empty() && circuit.empty() && link.empty() && peering.empty();
  }
};

struct SelectedTables {
  std::vector<RouterTable> tables, disabled;
};

// Those of router_tables() and disabled_tables() that are wanted, at least one, or a line that says
// what there is not and what to write instead.
tl::expected<SelectedTables, std::string> select_tables(const Scenario& scenario,
                                                        const Topology& topology,
                                                        const RouterFilter& filter);

}  // namespace erbium::cp
