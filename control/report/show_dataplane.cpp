#include <algorithm>

#include "control/report/format.h"
#include "control/report/show.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;
using enum Column::Align;

constexpr int64_t kMinute = 60'000'000'000;

const InterfaceInfo& interface_of(const RunState& state, uint32_t id) {
  return state.topology().interfaces[id - 1];
}

net::Mac own_mac(const RunState& state, uint32_t interface) {
  return state.topology().trunks[interface_of(state, interface).trunk - 1].mac;
}

// As Azure writes it: "e8ed.f3aa.0101".
std::string dotted(const net::Mac& mac) {
  std::string digits = mac.str();
  std::erase(digits, ':');
  return digits.substr(0, 4) + "." + digits.substr(4, 4) + "." + digits.substr(8);
}

const char* name(NeighborState::State state) {
  constexpr const char* kNames[] = {"incomplete", "reachable", "probe", "permanent"};
  return kNames[static_cast<size_t>(state)];
}

const std::vector<Column> kNeighborColumns = {
    {"Age", "age", right},
    {"InterfaceProperty", "interface"},
    {"IpAddress", "ipAddress"},
    {"MacAddress", "macAddress"},
    {"", "age_ns"},
    {"", "state"},
};

// Azure counts the age in minutes, and has none of its own entry.
std::vector<Cell> neighbor_row(const RunState& state, const NeighborState& entry,
                               const std::string& interface) {
  const int64_t age = entry.heard_ns ? state.at.ns() - *entry.heard_ns : 0;
  return {static_cast<uint64_t>(age / kMinute),          interface,       entry.ip.str(),
          entry.mac ? dotted(*entry.mac) : "Incomplete", Cell::json(age), name(entry.state)};
}

std::vector<Cell> own_row(const RunState& state, uint32_t interface, const net::Ip& ip,
                          const char* who) {
  return {uint64_t{0}, who, ip.str(), dotted(own_mac(state, interface)), Cell::json(0), "own"};
}

std::string kind_name(const NextHopState& hop) {
  constexpr const char* kNames[] = {"local", "discard", "connected", "gateway"};
  return kNames[static_cast<size_t>(hop.kind)];
}

std::vector<Cell> fib_row(const RunState& state, const RouteState& route, const NextHopState* hop) {
  const Cell none("", Json());
  if (!hop)
    return {route.prefix.str(), Cell("unreachable", Json()), none, none, Cell::json("unreachable")};
  const bool gateway = hop->kind == NextHopState::Kind::gateway;
  return {route.prefix.str(), hop->ip ? Cell(hop->ip->str()) : Cell(kind_name(*hop), Json()),
          hop->interface != 0 ? Cell(interface_of(state, hop->interface).name) : none,
          hop->mac  ? Cell(dotted(*hop->mac))
          : gateway ? Cell("Incomplete", Json())
                    : none,
          Cell::json(kind_name(*hop))};
}

// "er-sjc/primary"; empty: every link.
bool fits(const RouterFilter& filter, const std::string& circuit, const std::string& link) {
  return (filter.circuit.empty() || filter.circuit == circuit) &&
         (filter.link.empty() || filter.link == link);
}

std::string link_state(const Topology& topology, const CircuitLinkInfo& link) {
  const std::string azure = state_name(topology.links[link.to_azure - 1]);
  const std::string onprem = state_name(topology.links[link.to_onprem - 1]);
  if (azure == onprem) return azure;
  if (azure == "up") return onprem + " to_onprem";
  if (onprem == "up") return azure + " to_azure";
  return azure + " to_azure, " + onprem + " to_onprem";
}

}  // namespace

std::vector<Listing> show_fib(const RunState& state, const RouterTables& tables,
                              const std::optional<net::Prefix>& covering) {
  std::vector<Listing> out;
  for (const RouterTable& table : tables) {
    Listing& listing = out.emplace_back();
    listing.title = table.name() + ": forwarding table";
    listing.object = table.object();
    listing.columns = {{"Prefix", "prefix"},
                       {"NextHop", "next_hop"},
                       {"Interface", "interface"},
                       {"MacAddress", "mac_address"},
                       {"", "kind"}};
    for (const RouteState& route : state.routes) {
      if (route.vrf != table.vrf || (covering && !route.prefix.contains(*covering))) continue;
      for (const NextHopState& hop : route.next_hops)
        listing.rows.push_back(fib_row(state, route, &hop));
      if (route.next_hops.empty()) listing.rows.push_back(fib_row(state, route, nullptr));
    }
  }
  return out;
}

std::vector<Listing> show_circuit_neighbors(const RunState& state, const RouterTables& tables,
                                            net::Family family) {
  std::vector<Listing> out;
  for (const RouterTable& table : tables) {
    if (table.kind != RouterTable::Kind::msee) continue;
    Listing& listing = out.emplace_back();
    listing.title = table.path();
    listing.object = table.object();
    listing.columns = kNeighborColumns;
    const uint32_t interface = table.info->msee_interface;
    for (const NeighborState& entry : state.neighbors)
      if (entry.interface == interface && entry.ip.family == family)
        listing.rows.push_back(neighbor_row(state, entry, "On-Prem"));
    for (const net::Ip& ip : interface_of(state, interface).addresses)
      if (ip.family == family) listing.rows.push_back(own_row(state, interface, ip, "Microsoft"));
  }
  return out;
}

