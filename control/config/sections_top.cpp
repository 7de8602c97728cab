// Sections: the top of the file, ports, time, backbone, dataplane and outputs.
#include "control/config/shape.h"

namespace erbium::cp {

const Object& scenario_object() {
  static const Object table{
      "scenario",
      "One file describes one scenario. Names are paths: `er-sjc/primary` is a link. Units are "
      "always written. Directions are `to_azure`, `to_onprem` or `both`.",
      {
          {"erbium", scalar(integer_type(1, 1)), "Version of this format.", true},
          {"name", scalar(name_type()), "Name of the scenario, shown in outputs.", true},
          {"about", object(about_object()), "What the scenario is for; it changes no run."},
          {"seed", scalar(integer_type(0, INT64_MAX)), "Seed of every random draw.", false, "1"},
          {"ports", map(name_type(), object(port_object())),
           "Where frames enter and leave; the only section that names hardware."},
          {"circuits", map(name_type(), object(circuit_object())), "ExpressRoute circuits."},
          {"gateways", map(name_type(), object(gateway_object())),
           "Virtual network gateways and the circuits they are connected to."},
          {"microsoft_edges", map(name_type(), object(microsoft_edge_object())),
           "Routers of Microsoft's network with the public prefixes of its services."},
          {"backbone", object(backbone_object()),
           "The links between MSEEs and gateways or Microsoft edges."},
          {"vnets", map(name_type(), object(vnet_object())), "Virtual networks."},
          {"nsgs", map(name_type(), list(object(nsg_rule_object()))), "Network security groups."},
          {"route_tables", map(name_type(), object(route_table_object())), "User-defined routes."},
          {"macsec", map(name_type(), object(macsec_object())), "MACsec keys of Direct links."},
          {"ipsec", map(name_type(), object(ipsec_object())), "IPsec tunnels over a peering."},
          {"vpn", map(name_type(), object(vpn_object())), "Connections over the Internet."},
          {"onprem", map(name_type(), object(ce_object())),
           "Customer edge routers and what they announce."},
          {"impairments", map(name_type(), object(impairment_object())), "Impairment profiles."},
          {"apply", list(object(apply_object())), "Which links an impairment profile acts on."},
          {"replay", list(object(replay_object())), "Captures and the ports they enter by."},
          {"probes", list(object(probe_object())), "Light flows that time outages."},
          {"timeline", list(object(event_object())), "What happens when."},
          {"expect", list(object(expectation_object())),
           "Expectations; a missed one fails the run."},
          {"outputs", object(outputs_object()), "What a run writes."},
          {"control", object(control_object()), "Where routes come from."},
          {"icmp", object(icmp_object()), "What routers answer to pings and tell senders."},
          {"time", object(time_object()), "Scenario time and latencies of control."},
          {"dataplane", object(dataplane_object()), "Additions to the packet paths."},
      }};
  return table;
}

const Object& about_object() {
  static const Object table{
      "about",
      "What docs/scenarios.md lists, and `erbium run --covers` selects by.",
      {
          {"shows", scalar(text_type()), "What to see, in a sentence.", true},
          {"covers", list(scalar(covers_type())),
           "The operators' tests (T1 to T14), the users' pains (pain-1 to pain-15) and the traps "
           "(trap-1 to trap-25) that it plays; docs/scenarios.md names them."},
          {"source", scalar(text_type()), "Where what it shows is described."},
      }};
  return table;
}

const Object& port_object() {
  static const Object table{
      "ports.NAME",
      "In virtual time a port is a name that captures enter and leave by, and `dev` is ignored.",
      {
          {"dev", scalar(text_type()),
           "PCI address (in quotes), or a DPDK virtual device such as "
           "`net_af_packet0,iface=eth1`; absent: virtual time only."},
          {"neighbors", scalar(words_type({"resolve", "emulated"})),
           "Whether stations behind the port are resolved with ARP and ND or taken as present; "
           "absent: emulated in virtual time, resolve live."},
          {"mac", scalar(mac_type()),
           "MAC address of the emulated router at this port; absent: "
           "derived from the names."},
      }};
  return table;
}

const Object& backbone_object() {
  static const Object table{
      "backbone",
      "Every gateway reaches every MSEE of its circuits by one such link, and every Microsoft edge "
      "every MSEE with a Microsoft peering.",
      {
          {"rate", scalar(rate_type()), "Serialisation rate.", false, "100Gbps"},
          {"delay", scalar(duration_type()), "Propagation delay, each way; at least 1us.", false,
           "500us"},
          {"queue", scalar(duration_type()), "Longest wait before tail drop.", false, "10ms"},
      }};
  return table;
}

const Object& control_object() {
  static const Object table{
      "control",
      "With `bgp` the routers of every peering speak BGP, and BFD where the peering has it, over "
      "the emulated links; replay starts when they have converged. With `static` routes follow "
      "from what the file announces and from which links are up. `auto` is `bgp` where an emulated "
      "router ends every link, and `static` where a link ends at a port and with `--live`.",
      {
          {"routes", scalar(words_type({"auto", "static", "bgp"})), "Source of the routes.", false,
           "auto"},
          {"gateway_delay", object(gateway_delay_object()),
           "What passes between an MSEE's change of routes and the gateway's; Azure promises up to "
           "a minute."},
      }};
  return table;
}

const Object& gateway_delay_object() {
  static const Object table{"control.gateway_delay",
                            "Drawn evenly for every batch of updates, by the seed.",
                            {{"min", scalar(duration_type()), "Least.", false, "0s"},
                             {"max", scalar(duration_type()), "Most.", false, "0s"}}};
  return table;
}

const Object& time_object() {
  static const Object table{
      "time",
      "Scenario time counts nanoseconds from 0. See docs/determinism.md.",
      {
          {"start", scalar(time_type()),
           "Time of day that outputs show for time 0; absent: the first packet's timestamp."},
          {"replay_start", scalar(start_type()),
           "When replay begins: once sessions have converged, or after a duration.", false,
           "converged"},
          {"duration", scalar(duration_type()),
           "Length of the scenario from the start of replay; absent: until captures and timeline "
           "are over, and with probes 10s longer."},
          {"max_gap", scalar(duration_type()),
           "Longer idle gaps in captures are shortened to this.", false, "10s"},
          {"control_latency", scalar(duration_type()),
           "From a cause to its effect through control; at least 1us.", false, "1ms"},
          {"reply_latency", scalar(duration_type()),
           "From a packet to a router's own reply (ARP, ICMP); at least 1us.", false, "500us"},
          {"arp_age", scalar(duration_type()),
           "Age at which a resolved neighbour is asked again; at least 1s.", false, "240min"},
      }};
  return table;
}

const Object& dataplane_object() {
  static const Object table{
      "dataplane",
      "Stages that belong to no path by themselves; `erbium version --pipeline` lists the names.",
      {{"stages", list(scalar(name_type())), "Names of optional stages to add."}}};
  return table;
}

const Object& outputs_object() {
  static const Object table{
      "outputs",
      "Every run writes counters.json, summary.json and journal.jsonl; captures are chosen here.",
      {
          {"dir", scalar(text_type()), "Directory, relative to the working directory.", false,
           "./run"},
          {"pcapng", object(pcapng_object()), "Which captures are written."},
          {"report", list(scalar(words_type({"html", "json"}))),
           "`html`: report.html and failover.json; absent: where there are probes, or captures and "
           "a "
           "timeline."},
          {"metrics", object(metrics_object()), "Prometheus endpoint of a live run."},
      }};
  return table;
}

const Object& pcapng_object() {
  static const Object table{
      "outputs.pcapng",
      "One pcapng file for each port and each link, with nanoseconds.",
      {
          {"ports", list_or_all(scalar(name_type())), "Ports to capture, or `all` (the default)."},
          {"links", list_or_all(scalar(link_type())), "Links to capture, or `all` (the default)."},
          {"ends", scalar(words_type({"departures", "both"})),
           "A link's file records packets as they depart, or arrivals as well.", false,
           "departures"},
          {"comments", scalar(words_type({"off", "drops", "all"})),
           "`drops`: a file drops.pcapng has every packet that was lost, with reason and place as "
           "its comment; `all`: packets of ports and links also say what they do there.",
           false, "off"},
          {"drop_limit", scalar(integer_type(1, 1'000'000'000)),
           "Most packets of drops.pcapng, the first.", false, "1000000"},
      }};
  return table;
}

const Object& metrics_object() {
  static const Object table{"outputs.metrics",
                            "Prometheus text format.",
                            {{"listen", scalar(endpoint_type()), "Address and TCP port.", true}}};
  return table;
}

}  // namespace erbium::cp
