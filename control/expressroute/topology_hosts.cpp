// What speaks for itself in a topology: routers, by host ports, and emulated hosts.
#include <map>

#include "control/expressroute/topology.h"

namespace erbium::cp {

void add_host_ports(Topology& topology) {
  std::map<uint32_t, uint32_t> node_of;
  for (const InterfaceInfo& i : topology.interfaces)
    if (i.vrf != 0) node_of[i.vrf] = topology.trunks[i.trunk - 1].node;
  for (const auto& [vrf, node] : node_of) {
    const auto id = static_cast<uint32_t>(topology.host_ports.size() + 1);
    topology.host_ports.push_back(
        {id, topology.nodes[node - 1].name + "/vrf" + std::to_string(vrf), node, vrf});
  }
}

net::Mac emulated_mac(const net::Ip& ip) {
  const uint8_t* last = ip.bytes.data() + (ip.is_v4() ? 0 : 12);
  return {{0x02, static_cast<uint8_t>(ip.is_v4() ? 4 : 6), last[0], last[1], last[2], last[3]}};
}

}  // namespace erbium::cp
