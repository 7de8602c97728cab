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
       {"file", scalar(text_type()), "pcap or pcapng, relative to this file's directory.", true},
       {"port", scalar(name_type()), "Port the frames enter by.", true},
       {"timing", scalar(words_type({"original"})), "Spacing of packets.", false, "original"},
       {"speed", scalar(number_type(0, 1'000'000)), "Factor on the spacing.", false, "1.0"},
       {"loop", scalar(integer_type(1, 1'000'000'000)), "Times it is replayed.", false, "1"},
       {"rewrite", object(rewrite_object()), "How frames are made to fit the port."}}};
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
       {"do",
        scalar(words_type({"link_down", "link_up", "set_link", "set_bandwidth", "silent_drop",
                           "flap", "impair", "bgp_notification", "bgp_down", "bgp_reset",
                           "bfd_down", "msee_maintenance", "msee_reload", "core_isolation",
                           "site_failover", "announce", "withdraw", "ce_restart", "prepend"})),
        "What.", true},
       {"target", scalar(target_type()),
        "A circuit or link (`er-sjc/primary`); for `bgp_` and `bfd_` verbs a session "
        "(`er-sjc/primary/private`), for `msee_` verbs and `core_isolation` an MSEE, for "
        "`site_failover` a peering location, for `announce`, `withdraw` and `ce_restart` an onprem "
        "router.",
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
       {"prepend", scalar(integer_type(0, 32)),
        "Copies of an AS number: of 12076 in maintenance (absent: 8), of the router's own when it "
        "announces (absent: none) or prepends."},
       {"warn", scalar(duration_type()),
        "From the prepending to the work, when the MSEE's sessions end; absent: they stay."},
       {"code", scalar(code_type()), "Code and subcode of RFC 4271 and RFC 4486."},
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
       {"set_bandwidth", {"bandwidth"}, {}},
       {"silent_drop", {}, {"dir", "for"}},
       {"flap", {"for", "up", "down"}, {"dir"}},
       {"impair", {}, {"dir", "for", "profile"}},
       {"bgp_notification", {"code"}, {}},
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
  static const Object table{
      "expect",
      "About a probe during an event or over the whole run, about a link or a port over the whole "
      "run.",
      {{"probe", scalar(name_type()), "Name of a probe."},
       {"event", scalar(name_type()),
        "Verb of a timeline event, or its end (`link_down_ends`), up to the next event; absent: "
        "the whole run."},
       {"outage", scalar(duration_bound_type()), "Longest silence."},
       {"lost_packets", scalar(count_bound_type()), "Packets lost."},
       {"circuit", scalar(name_type()), "Name of a circuit."},
       {"link", scalar(words_type({"primary", "secondary"})), "One of its links."},
       {"throughput", scalar(rate_bound_type()), "Rate carried."},
       {"port", scalar(name_type()), "Name of a port."},
       {"packets", scalar(count_bound_type()), "Packets that left by the port."},
       {"latency_p99", scalar(duration_bound_type()), "99th percentile of the delay."}},
      {{"probe"}, {"circuit", "link"}, {"port"}},
      {"outage", "lost_packets", "throughput", "latency_p99", "packets"}};
  return table;
}

}  // namespace erbium::cp
