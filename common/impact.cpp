#include "common/impact.h"

#include <algorithm>
#include <utility>

namespace erbium {

std::optional<Gap> GapFinder::packet(const PacketFate& p) {
  std::optional<Gap> ended;
  if (last_sent_ != INT64_MAX && p.sent_ns - last_sent_ > idle_ns_) {
    ended = finish();
    arrived_ = false;
  }
  last_sent_ = p.sent_ns;
  if (p.received_ns == kNever) {
    if (!open_) {
      open_ = true;
      first_lost_sent_ = p.sent_ns;
      gap_ = {.first_lost = p.number,
              .begin_ns = arrived_ ? arrived_sent_ : p.sent_ns,
              .from_ns = p.sent_ns + latency_,
              .open_begin = !arrived_};
    }
    gap_.last_lost = p.number;
    gap_.at_least_ns = p.sent_ns - first_lost_sent_;
    gap_.end_ns = p.sent_ns;
    return ended;
  }
  if (std::exchange(open_, false)) {
    gap_.end_ns = p.sent_ns;
    ended = gap_;
  }
  arrived_ = true;
  arrived_sent_ = p.sent_ns;
  latency_ = p.received_ns - p.sent_ns;
  return ended;
}

std::optional<Gap> GapFinder::finish() {
  if (!std::exchange(open_, false)) return std::nullopt;
  gap_.open_end = true;
  return gap_;
}

size_t EventWindows::at(int64_t time_ns) const {
  const auto behind = std::upper_bound(events_.begin(), events_.end(), time_ns);
  if (behind == events_.begin()) return 0;
  const auto first = std::lower_bound(events_.begin(), behind, *(behind - 1));
  return static_cast<size_t>(first - events_.begin()) + 1;
}

int64_t EventWindows::end(size_t window, int64_t end_ns) const {
  const int64_t from = begin(window);
  if (window > 1 && begin(window - 1) == from) return from;
  const auto next =
      window == 0 ? events_.begin() : std::upper_bound(events_.begin(), events_.end(), from);
  return next == events_.end() ? std::max(end_ns, from) : *next;
}

Histogram Impact::latency() const {
  Histogram out = unsettled;
  out.merge(settled);
  return out;
}

void Impact::add(const Gap& gap) {
  gaps++;
  lost += gap.lost();
  outage_sum_ns += gap.outage_ns();
  if (!longest || gap.outage_ns() > longest->outage_ns()) longest = gap;
  unsettled.merge(std::exchange(settled, {}));
}

void Impact::merge(const Impact& other) {
  if (other.sent > 0) {
    before = sent == 0 || before == other.before ? other.before : kNoPath;
    after = sent == 0 || after == other.after ? other.after : kNoPath;
  }
  sent += other.sent;
  received += other.received;
  lost += other.lost;
  reordered += other.reordered;
  duplicated += other.duplicated;
  gaps += other.gaps;
  outage_sum_ns += other.outage_sum_ns;
  if (other.longest && (!longest || other.longest->outage_ns() > longest->outage_ns()))
    longest = other.longest;
  if (other.switched_ns)
    switched_ns = std::min(switched_ns.value_or(*other.switched_ns), *other.switched_ns);
  unsettled.merge(other.unsettled);
  settled.merge(other.settled);
}

Impact& ImpactMeter::at(size_t window) {
  if (!impacts_.empty() && impacts_.back().window == window) return impacts_.back();
  auto place = std::lower_bound(impacts_.begin(), impacts_.end(), window,
                                [](const Impact& i, size_t w) { return i.window < w; });
  if (place == impacts_.end() || place->window != window) {
    place = impacts_.insert(place, Impact{});
    place->window = window;
    place->before = path_;
  }
  return *place;
}

void ImpactMeter::add(const EventWindows& windows, const std::optional<Gap>& gap) {
  if (gap) at(windows.at(gap->from_ns)).add(*gap);
}

Impact& ImpactMeter::packet(const EventWindows& windows, const PacketFate& p) {
  add(windows, gaps_.packet(p));
  Impact& impact = at(windows.at(p.sent_ns));
  if (impact.sent++ == 0) impact.before = path_;
  if (p.received_ns == kNever) return impact;
  impact.reordered += p.late ? 1 : 0;
  if (impact.window > 0 && p.path != impact.before && p.path != kNoPath) {
    if (!impact.switched_ns) impact.unsettled.merge(std::exchange(impact.settled, {}));
    impact.switched_ns = std::min(impact.switched_ns.value_or(p.received_ns), p.received_ns);
  }
  impact.received++;
  if (latencies_) impact.settled.record(p.received_ns - p.sent_ns);
  path_ = impact.after = p.path;
  return impact;
}

void ImpactMeter::repeated(const EventWindows& windows, int64_t at_ns) {
  at(windows.at(at_ns)).duplicated++;
}

void ImpactMeter::forget_latencies() {
  latencies_ = false;
  for (Impact& impact : impacts_) impact.settled = impact.unsettled = {};
}

void ImpactMeter::finish(const EventWindows& windows) { add(windows, gaps_.finish()); }

}  // namespace erbium
