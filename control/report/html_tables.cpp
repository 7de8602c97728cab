#include "control/report/html_tables.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "control/report/format.h"
#include "control/report/html_cells.h"
#include "control/report/svg.h"

namespace erbium::cp {

namespace {

using namespace html;

constexpr uint32_t kParts[] = {0, 500'000, 990'000, 999'000, 1'000'000};  // per million

std::string when(const Report& report, int64_t ns) {
  return time_text(ns - report.replay_start_ns);
}

HtmlCell verdict_cell(Verdict verdict) {
  if (verdict == Verdict::none) return {"\u2013"};
  const bool good = verdict == Verdict::within;
  return {std::string("<span class=\"mark ") + (good ? "good" : "bad") + "\">" +
          (good ? "\u2713 " : "\u2717 ") + name(verdict) + "</span>"};
}

HtmlRow event_cells(const Report& report, size_t event, bool first) {
  if (!first) return {{""}, {""}};
  const ReportEvent& e = report.events[event];
  return {number(std::to_string(event + 1)), with_small(whole(e.what), e.target)};
}

HtmlRow operator+(HtmlRow a, HtmlRow b) {
  std::move(b.begin(), b.end(), std::back_inserter(a));
  return a;
}

// Link by link.
std::string path_html(const std::string& path) {
  std::string out;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find(", ", at), path.size());
    out += (out.empty() ? "" : ", ") + unbroken(path.substr(at, end - at));
    at = end + 2;
  }
  return out.empty() ? unbroken("") : out;
}

HtmlCell path_cell(const ReportImpact& i) {
  if (i.before == i.after || i.impact.sent == 0) return {"unchanged"};
  if (i.before.empty()) return {path_html(i.after)};  // nothing had arrived before
  return {path_html(i.before) + " \u2192 " + path_html(i.after)};
}

HtmlCell outage_cell(const Impact& impact) {
  if (!impact.longest) return number("none");
  const Gap& gap = *impact.longest;
  const bool open = gap.open_begin || gap.open_end;
  std::string small = "proven " + rounded_duration_text(gap.at_least_ns);
  if (impact.gaps > 1)
    small += ", " + grouped_text(impact.gaps) + " gaps, " +
             rounded_duration_text(impact.outage_sum_ns) + " in all";
  return with_small(number((open ? "\u2265\u00a0" : "") + rounded_duration_text(gap.outage_ns())),
                    small);
}

HtmlCell control_cell(const std::optional<ControlOutage>& control) {
  if (!control) return number("\u2013");
  if (control->outage_ns == 0) return number("none");
  const HtmlCell cell =
      number((control->open_end ? "\u2265\u00a0" : "") + rounded_duration_text(control->outage_ns));
  const bool later = !control->open_end && control->until_ns != control->outage_ns;
  return with_small(cell,
                    later ? "back " + rounded_duration_text(control->until_ns) + " after" : "");
}

HtmlCell bound_cell(const std::optional<Bound>& bound) {
  if (!bound) return {"\u2013", "n"};
  std::string range = duration_text(bound->at_most_ns);
  if (bound->at_least_ns > 0 && bound->at_least_ns != bound->at_most_ns)
    range = duration_text(bound->at_least_ns) + " to " + range;
  else if (bound->at_least_ns == 0)
    range = "\u2264\u00a0" + range;
  return with_small(number(range), bound->text);
}

// A flow's name breaks between its ends.
HtmlCell stream_cell(const ReportStream& stream) {
  if (stream.kind == ReportStream::Kind::probe)
    return with_small(whole(stream.name), stream.detail);
  const size_t to = stream.name.find(" > ");
  if (to == std::string::npos) return text(stream.name);
  return {unbroken(stream.name.substr(0, to)) + " " + unbroken(stream.name.substr(to + 1))};
}

HtmlCell impact_bound_cell(const ReportImpact& i) {
  const std::string& why = i.why_no_bound;
  return i.bound || why.empty() ? bound_cell(i.bound) : with_small(number("none"), why);
}

HtmlRow impact_cells(const Report& report, const ReportImpact& i) {
  return {stream_cell(report.streams[i.stream]),
          outage_cell(i.impact),
          control_cell(i.control),
          impact_bound_cell(i),
          verdict_cell(i.verdict),
          count(i.impact.lost),
          count(i.impact.reordered),
          count(i.impact.duplicated),
          path_cell(i)};
}

// What an event did, stream by stream; those that it did not touch share a row.
void add_outages(Table& table, const Report& report, size_t event) {
  bool first = true, tables_known = true;  // of those that it did not touch
  std::string untouched;
  size_t flows = 0;
  for (const ReportImpact& i : report.impacts) {
    if (i.event != event) continue;
    if (touched(i) || (i.control && i.control->outage_ns > 0)) {
      table.add(event_cells(report, event, first) + impact_cells(report, i), first);
      first = false;
      continue;
    }
    if (i.impact.sent == 0) continue;
    tables_known = tables_known && i.control;
    if (report.streams[i.stream].kind == ReportStream::Kind::probe)
      untouched += (untouched.empty() ? "" : ", ") + unbroken(report.streams[i.stream].name);
    else
      flows++;
  }
  if (flows > 0)
    untouched +=
        (untouched.empty() ? "" : ", ") + grouped_text(flows) + (flows == 1 ? " flow" : " flows");
  if (untouched.empty()) return;
  table.add(event_cells(report, event, first) + HtmlRow{{untouched},
                                                        number("none"),
                                                        number(tables_known ? "none" : "\u2013"),
                                                        {"\u2013", "n"},
                                                        {"\u2013"},
                                                        count(0),
                                                        count(0),
                                                        count(0),
                                                        text("unchanged")},
            first);
}

}  // namespace

