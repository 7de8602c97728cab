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

// The window of a time: 0 before the first event, i + 1 from the time of event i on.
size_t window(std::span<const int64_t> events, int64_t at) {
  const auto behind = std::upper_bound(events.begin(), events.end(), at);
  if (behind == events.begin()) return 0;
  const auto first = std::lower_bound(events.begin(), behind, *(behind - 1));
  return static_cast<size_t>(first - events.begin()) + 1;
}

std::vector<Impact> empty_windows(std::span<const int64_t> events, int64_t end_ns) {
  std::vector<Impact> out(events.size() + 1);
  for (size_t i = 0; i < out.size(); i++) {
    out[i].at_ns = i == 0 ? 0 : events[i - 1];
    const auto next =
        i == 0 ? events.begin() : std::upper_bound(events.begin(), events.end(), events[i - 1]);
    out[i].until_ns = next == events.end() ? std::max(end_ns, out[i].at_ns) : *next;
    if (i > 1 && events[i - 2] == events[i - 1]) out[i].until_ns = out[i].at_ns;
  }
  return out;
}

void add(Impact& impact, const Gap& gap) {
  impact.gaps++;
  impact.lost += gap.lost();
  impact.outage_sum_ns += gap.outage_ns();
  if (!impact.longest || gap.outage_ns() > impact.longest->outage_ns()) impact.longest = gap;
}

void add_arrivals(std::vector<Impact>& out, const Stream& s, std::span<const int64_t> events,
                  size_t n) {
  const std::vector<bool> late = reordering(s);
  int32_t path = kNoPath;
  size_t w = 0;
  for (size_t i = 0; i < n; i++) {
    const size_t now = window(events, s.sent(i));
    for (; w < now; w++) out[w + 1].before = path;
    Impact& impact = out[w];
    impact.sent++;
    if (!arrived(s, i)) continue;
    impact.reordered += late[i] ? 1 : 0;
    impact.latency.record(latency(s, i));
    path = impact.after = s.path(i);
    if (w > 0 && path != impact.before && path != kNoPath)
      impact.switched_ns =
          std::min(impact.switched_ns.value_or(s.received_ns[i]), s.received_ns[i]);
  }
  for (; w + 1 < out.size(); w++) out[w + 1].before = path;
}

}  // namespace

Stream stream_of(const StreamResult& result) {
  return {.name = result.name,
          .first_ns = result.first_ns,
          .interval_ns = result.interval_ns,
          .received_ns = result.received_ns,
          .paths = result.path,
          .duplicates = result.duplicates};
}

std::string path_text(const RunStats& stats, const StreamResult& result, int32_t path) {
  std::string out;
  if (path == kNoPath) return out;
  for (const uint32_t link : result.paths.at(static_cast<size_t>(path)))
    out += (out.empty() ? "" : ", ") + stats.links.at(link).name;
  return out;
}

std::vector<Gap> gaps(const Stream& s, int64_t end_ns) {
  ERBIUM_CHECK(s.sent_ns.empty() || s.sent_ns.size() == s.received_ns.size());
  ERBIUM_CHECK(s.paths.empty() || s.paths.size() == s.received_ns.size());
  std::vector<Gap> out;
  const size_t n = decided(s, end_ns);
  for (size_t i = 0; i < n; i++) {
    if (arrived(s, i)) continue;
    Gap gap{.first_lost = i};
    while (i + 1 < n && !arrived(s, i + 1)) i++;
    const size_t a = gap.first_lost, b = gap.last_lost = i;
    gap.open_begin = a == 0;
    gap.open_end = b + 1 == n;
    gap.begin_ns = gap.open_begin ? s.sent(a) : s.sent(a - 1);
    gap.end_ns = gap.open_end ? s.sent(b) : s.sent(b + 1);
    gap.at_least_ns = s.sent(b) - s.sent(a);
    gap.from_ns = s.sent(a) + (gap.open_begin ? 0 : latency(s, a - 1));
    out.push_back(gap);
  }
  return out;
}

StreamTotals totals(const Stream& s, int64_t end_ns) {
  StreamTotals t;
  t.sent = s.received_ns.size();
  t.duplicated = s.duplicates;
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
  std::vector<Impact> out = empty_windows(events, end_ns);
  for (const Gap& gap : gaps(s, end_ns)) add(out[window(events, gap.from_ns)], gap);
  for (const uint32_t i : s.repeated) out[window(events, s.sent(i))].duplicated++;
  add_arrivals(out, s, events, decided(s, end_ns));
  return out;
}

}  // namespace erbium::cp
