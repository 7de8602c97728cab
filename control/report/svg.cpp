#include "control/report/svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "control/report/format.h"

namespace erbium::cp {
namespace {

constexpr std::array kGood = {"Established", "Up", "up"};
constexpr std::array kBad = {"Idle", "Down", "down", "silent"};
constexpr size_t kPoints = 300;
constexpr int64_t kBarWidth = 1'000'000;  // of the bars: millionths of the run

std::string num(double v) {
  std::string text = std::to_string(v);  // six decimals
  text.erase(text.find('.') + 2);
  if (text.ends_with(".0")) text.erase(text.size() - 2);
  return text;
}

double part(int64_t at_ns, const Report& report, double of) {
  return report.duration_ns == 0
             ? 0
             : std::clamp(static_cast<double>(at_ns) / static_cast<double>(report.duration_ns), 0.0,
                          1.0) *
                   of;
}

std::string event_lines(const Report& report, double width, double height) {
  std::string out;
  for (const ReportEvent& event : report.events) {
    const std::string x = num(part(event.at_ns, report, width));
    out += "<line class=\"event-line\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"0\" y2=\"" +
           num(height) + "\"><title>" + escaped(event.what + " " + event.target) +
           "</title></line>";
  }
  return out;
}

// The line of one series in a box of 1000 x 100.
std::string series_path(const std::vector<int64_t>& values, int64_t top, bool steps,
                        const Report& report) {
  const size_t step = std::max<size_t>(1, (values.size() + kPoints - 1) / kPoints);
  std::string out;
  bool drawing = false;
  for (size_t i = 0; i < values.size(); i += step) {
    const size_t end = std::min(i + step, values.size());
    const int64_t value = *std::max_element(values.begin() + static_cast<ptrdiff_t>(i),
                                            values.begin() + static_cast<ptrdiff_t>(end));
    if (value == kNever) {
      drawing = false;
      continue;
    }
    const auto x = [&](size_t bins, int64_t halves) {
      return num(part(static_cast<int64_t>(bins) * report.bin_ns / halves, report, 1000));
    };
    const std::string y = num(100 - 100 * static_cast<double>(value) / static_cast<double>(top));
    if (!steps)
      out += (drawing ? "L" : "M") + x(i + end, 2) + " " + y;
    else
      out += (drawing ? "V" + y : "M" + x(i, 1) + " " + y) + "H" + x(end, 1);
    drawing = true;
  }
  return out;
}

std::string shortened(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end--;  // whole UTF-8
  return text.substr(0, end) + "\u2026";
}

// ---- topology ----

constexpr int kBoxWidth = 172, kBoxHeight = 46, kGap = 214, kRow = 96, kMargin = 12;

struct Place {
  int x = 0, y = 0;  // of the box's middle
};

struct Layout {
  std::vector<Place> places;
  int width = 0, height = 0;
};

Layout layout(const Report& report) {
  std::map<TopologyNode::Kind, std::vector<size_t>> columns;
  for (size_t i = 0; i < report.nodes.size(); i++) columns[report.nodes[i].kind].push_back(i);
  size_t rows = 1;
  for (const auto& [kind, nodes] : columns) rows = std::max(rows, nodes.size());
  Layout out{.places = std::vector<Place>(report.nodes.size())};
  out.height = static_cast<int>(rows) * kRow - (kRow - kBoxHeight) + 2 * kMargin;
  int x = kMargin + kBoxWidth / 2;
  for (const auto& [kind, nodes] : columns) {
    const int above = out.height / 2 - static_cast<int>(nodes.size() - 1) * kRow / 2;
    for (size_t i = 0; i < nodes.size(); i++)
      out.places[nodes[i]] = {x, above + static_cast<int>(i) * kRow};
    out.width = x + kBoxWidth / 2 + kMargin;
    x += kBoxWidth + kGap;
  }
  return out;
}

std::string text_at(int x, int y, const char* css, const std::string& text, size_t most) {
  const std::string title =
      text.size() > most ? "<title>" + escaped(text) + "</title>" : std::string();
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" class=\"" + css +
         "\" text-anchor=\"middle\">" + title + escaped(shortened(text, most)) + "</text>";
}

// Where on a link its words stand, in percent: away from the node at which links come together, if
// they are short enough to move.
int words_at(const TopologyLink& link, const Report& report) {
  const auto shared = [&](size_t TopologyLink::*end) {
    return std::count_if(report.topology.begin(), report.topology.end(),
                         [&](const TopologyLink& l) { return l.*end == link.*end; }) > 1;
  };
  if (link.name.size() > 20) return 50;
  return 50 + (shared(&TopologyLink::from) ? 10 : 0) - (shared(&TopologyLink::to) ? 10 : 0);
}

std::string link_svg(const Report& report, size_t index, size_t parallel, const Layout& at) {
  const TopologyLink& link = report.topology[index];
  const Place from = at.places.at(link.from), to = at.places.at(link.to);
  // Links between the same two nodes are drawn below each other.
  const int shift = static_cast<int>(parallel) * 26;
  const int y1 = from.y + shift, y2 = to.y + shift;
  const int x1 = from.x + (from.x < to.x ? kBoxWidth / 2 : from.x > to.x ? -kBoxWidth / 2 : 0);
  const int x2 = to.x + (from.x < to.x ? -kBoxWidth / 2 : from.x > to.x ? kBoxWidth / 2 : 0);
  const std::string state = link.states.empty() ? "up" : link.states.back().state;
  std::string out =
      "<g id=\"link-" + std::to_string(index) + "\" class=\"" + css_class(kind_of(state)) + "\">";
  out += "<line x1=\"" + std::to_string(x1) + "\" y1=\"" + std::to_string(y1) + "\" x2=\"" +
         std::to_string(x2) + "\" y2=\"" + std::to_string(y2) + "\"/>";
  const int percent = words_at(link, report);
  const int x = x1 + (x2 - x1) * percent / 100, y = y1 + (y2 - y1) * percent / 100;
  // Along the line, so that it runs between the words at any slope.
  const long angle = std::lround(std::atan2(y2 - y1, x2 - x1) * 180 / std::numbers::pi);
  out += "<g transform=\"rotate(" + std::to_string(angle) + " " + std::to_string(x) + " " +
         std::to_string(y) + ")\">";
  out += text_at(x, y - 7, "label", link.name, 26);
  return out + text_at(x, y + 17, "label word", state, 26) + "</g></g>";
}

}  // namespace

int64_t Plot::greatest() const {
  int64_t out = 0;
  for (const PlotSeries& s : series)
    for (const auto* values : {&s.values, &s.upper})
      for (const int64_t v : *values) out = std::max(out, v);
  return out;
}

int64_t Plot::top() const {
  const int64_t value = greatest() + greatest() / 25;
  for (int64_t decade = 1; decade <= 100'000'000'000'000'000; decade *= 10)
    for (const int64_t tenths : {10, 12, 15, 20, 25, 30, 40, 50, 60, 80})
      if (decade * tenths / 10 >= std::max<int64_t>(value, 1)) return decade * tenths / 10;
  return value;
}

std::string value_text(int64_t value, const std::string& unit) {
  if (unit == "ns") return duration_text(value);
  const std::string text = rate_text(static_cast<uint64_t>(value));
  if (unit == "bit/s") return text;
  return grouped_text(static_cast<uint64_t>(value)) + "/s";
}

StateKind kind_of(const std::string& state) {
  const auto is = [&](const char* word) { return state == word; };
  if (std::any_of(kGood.begin(), kGood.end(), is)) return StateKind::good;
  return std::any_of(kBad.begin(), kBad.end(), is) ? StateKind::bad : StateKind::fair;
}

const char* css_class(StateKind kind) {
  return kind == StateKind::good ? "good" : kind == StateKind::bad ? "bad" : "fair";
}

std::span<const char* const> good_states() { return kGood; }
std::span<const char* const> bad_states() { return kBad; }

std::string series_class(size_t series) { return "s" + std::to_string(series % kSeriesColours); }

std::string plot_svg(const Plot& plot, const Report& report) {
  const int64_t top = plot.top();
  std::string out = "<div class=\"static\"><span class=\"top\">" +
                    escaped(value_text(top, plot.unit)) + "</span><span class=\"zero\">0</span>";
  out += "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" +
         escaped(plot.title) + "\">" + event_lines(report, 1000, 100);
  for (size_t i = 0; i < plot.series.size(); i++) {
    const PlotSeries& series = plot.series[i];
    const std::string css = series_class(i);
    if (plot.band())
      out += "<path class=\"" + css + " upper\" d=\"" +
             series_path(series.upper, top, plot.step, report) + "\"/>";
    out += "<path class=\"" + css + "\" d=\"" + series_path(series.values, top, plot.step, report) +
           "\"><title>" + escaped(series.name) + "</title></path>";
  }
  return out + "</svg></div>";
}

std::string states_svg(const ReportSession& session, const Report& report) {
  std::string out = "<svg class=\"state\" viewBox=\"0 0 " + std::to_string(kBarWidth) +
                    " 18\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" +
                    escaped(session.kind + " " + session.name) + "\">";
  for (size_t i = 0; i < session.states.size(); i++) {
    const StateChange& change = session.states[i];
    const int64_t until =
        i + 1 < session.states.size() ? session.states[i + 1].at_ns : report.duration_ns;
    const double x = part(change.at_ns, report, kBarWidth);
    const double width = part(until, report, kBarWidth) - x;
    if (width <= 0) continue;
    // Height tells the kinds apart where colour does not.
    const StateKind kind = kind_of(change.state);
    const int height = kind == StateKind::good ? 16 : kind == StateKind::fair ? 10 : 4;
    out += "<rect class=\"" + std::string(css_class(kind)) + "\" x=\"" + num(x) + "\" y=\"" +
           std::to_string(17 - height) + "\" width=\"" + num(width) + "\" height=\"" +
           std::to_string(height) + "\"><title>" +
           escaped(change.state + " from " + time_text(change.at_ns - report.replay_start_ns) +
                   " to " + time_text(until - report.replay_start_ns)) +
           "</title></rect>";
  }
  return out + event_lines(report, kBarWidth, 18) + "</svg>";
}

std::string topology_svg(const Report& report) {
  const Layout at = layout(report);
  // Not narrower than its words can be read.
  std::string out = "<svg class=\"topology\" style=\"--least:" + std::to_string(at.width * 4 / 5) +
                    "px\" viewBox=\"0 0 " + std::to_string(at.width) + " " +
                    std::to_string(at.height) + "\" role=\"img\" aria-label=\"Topology\">";
  std::map<std::pair<size_t, size_t>, size_t> between;
  for (size_t i = 0; i < report.topology.size(); i++) {
    const TopologyLink& link = report.topology[i];
    out += link_svg(report, i, between[{link.from, link.to}]++, at);
  }
  for (size_t i = 0; i < report.nodes.size(); i++) {
    const Place p = at.places[i];
    const TopologyNode& node = report.nodes[i];
    out += "<rect x=\"" + std::to_string(p.x - kBoxWidth / 2) + "\" y=\"" +
           std::to_string(p.y - kBoxHeight / 2) + "\" width=\"" + std::to_string(kBoxWidth) +
           "\" height=\"" + std::to_string(kBoxHeight) + "\" rx=\"4\"/>";
    out += text_at(p.x, node.detail.empty() ? p.y + 5 : p.y - 3, "name", node.name, 20);
    if (!node.detail.empty()) out += text_at(p.x, p.y + 14, "soft", node.detail, 24);
  }
  return out + "</svg>";
}

}  // namespace erbium::cp
