// Everything that a report of a run shows, as plain values, and the steps that derive the measured
// parts from the run's counts. Times are scenario time in ns; lists are shown in their order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/journey.h"
#include "common/run_stats.h"
#include "control/report/convergence.h"
#include "control/report/measure.h"
#include "control/report/series.h"

namespace erbium::cp {

struct StateChange {
  int64_t at_ns = 0;
  std::string state;  // "Established", "Up", "Down", "up", "down": from then on
};

// One direction of a link. The lists have one value for every bin of the report, or none.
struct ReportLink {
  std::string name, direction;                    // "er-sjc/primary", "to_azure"
  bool of_circuit = true;                         // not of the backbone
  std::vector<uint64_t> packets, bytes, dropped;  // delivered, delivered, dropped by any cause
  Traffic sent;                                   // of the run
  std::optional<Histogram> latency;               // where it was measured
  // Of what was taken in the bin: the wait for the first bit, and the delay to the far end; where
  // nothing was, 0 and kNever.
  std::vector<int64_t> wait_mean, wait_max, delay_mean, delay_max;
  uint64_t dropped_total = 0;
};

// What of an event of the timeline: that it begins, that a maintenance goes on to its work, that a
// flapping link goes down or comes up, that it is over.
enum class EventPhase { begins, works, goes_down, comes_up, ends };

struct ReportEvent {
  int64_t at_ns = 0;
  std::string what, target;  // "link_down", "er-sjc/primary to_azure"
  size_t index = 0;          // of the event in the scenario's timeline
  EventPhase phase = EventPhase::begins;
};

struct ReportSession {
  std::string name;  // "er-sjc/primary/private"
  std::string kind;  // "bgp", "bfd"
  std::vector<StateChange> states;
};

// A stream of probes, a flow of the captures, or the rest of the flows of a port in sum.
struct ReportStream {
  enum class Kind { probe, flow, rest };
  Kind kind = Kind::probe;
  std::string name, detail;  // detail: "192.168.1.10 to 10.0.1.4, 1000 pps"; may be empty
  std::string port;          // flows: by which they enter
  int64_t interval_ns = 0;   // 0: not constant
  StreamTotals totals;
  StreamBins bins;
};

// For how long the routers' tables carried a stream nowhere, or over a link that was down: up to
// the generation from which on they carried it again.
struct ControlOutage {
  int64_t outage_ns = 0;  // the longest time; 0: they carried it throughout
  int64_t until_ns = 0;   // from the event to the last of these generations
  bool open_end = false;  // they never did again
};

struct ReportImpact {
  size_t event = 0;                 // index in events
  size_t stream = 0;                // index in streams
  int64_t at_ns = 0, until_ns = 0;  // of the event, of the next one
  Impact impact;
  std::optional<ControlOutage> control;  // absent: not known
  Histogram latency_before;              // since what the event before did was over
  std::string before, after;             // paths; empty: none
  std::optional<Bound> bound;
  std::string why_no_bound;  // where theory promises nothing
  Verdict verdict = Verdict::none;
};

// Whether the event did anything to the stream.
bool touched(const ReportImpact& impact);

struct ReportConvergence {
  size_t event = 0;
  std::vector<StageTime> stages;
};

struct ReportExpectation {
  std::string text, measured;  // "onprem-to-app, link_down: outage <= 1s", "901 ms"
  bool passed = false;
  std::string missed;  // by how much: "by 13ms"; empty where it passed
};

struct TopologyNode {
  enum class Kind { ce, msee, gateway, vnet } kind = Kind::ce;
  std::string name, detail;  // "AS 65001"
};

struct TopologyLink {
  std::string name;
  size_t from = 0, to = 0;          // index in nodes
  std::vector<StateChange> states;  // empty: always up
};

struct Report {
  std::string scenario, version;
  uint64_t seed = 0;
  int64_t duration_ns = 0;
  int64_t bin_ns = 0;                // of every series
  int64_t replay_start_ns = 0;       // what times are shown from
  bool partial = false;              // interrupted
  std::vector<std::string> remarks;  // what was odd: sessions that replay did not wait for
  std::vector<ReportExpectation> expectations;
  std::vector<ReportEvent> events;  // ascending
  std::vector<TopologyNode> nodes;
  std::vector<TopologyLink> topology;
  std::vector<ReportLink> links;
  std::vector<ReportSession> sessions;
  std::vector<ReportStream> streams;
  std::vector<ReportImpact> impacts;  // by event, then by stream
  std::vector<ReportConvergence> convergence;
  NamedCounts drops;  // packets by reason
  std::vector<DropPlace> drop_places;
  std::vector<Journey> explained;  // the first of those drops, where the run was to explain them
};

// Those that report.html has: the fifty with most packets, the most first.
std::vector<const DropPlace*> shown_drops(const Report& report);

// The earlier event whose outage the stream was in when this one came; absent: none.
std::optional<size_t> in_outage_of(const Report& report, const ReportImpact& impact);

// The bound of what an event does to a stream, or why there is none.
struct Promise {
  std::optional<Bound> bound;
  std::string why_none;
};
using BoundOf = std::function<Promise(const ReportEvent& event, const ReportStream& stream)>;

// Appends streams and impacts from the run's streams and flows. Needs events, duration_ns, bin_ns.
void measure_streams(Report& report, const RunStats& stats, const BoundOf& bound_of);

// Appends the convergence of every event that has marks in its window, with the first packet on a
// new path as measure_streams found it. Bounds hold for each event: those of events that have none
// are empty.
using BoundsOf = std::function<std::vector<StageBound>(const ReportEvent& event)>;
void measure_convergence(Report& report, std::span<const StageMark> marks,
                         const BoundsOf& bounds_of);

// The worst of an event, for tables and expectations; absent when nothing of it was lost.
struct WorstOutage {
  size_t impact = 0;  // index in impacts
  int64_t outage_ns = 0;
};
std::optional<WorstOutage> worst_outage(const Report& report);

}  // namespace erbium::cp
