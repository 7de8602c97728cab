// What links, latencies and drops came to.
#include <algorithm>

#include "control/report/distribution.h"
#include "control/report/explain.h"
#include "control/report/format.h"
#include "control/report/html_cells.h"
#include "control/report/html_tables.h"
#include "control/report/plots.h"

namespace erbium::cp {

namespace {

using namespace html;

constexpr size_t kLines = kSeriesColours;  // of a plot
constexpr std::pair<const char*, uint32_t> kNamedParts[] = {{"min", 0},         {"p50", 500'000},
                                                            {"p90", 900'000},   {"p99", 990'000},
                                                            {"p99.9", 999'000}, {"max", 1'000'000}};

std::string name_of(const ReportLink& link) { return link.name + " " + link.direction; }

// The first of them that are not empty; more says how many there are besides.
std::vector<Distribution> first_lines(const std::vector<Distribution>& all, std::string& more) {
  std::vector<Distribution> out;
  for (const Distribution& d : all)
    if (d.latency->count() > 0) out.push_back(d);
  if (out.size() > kLines) {
    more = grouped_text(out.size() - kLines) + " more in the tables";
    out.resize(kLines);
  }
  return out;
}

std::string distribution_row(const std::string& title, const std::vector<Distribution>& all) {
  std::string more;
  const std::vector<Distribution> lines = first_lines(all, more);
  if (lines.empty()) return "";
  std::vector<std::string> names;
  for (const Distribution& d : lines) names.push_back(d.name);
  return "<div class=\"row\"><div><h3>" + title + "</h3>" + legend(names, "") +
         (more.empty() ? "" : "<p class=\"note\">" + more + "</p>") +
         "</div><div class=\"plot still\">" + distribution_svg(lines, title) + "</div></div>\n";
}

std::string link_latencies(const Report& report) {
  HtmlRow head = {{"Link"}, {"Direction"}, {"Packets", "n"}, {"Longest wait", "n"}};
  for (const auto& [name, part] : kNamedParts) head.push_back({name, "n"});
  Table table(head);
  for (const ReportLink& l : report.links) {
    if (!l.latency || l.latency->count() == 0) continue;
    int64_t wait = 0;
    for (const int64_t v : l.wait_max) wait = std::max(wait, v);
    HtmlRow row = {whole(l.name), whole(l.direction), count(l.latency->count()), duration(wait)};
    for (const auto& [name, part] : kNamedParts)
      row.push_back(duration(l.latency->percentile(part)));
    table.add(row);
  }
  return table.empty() ? "" : table.html();
}

// What `erbium explain` says first of a packet: two lines.
HtmlCell explained(const DropPlace& place, const DroppedPacket& packet) {
  std::string name = packet.name;
  if (name != "packet " + std::to_string(packet.id))
    name += " (packet " + std::to_string(packet.id) + ")";
  if (packet.copy != 0) name += ", copy " + std::to_string(packet.copy);
  return with_small(text(name + ": " + packet.flow),
                    "dropped: " + place.reason + " at " + place.where +
                        (place.stage.empty() ? "" : ", stage " + place.stage));
}

HtmlCell command(const DroppedPacket& packet) {
  return {"<code>erbium explain <span class=\"dir\">.</span> --packet " +
              std::to_string(packet.id) + "</code>",
          "t"};
}

std::string drop_places(const Report& report) {
  Table table({{"Reason"}, {"Place"}, {"Packets", "n"}, {"Time", "n"}, {"Packet"}, {"Explain it"}});
  for (const DropPlace* shown : shown_drops(report)) {
    const DropPlace& place = *shown;
    HtmlRow begin = {
        whole(place.reason),
        with_small(whole(place.where), place.stage.empty() ? "" : "stage " + place.stage),
        count(place.packets)};
    for (size_t n = 0; n < place.first.size(); n++) {
      const DroppedPacket& packet = place.first[n];
      HtmlRow row = n == 0 ? begin : HtmlRow{{""}, {""}, {""}};
      row.push_back(number(time_text(packet.at_ns - report.replay_start_ns)));
      row.push_back(explained(place, packet));
      row.push_back(command(packet));
      table.add(row, n == 0);
    }
  }
  const size_t more = report.drop_places.size() - shown_drops(report).size();
  if (more == 0) return table.html();
  return table.html() + "<p class=\"note\">" + grouped_text(more) +
         " more places: see failover.json.</p>\n";
}

// The whole way of each example, as `erbium explain` prints it.
std::string ways(const Report& report) {
  std::string out;
  for (const Journey& journey : report.explained) {
    std::string ends;
    for (const JourneyEnd& end : journey.ends) ends += (ends.empty() ? "" : "; ") + end_text(end);
    out += "<details class=\"way\"><summary>" + escaped(journey.name + ", " + ends) +
           "</summary><pre>" + escaped(journey_text(journey)) + "</pre></details>\n";
  }
  return out;
}

}  // namespace

std::string links_html(const Report& report) {
  Table table({{"Link"},
               {"Direction"},
               {"Packets", "n"},
               {"Bytes", "n"},
               {"Mean rate", "n"},
               {"Greatest rate of a bin", "n"},
               {"Dropped", "n"}});
  for (const ReportLink& l : report.links) {
    const std::vector<uint64_t> rates = bit_rates(l.bytes, report.bin_ns, report.duration_ns);
    const std::vector<uint64_t> total = {l.sent.bytes};
    const uint64_t mean = bit_rates(total, report.duration_ns, report.duration_ns)[0];
    const auto greatest = std::max_element(rates.begin(), rates.end());
    table.add({whole(l.name), whole(l.direction), count(l.sent.packets), count(l.sent.bytes),
               number(rate_text(mean)),
               number(greatest == rates.end() ? "\u2013" : rate_text(*greatest)),
               count(l.dropped_total)});
  }
  return table.empty() ? "" : section("links", "Links", "", table.html());
}

std::string latencies_html(const Report& report) {
  std::vector<Distribution> links, streams;
  for (const ReportLink& l : report.links)
    if (l.of_circuit && l.latency) links.push_back({name_of(l), &*l.latency});
  for (const ReportStream& s : report.streams)
    if (s.kind != ReportStream::Kind::rest) streams.push_back({s.name, &s.totals.latency});
  const std::string content = distribution_row("Links of circuits", links) +
                              distribution_row("Streams and flows", streams) +
                              link_latencies(report);
  if (content.empty()) return "";
  return section("latencies", "Latencies",
                 "Which share of the packets took at most so long; time on a logarithmic axis. A "
                 "link's is from the offer to the arrival at the far end, a stream's from entering "
                 "to leaving.",
                 content);
}

std::string drops_html(const Report& report) {
  if (!report.drop_places.empty())
    return section("drops", "Dropped packets",
                   "By reason and place, with the first of each as it then was. <code>erbium "
                   "explain</code> tells "
                   "a packet's whole way<span class=\"scripted\">; click a command to select "
                   "it</span>. The directory is that of this file.",
                   drop_places(report) + ways(report));
  Table table({{"Reason"}, {"Packets", "n"}});
  for (const auto& [reason, n] : report.drops) table.add({text(reason), count(n)});
  return table.empty() ? "" : section("drops", "Dropped packets", "", table.html());
}

}  // namespace erbium::cp
