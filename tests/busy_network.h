// The network that tests put under load: CE, two MSEEs, a gateway, a link that ends at a port,
// limiter and impairments, slow enough for queues and limiters to bite, with links short enough for
// many windows; and the timeline as the driver asks for it, without a journal.
#pragma once

#include <string>

#include "common/check.h"
#include "control/scenario/timeline.h"
#include "dataplane/agent/agent.h"
#include "dataplane/driver/control_source.h"

namespace erbium::test {

// In YAML, without a timeline: the caller appends one, and what else it wants to say. `limiter` is
// the mode of the circuit's limiter: police, shape.
inline std::string busy_network(const std::string& limiter) {
  return R"(erbium: 1
name: busy
seed: 7
ports: { lan: {}, cloud: { neighbors: resolve }, off: {} }
circuits:
  er:
    model: provider
    bandwidth: 200Mbps
    limiter: { burst: 40us, queue: 2ms, mode: )" +
         limiter + R"( }
    links:
      primary: { msee: msee-a, rate: 120Mbps, delay: 150us, queue: 300us }
      secondary: { msee: msee-b, rate: 80Mbps, delay: 230us, queue: 100us }
    peerings:
      private:
        vlan: 100
        peer_asn: 65001
        ipv4: { primary: 172.16.0.0/30, secondary: 172.16.0.4/30 }
        ipv6: { primary: "fd00:16::/126", secondary: "fd00:16::4/126" }
  handed:
    model: provider
    bandwidth: 100Mbps
    links:
      primary: { msee: msee-a, port: off, rate: 1Gbps, delay: 90us }
    peerings:
      private:
        vlan: 200
        peer_asn: 65002
        ipv4: { primary: 172.17.0.0/30, secondary: 172.17.0.4/30 }
gateways:
  gw: { vnet: hub, circuits: [{ id: er }, { id: handed }], path_mtu: 1300 }
vnets:
  hub:
    prefixes: [10.0.0.0/16, "fd00:b::/48"]
    subnets: { GatewaySubnet: { prefix: 10.0.255.0/27 }, app: { prefix: 10.0.1.0/24 } }
    port: cloud
onprem:
  ce:
    asn: 65001
    port: lan
    links: [er/primary, er/secondary]
    announce: [{ prefix: 192.168.0.0/16 }, { prefix: "fd00:a::/48" }]
  other: { asn: 65002, announce: [{ prefix: 192.169.0.0/16 }] }
impairments:
  rough:
    delay: { jitter: 15us, dist: pareto, order: free }
    loss: { model: gilbert_elliott, mean: 4%, burst: 3 }
    duplicate: 4%
    reorder: { p: 5%, hold: 300us }
    corrupt: 3%
  wavy: { delay: { base: 100us, jitter: 60us, dist: uniform }, duplicate: 5% }
apply:
  - { profile: rough, circuit: er, link: secondary }
  - { profile: rough, circuit: handed, link: primary, dir: to_onprem }
)";
}

class TimelineControl final : public dp::ControlSource {
 public:
  TimelineControl(cp::Timeline& timeline, dp::Agent& agent, const cp::Generation& first)
      : timeline_(timeline), agent_(agent) {
    hand_over(first);
  }
  Time next() const override { return timeline_.next(); }
  void deliver(Time now) override {
    for (const cp::Generation& generation : timeline_.take(now)) hand_over(generation);
  }
  void replay_starts(Time at) override { timeline_.start(at); }

 private:
  void hand_over(const cp::Generation& generation) {
    for (const auto& message : generation.messages)
      ERBIUM_CHECK(agent_.handle(message).has_value());
  }
  cp::Timeline& timeline_;
  dp::Agent& agent_;
};

}  // namespace erbium::test
