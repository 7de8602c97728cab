#include "control/report/failover_table.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;

Json bound_json(const Bound& bound) {
  return {
      {"text", bound.text}, {"at_least_ns", bound.at_least_ns}, {"at_most_ns", bound.at_most_ns}};
}

// Buckets as [first value, last value, count].
Json latency_json(const Histogram& latency) {
  Json out = {{"count", latency.count()}};
  if (latency.count() == 0) return out;
  out["min_ns"] = latency.min();
  out["p50_ns"] = latency.percentile(500'000);
  out["p99_ns"] = latency.percentile(990'000);
  out["max_ns"] = latency.max();
  out["buckets"] = Json::array();
  for (const Histogram::Bucket& b : latency.buckets())
    out["buckets"].push_back({b.first, b.last, b.count});
  return out;
}

const char* name(ReportStream::Kind kind) {
  return kind == ReportStream::Kind::probe  ? "probe"
         : kind == ReportStream::Kind::flow ? "flow"
                                            : "rest";
}

Json event_json(const ReportEvent& event) {
  return {{"at_ns", event.at_ns}, {"what", event.what}, {"target", event.target}};
}

Json stream_json(const ReportStream& s) {
  Json out = {{"name", s.name}, {"kind", name(s.kind)}};
  if (!s.port.empty()) out["port"] = s.port;
  out.update({{"sent", s.totals.sent},
              {"received", s.totals.received},
              {"lost", s.totals.lost},
              {"in_flight", s.totals.in_flight},
              {"duplicated", s.totals.duplicated},
              {"reordered", s.totals.reordered},
              {"longest_outage_ns", s.totals.longest_outage_ns},
              {"latency_p50_ns", s.totals.latency.percentile(500'000)},
              {"latency_p99_ns", s.totals.latency.percentile(990'000)}});
  return out;
}

Json impact_json(const Report& report, const ReportImpact& i) {
  Json out = {{"event", i.event},
              {"stream", report.streams[i.stream].name},
              {"sent", i.impact.sent},
              {"received", i.impact.received},
              {"lost", i.impact.lost},
              {"reordered", i.impact.reordered},
              {"duplicated", i.impact.duplicated},
              {"gaps", i.impact.gaps},
              {"outage_ns", i.impact.longest ? i.impact.longest->outage_ns() : 0},
              {"outage_at_least_ns", i.impact.longest ? i.impact.longest->at_least_ns : 0},
              {"path_before", i.before},
              {"path_after", i.after}};
  if (i.control) out["control_outage_ns"] = i.control->outage_ns;
  if (i.control && i.control->open_end)
    out["control_outage_open"] = true;
  else if (i.control && i.control->outage_ns > 0)
    out["control_restored_ns"] = i.control->until_ns;
  if (i.bound) out["bound"] = bound_json(*i.bound);
  if (!i.why_no_bound.empty()) out["no_bound"] = i.why_no_bound;
  out["verdict"] = name(i.verdict);
  out["latency"] = {{"before", latency_json(i.latency_before)},
                    {"during", latency_json(i.impact.unsettled)},
                    {"after", latency_json(i.impact.settled)}};
  return out;
}

Json convergence_json(const ReportConvergence& c) {
  Json stages = Json::array();
  for (const StageTime& stage : c.stages) {
    Json& out = stages.emplace_back();
    out = {{"stage", name(stage.stage)},
           {"at_ns", stage.at_ns},
           {"after_event_ns", stage.after_event_ns},
           {"what", stage.what},
           {"last_after_event_ns", stage.last_after_event_ns},
           {"last_what", stage.last_what}};
    if (stage.bound) {
      out["bound"] = bound_json(*stage.bound);
      out["verdict"] = name(stage.verdict);
    }
  }
  return {{"event", c.event}, {"stages", stages}};
}

Json session_json(const ReportSession& s) {
  Json states = Json::array();
  for (const StateChange& change : s.states)
    states.push_back({{"at_ns", change.at_ns}, {"state", change.state}});
  return {{"name", s.name}, {"kind", s.kind}, {"states", states}};
}

Json drop_json(const DropPlace& place) {
  Json out = {{"where", place.where}};
  if (!place.stage.empty()) out["stage"] = place.stage;
  out.update({{"reason", place.reason}, {"packets", place.packets}, {"first", Json::array()}});
  for (const DroppedPacket& packet : place.first) {
    Json& added = out["first"].emplace_back(Json{{"packet", packet.id}});
    if (packet.copy != 0) added["copy"] = packet.copy;
    added.update({{"name", packet.name}, {"flow", packet.flow}, {"at_ns", packet.at_ns}});
  }
  return out;
}

Json expectation_json(const ReportExpectation& e) {
  Json out = {{"text", e.text}, {"measured", e.measured}, {"passed", e.passed}};
  if (!e.passed) out["missed"] = e.missed;
  return out;
}

}  // namespace

Json failover_json(const Report& report) {
  Json out;
  for (const char* key :
       {"events", "streams", "outages", "convergence", "sessions", "drops", "expectations"})
    out[key] = Json::array();
  if (!report.remarks.empty()) out["remarks"] = report.remarks;
  out["replay_start_ns"] = report.replay_start_ns;
  for (const ReportEvent& e : report.events) out["events"].push_back(event_json(e));
  for (const ReportStream& s : report.streams) out["streams"].push_back(stream_json(s));
  for (const ReportImpact& i : report.impacts) out["outages"].push_back(impact_json(report, i));
  for (const ReportConvergence& c : report.convergence)
    out["convergence"].push_back(convergence_json(c));
  for (const ReportSession& s : report.sessions) out["sessions"].push_back(session_json(s));
  for (const DropPlace& place : report.drop_places) out["drops"].push_back(drop_json(place));
  for (const ReportExpectation& e : report.expectations)
    out["expectations"].push_back(expectation_json(e));
  return out;
}

}  // namespace erbium::cp
