// What a scenario looks like as generic objects: which node, link, trunk, interface and VRF stands
// for which part of ExpressRoute, and their ids. Built once; the ids never change afterwards.
//
//   port -- CE ---------------- link (primary)   ---- MSEE ---- backbone ---- gateway -- port
//   port -- hand-off (no CE) -- link (secondary) ---- MSEE ---- backbone --/
//   CE ---------------- VPN connection ------------------------- gateway -- port (Internet)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/api/messages.h"
#include "control/config/gateway_size.h"
#include "control/config/scenario.h"

namespace erbium::cp {

struct NodeInfo {
  uint32_t id = 0;
  std::string name;
  bool cross_connect = false;
  IcmpOptions icmp;
};

struct TrunkInfo {
  uint32_t id = 0;
  std::string name;
  uint32_t node = 0, port = 0, link = 0;
  uint16_t outer_tpid = 0x8100, inner_tpid = 0x8100;
  net::Mac mac;
};

struct InterfaceInfo {
  uint32_t id = 0;
  std::string name;
  uint32_t trunk = 0;
  uint16_t outer_vid = 0, inner_vid = 0;
  uint32_t vrf = 0, mtu = 1500, limiter = 0, capacity = 0, cross_connect = 0;
  api::Interface::OverMtu over_mtu = api::Interface::ANSWER;
  bool emulated_hosts = false;
  bool mute = false;  // says nothing by ARP and ND
  Duration flow_age;  // above 0: outside of the router's stateful filter
  std::vector<net::Ip> addresses;
  std::vector<net::Ip> icmp_source;  // of errors about what came in by it; else of addresses
};

// What goes wrong on a link direction.
struct ImpairedLink {
  const ImpairmentProfile* profile = nullptr;  // of the scenario; nullptr: nothing
  Time from;                                   // since when
  std::optional<Duration> delay;  // in place of the link's own, as long as an event lasts
};

struct LinkInfo {
  uint32_t id = 0;  // this direction
  std::string name, direction;
  uint32_t to_trunk = 0;
  BitRate rate;
  Duration delay, queue;
  bool up = true;
  bool silent = false;    // not up, and its ends do not see it
  bool measured = false;  // keeps a histogram of latencies
  ImpairedLink impaired;

  Duration effective_delay() const { return impaired.delay.value_or(delay); }
};

// "up", "down", "silent"
inline const char* state_name(const LinkInfo& link) {
  return link.up ? "up" : link.silent ? "silent" : "down";
}

struct LimiterInfo {
  uint32_t id = 0;
  std::string name;
  size_t circuit = 0;
};

// What a gateway can forward in one direction.
struct CapacityInfo {
  uint32_t id = 0;
  size_t gateway = 0;
  GatewaySize size;  // of all its instances
  Duration flow_age;
  uint32_t instances = kGatewayInstances;  // that run
};

// Where control speaks for a router and VRF.
struct HostPortInfo {
  uint32_t id = 0;
  std::string name;
  uint32_t node = 0, vrf = 0;
};

struct NeighborInfo {
  uint32_t interface = 0;
  net::Ip ip;
  net::Mac mac;
};

// One enabled peering on one link of a circuit.
struct PeeringInfo {
  const Peering* peering = nullptr;
  uint32_t msee_interface = 0;
  uint32_t ce_interface = 0;  // 0 when the customer's end is a port
  uint32_t msee_vrf = 0;
};

// One link of a circuit.
struct CircuitLinkInfo {
  size_t circuit = 0, link = 0;          // index in the scenario, kPrimary or kSecondary
  uint32_t to_azure = 0, to_onprem = 0;  // link ids
  uint32_t msee = 0;                     // node
  std::optional<size_t> ce;              // index in onprem; absent: a port
  std::vector<PeeringInfo> peerings;     // private first
};

// The way from one link's MSEE to a gateway, for one circuit's private peering; or to a Microsoft
// edge, for its Microsoft peering.
struct BackboneInfo {
  size_t gateway = 0;       // or Microsoft edge: index in the scenario
  size_t circuit_link = 0;  // index in circuit_links
  uint32_t weight = 0;
  uint32_t msee_interface = 0, gateway_interface = 0;
  std::array<net::Ip, 2> msee_ip, gateway_ip;  // v4, v6
};

// A connection between a customer's router and a gateway beside the circuits.
struct VpnInfo {
  size_t ce = 0, gateway = 0;  // index in the scenario
  uint32_t ce_interface = 0, gateway_interface = 0;
};

struct GatewayInfo {
  uint32_t node = 0, vrf = 0;
  uint32_t internet_interface = 0;  // 0: none
  std::vector<net::Ip> own;         // in its GatewaySubnet, by family
  struct Served {
    size_t vnet = 0;
    uint32_t interface = 0;  // 0: packets end here
  };
  std::vector<Served> vnets;
};

struct MicrosoftEdgeInfo {
  uint32_t node = 0, vrf = 0;
  uint32_t interface = 0;  // 0: packets end here
};

struct CeInfo {
  uint32_t node = 0;  // 0: not emulated, only its announcements count
  uint32_t vrf = 0;
  uint32_t lan_interface = 0;  // 0: packets end here
};

// How frames of a capture are made to fit a port.
struct PortAttachment {
  net::Mac router_mac;
  uint16_t outer_tpid = 0x8100, inner_tpid = 0x8100;
  uint16_t outer_vid = 0, inner_vid = 0;
};

struct Topology {
  std::vector<NodeInfo> nodes;
  std::vector<TrunkInfo> trunks;
  std::vector<InterfaceInfo> interfaces;
  std::vector<LinkInfo> links;
  std::vector<LimiterInfo> limiters;
  std::vector<CapacityInfo> capacities;
  std::vector<NeighborInfo> neighbors;
  std::vector<HostPortInfo> host_ports;  // one for each VRF, where routes come from BGP

  std::vector<CircuitLinkInfo> circuit_links;
  std::vector<BackboneInfo> backbones;
  std::vector<BackboneInfo> microsoft_backbones;
  std::vector<GatewayInfo> gateways;               // as in the scenario
  std::vector<MicrosoftEdgeInfo> microsoft_edges;  // as in the scenario
  std::vector<CeInfo> ces;                         // as in the scenario
  std::vector<VpnInfo> vpns;                       // as in the scenario
  std::vector<PortAttachment> ports;               // as in the scenario
};

struct TopologyOptions {
  bool live = false;  // ports resolve their neighbours unless the scenario says otherwise
};

// Throws ConfigError where the scenario is valid by itself but gives no network, such as one port
// in two places.
Topology build_topology(const Scenario& scenario, const TopologyOptions& options);

// A host port for every router and VRF that has interfaces.
void add_host_ports(Topology& topology);

// The MAC address of an emulated host with this address, as the dataplane derives it.
net::Mac emulated_mac(const net::Ip& ip);

}  // namespace erbium::cp
