#include "control/report/report.h"

#include <algorithm>

namespace erbium::cp {
namespace {

constexpr size_t kShownDrops = 50;

std::vector<int64_t> event_times(const Report& report) {
  std::vector<int64_t> out;
  for (const ReportEvent& event : report.events) out.push_back(event.at_ns);
  return out;
}

void add_first_packet(std::vector<StageMark>& marks, const Report& report, size_t event) {
  for (const ReportImpact& i : report.impacts)
    if (i.event == event && i.impact.switched_ns)
      marks.push_back({Stage::first_packet, *i.impact.switched_ns,
                       report.streams[i.stream].name + ": " + i.after});
}

using PathList = std::vector<std::vector<uint32_t>>;

struct Measured {
  std::vector<Impact> impacts;  // by window, ascending; of flows only where something happened
  const PathList* paths;
};

Impact* in_window(std::vector<Impact>& impacts, size_t window) {
  for (Impact& impact : impacts)
    if (impact.window == window) return &impact;
  return nullptr;
}

// Of the last window before this one in which anything was sent.
Histogram settled_before(const std::vector<Impact>& impacts, size_t window) {
  Histogram out;
  for (const Impact& impact : impacts)
    if (impact.window < window && impact.sent > 0) out = impact.settled;
  return out;
}

StreamTotals totals_of(const FlowResult& flow) {
  StreamTotals out;
  for (const Impact& impact : flow.impacts) {
    out.sent += impact.sent;
    out.received += impact.received;
    out.duplicated += impact.duplicated;
    out.reordered += impact.reordered;
    out.latency.merge(impact.latency());
    if (impact.longest)
      out.longest_outage_ns = std::max(out.longest_outage_ns, impact.longest->outage_ns());
  }
  out.lost = out.sent - out.received;
  out.in_flight = flow.in_flight;
  out.sent += flow.in_flight;
  return out;
}

void add_flows(Report& report, const FlowResults& flows, std::vector<Measured>& found) {
  for (const FlowResult& flow : flows.top) {
    report.streams.push_back({.kind = ReportStream::Kind::flow,
                              .name = flow.name,
                              .port = flow.port,
                              .totals = totals_of(flow)});
    found.push_back({flow.impacts, &flows.paths});
  }
  for (const FlowResult& rest : flows.rest) {
    std::string name = std::to_string(rest.flows) + " other flows";
    if (rest.uncounted > 0) name += ", " + std::to_string(rest.uncounted) + " packets of more";
    report.streams.push_back({.kind = ReportStream::Kind::rest,
                              .name = name + " from " + rest.port,
                              .port = rest.port,
                              .totals = totals_of(rest)});
    found.push_back({rest.impacts, &flows.paths});
  }
}

}  // namespace

bool touched(const ReportImpact& i) {
  const bool moved = !i.before.empty() && !i.after.empty() && i.before != i.after;
  return moved || i.impact.lost + i.impact.duplicated + i.impact.reordered > 0;
}

std::vector<const DropPlace*> shown_drops(const Report& report) {
  std::vector<const DropPlace*> places;
  for (const DropPlace& place : report.drop_places) places.push_back(&place);
  std::stable_sort(places.begin(), places.end(),
                   [](const DropPlace* a, const DropPlace* b) { return a->packets > b->packets; });
  if (places.size() > kShownDrops) places.resize(kShownDrops);
  return places;
}

std::optional<size_t> in_outage_of(const Report& report, const ReportImpact& impact) {
  std::optional<size_t> out;
  for (const ReportImpact& i : report.impacts) {
    const std::optional<Gap>& gap = i.impact.longest;
    if (i.stream == impact.stream && i.at_ns < impact.at_ns && gap && gap->from_ns < impact.at_ns &&
        (gap->open_end || gap->end_ns > impact.at_ns))
      out = i.event;
  }
  return out;
}

void measure_streams(Report& report, const RunStats& stats, const BoundOf& bound_of) {
  const std::vector<int64_t> times = event_times(report);
  const EventWindows windows(times);
  const size_t first = report.streams.size();
  std::vector<Measured> found;
  for (const StreamResult& result : stats.streams) {
    const Stream stream = stream_of(result);
    report.streams.push_back({.name = result.name,
                              .interval_ns = result.interval_ns,
                              .totals = totals(stream, report.duration_ns),
                              .bins = stream_bins(stream, report.bin_ns, report.duration_ns)});
    found.push_back({impacts(stream, times, report.duration_ns), &result.paths});
  }
  if (stats.flows) add_flows(report, *stats.flows, found);
  for (size_t e = 0; e < times.size(); e++) {
    for (size_t s = 0; s < found.size(); s++) {
      Impact* impact = in_window(found[s].impacts, e + 1);
      if (!impact) continue;
      const Promise promise = bound_of(report.events[e], report.streams[first + s]);
      ReportImpact out{.event = e,
                       .stream = first + s,
                       .at_ns = times[e],
                       .until_ns = windows.end(e + 1, report.duration_ns),
                       .latency_before = settled_before(found[s].impacts, e + 1),
                       .before = path_text(stats, *found[s].paths, impact->before),
                       .after = path_text(stats, *found[s].paths, impact->after),
                       .bound = promise.bound,
                       .why_no_bound = promise.why_none};
      out.verdict = judge(impact->longest, out.bound);
      out.impact = *impact;
      report.impacts.push_back(std::move(out));
    }
  }
}

void measure_convergence(Report& report, std::span<const StageMark> marks,
                         const BoundsOf& bounds_of) {
  const std::vector<int64_t> times = event_times(report);
  for (size_t e = 0; e < times.size(); e++) {
    if (e > 0 && times[e - 1] == times[e]) continue;  // events at one time share their stages
    const auto next = std::upper_bound(times.begin(), times.end(), times[e]);
    const int64_t until = next == times.end() ? report.duration_ns + 1 : *next;
    std::vector<StageMark> all(marks.begin(), marks.end());
    add_first_packet(all, report, e);
    ReportConvergence out{e, convergence(times[e], until, all, bounds_of(report.events[e]))};
    if (!out.stages.empty()) report.convergence.push_back(std::move(out));
  }
}

std::optional<WorstOutage> worst_outage(const Report& report) {
  std::optional<WorstOutage> out;
  for (size_t i = 0; i < report.impacts.size(); i++) {
    const std::optional<Gap>& gap = report.impacts[i].impact.longest;
    if (gap && (!out || gap->outage_ns() > out->outage_ns)) out = {i, gap->outage_ns()};
  }
  return out;
}

}  // namespace erbium::cp
