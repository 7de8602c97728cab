// A small valid scenario for the tests of this directory, and edits of it.
#pragma once

#include <stdexcept>
#include <string>

namespace erbium::cp {

inline const std::string kBaseScenario = R"(erbium: 1
name: base
ports:
  lan: {}
  cloud: {}
circuits:
  er:
    model: provider
    bandwidth: 1Gbps
    links:
      primary: { msee: msee-a }
      secondary: { msee: msee-b }
    peerings:
      private:
        vlan: 100
        peer_asn: 65001
        ipv4: { primary: 172.16.0.0/30, secondary: 172.16.0.4/30 }
gateways:
  gw: { vnet: hub, circuits: [{ id: er }] }
vnets:
  hub:
    prefixes: [10.0.0.0/16]
    subnets: { GatewaySubnet: { prefix: 10.0.255.0/27 } }
    port: cloud
onprem:
  ce: { asn: 65001, port: lan, announce: [{ prefix: 192.168.0.0/16 }] }
)";

inline const std::string kStatic = "control: { routes: static }\n";

// kBaseScenario with the first occurrence of `from` replaced.
inline std::string edited(const std::string& from, const std::string& to,
                          std::string text = kBaseScenario) {
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("'" + from + "' is not in the scenario");
  return text.replace(at, from.size(), to);
}

}  // namespace erbium::cp
