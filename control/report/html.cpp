#include "control/report/html.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/report/assets.h"
#include "control/report/format.h"
#include "control/report/html_tables.h"
#include "control/report/plots.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;

// Every {{name}} of the page by its value; values are not looked into.
std::string filled(std::string_view page,
                   const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out;
  while (true) {
    const size_t open = page.find("{{");
    out += page.substr(0, open);
    if (open == std::string_view::npos) return out;
    const size_t close = page.find("}}", open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    for (const auto& [key, value] : values)
      if (key == name) out += value;
    page.remove_prefix(close + 2);
  }
}

// At round times of the replay, four to ten of them.
std::string ticks(const Report& report) {
  const int64_t first = -report.replay_start_ns, last = report.duration_ns + first;
  int64_t step = 1;
  for (int64_t decade = 1; decade < 1'000'000'000'000'000'000 / 5 && step * 10 < report.duration_ns;
       decade *= 10)
    for (const int64_t factor : {1, 2, 5})
      if (step * 10 < report.duration_ns) step = decade * factor;
  std::string out = "<div class=\"ticks\">";
  for (int64_t at = first / step * step; at <= last; at += step) {
    if (at < first || report.duration_ns == 0) continue;
    const int64_t per_mille = (at - first) / std::max<int64_t>(1, report.duration_ns / 1000);
    out += "<span style=\"left:" + std::to_string(per_mille / 10) + "." +
           std::to_string(per_mille % 10) + "%\">" + duration_text(at) + "</span>";
  }
  return out + "</div>";
}

// The events' numbers over a plot; those that would overlap share one.
std::string flags(const Report& report) {
  constexpr int64_t kApart = 25, kJoinedApart = 50;  // per mille
  std::string out;
  for (size_t i = 0; i < report.events.size();) {
    const auto place = [&](size_t event) {
      const int64_t length = std::max<int64_t>(1, report.duration_ns / 1000);
      return std::clamp<int64_t>(report.events[event].at_ns / length, 0, 1000);
    };
    const size_t first = i++;
    while (i < report.events.size() &&
           place(i) - place(first) < (i - first > 1 ? kJoinedApart : kApart))
      i++;
    out += "<span style=\"left:" + std::to_string(place(first) / 10) + "." +
           std::to_string(place(first) % 10) + "%\">" + std::to_string(first + 1) +
           (i - first > 1 ? "\u2013" + std::to_string(i) : "") + "</span>";
  }
  return out.empty() ? "" : "<div class=\"flags\">" + out + "</div>";
}

std::string left_out(const Plot& plot) {
  if (plot.left_out == 0) return "";
  return "<p class=\"note\">Those with the greatest values; " + grouped_text(plot.left_out) +
         " are left out.</p>";
}

std::string plots_html(const std::vector<Plot>& plots, const Report& report) {
  std::string rows, quiet;
  size_t index = 0;
  for (const Plot& plot : plots) {
    if (plot.series.empty()) {
      if (!plot.note.empty()) quiet += (quiet.empty() ? "" : " ") + plot.note;
      continue;
    }
    std::vector<std::string> names;
    for (const PlotSeries& series : plot.series) names.push_back(series.name);
    std::string drawn = plot_svg(plot, report);
    drawn.insert(drawn.size() - std::string_view("</div>").size(), ticks(report) + flags(report));
    rows += "<div class=\"row\" id=\"plot-" + std::to_string(index++) + "\"><div><h3>" +
            escaped(plot.title) + "</h3>" + legend(names, plot.band() ? "band" : "") +
            left_out(plot) + "</div><div class=\"plot\">" + drawn +
            "<div class=\"live\"></div></div></div>\n";
  }
  std::string out;
  if (!rows.empty())
    out =
        "<section id=\"time\"><h2>Over time</h2>\n<p class=\"note\">Dashed lines are the events, "
        "by number<span class=\"scripted\">. Drag to zoom, double-click to see all</span>."
        "</p>\n" +
        rows;
  if (!rows.empty() && !quiet.empty()) out += "<p class=\"note\">" + quiet + "</p>\n";
  return out + (rows.empty() ? "" : "</section>\n");
}

// Sessions, and links that were not up all the time.
std::vector<ReportSession> bars(const Report& report) {
  std::vector<ReportSession> out = report.sessions;
  for (const TopologyLink& link : report.topology)
    if (link.states.size() > 1)
      out.push_back({.name = link.name, .kind = "link", .states = link.states});
  return out;
}

std::string bars_html(const std::vector<ReportSession>& all, const Report& report) {
  if (all.empty()) return "";
  std::string out =
      "<section id=\"states\" class=\"bars\"><h2>States of sessions and links</h2>\n"
      "<p class=\"note\">Tall: Established or up; middle: on the way; low: Idle or down.</p>\n";
  for (size_t i = 0; i < all.size(); i++) {
    const ReportSession& s = all[i];
    std::string kind = s.kind;
    if (kind != "link")
      std::transform(kind.begin(), kind.end(), kind.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    out += "<div class=\"row bar\"><div>" + escaped(kind + " " + s.name) +
           " <span class=\"soft\" id=\"session-" + std::to_string(i) + "\"></span></div>" +
           states_svg(s, report) + "</div>\n";
  }
  return out + "<div class=\"row bar\"><div></div>" + ticks(report) + "</div></section>\n";
}

std::string topology_html(const Report& report) {
  if (report.nodes.empty()) return "";
  return "<section id=\"topology\"><h2>Topology</h2>\n<p class=\"note\">States <span id=\"moment\">"
         "at the end of the run</span>.</p>\n<div class=\"scroll\">" +
         topology_svg(report) + "</div></section>\n";
}

std::string figure(const std::string& what, const std::string& value) {
  return "<div><dt>" + what + "</dt><dd>" + escaped(value) + "</dd></div>";
}

std::string figures(const Report& report) {
  StreamTotals all;
  for (const ReportStream& s : report.streams) {
    all.sent += s.totals.sent;
    all.lost += s.totals.lost;
    all.longest_outage_ns = std::max(all.longest_outage_ns, s.totals.longest_outage_ns);
    all.latency.merge(s.totals.latency);
  }
  if (report.streams.empty()) return "";
  std::string out = "<dl class=\"figures\">";
  out += figure("longest outage",
                all.lost == 0 ? "none" : rounded_duration_text(all.longest_outage_ns));
  out += figure("packets lost", grouped_text(all.lost) + " of " + grouped_text(all.sent));
  if (all.latency.count() > 0) {
    out += figure("latency, median", rounded_duration_text(all.latency.percentile(500'000)));
    out += figure("latency, 99.9 %", rounded_duration_text(all.latency.percentile(999'000)));
  }
  return out + "</dl>";
}

std::string verdict_html(const Report& report) {
  std::string out;
  if (report.partial) out += "<p class=\"overall fair\">Interrupted: what follows ends early.</p>";
  for (const std::string& remark : report.remarks)
    out += "<p class=\"overall fair\">" + escaped(remark) + ".</p>";
  if (report.expectations.empty()) return out;
  size_t missed = 0;
  for (const ReportExpectation& e : report.expectations) missed += e.passed ? 0 : 1;
  const size_t n = report.expectations.size();
  if (missed == 0)
    return out + "<p class=\"overall good\">\u2713 " +
           (n == 1 ? "The expectation was met."
                   : "All " + grouped_text(n) + " expectations were met.") +
           "</p>";
  return out + "<p class=\"overall bad\">\u2717 " + grouped_text(missed) + " of " +
         grouped_text(n) +
         (n == 1 ? " expectation was missed.</p>" : " expectations were missed.</p>");
}

Json states_json(const std::vector<StateChange>& states) {
  Json out = Json::array();
  for (const StateChange& s : states) out.push_back({s.at_ns, s.state});
  return out;
}

Json values_json(const std::vector<int64_t>& values) {
  Json out = Json::array();
  for (const int64_t v : values) out.push_back(v == kNever ? Json() : Json(v));
  return out;
}

Json plot_json(const Plot& plot) {
  Json series = Json::array();
  for (const PlotSeries& s : plot.series) {
    series.push_back({{"name", s.name}, {"values", values_json(s.values)}});
    if (plot.band()) series.back()["upper"] = values_json(s.upper);
  }
  return {{"unit", plot.unit},
          {"band", plot.band()},
          {"step", plot.step},
          {"top", plot.top()},
          {"series", series}};
}

std::string data_json(const std::vector<Plot>& plots, const std::vector<ReportSession>& states,
                      const Report& report) {
  Json out = {{"duration_ns", report.duration_ns},
              {"replay_start_ns", report.replay_start_ns},
              {"bin_ns", report.bin_ns},
              {"colours", kSeriesColours},
              {"good", good_states()},
              {"bad", bad_states()}};
  for (const char* key : {"events", "plots", "topology", "sessions"}) out[key] = Json::array();
  for (const ReportEvent& e : report.events)
    out["events"].push_back({{"at", e.at_ns}, {"text", e.what + " " + e.target}});
  for (const Plot& plot : plots)
    if (!plot.series.empty()) out["plots"].push_back(plot_json(plot));
  for (const TopologyLink& link : report.topology)
    out["topology"].push_back(states_json(link.states));
  for (const ReportSession& s : states) out["sessions"].push_back(states_json(s.states));
  return script_safe(out.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string report_html(const Report& report) {
  const std::vector<Plot> plots = report_plots(report);
  const std::vector<ReportSession> states = bars(report);
  const std::string body = figures(report) + expectations_html(report) + topology_html(report) +
                           plots_html(plots, report) + bars_html(states, report) +
                           outages_html(report) + convergence_html(report) + events_html(report) +
                           streams_html(report) + windows_html(report) + latencies_html(report) +
                           links_html(report) + drops_html(report) + sessions_html(report);
  return filled(
      kReportPage,
      {{"title", escaped(report.scenario)},
       {"run", escaped("seed " + std::to_string(report.seed) + ", " +
                       duration_text(report.duration_ns) + " of scenario time" +
                       (report.replay_start_ns == 0 ? ""
                                                    : "; times count from the replay's start, " +
                                                          duration_text(report.replay_start_ns) +
                                                          " behind its beginning"))},
       {"verdict", verdict_html(report)},
       {"body", body},
       {"footer", "Written by erbium " + escaped(report.version) +
                      ". Plots by dygraphs (MIT licence). This file loads nothing."},
       {"data", data_json(plots, states, report)},
       {"dygraphs_style", std::string(kDygraphsStyle)},
       {"style", std::string(kReportStyle)},
       {"dygraphs", std::string(kDygraphsScript)},
       {"script", std::string(kReportScript)}});
}

}  // namespace erbium::cp
