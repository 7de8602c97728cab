// How long theory lets a stream be out after an event of the timeline, from the timers of the
// protocols, the delays between routers and what else is in force; or why there is no such bound.
// The formulas stand in docs/report.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/report/report.h"
#include "control/scenario/record.h"
#include "control/scenario/ways.h"

namespace erbium::cp {

class Bounds {
 public:
  // The record must outlive it.
  explicit Bounds(const RunRecord& record);

  Promise of(const ReportEvent& event, const ReportStream& stream) const;
  // Of the stages of convergence that have one.
  std::vector<StageBound> stages(const ReportEvent& event) const;

 private:
  enum class Kind { none, detected, told, added, loaded, impaired, muted, restarted, withdrawn };
  using Notes = std::vector<const TimelineNote*>;
  const TimelineEvent& event_of(const TimelineNote& note) const;
  Kind kind_of(const TimelineNote& note) const;
  std::optional<Duration> lasts(const TimelineNote& note) const;
  Notes at(int64_t at_ns) const;
  bool exceeds_limit(const TimelineNote& note) const;
  std::string unpredictable(const Notes& notes, const Route& route) const;
  std::vector<Way> working(const Route& route, int64_t at_ns) const;
  std::optional<Bound> lost(const Notes& notes, const Route& route, std::vector<Way>& ways) const;
  Promise extended(Bound bound, int64_t at_ns, const Route& route, std::vector<Way> ways) const;
  bool still_noticed(const Route& route, int64_t at_ns) const;
  Bound detection(const Way& way, int64_t at_ns) const;
  Bound follow(Bound bound) const;
  Duration propagation() const;
  bool sessions() const { return s_.control.routes == ControlOptions::Routes::bgp; }

  const RunRecord& record_;
  const Scenario& s_;
  Ways ways_;
};

}  // namespace erbium::cp
