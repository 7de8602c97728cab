// Compiles a scenario into what the dataplane understands, and keeps track of the state of its
// circuits: which links are up, how fast they are, which way every prefix goes. Every change comes
// out as a generation. Routes follow from what the file announces and from which links are up, or
// from BGP; they are installed once, as routes to next-hop groups, and a link or peer that fails
// only changes the groups that used it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/config/scenario.h"
#include "control/expressroute/generation.h"
#include "control/expressroute/learned_routes.h"
#include "control/expressroute/topology.h"

namespace erbium::cp {

// A change of one link direction of a circuit; what is absent stays.
struct LinkChange {
  std::optional<bool> up;
  bool silent = false;   // beside up = false
  bool carrier = false;  // its ends see it: what comes up is announced at both
  std::optional<BitRate> rate;
  std::optional<Duration> delay, queue;
  std::optional<ImpairedLink> impaired;
};

// A route that follows from the file: the ways that there are, whatever holds now.
struct RouteOfFile {
  struct Way {
    std::string interface;
    std::string circuit_link;  // "er-sjc/primary"; empty: by none
    bool usable = false, preferred = false;
  };
  std::vector<Way> ways;
  bool fallback = false;  // holds only where BGP has none
};

// A change of a router's end of a peering; what is absent stays.
struct CustomerChange {
  std::optional<bool> mute;      // says nothing by ARP and ND; false: as at the start
  std::optional<uint32_t> vlan;  // the tag it uses; 0: as at the start
};

class Compiler {
 public:
  // Throws ConfigError where the scenario gives no network.
  Compiler(const Scenario& scenario, const TopologyOptions& options);

  // Every link keeps latencies and its load, from the first generation on.
  void measure_links() {
    for (LinkInfo& link : topology_.links) link.measured = true;
  }

  const Topology& topology() const { return topology_; }
  Duration control_latency() const { return scenario_.time.control_latency; }

  // Everything, as generation 1 at time 0.
  Generation initial() { return everything(Time(), 0); }
  // Everything as it is now, for a dataplane that has seen no generation later than `behind`,
  // whosever it was. Of routes from BGP, what is to be flushed.
  Generation everything(Time at, uint64_t behind);

  // The link changes at `at`; `dir` is to_azure, to_onprem or both, `link` an index or both.
  Generation change_link(Time at, const std::string& circuit, std::optional<size_t> link,
                         Direction dir, const LinkChange& change);
  // The customer's end of the private peering of the circuit's links, where a router is emulated.
  Generation change_customer(Time at, const std::string& circuit, std::optional<size_t> link,
                             const CustomerChange& change);
  // Every link between the MSEE and gateways goes down or comes up.
  Generation change_core(Time at, const std::string& msee, bool up);
  // The circuit's bandwidth changes, without loss of what its limiters have saved up.
  Generation change_bandwidth(Time at, const std::string& circuit, BitRate bandwidth);
  // So many of the gateway's instances run, from 1 to kGatewayInstances.
  Generation change_instances(Time at, const std::string& gateway, uint32_t running);
  // The routes that follow from the links as they are now; nothing when none changed.
  std::optional<Generation> routes(Time at);

  // ---- routes from BGP: they are collected, and flush() gives them out as one generation ----
  // What changed in the VRF; peer p is a neighbour on interfaces[p - 1]. A route that the router
  // has by itself, to what is connected to it, stays; a static one holds again when BGP has none.
  void learn(uint32_t vrf, const rib::FibDelta& delta, std::span<const uint32_t> interfaces);
  std::optional<Generation> flush(Time at);
  // The next flush() is for a dataplane that has none of them: everything is to be learned again.
  void forget_learned() { learned_.restart(); }

  // What the file says of a VRF's prefix; nullopt where it says nothing.
  std::optional<RouteOfFile> file_route(uint32_t vrf, const net::Prefix& prefix) const;

  // Of a link and direction now: for undoing a change.
  const LinkInfo& link(const std::string& circuit, size_t link, Direction dir) const;
  BitRate bandwidth(const std::string& circuit) const;

 private:
  // One way to a destination, usable while its circuit link is up (or always). Of the usable ways
  // those with the highest preference share the traffic.
  struct Way {
    uint32_t next_hop = 0;
    std::optional<size_t> circuit_link;
    std::pair<int64_t, int64_t> preference;
    auto operator<=>(const Way&) const = default;
  };
  using Ways = std::vector<Way>;
  struct NextHopInfo {
    api::NextHop::Kind kind;
    uint32_t interface;
    net::Ip ip;
    bool eager;
    uint32_t host_port = 0;
    bool hosts = false;
    auto operator<=>(const NextHopInfo&) const = default;
  };

  uint32_t next_hop(const NextHopInfo& info);
  uint32_t local() { return next_hop({api::NextHop::LOCAL, 0, {}, false}); }
  // Hosts of a network that has no port.
  uint32_t hosts() { return next_hop({api::NextHop::LOCAL, 0, {}, false, 0, true}); }
  // An address of the router itself: sessions there go to control.
  uint32_t own(uint32_t vrf);
  uint32_t connected(uint32_t interface) {
    return next_hop({api::NextHop::CONNECTED, interface, {}, false});
  }
  void add_route(uint32_t vrf, const net::Prefix& prefix, Ways ways);
  void add_routes();
  void add_own_addresses();
  void announce_ends(const CircuitLinkInfo& info, Generation& generation) const;
  void add_backbone_routes();
  void add_ce_routes(size_t ce);
  void add_msee_routes(size_t circuit_link);
  void add_gateway_routes(size_t gateway);
  void add_vpn_routes(const VpnConnection& vpn, const VpnInfo& info);
  void add_fallback(uint32_t vrf, const net::Prefix& prefix, uint32_t next_hop);
  struct Announced {
    net::Prefix prefix;
    unsigned path_length;  // behind the CE's own AS number
  };
  std::vector<Announced> announced(size_t circuit_link) const;
  bool announces(const CircuitLinkInfo& link, size_t ce) const;
  const PeeringInfo* private_peering(size_t circuit_link) const;

  bool usable(const Way& way) const;
  std::vector<uint32_t> members(const Ways& ways) const;
  static api::ToDataplane to_message(uint32_t id, const NextHopInfo& hop);
  static api::ToDataplane route_message(const std::pair<uint32_t, net::Prefix>& key,
                                        uint32_t group);
  uint32_t group(Ways ways);
  bool from_bgp() const { return scenario_.control.routes == ControlOptions::Routes::bgp; }
  LinkInfo& mutable_link(uint32_t id) { return topology_.links[id - 1]; }
  api::ToDataplane limiter_message(const LimiterInfo& limiter) const;
  Generation begin(Time at) const;
  Generation commit(Generation generation);

  const Scenario& scenario_;
  Topology topology_;
  std::vector<BitRate> bandwidth_;  // by circuit
  std::vector<InterfaceInfo> interfaces_at_start_;
  std::map<NextHopInfo, uint32_t> next_hops_;
  std::map<Ways, uint32_t> group_ids_;
  std::vector<Ways> groups_;                                     // group g is groups_[g - 1]
  std::vector<std::vector<uint32_t>> members_;                   // as last sent
  std::map<std::pair<uint32_t, net::Prefix>, uint32_t> routes_;  // (vrf, prefix) -> group
  // What holds for a prefix that BGP brings no route to.
  std::map<std::pair<uint32_t, net::Prefix>, uint32_t> fallbacks_;
  LearnedRoutes learned_{0, 0};
  uint64_t generation_ = 0;
};

}  // namespace erbium::cp
