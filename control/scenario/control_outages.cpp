#include "control/scenario/control_outages.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "control/scenario/ways.h"

namespace erbium::cp {

void add_control_outages(Report& report, const Scenario& scenario, const RouteHistory& routes) {
  using Gaps = std::optional<std::vector<RouteHistory::Gap>>;
  std::map<std::pair<size_t, std::string>, Gaps> known;  // by stream and its path before
  for (ReportImpact& impact : report.impacts) {
    const ReportStream& stream = report.streams[impact.stream];
    const auto ends = ends_of(scenario, stream);
    if (!ends) continue;
    const auto [at, added] = known.try_emplace({impact.stream, impact.before});
    if (added) {
      const auto ports =
          routes.ports_of(stream.name).value_or(RouteHistory::Ports{stream.port, ""});
      at->second = routes.gaps({ends->from, ends->to, ports.in, ports.out},
                               report.events.front().at_ns, impact.before);
    }
    if (!at->second) continue;
    impact.control.emplace();
    auto gap = std::partition_point(
        at->second->begin(), at->second->end(),
        [&](const RouteHistory::Gap& earlier) { return earlier.begin_ns < impact.at_ns; });
    for (; gap != at->second->end() && gap->begin_ns < impact.until_ns; ++gap) {
      const int64_t end = gap->end_ns.value_or(report.duration_ns);
      impact.control->open_end = !gap->end_ns;
      impact.control->outage_ns = std::max(impact.control->outage_ns, end - gap->begin_ns);
      impact.control->until_ns = end - impact.at_ns;
    }
  }
}

}  // namespace erbium::cp
