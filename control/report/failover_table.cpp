#include "control/report/failover_table.h"

#include <cstdio>

#include "control/report/table.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

std::string milliseconds(int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld ms", static_cast<long long>(ns / 1'000'000),
                static_cast<long long>(ns % 1'000'000 / 1000));
  return text;
}

std::string seconds(int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(ns / 1'000'000'000),
                static_cast<long long>(ns % 1'000'000'000 / 1'000'000));
  return text;
}

std::string bound_text(const std::optional<Bound>& bound) {
  if (!bound) return "-";
  return milliseconds(bound->at_least_ns) + " to " + milliseconds(bound->at_most_ns);
}

std::string outages(const Report& report) {
  Rows rows = {{"AT", "EVENT", "STREAM", "LOST", "OUTAGE", "BOUND", "VERDICT"}};
  for (const ReportImpact& i : report.impacts) {
    const ReportEvent& event = report.events[i.event];
    if (!i.impact.longest) continue;
    rows.push_back({seconds(event.at_ns), event.what + " " + event.target,
                    report.streams[i.stream].name, std::to_string(i.impact.lost),
                    milliseconds(i.impact.longest->outage_ns()), bound_text(i.bound),
                    name(i.verdict)});
  }
  return rows.size() == 1 ? "" : table(rows);
}

std::string streams(const Report& report) {
  Rows rows = {{"STREAM", "SENT", "RECEIVED", "LOST", "DUPLICATED", "REORDERED", "P50", "P99"}};
  for (const ReportStream& s : report.streams)
    rows.push_back({s.name, std::to_string(s.totals.sent), std::to_string(s.totals.received),
                    std::to_string(s.totals.lost), std::to_string(s.totals.duplicated),
                    std::to_string(s.totals.reordered),
                    milliseconds(s.totals.latency.percentile(500'000)),
                    milliseconds(s.totals.latency.percentile(990'000))});
  return rows.size() == 1 ? "" : table(rows);
}

std::string expectations(const Report& report) {
  Rows rows = {{"EXPECTED", "MEASURED", ""}};
  for (const ReportExpectation& e : report.expectations)
    rows.push_back({e.text, e.measured, e.passed ? "ok" : "MISSED"});
  return rows.size() == 1 ? "" : table(rows);
}

Json impact_json(const Report& report, const ReportImpact& i) {
  Json out = {{"event", i.event},
              {"stream", report.streams[i.stream].name},
              {"sent", i.impact.sent},
              {"lost", i.impact.lost},
              {"reordered", i.impact.reordered},
              {"gaps", i.impact.gaps},
              {"outage_ns", i.impact.longest ? i.impact.longest->outage_ns() : 0},
              {"outage_at_least_ns", i.impact.longest ? i.impact.longest->at_least_ns : 0},
              {"path_before", i.before},
              {"path_after", i.after}};
  if (i.bound)
    out["bound"] = {{"text", i.bound->text},
                    {"at_least_ns", i.bound->at_least_ns},
                    {"at_most_ns", i.bound->at_most_ns}};
  out["verdict"] = name(i.verdict);
  return out;
}

}  // namespace

std::string failover_table(const Report& report) {
  std::string out;
  for (const std::string& part : {streams(report), outages(report), expectations(report)}) {
    if (part.empty()) continue;
    if (!out.empty()) out += "\n";
    out += part;
  }
  return out;
}

Json failover_json(const Report& report) {
  Json out;
  out["events"] = Json::array();
  for (const ReportEvent& e : report.events)
    out["events"].push_back({{"at_ns", e.at_ns}, {"what", e.what}, {"target", e.target}});
  out["streams"] = Json::array();
  for (const ReportStream& s : report.streams)
    out["streams"].push_back({{"name", s.name},
                              {"sent", s.totals.sent},
                              {"received", s.totals.received},
                              {"lost", s.totals.lost},
                              {"in_flight", s.totals.in_flight},
                              {"duplicated", s.totals.duplicated},
                              {"reordered", s.totals.reordered},
                              {"longest_outage_ns", s.totals.longest_outage_ns},
                              {"latency_p50_ns", s.totals.latency.percentile(500'000)},
                              {"latency_p99_ns", s.totals.latency.percentile(990'000)}});
  out["outages"] = Json::array();
  for (const ReportImpact& i : report.impacts) out["outages"].push_back(impact_json(report, i));
  out["convergence"] = Json::array();
  for (const ReportConvergence& c : report.convergence) {
    Json stages = Json::array();
    for (const StageTime& stage : c.stages)
      stages.push_back({{"stage", name(stage.stage)},
                        {"at_ns", stage.at_ns},
                        {"after_event_ns", stage.after_event_ns},
                        {"what", stage.what}});
    out["convergence"].push_back({{"event", c.event}, {"stages", stages}});
  }
  out["sessions"] = Json::array();
  for (const ReportSession& s : report.sessions) {
    Json states = Json::array();
    for (const StateChange& change : s.states)
      states.push_back({{"at_ns", change.at_ns}, {"state", change.state}});
    out["sessions"].push_back({{"name", s.name}, {"kind", s.kind}, {"states", states}});
  }
  out["expectations"] = Json::array();
  for (const ReportExpectation& e : report.expectations)
    out["expectations"].push_back(
        {{"text", e.text}, {"measured", e.measured}, {"passed", e.passed}});
  return out;
}

}  // namespace erbium::cp