std::vector<Listing> show_router_neighbors(const RunState& state, const RouterTables& tables,
                                           net::Family family) {
  std::vector<Listing> out;
  std::vector<uint32_t> shown;
  for (const RouterTable& table : tables) {
    if (std::find(shown.begin(), shown.end(), table.node) != shown.end()) continue;
    shown.push_back(table.node);
    Listing& listing = out.emplace_back();
    listing.title = table.router;
    listing.object = {{"router", table.router}};
    listing.columns = kNeighborColumns;
    for (const NeighborState& entry : state.neighbors)
      if (entry.node == table.node && entry.ip.family == family)
        listing.rows.push_back(
            neighbor_row(state, entry, interface_of(state, entry.interface).name));
  }
  return out;
}

std::vector<Listing> show_links(const RunState& state, const RouterFilter& filter) {
  Listing listing;
  listing.object = Json::object();
  listing.columns = {{"Link", "link"},
                     {"Direction", "direction"},
                     {"", "state"},
                     {"Rate", "rate_bps", right},
                     {"Delay", "delay_ns", right},
                     {"Packets", "packets", right},
                     {"Bytes", "bytes", right},
                     {"Dropped", "dropped", right},
                     {"Inside", "in_flight", right},
                     {"State", ""},
                     {"", "impairment"}};
  listing.first_apart = true;
  const Topology& topology = state.topology();
  for (size_t i = 0; i < topology.links.size(); i++) {
    const LinkInfo& link = topology.links[i];
    const LinkStats& counts = state.stats.links[i];
    const size_t slash = link.name.find('/');
    if (!fits(filter, link.name.substr(0, slash), link.name.substr(slash + 1))) continue;
    const std::string impairment = link.impaired.profile ? link.impaired.profile->name : "";
    listing.rows.push_back(
        {link.name, link.direction, Cell::json(state_name(link)),
         Cell(bit_rate_text(link.rate), link.rate.bps()),
         Cell(interval_text(link.effective_delay().ns()), link.effective_delay().ns()),
         counts.sent.packets, counts.sent.bytes, sum(counts.drops) + counts.policed,
         counts.in_flight, state_name(link) + (impairment.empty() ? "" : ", " + impairment),
         Cell::json(impairment.empty() ? Json() : Json(impairment))});
  }
  return {listing};
}

std::vector<Listing> show_drops(const RunState& state) {
  Listing listing;
  listing.object = Json::object();
  listing.columns = {{"Where", "where"}, {"Reason", "reason"}, {"Packets", "packets", right}};
  const auto add = [&](const std::string& where, const NamedCounts& counts) {
    for (const auto& [reason, n] : counts)
      if (n != 0) listing.rows.push_back({where, reason, n});
  };
  for (const PortStats& port : state.stats.ports) add("port " + port.name, port.drops);
  for (const NodeStats& node : state.stats.nodes) add("router " + node.name, node.drops);
  for (const LinkStats& link : state.stats.links)
    add("link " + link.name + " " + link.direction, link.drops);
  return {listing};
}

std::vector<Listing> show_circuits(const RunState& state, const RouterFilter& filter) {
  Listing listing;
  listing.object = Json::object();
  listing.columns = {{"Name", "name"},        {"Model", "model"},
                     {"Tier", "tier"},        {"Bandwidth", "bandwidth_bps", right},
                     {"", "peeringLocation"}, {"", "peerings"},
                     {"Primary", "primary"},  {"Secondary", "secondary"},
                     {"Peerings", ""}};
  listing.first_apart = true;
  constexpr const char* kTiers[] = {"local", "standard", "premium"};
  for (size_t i = 0; i < state.scenario.circuits.size(); i++) {
    const Circuit& circuit = state.scenario.circuits[i];
    if (!fits(filter, circuit.name, filter.link)) continue;
    std::string names;
    Json list = Json::array();
    for (const Peering* peering : peerings(circuit)) {
      const char* kind = peering->kind == PeeringKind::private_peering ? "private" : "microsoft";
      names += std::string(names.empty() ? "" : ",") + kind;
      list.push_back(kind);
    }
    std::vector<Cell> links(2, Cell("-", Json()));
    for (const CircuitLinkInfo& link : state.topology().circuit_links)
      if (link.circuit == i) links[link.link] = link_state(state.topology(), link);
    const BitRate bandwidth = state.compiler.bandwidth(circuit.name);
    const std::string& location = circuit.peering_location;
    const std::string place = location.empty() ? "" : ", " + location;
    listing.rows.push_back({Cell(circuit.name + place, circuit.name),
                            circuit.model == Circuit::Model::direct ? "direct" : "provider",
                            kTiers[static_cast<size_t>(circuit.tier)],
                            Cell(bit_rate_text(bandwidth), bandwidth.bps()), Cell::json(location),
                            Cell::json(list), links[kPrimary], links[kSecondary], names});
  }
  return {listing};
}

}  // namespace erbium::cp
