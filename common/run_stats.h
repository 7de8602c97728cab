// What a run counted, as plain values: filled by the dataplane, rendered by control. Lists keep the
// order of ids; counts that are zero may be left out of named counts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/histogram.h"
#include "common/impact.h"
#include "common/link_load.h"

namespace erbium {

using NamedCounts = std::map<std::string, uint64_t>;

inline uint64_t sum(const NamedCounts& counts) {
  uint64_t total = 0;
  for (const auto& [name, n] : counts) total += n;
  return total;
}

struct Traffic {
  uint64_t packets = 0;
  uint64_t bytes = 0;  // frames with tags, without FCS
};

// rx = to_node + dropped. `unsent` are packets that the node gave to the port and its device did
// not take; they are not in tx.
struct PortStats {
  std::string name;
  Traffic rx, tx;
  uint64_t to_node = 0;
  NamedCounts drops, unsent;
};

// One direction. offered + copied = delivered + dropped + in_flight; `policed` were dropped by the
// circuit's limiter before they were offered to the link and stand in the node's drops.
struct LinkStats {
  std::string name;       // "er-sjc/primary"
  std::string direction;  // "to_azure"
  Traffic sent;           // departed, or on their way to it
  uint64_t offered = 0;
  uint64_t copied = 0;  // by an impairment
  uint64_t delivered = 0;
  uint64_t in_flight = 0;
  uint64_t policed = 0;
  uint64_t corrupted = 0;  // of those delivered
  NamedCounts drops;
  // From the offer to the arrival at the far end, of the packets that the link took; where control
  // asks for it.
  std::optional<Histogram> latency;
  LinkLoad load;  // the same, over time
};

// from_ports + from_links + originated + copied
//   = to_ports + to_links + dropped + consumed + punted + held + scheduled
struct NodeStats {
  std::string name;
  uint64_t from_ports = 0, from_links = 0, copied = 0;
  uint64_t to_ports = 0, to_links = 0, held = 0, scheduled = 0;
  NamedCounts drops, consumed, punted, originated;
  NamedCounts withheld;  // what a limit kept it from originating; no packets
};

// What became of the packets of a stream. Packet n entered at first_ns + n * interval_ns.
struct StreamResult {
  std::string name;
  int64_t first_ns = 0;  // scenario time
  int64_t interval_ns = 0;
  // By sequence, as many as have entered: when it left by the port where it was expected; -1: it
  // did not.
  std::vector<int64_t> received_ns;
  // By sequence: the links it has come to the end of, as index into `paths`; of a lost packet too.
  std::vector<uint16_t> path;
  // Indices into RunStats::links, in the order in which they were travelled. By first use.
  std::vector<std::vector<uint32_t>> paths;
  std::vector<uint32_t> repeated;  // the sequence of each arrival beyond the first; ascending
  uint64_t reordered = 0;          // arrived behind one that entered later (RFC 4737 §3.3)
  uint64_t strayed = 0;            // left by another port
};

// What became of a flow of the captures, or of several in sum. Packets still inside at the end are
// in no impact.
struct FlowResult {
  std::string name;  // "tcp 192.168.1.10:40000 > 10.0.1.4:443"
  std::string port;  // by which it entered
  uint64_t flows = 1;
  uint64_t in_flight = 0;
  // Packets of flows that found no place in memory: in the impacts, but not in `flows`, and without
  // their outages.
  uint64_t uncounted = 0;
  std::vector<Impact> impacts;  // of the windows in which something happened to it; ascending
};

// Of all flows of the captures. Recorded where control asks for it.
struct FlowResults {
  std::vector<int64_t> events_ns;  // the windows' ends; scenario time
  std::vector<FlowResult> top;     // those with the most packets, most first
  std::vector<FlowResult> rest;    // the others, summed by port; `name` is empty
  // Indices into RunStats::links, in the order in which they were travelled. By first use.
  std::vector<std::vector<uint32_t>> paths;
};

struct DroppedPacket {
  uint64_t id = 0;  // as in the captures
  uint16_t copy = 0;
  std::string name;  // "packet 7", "branch-to-app 17"
  std::string flow;  // "tcp 192.168.1.10:40000 > 10.0.1.4:443"; what else it is
  int64_t at_ns = 0;
};

// What was dropped for one reason in one place. Recorded where control asks for it.
struct DropPlace {
  std::string where;  // "port cloud", "router msee-a", "link er-sjc/primary to_azure"
  std::string stage;  // of a router
  std::string reason;
  uint64_t packets = 0;
  std::vector<DroppedPacket> first;  // by time and id
};

struct RunEvent {
  int64_t at_ns = 0;  // scenario time
  std::string what;   // "link_down"
  std::string text;   // "er-sjc/primary to_azure"
};

struct RunStats {
  int64_t virtual_time_ns = 0;  // scenario time of the last thing that happened
  std::vector<PortStats> ports;
  std::vector<LinkStats> links;
  std::vector<NodeStats> nodes;
  std::vector<RunEvent> events;
  std::vector<StreamResult> streams;
  std::optional<FlowResults> flows;
  std::vector<DropPlace> drop_places;  // ports, routers, links, each in the order of ids
  uint64_t clamped_timestamps = 0;     // capture records whose time ran backwards
  bool partial = false;                // interrupted
  // Packet buffers that are taken; absent where devices hold some too.
  std::optional<uint64_t> buffers_in_use;
  // Of this machine and moment; everything else is equal between runs.
  struct Wall {
    uint64_t ns = 0;
    uint64_t peak_rss_bytes = 0;
    uint64_t packet_pool_bytes = 0;
    uint64_t table_bytes = 0;
    uint64_t worker_cpu_ns = 0;  // live: of the thread that runs the network
    uint64_t rx_missed = 0;      // live: frames that devices lost before they were received
    // Where the inputs stood, seen from the output directory; empty where outputs were not written.
    std::string scenario;
    std::vector<std::string> captures;  // those that took the place of the scenario's
  } wall;
};

}  // namespace erbium
