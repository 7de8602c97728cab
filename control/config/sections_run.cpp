// Sections: replay, probes, timeline and expectations.
#include "control/config/shape.h"

namespace erbium::cp {
namespace {

Shape direction() { return scalar(words_type({"to_azure", "to_onprem", "both"})); }

}  // namespace

const Object& replay_object() {
  static const Object table{
      "replay",
      "Several captures are merged by time.",
      {{"name", scalar(name_type()), "Name of the input.", true},
       {"file", scalar(text_type()),
        "pcap or pcapng, as it is or packed with gzip or zstd, relative to this file's directory; "
        "`-`: standard input.",
        true},
       {"port", scalar(name_type()), "Port the frames enter by.", true},
       {"timing", scalar(words_type({"original"})), "Spacing of packets.", false, "original"},
       {"speed", scalar(number_type(0, 1'000'000)),
        "Factor on the spacing, counted from the first packet of all captures.", false, "1.0"},
       {"pps", scalar(integer_type(1, 1'000'000'000)),
        "Packets a second, evenly, in place of the capture's spacing."},
       {"rate", scalar(rate_type()),
        "Bits a second of the frames that enter, without FCS and gaps, in place of the capture's "
        "spacing."},
       {"loop", scalar(integer_type(1, 1'000'000'000)),
        "Times it is replayed, each shifted by the time from its first packet to its last.", false,
        "1"},
       {"filter", scalar(text_type()),
        "Packets that enter, in the language of pcap-filter(7); absent: all."},
       {"gso", scalar(words_type({"drop", "resegment", "keep"})),
        "TCP packets longer than `mtu`, which the host left to its network card to cut: dropped as "
        "`gso_super_frame`, cut as the card does, or kept as the jumbo frames that they may be.",
        false, "drop"},
       {"mtu", scalar(integer_type(576, 9198)), "Longest IP packet of the hosts, in bytes.", false,
        "1500"},
       {"split", object(split_object()),
        "For a capture of both directions: where the frames from Azure's side enter."},
       {"rewrite", object(rewrite_object()), "How frames are made to fit the port."}}};
  return table;
}

const Object& split_object() {
  static const Object table{
      "replay.split",
      "What is not from Azure's side enters by the input's own `port`. By `servers`, the end that "
      "does not open a flow is Azure's: whoever answers SYN, or has a port below 1024 against one "
      "above, or does not send the first packet.",
      {{"port", scalar(name_type()), "Port for the frames from Azure's side.", true},
       {"by", scalar(words_type({"prefixes", "macs", "servers"})), "What tells the side.", true},
       {"azure", list(scalar(prefix_type())),
        "Prefixes of sources on Azure's side, of IP and of senders of ARP."},
       {"macs", list(scalar(mac_type())), "MAC addresses that send from Azure's side."}},
      {},
      {},
      "by",
      {{"prefixes", {"azure"}, {}}, {"macs", {"macs"}, {}}, {"servers", {}, {}}}};
  return table;
}

const Object& rewrite_object() {
  static const Object table{
      "replay.rewrite",
      "`fit` also gives frames the tags of the port, none on a LAN port; `s_tag` and `c_tag` "
      "choose among the circuits and peerings that share a port.",
      {{"mac", scalar(words_type({"fit", "keep"})),
        "`fit` addresses the frames to the router at the port, `keep` leaves them.", false, "fit"},
       {"s_tag", scalar(integer_type(1, 4094, "VLAN id")), "Outer tag."},
       {"c_tag", scalar(integer_type(1, 4094, "VLAN id")), "Inner tag."}}};
  return table;
}

const Object& probe_object() {
  static const Object table{
      "probes",
      "A stream of small packets with sequence and time in the payload.",
      {{"name", scalar(name_type()), "Name of the probe.", true},
       {"from", scalar(ip_type()), "Source address.", true},
       {"to", scalar(ip_type()), "Destination address.", true},
       {"pps", scalar(integer_type(1, 10'000'000)), "Packets a second.", true},
       {"size", scalar(integer_type(64, 9000)), "Bytes of the IP packet.", false, "128"},
       {"both_ways", scalar(boolean_type()), "A second stream runs the other way.", false,
        "false"}}};
  return table;
}

const Object& event_object() {
  static const Object table{
      "timeline",
      "`at` counts from the start of replay. `for` undoes the event after that long.",
      {{"at", scalar(duration_type()), "When.", true},
       {"do", scalar(words_type({"link_down",
                                 "link_up",
                                 "set_link",
                                 "set_bandwidth",
                                 "gateway_instance_down",
                                 "silent_drop",
                                 "flap",
                                 "impair",
                                 "arp_mute",
                                 "wrong_vlan",
                                 "bgp_notification",
                                 "bgp_down",
                                 "bgp_reset",
                                 "bfd_down",
                                 "msee_maintenance",
                                 "msee_reload",
                                 "core_isolation",
                                 "site_failover",
                                 "announce",
                                 "withdraw",
                                 "ce_restart",
                                 "prepend"})),
        "What.", true},
       {"target", scalar(target_type()),
        "A circuit or link (`er-sjc/primary`); for `bgp_` and `bfd_` verbs a session "
        "(`er-sjc/primary/private`), for `msee_` verbs and `core_isolation` an MSEE, for "
        "`gateway_instance_down` a gateway, for `site_failover` a peering location, for "
        "`announce`, `withdraw` and `ce_restart` an onprem router.",
        true},
       {"dir", direction(), "Which direction.", false, "both"},
       {"for", scalar(duration_type()), "How long; absent: for good."},
       {"rate", scalar(rate_type()), "New physical rate."},
       {"delay", scalar(duration_type()), "New propagation delay; at least 1us."},
       {"queue", scalar(duration_type()), "New queue limit."},
       {"bandwidth", scalar(rate_type()), "New bandwidth of the circuit."},
       {"profile", scalar(name_type()),
        "Impairment that takes the place of what the link has; absent: it has none any more."},
       {"up", scalar(duration_type()),
        "Mean time that a flapping link is up, drawn evenly from half to one and a half of it."},
       {"down", scalar(duration_type()),
        "The same for the time that it is down, which comes first."},
       {"vlan", scalar(integer_type(1, 4094, "VLAN id")),
        "Tag that the customer's end uses in place of the private peering's."},
       {"prepend", scalar(integer_type(0, 32)),
        "Copies of an AS number: of 12076 in maintenance (absent: 8), of the router's own when it "
        "announces (absent: none) or prepends."},
       {"warn", scalar(duration_type()),
        "From the prepending to the work, when the MSEE's sessions end; absent: they stay."},
       {"code", scalar(code_type()),
        "Code and subcode of RFC 4271, RFC 4486, RFC 8538 and RFC 9384, by name or by number."},
       {"from", scalar(words_type({"customer", "msee"})),
        "End of the session that sends it; the other one receives it.", false, "customer"},
       {"prefix", scalar(prefix_type()),
        "What is announced or withdrawn. A prefix of the router's own `announce` comes back with "
        "what stands there."},
       {"count", scalar(integer_type(1, kMostPrefixes)),
        "So many prefixes of that length, one behind the other; absent: one."},
       {"peering", scalar(words_type({"private", "microsoft"})),
        "Peering it is announced on; absent: private."},
       {"med", scalar(integer_type(0, UINT32_MAX, "metric")), "MULTI_EXIT_DISC."},
       {"communities", list(scalar(community_type())), "Communities, in quotes: \"65001:100\"."},
       {"large_communities", list(scalar(large_community_type())),
        "Large communities, in quotes: \"65001:1:2\"."}},
      {},
      {},
      "do",
      {{"link_down", {}, {"dir", "for"}},
       {"link_up", {}, {"dir"}},
       {"set_link", {}, {"dir", "for", "rate", "delay", "queue"}},
       {"set_bandwidth", {"bandwidth"}, {"for"}},
       {"gateway_instance_down", {}, {"for"}},
       {"silent_drop", {}, {"dir", "for"}},
       {"flap", {"for", "up", "down"}, {"dir"}},
       {"impair", {}, {"dir", "for", "profile"}},
       {"arp_mute", {}, {"for"}},
       {"wrong_vlan", {"vlan"}, {"for"}},
       {"bgp_notification", {"code"}, {"from"}},
       {"bgp_down", {}, {"for"}},
       {"bgp_reset", {}, {}},
       {"bfd_down", {}, {"for"}},
       {"msee_maintenance", {}, {"prepend", "warn", "for"}},
       {"msee_reload", {}, {"for"}},
       {"core_isolation", {}, {"for"}},
       {"site_failover", {}, {"for"}},
       {"announce",
        {"prefix"},
        {"for", "count", "peering", "prepend", "med", "communities", "large_communities"}},
       {"withdraw", {"prefix"}, {"for", "count"}},
       {"ce_restart", {"for"}, {}},
       {"prepend", {"prepend"}, {"for"}}}};
  return table;
}

const Object& expectation_object() {
  // What a flow of packets went through in the window of an event.
  static const std::vector<std::string> kFlow = {"outage", "lost_packets", "duplicated",
                                                 "reordered"};
  static const auto with = [](std::vector<std::string> keys, const std::vector<std::string>& more) {
    keys.insert(keys.end(), more.begin(), more.end());
    return keys;
  };
  static const std::vector<std::string> kLatency = {"latency_p50", "latency_p99", "latency_max"};
  static const Object table{
      "expect",
      "A bound is a comparison and a value: `\"<= 1s\"`. What is about a probe or flows holds from "
      "each event of the kind to the next event, in the worse direction; counts are summed. An end "
      "of an event is one itself: `link_down_ends`. Without an event a probe is judged over the "
      "whole run.",
      {{"probe", scalar(name_type()), "Name of a probe."},
       {"flows", scalar(name_type()), "Name of a port: all flows that captures send in by it."},
       {"circuit", scalar(name_type()), "Name of a circuit."},
       {"session", scalar(target_type()),
        "A BGP session and its BFD (`er-sjc/primary/private`), at both ends."},
       {"drops", scalar(name_type()), "Reason of drops, as summary.json names it."},
       {"stage",
        scalar(words_type({"link_event", "bfd_down", "bgp_down", "rib_changed", "fib_applied",
                           "first_packet", "bfd_up", "bgp_up"})),
        "Stage of convergence: the first time that it is reached behind the event."},
       {"port", scalar(name_type()), "Name of a port."},
       {"event", scalar(name_type()), "What the timeline does, such as `link_down`."},
       {"way", scalar(words_type({"there", "back", "both"})), "Direction of the probe.", false,
        "both"},
       {"outage", scalar(duration_bound_type()), "Longest silence."},
       {"lost_packets", scalar(count_bound_type()), "Packets lost."},
       {"duplicated", scalar(count_bound_type()), "Arrivals beyond the first of a packet."},
       {"reordered", scalar(count_bound_type()), "Packets that arrived behind a later one."},
       {"path_before", scalar(path_link_type()),
        "A link that the last packet before the event took; `none`: none had arrived."},
       {"path_after", scalar(path_link_type()),
        "A link that the last packet before the next event took."},
       {"link", scalar(words_type({"primary", "secondary"})), "One of the circuit's links."},
       {"dir", direction(), "Direction on the link; `both`: the worse for latency, the busier.",
        false, "both"},
       {"throughput", scalar(rate_bound_type()), "Mean rate carried, from the start of replay."},
       {"latency_p50", scalar(duration_bound_type()), "Median of the delay."},
       {"latency_p99", scalar(duration_bound_type()), "99th percentile of the delay."},
       {"latency_max", scalar(duration_bound_type()), "Greatest delay."},
       {"state",
        scalar(words_type({"idle", "connect", "active", "open_sent", "open_confirm", "established",
                           "admin_down", "down", "init", "up"})),
        "State of BGP (RFC 4271 section 8.2.2), or of BFD (RFC 5880 section 6.2) from "
        "`admin_down` on."},
       {"at", scalar(duration_type()),
        "When, from the start of replay; without `at` and `event`: at the end."},
       {"count", scalar(count_bound_type()), "Packets dropped in the whole run."},
       {"packets", scalar(count_bound_type()), "Packets that left by the port in the whole run."},
       {"node", scalar(name_type()), "Router that dropped them; absent: anywhere."},
       {"after", scalar(duration_bound_type()), "Time from the event to the stage."}},
      {},
      {},
      {},
      {},
      {},
      {{"probe", {}, {"event", "way"}, with(with(kFlow, {"path_before", "path_after"}), kLatency)},
       {"flows", {"event"}, {}, kFlow},
       {"circuit", {"link"}, {"dir"}, with({"throughput"}, kLatency)},
       {"session", {"state"}, {"at", "event"}, {}},
       {"drops", {"count"}, {"node"}, {}},
       {"stage", {"event", "after"}, {}, {}},
       {"port", {"packets"}, {}, {}}}};
  return table;
}

}  // namespace erbium::cp
