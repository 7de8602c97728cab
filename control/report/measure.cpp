#include "control/report/measure.h"

#include <algorithm>
#include <limits>

#include "common/check.h"

namespace erbium::cp {
namespace {

bool arrived(const Stream& s, size_t i) { return s.received_ns[i] != kNever; }
int64_t latency(const Stream& s, size_t i) { return s.received_ns[i] - s.sent(i); }

// The first packets, without those that may have been on their way when the run ended. Without any
// arrival nothing is known of the latency and every packet counts.
size_t decided(const Stream& s, int64_t end_ns) {
  size_t n = s.received_ns.size(), behind_last = 0;
  int64_t greatest = 0;
  for (size_t i = 0; i < n; i++) {
    if (!arrived(s, i)) continue;
    greatest = std::max(greatest, latency(s, i));
    behind_last = i + 1;
  }
  if (behind_last == 0) return n;
  while (n > behind_last && s.sent(n - 1) + greatest >= end_ns) n--;
  return n;
}

// reordered[i]: a packet with a higher number arrived before packet i.
std::vector<bool> reordering(const Stream& s) {
  std::vector<bool> out(s.received_ns.size());
  int64_t earliest = std::numeric_limits<int64_t>::max();
  for (size_t i = s.received_ns.size(); i-- > 0;) {
    if (!arrived(s, i)) continue;
    out[i] = earliest < s.received_ns[i];
    earliest = std::min(earliest, s.received_ns[i]);
  }
  return out;
}

PacketFate fate(const Stream& s, size_t i, bool late = false) {
  return {i, s.sent(i), s.received_ns[i], s.path(i), late};
}

}  // namespace

Stream stream_of(const StreamResult& result) {
  return {.name = result.name,
          .first_ns = result.first_ns,
          .interval_ns = result.interval_ns,
          .received_ns = result.received_ns,
          .paths = result.path,
          .repeated = result.repeated};
}

std::string path_text(const RunStats& stats, const std::vector<std::vector<uint32_t>>& paths,
                      int32_t path) {
  std::string out;
  if (path == kNoPath) return out;
  for (const uint32_t link : paths.at(static_cast<size_t>(path)))
    out += (out.empty() ? "" : ", ") + stats.links.at(link).name;
  return out;
}

std::vector<Gap> gaps(const Stream& s, int64_t end_ns) {
  ERBIUM_CHECK(s.sent_ns.empty() || s.sent_ns.size() == s.received_ns.size());
  ERBIUM_CHECK(s.paths.empty() || s.paths.size() == s.received_ns.size());
  std::vector<Gap> out;
  const size_t n = decided(s, end_ns);
  GapFinder finder;
  for (size_t i = 0; i < n; i++)
    if (const auto gap = finder.packet(fate(s, i))) out.push_back(*gap);
  if (const auto gap = finder.finish()) out.push_back(*gap);
  return out;
}

StreamTotals totals(const Stream& s, int64_t end_ns) {
  StreamTotals t;
  t.sent = s.received_ns.size();
  t.duplicated = s.repeated.size();
  t.in_flight = t.sent - decided(s, end_ns);
  for (const Gap& gap : gaps(s, end_ns)) {
    t.lost += gap.lost();
    t.longest_outage_ns = std::max(t.longest_outage_ns, gap.outage_ns());
  }
  const std::vector<bool> late = reordering(s);
  for (size_t i = 0; i < s.received_ns.size(); i++) {
    if (!arrived(s, i)) continue;
    t.received++;
    t.reordered += late[i] ? 1 : 0;
    t.latency.record(latency(s, i));
  }
  return t;
}

std::vector<Impact> impacts(const Stream& s, std::span<const int64_t> events, int64_t end_ns) {
  ERBIUM_CHECK(std::is_sorted(events.begin(), events.end()));
  const EventWindows windows({events.begin(), events.end()});
  ImpactMeter meter;
  const std::vector<bool> late = reordering(s);
  const size_t n = decided(s, end_ns);
  for (size_t i = 0; i < n; i++) meter.packet(windows, fate(s, i, late[i]));
  meter.finish(windows);
  for (const uint32_t i : s.repeated) meter.repeated(windows, s.sent(i));
  std::vector<Impact> out(windows.count());
  for (Impact& impact : meter.impacts()) out[impact.window] = std::move(impact);
  int32_t path = kNoPath;
  for (size_t w = 0; w < out.size(); w++) {
    out[w].window = w;
    if (out[w].sent == 0) out[w].before = path;
    path = out[w].after == kNoPath ? out[w].before : out[w].after;
  }
  return out;
}

}  // namespace erbium::cp
