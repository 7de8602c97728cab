#include "control/report/report.h"

#include <algorithm>

namespace erbium::cp {
namespace {

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

}  // namespace

void measure_streams(Report& report, const RunStats& stats, const BoundOf& bound_of) {
  const std::vector<int64_t> times = event_times(report);
  const size_t first = report.streams.size();
  std::vector<std::vector<Impact>> found;
  for (const StreamResult& result : stats.streams) {
    const Stream stream = stream_of(result);
    report.streams.push_back({.name = result.name,
                              .interval_ns = result.interval_ns,
                              .totals = totals(stream, report.duration_ns),
                              .bins = stream_bins(stream, report.bin_ns, report.duration_ns)});
    found.push_back(impacts(stream, times, report.duration_ns));
  }
  for (size_t e = 0; e < times.size(); e++) {
    for (size_t s = 0; s < found.size(); s++) {
      Impact& impact = found[s][e + 1];
      ReportImpact out{.event = e,
                       .stream = first + s,
                       .before = path_text(stats, stats.streams[s], impact.before),
                       .after = path_text(stats, stats.streams[s], impact.after),
                       .bound = bound_of(report.events[e], stats.streams[s].name)};
      out.verdict = judge(impact.longest, out.bound);
      out.impact = std::move(impact);
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
