#include "control/report/failover_table.h"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "control/report/format.h"
#include "control/report/table.h"

namespace erbium::cp {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr size_t kFlows = 8;  // shown of the captures; failover.json has more

std::string milliseconds(int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(ns / 1'000'000),
                static_cast<long long>(ns % 1'000'000 / 1000));
  return text;
}

std::string seconds(int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld s", static_cast<long long>(ns / 1'000'000'000),
                static_cast<long long>(ns % 1'000'000'000 / 1'000'000));
  return text;
}

// Terminals that count bytes would misalign the table behind it.
std::string ascii(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text.compare(i, 2, "\u00d7") == 0)
      out += "x", i++;
    else if (text.compare(i, 2, "\u00a0") == 0)
      out += " ", i++;
    else if (text.compare(i, 2, "\u00b5") == 0)
      out += "u", i++;
    else
      out += text[i];
  }
  return out;
}

// A line, or two where one would be too long.
std::string line(const std::string& indent, const std::string& first, const std::string& second) {
  if (second.empty()) return indent + first + "\n";
  if (indent.size() + first.size() + 1 + second.size() <= kTerminalWidth)
    return indent + first + " " + second + "\n";
  return indent + first + "\n" + std::string(indent.size() + 2, ' ') + second + "\n";
}

std::string outage_text(const Impact& impact) {
  if (!impact.longest) return "-";
  const Gap& gap = *impact.longest;
  return (gap.open_begin || gap.open_end ? ">=" : "") + milliseconds(gap.outage_ns());
}

std::string bound_line(const ReportImpact& i) {
  if (!i.bound) return i.why_no_bound.empty() ? "" : "  no bound: " + i.why_no_bound + "\n";
  if (i.bound->at_most_ns == 0) return line("  ", "bound 0:", ascii(i.bound->text));
  return line("  ",
              "bound " + milliseconds(i.bound->at_least_ns) + " to " +
                  milliseconds(i.bound->at_most_ns) + " ms:",
              ascii(i.bound->text));
}

std::string path(const std::string& text) { return text.empty() ? "none" : text; }

std::string path_line(const ReportImpact& i) {
  if (i.before.empty() || i.before == i.after) return "";
  return line("  ", path(i.before), "-> " + path(i.after));
}

// Every text once; where there are several, with the streams that it is about.
std::string each_once(const Report& report, const std::vector<const ReportImpact*>& rows,
                      const std::function<std::string(const ReportImpact&)>& text) {
  std::vector<std::pair<std::string, std::vector<std::string>>> texts;
  for (const ReportImpact* i : rows) {
    const std::string own = text(*i);
    if (own.empty()) continue;
    const auto known = std::find_if(texts.begin(), texts.end(),
                                    [&](const auto& other) { return other.first == own; });
    auto& streams = known == texts.end()
                        ? texts.emplace_back(own, std::vector<std::string>()).second
                        : known->second;
    streams.push_back(report.streams[i->stream].name);
  }
  std::string out;
  for (const auto& [own, streams] : texts) {
    if (texts.size() > 1)
      out += line("  ", streams.front(),
                  streams.size() > 1 ? "and " + std::to_string(streams.size() - 1) + " more" : "");
    out += own;
  }
  return out;
}

std::string event_text(const Report& report, size_t index) {
  const ReportEvent& event = report.events[index];
  std::vector<const ReportImpact*> rows;
  size_t untouched = 0, flows = 0;
  std::optional<size_t> outage;
  for (const ReportImpact& i : report.impacts) {
    if (i.event != index) continue;
    const auto earlier = in_outage_of(report, i);
    if (earlier) outage = earlier;
    if (!touched(i) && !earlier)
      untouched += i.impact.sent > 0 ? 1 : 0;
    else if (report.streams[i.stream].kind != ReportStream::Kind::flow || flows++ < kFlows)
      rows.push_back(&i);
  }
  std::string out =
      seconds(event.at_ns - report.replay_start_ns) + "  " + event.what + " " + event.target + "\n";
  if (index > 0 && report.events[index - 1].at_ns == event.at_ns)
    return out + "  at one time with the event before\n";
  if (outage)
    out += line("  ", "in the outage of event " + std::to_string(*outage + 1) + ",",
                report.events[*outage].what + " " + report.events[*outage].target);
  if (rows.empty()) return out + "  nothing was lost and no path changed\n";
  out += each_once(report, rows, bound_line);
  Rows cells = {{"  STREAM", "LOST", "DUP", "REORD", "OUTAGE ms", "VERDICT"}};
  for (const ReportImpact* i : rows)
    cells.push_back({"  " + report.streams[i->stream].name, std::to_string(i->impact.lost),
                     std::to_string(i->impact.duplicated), std::to_string(i->impact.reordered),
                     outage_text(i->impact),
                     i->verdict == Verdict::none && !i->impact.longest ? "-" : name(i->verdict)});
  out += table(cells, {true}, kTerminalWidth) + each_once(report, rows, path_line);
  if (flows > kFlows)
    out += "  " + std::to_string(flows - kFlows) + " more flows: see failover.json\n";
  if (untouched > 0) out += "  " + std::to_string(untouched) + " more untouched\n";
  return out;
}

std::string events(const Report& report) {
  std::string out;
  if (report.impacts.empty()) return out;
  for (size_t e = 0; e < report.events.size(); e++) out += event_text(report, e);
  return out;
}

std::string streams(const Report& report) {
  Rows rows = {{"STREAM", "SENT", "LOST", "DUP", "REORD", "P50 ms", "P99 ms"}};
  size_t flows = 0;
  for (const ReportStream& s : report.streams) {
    if (s.kind == ReportStream::Kind::flow && flows++ >= kFlows) continue;
    const bool any = s.totals.latency.count() > 0;
    rows.push_back({s.name, std::to_string(s.totals.sent), std::to_string(s.totals.lost),
                    std::to_string(s.totals.duplicated), std::to_string(s.totals.reordered),
                    any ? milliseconds(s.totals.latency.percentile(500'000)) : "-",
                    any ? milliseconds(s.totals.latency.percentile(990'000)) : "-"});
  }
  if (rows.size() == 1) return "";
  const std::string more =
      flows > kFlows ? std::to_string(flows - kFlows) + " more flows: see failover.json\n" : "";
  return table(rows, {true}, kTerminalWidth) + more;
}

}  // namespace

std::string expectations_text(const std::vector<ReportExpectation>& expectations,
                              const std::string& indent) {
  std::string out;
  for (const ReportExpectation& e : expectations)
    out += line(indent + (e.passed ? "ok      " : "MISSED  "), e.text,
                "is " + e.measured + (e.passed ? "" : ", missed: " + e.missed));
  return out;
}

std::string failover_table(const Report& report) {
  std::string out;
  for (const std::string& part :
       {streams(report), events(report), expectations_text(report.expectations)}) {
    if (part.empty()) continue;
    if (!out.empty()) out += "\n";
    out += part;
  }
  return out;
}

}  // namespace erbium::cp
