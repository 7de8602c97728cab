#include "control/report/router_tables.h"

#include <algorithm>

#include "control/config/nearest.h"

namespace erbium::cp {
namespace {

using Names = std::vector<std::string>;

const char* word(PeeringKind kind) {
  return kind == PeeringKind::private_peering ? "private" : "microsoft";
}

bool wanted(const RouterTable& table, const RouterFilter& filter) {
  const auto fits = [](const std::string& wish, const std::string& name) {
    return wish.empty() || wish == name;
  };
  return fits(filter.router, table.router) && fits(filter.circuit, table.circuit) &&
         fits(filter.link, table.link) && fits(filter.peering, table.peering);
}

// Empty when `name` is one of them or nothing is asked for.
std::string unknown(const std::string& what, const std::string& name, const Names& known) {
  if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return {};
  return "no " + what + " " + name + "; " + suggestion(name, known, what + "s");
}

}  // namespace

std::string RouterTable::name() const {
  return kind == Kind::msee ? router + " " + path() : router;
}

nlohmann::ordered_json RouterTable::object() const {
  if (kind != Kind::msee) return {{"router", router}};
  return {{"router", router}, {"circuit", circuit}, {"link", link}, {"peering", peering}};
}

std::vector<RouterTable> router_tables(const Scenario& scenario, const Topology& topology) {
  using Kind = RouterTable::Kind;
  std::vector<RouterTable> out;
  const auto add = [&](Kind kind, uint32_t node, uint32_t vrf) -> RouterTable& {
    RouterTable& table = out.emplace_back();
    table.kind = kind;
    table.router = topology.nodes[node - 1].name;
    table.node = node;
    table.vrf = vrf;
    return table;
  };
  for (const CeInfo& ce : topology.ces)
    if (ce.node != 0) add(Kind::customer, ce.node, ce.vrf);
  for (const CircuitLinkInfo& link : topology.circuit_links)
    for (const PeeringInfo& peering : link.peerings) {
      RouterTable& table = add(Kind::msee, link.msee, peering.msee_vrf);
      table.circuit = scenario.circuits[link.circuit].name;
      table.link = kLinkNames[link.link];
      table.peering = word(peering.peering->kind);
      table.info = &peering;
    }
  for (const GatewayInfo& gateway : topology.gateways)
    add(Kind::gateway, gateway.node, gateway.vrf);
  for (const MicrosoftEdgeInfo& edge : topology.microsoft_edges)
    add(Kind::microsoft_edge, edge.node, edge.vrf);
  return out;
}

std::vector<RouterTable> disabled_tables(const Scenario& scenario, const Topology& topology) {
  std::vector<RouterTable> out;
  for (const CircuitLinkInfo& link : topology.circuit_links) {
    const Circuit& circuit = scenario.circuits[link.circuit];
    for (const Peering* peering : peerings(circuit)) {
      if (peering->enabled) continue;
      RouterTable& table = out.emplace_back();
      table.kind = RouterTable::Kind::msee;
      table.router = circuit.links[link.link]->msee;
      table.circuit = circuit.name;
      table.link = kLinkNames[link.link];
      table.peering = word(peering->kind);
    }
  }
  return out;
}

tl::expected<SelectedTables, std::string> select_tables(const Scenario& scenario,
                                                        const Topology& topology,
                                                        const RouterFilter& filter) {
  const std::vector<RouterTable> all = router_tables(scenario, topology);
  const std::vector<RouterTable> disabled = disabled_tables(scenario, topology);
  Names routers, circuits, tables;
  for (const auto* list : {&all, &disabled})
    for (const RouterTable& table : *list) {
      if (std::find(routers.begin(), routers.end(), table.router) == routers.end())
        routers.push_back(table.router);
      tables.push_back(table.name());
    }
  for (const Circuit& circuit : scenario.circuits) circuits.push_back(circuit.name);
  for (const std::string& complaint :
       {unknown("router", filter.router, routers), unknown("circuit", filter.circuit, circuits),
        unknown("link", filter.link, {kLinkNames.begin(), kLinkNames.end()}),
        unknown("peering", filter.peering,
                {word(PeeringKind::private_peering), word(PeeringKind::microsoft)})})
    if (!complaint.empty()) return tl::unexpected(complaint);
  SelectedTables out;
  const auto fits = [&](const RouterTable& table) { return wanted(table, filter); };
  std::copy_if(all.begin(), all.end(), std::back_inserter(out.tables), fits);
  std::copy_if(disabled.begin(), disabled.end(), std::back_inserter(out.disabled), fits);
  if (!out.tables.empty() || !out.disabled.empty()) return out;
  std::string wish;
  for (const auto& [what, name] :
       {std::pair{"router ", &filter.router}, std::pair{"circuit ", &filter.circuit},
        std::pair{"link ", &filter.link}, std::pair{"peering ", &filter.peering}})
    if (!name->empty()) wish += (wish.empty() ? "" : ", ") + std::string(what) + *name;
  return tl::unexpected("nothing is " + wish + "; " + suggestion("", tables, "tables"));
}

}  // namespace erbium::cp
