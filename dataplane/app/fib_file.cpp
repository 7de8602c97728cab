#include "dataplane/app/fib_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace erbium::dp {
namespace {

using Json = nlohmann::ordered_json;

Json next_hop(const Forwarding& tables, const NextHop& hop) {
  if (hop.kind == NextHop::Kind::local) return {{"to", "local"}};
  if (hop.kind == NextHop::Kind::discard) return {{"to", "discard"}};
  Json out = {{"to", hop.kind == NextHop::Kind::gateway ? "gateway" : "connected"},
              {"interface", tables.interfaces[hop.interface].name}};
  if (hop.kind == NextHop::Kind::gateway) out["address"] = hop.address.str();
  return out;
}

std::string router_of(const Network& network, uint32_t vrf) {
  for (const Interface& interface : network.tables().interfaces)
    if (interface.vrf == vrf)
      return network.node(network.tables().trunks[interface.trunk].node).name();
  return "";
}

}  // namespace

std::string fib_json(const Agent& agent, const Network& network) {
  const Forwarding& tables = network.tables();
  Json vrfs = Json::array();
  for (uint32_t vrf = 1; vrf < tables.vrfs.size(); vrf++) {
    Json routes = Json::array();
    agent.fib(vrf).for_each([&](const net::Prefix& prefix, NextHopGroupId id) {
      const NextHopGroup& group = tables.groups[id];
      std::vector<Json> hops;
      for (uint32_t i = group.first; i < group.first + group.count; i++)
        hops.push_back(next_hop(tables, tables.next_hops[tables.members[i]]));
      std::sort(hops.begin(), hops.end());
      routes.push_back({{"prefix", prefix.str()}, {"next_hops", hops}});
    });
    vrfs.push_back({{"vrf", vrf}, {"router", router_of(network, vrf)}, {"routes", routes}});
  }
  return Json{{"vrfs", vrfs}}.dump(1) + "\n";
}

}  // namespace erbium::dp
