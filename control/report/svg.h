// The report's drawings as inline SVG, readable without scripts: plots over time, session bars and
// the topology. Colours come from the page's style by class.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "control/report/report.h"

namespace erbium::cp {

// That the page's style has colours for; further ones begin again.
constexpr size_t kSeriesColours = 8;
std::string series_class(size_t series);

// Values by bin; kNever: none. upper: of a band above the values, or empty.
struct PlotSeries {
  std::string name;
  std::vector<int64_t> values, upper;
};

struct Plot {
  std::string title, note;
  std::string unit;  // "bit/s", "packets/s" or "ns"
  std::vector<PlotSeries> series;
  bool step = false;    // a value holds for its whole bin
  size_t left_out = 0;  // series that were too many

  bool band() const { return !series.empty() && !series.front().upper.empty(); }
  int64_t greatest() const;
  // Of the axis: a round number a little above the greatest value; at least 1.
  int64_t top() const;
};
std::string value_text(int64_t value, const std::string& unit);

enum class StateKind { good, fair, bad };
StateKind kind_of(const std::string& state);
const char* css_class(StateKind kind);
// The words behind the kinds; every other state is fair.
std::span<const char* const> good_states();
std::span<const char* const> bad_states();

// At most 300 points a series, each the greatest of its bins.
std::string plot_svg(const Plot& plot, const Report& report);
// A bar; of links too.
std::string states_svg(const ReportSession& session, const Report& report);
// The states at the end of the run.
std::string topology_svg(const Report& report);

}  // namespace erbium::cp