std::string expectations_html(const Report& report) {
  Table table({{"Expectation"}, {"Measured"}, {"Result"}});
  for (const ReportExpectation& e : report.expectations)
    table.add(
        {text(e.text),
         whole(e.measured),
         {e.passed ? "<span class=\"mark good\">\u2713 met</span>"
                   : "<span class=\"mark bad\">\u2717 missed " + escaped(e.missed) + "</span>"}});
  return table.empty() ? "" : section("expectations", "Expectations", "", table.html());
}

std::string events_html(const Report& report) {
  Table table({{"#", "n"}, {"Time", "n"}, {"Event"}, {"Target"}});
  for (size_t i = 0; i < report.events.size(); i++)
    table.add({number(std::to_string(i + 1)), number(when(report, report.events[i].at_ns)),
               whole(report.events[i].what), text(report.events[i].target)});
  return table.empty() ? "" : section("events", "Events", "", table.html());
}

std::string outages_html(const Report& report) {
  Table table({{"#", "n"},
               {"Event"},
               {"Stream"},
               {"Outage", "n"},
               {"No route", "n"},
               {"Bound", "n"},
               {"Verdict"},
               {"Lost", "n"},
               {"Reord.", "n"},
               {"Dup.", "n"},
               {"Path"}});
  for (size_t event = 0; event < report.events.size(); event++) add_outages(table, report, event);
  if (table.empty()) return "";
  return section(
      "outages", "Outages",
      "In the time of sending: from the last packet that arrived before the longest gap to the "
      "first that arrived behind it; the true outage lies between the proven time (first to last "
      "lost packet) and this. No route: until the routers' tables carried the stream "
      "again, over links that are up. A verdict fails only on what is proven. A gap "
      "belongs to the latest event before it began.",
      table.html());
}

std::string convergence_html(const Report& report) {
  Table table({{"#", "n"},
               {"Event"},
               {"Stage"},
               {"Time", "n"},
               {"First after", "n"},
               {"Last after", "n"},
               {"Bound of the last", "n"},
               {"Verdict"}});
  for (const ReportConvergence& c : report.convergence)
    for (size_t i = 0; i < c.stages.size(); i++) {
      const StageTime& s = c.stages[i];
      const bool once = s.last_after_event_ns == s.after_event_ns;
      const std::string what = once ? s.what : s.what + "; last: " + s.last_what;
      table.add(event_cells(report, c.event, i == 0) +
                    HtmlRow{with_small(whole(name(s.stage)), what), number(when(report, s.at_ns)),
                            duration(s.after_event_ns),
                            once ? number("\u2013") : duration(s.last_after_event_ns),
                            bound_cell(s.bound), verdict_cell(s.verdict)},
                i == 0);
    }
  if (table.empty()) return "";
  return section("convergence", "Convergence",
                 "When each stage was first and last reached after an event, anywhere; bounds "
                 "count from the event and hold for the last.",
                 table.html());
}

