#include "control/report/failover_table.h"

#include <algorithm>
#include <cstdio>

#include "control/report/table.h"

namespace erbium::cp {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr size_t kWidth = 80;
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
  if (indent.size() + first.size() + 1 + second.size() <= kWidth)
    return indent + first + " " + second + "\n";
  return indent + first + "\n" + std::string(indent.size() + 2, ' ') + second + "\n";
}

std::string outage_text(const Impact& impact) {
  if (!impact.longest) return "-";
  const Gap& gap = *impact.longest;
  return (gap.open_begin || gap.open_end ? ">=" : "") + milliseconds(gap.outage_ns());
}

std::string bound_line(const ReportEvent& event, const std::optional<Bound>& bound) {
  if (!bound) return event.why_no_bound.empty() ? "" : "  no bound: " + event.why_no_bound + "\n";
  return line("  ",
              "bound " + milliseconds(bound->at_least_ns) + " to " +
                  milliseconds(bound->at_most_ns) + " ms:",
              ascii(bound->text));
}

std::string path(const std::string& text) { return text.empty() ? "none" : text; }

// Every change once; where there are several, with the streams that made it.
std::string path_lines(const Report& report, const std::vector<const ReportImpact*>& rows) {
  std::vector<std::pair<std::string, std::vector<std::string>>> changes;
  for (const ReportImpact* i : rows) {
    if (i->before.empty() || i->before == i->after) continue;
    const std::string change = line("  ", path(i->before), "-> " + path(i->after));
    const auto known = std::find_if(changes.begin(), changes.end(),
                                    [&](const auto& other) { return other.first == change; });
    auto& streams = known == changes.end()
                        ? changes.emplace_back(change, std::vector<std::string>()).second
                        : known->second;
    streams.push_back(report.streams[i->stream].name);
  }
  std::string out;
  for (const auto& [change, streams] : changes) {
    if (changes.size() > 1)
      out += line("  ", streams.front(),
                  streams.size() > 1 ? "and " + std::to_string(streams.size() - 1) + " more" : "");
    out += change;
  }
  return out;
}

std::string event_text(const Report& report, size_t index) {
  const ReportEvent& event = report.events[index];
  std::vector<const ReportImpact*> rows;
  size_t untouched = 0, flows = 0;
  std::optional<Bound> bound;
  for (const ReportImpact& i : report.impacts) {
    if (i.event != index) continue;
    bound = i.bound;
    if (!touched(i))
      untouched += i.impact.sent > 0 ? 1 : 0;
    else if (report.streams[i.stream].kind != ReportStream::Kind::flow || flows++ < kFlows)
      rows.push_back(&i);
  }
  std::string out =
      seconds(event.at_ns - report.replay_start_ns) + "  " + event.what + " " + event.target + "\n";
  if (rows.empty()) return out + "  nothing was lost and no path changed\n";
  out += bound_line(event, bound);
  Rows cells = {{"  STREAM", "LOST", "DUP", "REORD", "OUTAGE ms", "VERDICT"}};
  for (const ReportImpact* i : rows)
    cells.push_back({"  " + report.streams[i->stream].name, std::to_string(i->impact.lost),
                     std::to_string(i->impact.duplicated), std::to_string(i->impact.reordered),
                     outage_text(i->impact), i->impact.longest ? name(i->verdict) : "-"});
  out += table(cells, {true}, kWidth) + path_lines(report, rows);
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
  return table(rows, {true}, kWidth) + more;
}

std::string expectations(const Report& report) {
  std::string out;
  for (const ReportExpectation& e : report.expectations)
    out += line(e.passed ? "ok      " : "MISSED  ", e.text,
                "is " + e.measured + (e.passed ? "" : ", missed: " + e.missed));
  return out;
}

}  // namespace

std::string failover_table(const Report& report) {
  std::string out;
  for (const std::string& part : {streams(report), events(report), expectations(report)}) {
    if (part.empty()) continue;
    if (!out.empty()) out += "\n";
    out += part;
  }
  return out;
}

}  // namespace erbium::cp
