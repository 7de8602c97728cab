// How long theory lets traffic be out after an event of the timeline, from the timers of the
// protocols and the delays between routers; or why there is no such bound. The formulas stand in
// docs/report.md.
#pragma once

#include <optional>
#include <string>

#include "control/report/report.h"
#include "control/scenario/record.h"

namespace erbium::cp {

class Bounds {
 public:
  // The record must outlive it.
  explicit Bounds(const RunRecord& record) : record_(record), s_(record.scenario) {}

  struct EventBound {
    std::optional<Bound> bound;
    std::string why_none;  // where there is no bound
  };
  EventBound of(const ReportEvent& event) const;
  // Of the stages of convergence that have one.
  std::vector<StageBound> stages(const ReportEvent& event) const;

 private:
  enum class Kind { detected, told, added, loaded, impaired, muted, restarted, withdrawn };
  Kind kind_of(const ReportEvent& event) const;
  const TimelineEvent* file_event(const ReportEvent& event) const;
  bool hits(const TimelineEvent& event, const CircuitLinkInfo& link) const;
  bool leaves_a_path(const ReportEvent& event) const;
  bool exceeds_limit(const ReportEvent& event) const;
  const Peering* peering_of(const ReportEvent& event) const;
  std::optional<Bound> detection(const ReportEvent& event) const;
  Bound follow(Bound bound) const;
  bool sessions() const { return s_.control.routes == ControlOptions::Routes::bgp; }

  const RunRecord& record_;
  const Scenario& s_;
};

}  // namespace erbium::cp