std::string sessions_html(const Report& report) {
  Table table({{"Session"}, {"Type"}, {"At the end"}, {"Changes", "n"}, {"Last change", "n"}});
  Table changes({{"Session"}, {"Type"}, {"Time", "n"}, {"State"}});
  for (const ReportSession& s : report.sessions) {
    const bool any = !s.states.empty();
    const std::string state = any ? s.states.back().state : "none";
    table.add({whole(s.name),
               whole(s.kind),
               {"<span class=\"mark " + std::string(css_class(kind_of(state))) + "\">" +
                escaped(state) + "</span>"},
               count(any ? s.states.size() - 1 : 0),
               number(s.states.size() > 1 ? when(report, s.states.back().at_ns) : "\u2013")});
    for (const StateChange& change : s.states)
      changes.add(
          {whole(s.name), whole(s.kind), number(when(report, change.at_ns)), whole(change.state)},
          &change == &s.states.front());
  }
  if (table.empty()) return "";
  return section("sessions", "Sessions", "",
                 table.html() + "<details><summary>All changes of state</summary>" +
                     changes.html() + "</details>");
}

std::string streams_html(const Report& report) {
  const HtmlRow head = {{"Stream"},
                        {"Sent", "n"},
                        {"Received", "n"},
                        {"Lost", "n"},
                        {"On their way", "n"},
                        {"Duplicated", "n"},
                        {"Reordered", "n"},
                        {"Longest outage", "n"},
                        {"Latency min", "n"},
                        {"p50", "n"},
                        {"p99", "n"},
                        {"p99.9", "n"},
                        {"max", "n"}};
  Table probes(head), flows(head);
  for (const ReportStream& s : report.streams) {
    const StreamTotals& t = s.totals;
    HtmlRow row = {
        stream_cell(s),     count(t.sent),
        count(t.received),  count(t.lost),
        count(t.in_flight), count(t.duplicated),
        count(t.reordered), t.lost == 0 ? number("none") : duration(t.longest_outage_ns)};
    for (const uint32_t part : kParts)
      row.push_back(t.latency.count() == 0 ? number("\u2013")
                                           : duration(t.latency.percentile(part)));
    (s.kind == ReportStream::Kind::probe ? probes : flows).add(row);
  }
  std::string out = probes.empty() ? "" : section("streams", "Streams", "", probes.html());
  if (!flows.empty())
    out += section("flows", "Flows of the captures",
                   "Those with the most packets, most first; the others are summed by the port "
                   "they enter by.",
                   flows.html());
  return out;
}

// Before the event, until its last gap ended and the path had changed, and from then on.
std::string windows_html(const Report& report) {
  Table table({{"#", "n"},
               {"Event"},
               {"Stream"},
               {"When"},
               {"Received", "n"},
               {"Latency min", "n"},
               {"p50", "n"},
               {"p99", "n"},
               {"p99.9", "n"},
               {"max", "n"}});
  size_t shown = report.events.size();
  for (const ReportImpact& impact : report.impacts) {
    bool named = false;
    const std::pair<const char*, const Histogram*> times[] = {{"before", &impact.latency_before},
                                                              {"during", &impact.impact.unsettled},
                                                              {"after", &impact.impact.settled}};
    if (impact.impact.unsettled.count() == 0 && !touched(impact)) continue;
    for (const auto& [when, latency] : times) {
      if (latency->count() == 0) continue;
      const bool first = std::exchange(shown, impact.event) != impact.event;
      HtmlRow row = event_cells(report, impact.event, first) +
                    HtmlRow{named ? HtmlCell{""} : stream_cell(report.streams[impact.stream]),
                            text(when), count(latency->count())};
      for (const uint32_t part : kParts) row.push_back(duration(latency->percentile(part)));
      table.add(row, first);
      named = true;
    }
  }
  if (table.empty()) return "";
  return "<details><summary>Latency before, during and after each event</summary>\n<p "
         "class=\"note\">Of packets sent since the event before was over; until the last gap ended "
         "and the path had changed; from then on. Streams that the event touched.</p>\n" +
         table.html() + "</details>\n";
}

}  // namespace erbium::cp
