// The validated scenario: what one YAML file says, as plain values. `load` (decode.h) fills these
// structs, control/expressroute compiles them into generic dataplane objects. Sections keep the
// order of the file, because order reaches the output. Every struct carries the place in the file
// where a later complaint should point.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/announcement.h"
#include "control/config/circuit.h"
#include "control/config/impairment.h"
#include "control/config/speed.h"

namespace erbium::cp {

struct GatewayCircuit {
  std::string id;  // circuit
  uint32_t weight = 0;
  bool fastpath = false;
  SourceMark mark;
};

// What becomes of packets with DF set that are longer than a gateway's path MTU.
enum class OverPathMtu { fragment, icmp_frag_needed, silent_drop };

struct Gateway {
  std::string name;
  std::string sku;
  // Whether what the size carries is enforced.
  bool caps = false;
  uint32_t scale_units = 1;
  Duration flow_idle;  // a flow is forgotten after so long a silence
  uint32_t asn = 65515;
  std::string vnet;
  std::vector<GatewayCircuit> circuits;
  std::optional<uint32_t> path_mtu;  // IP bytes; absent: what its links and ports carry
  OverPathMtu over_path_mtu = OverPathMtu::fragment;
  SourceMark mark, asn_mark, vnet_mark, path_mtu_mark, over_path_mtu_mark, scale_units_mark;
};

// Prefixes of Microsoft's own, with the communities that say which service and region they are of.
struct ServicePrefix {
  net::Prefix prefix;
  uint32_t count = 1;  // so many of that length, one behind the other
  std::vector<uint32_t> communities;
  SourceMark mark, count_mark;
};

// A router of Microsoft's network behind the MSEEs: where Microsoft peering leads.
struct MicrosoftEdge {
  std::string name;
  uint32_t asn = 8075;
  std::string port;  // empty: packets end there
  std::vector<ServicePrefix> prefixes;
  SourceMark mark, port_mark;
};

// Every link between an MSEE and a gateway or Microsoft edge.
struct Backbone {
  BitRate rate = BitRate::gbps(100);
  Duration delay = Duration::us(500);
  Duration queue = Duration::ms(10);
  SourceMark mark;
};

struct VnetPeering {
  std::string to;
  bool gateway_transit = false;
  SourceMark mark;
};

struct Subnet {
  std::string name;
  net::Prefix prefix;
  std::string nsg;     // empty: none
  std::string routes;  // route table; empty: none
  SourceMark mark, prefix_mark, nsg_mark, routes_mark;
};

struct Vnet {
  std::string name;
  std::vector<MarkedPrefix> prefixes;
  std::vector<VnetPeering> peerings;
  std::vector<Subnet> subnets;
  std::string port;                   // empty: delivered packets are consumed
  std::string region;                 // "West Europe"; empty: not said
  std::optional<uint32_t> community;  // a custom one of the customer's
  std::string internet;               // empty: no way to the Internet
  SourceMark mark, port_mark, community_mark, internet_mark;
};

struct NsgRule {
  std::string name;
  uint32_t priority = 0;
  std::string dir, access, proto, src, dst, sport, dport;  // "*" where anything matches
  SourceMark mark;
};

struct Nsg {
  std::string name;
  std::vector<NsgRule> rules;
  SourceMark mark;
};

struct UserRoute {
  net::Prefix prefix;
  std::string next_hop_type;
  std::optional<net::Ip> next_hop_ip;
  SourceMark mark;
};

struct RouteTable {
  std::string name;
  bool bgp_propagation = true;
  std::vector<UserRoute> routes;
  SourceMark mark;
};

struct MacsecKeys {
  std::string name;
  std::string cipher;
  bool sci = true;
  SecretRef ckn, cak;
  SourceMark mark;
};

struct IpsecTunnel {
  std::string name;
  std::string over;  // "er-sjc/private"
  std::string mode;
  uint32_t ike = 2;
  std::string esp;
  net::Ip local, remote;
  SecretRef psk;
  Duration lifetime = Duration::s(27'000);
  SourceMark mark, over_mark;
};

// A way between a customer's router and a gateway's network beside the circuits.
struct VpnConnection {
  std::string name;
  std::string gateway, router;
  net::Prefix addresses;
  BitRate rate;
  Duration delay, queue;
  uint32_t mtu = 1400;
  uint32_t local_preference = 50;      // at the router
  std::vector<MarkedPrefix> announce;  // empty: what the router announces on all links
  std::vector<MarkedPrefix> statics;   // not empty: no BGP
  SourceMark mark, gateway_mark, router_mark, addresses_mark;
  net::Ip customer() const { return addresses.canonical().address.plus(1); }
  net::Ip azure() const { return addresses.canonical().address.plus(2); }
};

struct LocalPreference {
  LinkRef link;
  uint32_t value = 100;
};

// What is wrong at the customer's end of a link's private peering.
struct Mistake {
  LinkRef link;
  std::optional<uint32_t> vlan;
  std::optional<uint32_t> ethertype;  // of the outer tag
  bool swapped = false;               // the addresses of the two ends
  bool mute = false;                  // it says nothing by ARP and ND
  SourceMark mark;
};

// An emulated customer edge router.
struct Ce {
  std::string name;
  uint32_t asn = 0;
  std::string port;  // the LAN side; empty when the links have ports
  std::vector<Announcement> announce;
  std::vector<LocalPreference> local_preference;
  std::optional<Duration> restart_time;  // of graceful restart (RFC 4724); absent: without
  std::vector<LinkRef> links;        // the links that end here; filled in: all that have no port,
                                     // or all when every link has one
  std::optional<Duration> flow_age;  // a stateful filter toward Azure; absent: none
  std::vector<Mistake> mistakes;
  SourceMark mark, asn_mark, port_mark, restart_mark, stateful_mark;
};

// Frames from Azure's side enter by another port than the others.
struct ReplaySplit {
  enum class By { prefixes, macs, servers };
  std::string port;
  By by = By::prefixes;
  std::vector<net::Prefix> azure;  // by prefixes
  std::vector<net::Mac> macs;      // by macs
  SourceMark mark, port_mark;
};

struct ReplayInput {
  enum class MacRewrite { fit, keep };
  enum class Gso { drop, resegment, keep };
  std::string name;
  std::string file;  // resolved against the directory of the scenario; "-": standard input
  std::string port;
  std::string timing = "original";
  Speed speed;
  std::optional<uint32_t> pps;  // in place of the capture's spacing
  std::optional<BitRate> rate;  // the same
  uint32_t loop = 1;
  std::string filter;  // pcap-filter(7); empty: none
  Gso gso = Gso::drop;
  uint32_t mtu = 1500;  // what gso is about is longer
  std::optional<ReplaySplit> split;
  MacRewrite mac = MacRewrite::fit;
  std::optional<uint32_t> s_tag, c_tag;
  SourceMark mark, port_mark, file_mark, speed_mark, loop_mark;
};

struct Probe {
  std::string name;
  net::Ip from, to;
  uint32_t pps = 0;
  uint32_t size = 0;  // bytes of the IP packet
  bool both_ways = false;
  SourceMark mark;
};

struct TimelineEvent {
  enum class Verb {
    link_down,
    link_up,
    set_link,
    set_bandwidth,
    gateway_instance_down,
    silent_drop,
    flap,
    impair,
    arp_mute,
    wrong_vlan,
    bgp_notification,
    bgp_down,
    bgp_reset,
    bfd_down,
    msee_maintenance,
    msee_reload,
    core_isolation,
    site_failover,
    announce,
    withdraw,
    ce_restart,
    prepend
  };
  enum class Speaker { customer, msee };
  Duration at;  // from the start of the scenario, or of replay where sessions converge first
  Verb verb = Verb::link_down;
  std::string target;          // as written
  std::string circuit;         // of the target; empty for verbs that target something else
  std::optional<size_t> link;  // of the target; absent: both links
  Direction dir = Direction::both;
  std::optional<Duration> lasts;     // `for`: undone after this long
  std::optional<BitRate> rate;       // set_link
  std::optional<Duration> delay;     // set_link
  std::optional<Duration> queue;     // set_link
  std::optional<BitRate> bandwidth;  // set_bandwidth
  std::string profile;               // impair; empty: the link is clean again
  Duration up, down;                 // flap: means
  std::optional<uint32_t> prepend;   // msee_maintenance, prepend
  std::optional<Duration> warn;      // msee_maintenance
  std::optional<uint32_t> vlan;      // wrong_vlan
  std::string code;                  // bgp_notification
  Speaker from = Speaker::customer;  // bgp_notification
  Announcement routes;               // announce, withdraw
  SourceMark mark, target_mark, profile_mark;
};

// One expectation. Bounds stay text ("<= 1s"), under the key that says of what.
struct Expectation {
  enum class Subject { probe, flows, circuit, session, drops, stage, port };
  enum class Way { there, back, both };
  Subject subject = Subject::probe;
  std::string name;   // of the probe, port, circuit or session; reason of drops; stage
  std::string event;  // "link_down", "link_down_ends"; empty, of a probe: the whole run
  Way way = Way::both;
  std::string link;  // of the circuit
  Direction dir = Direction::both;
  std::string state;                                        // "established"
  std::optional<Duration> at;                               // from the start of replay
  std::string node;                                         // empty: any
  std::string before, after;                                // links of paths
  std::vector<std::pair<std::string, std::string>> bounds;  // ("outage", "<= 1s"); in table order
  SourceMark mark, name_mark, event_mark, node_mark, before_mark, after_mark;
};

struct Selection {
  bool all = true;
  std::vector<std::string> names;  // when not all
  SourceMark mark;
};

struct Outputs {
  enum class Ends { departures, both };
  enum class Comments { off, drops, all };
  std::string dir = "./run";  // as written: relative to the working directory
  Selection capture_ports, capture_links;
  Ends ends = Ends::departures;
  Comments comments = Comments::off;
  uint64_t drop_limit = 0;          // packets of drops.pcapng
  std::vector<std::string> report;  // "html", "json"
  std::string metrics_listen;       // empty: off
  SourceMark mark, report_mark, metrics_mark;
};

// Where routes come from.
struct ControlOptions {
  enum class Routes { automatic, fixed, bgp };  // resolve() leaves none automatic
  Routes routes = Routes::automatic;
  bool chosen = false;  // by the file
  // From an MSEE's decision to the gateway's, drawn evenly for every batch of updates.
  Duration gateway_delay_min, gateway_delay_max;
  SourceMark mark;
};

struct TimeOptions {
  std::optional<int64_t> start_unix_ns;  // `start`; absent: the first packet's own timestamp
  std::optional<Duration> replay_start;  // absent: converged
  std::optional<Duration> duration;      // from the start of replay; absent: as long as needed
  Duration max_gap = Duration::s(10);
  Duration control_latency = Duration::ms(1);
  Duration reply_latency = Duration::us(500);
  Duration arp_age = Duration::s(240 * 60);
  SourceMark mark;
};

// What routers say by ICMP of their own accord.
struct IcmpOptions {
  bool echo = true, errors = true;
  uint32_t rate = 100, burst = 50;  // of errors, in packets a second and packets
};
struct RouterIcmp {
  std::string router;
  IcmpOptions icmp;
  SourceMark mark;
};

struct StageName {
  std::string name;
  SourceMark mark;
};

// Optional stages that the scenario adds to the paths, by name; the dataplane knows the names.
struct DataplaneOptions {
  std::vector<StageName> stages;
  SourceMark mark;
};

// What the scenario is for; changes no run.
struct About {
  std::string shows;
  std::vector<std::string> covers;  // "T7", "pain-3"
  std::string source;
};

struct Scenario {
  std::string path;  // the file it came from
  std::string text;  // what the file said
  std::string name;
  About about;
  uint64_t seed = 1;
  std::vector<Port> ports;
  std::vector<Circuit> circuits;
  std::vector<Gateway> gateways;
  std::vector<MicrosoftEdge> microsoft_edges;
  std::vector<Vnet> vnets;
  std::vector<Nsg> nsgs;
  std::vector<RouteTable> route_tables;
  std::vector<MacsecKeys> macsec;
  std::vector<IpsecTunnel> ipsec;
  std::vector<VpnConnection> vpn;
  std::vector<Ce> onprem;
  std::vector<ImpairmentProfile> impairments;
  std::vector<Application> apply;
  std::vector<ReplayInput> replay;
  std::vector<Probe> probes;
  std::vector<TimelineEvent> timeline;
  std::vector<Expectation> expect;
  Outputs outputs;
  ControlOptions control;
  TimeOptions time;
  Backbone backbone;
  IcmpOptions icmp;
  std::vector<RouterIcmp> router_icmp;  // those that differ
  DataplaneOptions dataplane;
};

// The element called `name`, or nullptr.
template <class T>
const T* find(const std::vector<T>& list, std::string_view name) {
  for (const T& item : list)
    if (item.name == name) return &item;
  return nullptr;
}

// The circuit's peerings that are present, private first.
std::vector<const Peering*> peerings(const Circuit& circuit);

// What the connection carries to the customer: its static prefixes, what it announces, or what the
// router announces on all links.
std::vector<net::Prefix> prefixes_over(const Scenario& scenario, const VpnConnection& vpn);

// What is wrong at the router's end of the link; nullptr when nothing is.
const Mistake* mistake_at(const Ce& ce, const std::string& circuit, size_t link);

// The port behind which the address lives: a customer's LAN, a virtual network, or else the
// Internet; nullptr when there is none.
const Port* port_of(const Scenario& scenario, const net::Ip& ip);

// What the scenario asks for and this version does not emulate: severity error where the packets'
// fate would differ (run refuses), warning where only an extra output is missing.
std::vector<Diagnostic> not_emulated(const Scenario& scenario);

}  // namespace erbium::cp
