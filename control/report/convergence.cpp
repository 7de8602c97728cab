#include "control/report/convergence.h"

#include <algorithm>

#include "control/report/format.h"

namespace erbium::cp {
namespace {

bool is_loss(Stage stage) {
  return stage == Stage::bfd_down || stage == Stage::bgp_down || stage == Stage::rib_changed ||
         stage == Stage::fib_applied;
}

// The first session that comes up behind the first applied FIB.
int64_t end_of_loss(int64_t event_ns, int64_t until_ns, std::span<const StageMark> marks) {
  const auto first = [&](Stage stage, int64_t from) {
    int64_t out = until_ns;
    for (const StageMark& mark : marks)
      if (mark.stage == stage && mark.at_ns >= from) out = std::min(out, mark.at_ns);
    return out;
  };
  return first(Stage::bgp_up, first(Stage::fib_applied, event_ns));
}

}  // namespace

Bound bfd_bound(Duration interval, uint32_t multiplier) {
  return {"BFD " + duration_text(interval.ns()) + " \u00d7 " + std::to_string(multiplier),
          (interval * (int64_t{multiplier} - 1)).ns(), (interval * multiplier).ns()};
}

Bound hold_bound(Duration hold, Duration keepalive) {
  return {"hold time " + duration_text(hold.ns()), std::max<int64_t>((hold - keepalive).ns(), 0),
          hold.ns()};
}

Bound local_bound() { return {"link event", 0, 0}; }

Bound then(Bound bound, const std::string& text, Duration at_least, Duration at_most) {
  bound.text += " + " + text;
  bound.at_least_ns += at_least.ns();
  bound.at_most_ns += at_most.ns();
  return bound;
}

const char* name(Verdict verdict) {
  switch (verdict) {
    case Verdict::none:
      return "no bound";
    case Verdict::within:
      return "within bound";
    case Verdict::above:
      return "above bound";
    case Verdict::too_short:
      return "below minimum";
  }
  return "";
}

const char* name(Stage stage) {
  switch (stage) {
    case Stage::link_event:
      return "link event";
    case Stage::bfd_down:
      return "BFD down";
    case Stage::bgp_down:
      return "BGP down";
    case Stage::rib_changed:
      return "RIB changed";
    case Stage::fib_applied:
      return "FIB applied";
    case Stage::first_packet:
      return "first packet on the new path";
    case Stage::bfd_up:
      return "BFD up";
    case Stage::bgp_up:
      return "BGP up";
  }
  return "";
}

Verdict judge(const std::optional<Gap>& gap, const std::optional<Bound>& bound) {
  if (!bound) return Verdict::none;
  if (!gap) return bound->at_least_ns == 0 ? Verdict::within : Verdict::none;
  if (gap->at_least_ns > bound->at_most_ns) return Verdict::above;
  // Only a gap with both ends bounds the truth from above.
  const bool closed = !gap->open_begin && !gap->open_end;
  return closed && gap->outage_ns() < bound->at_least_ns ? Verdict::too_short : Verdict::within;
}

Verdict judge_time(int64_t measured_ns, const Bound& bound) {
  return measured_ns > bound.at_most_ns    ? Verdict::above
         : measured_ns < bound.at_least_ns ? Verdict::too_short
                                           : Verdict::within;
}

std::vector<StageTime> convergence(int64_t event_ns, int64_t until_ns,
                                   std::span<const StageMark> marks,
                                   std::span<const StageBound> bounds) {
  const int64_t end = end_of_loss(event_ns, until_ns, marks);
  std::vector<StageTime> out;
  for (const StageMark& mark : marks) {
    if (mark.at_ns < event_ns || mark.at_ns >= (is_loss(mark.stage) ? end : until_ns)) continue;
    auto same = std::find_if(out.begin(), out.end(),
                             [&](const StageTime& t) { return t.stage == mark.stage; });
    const int64_t after = mark.at_ns - event_ns;
    if (same == out.end())
      same = out.insert(same, StageTime{.stage = mark.stage,
                                        .at_ns = mark.at_ns,
                                        .after_event_ns = after,
                                        .what = mark.what,
                                        .last_after_event_ns = after,
                                        .last_what = mark.what});
    if (mark.at_ns < same->at_ns) {
      same->at_ns = mark.at_ns;
      same->after_event_ns = after;
      same->what = mark.what;
    }
    if (after >= same->last_after_event_ns) {
      same->last_after_event_ns = after;
      same->last_what = mark.what;
    }
  }
  std::sort(out.begin(), out.end(), [](const StageTime& a, const StageTime& b) {
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.stage < b.stage;
  });
  for (StageTime& time : out)
    for (const StageBound& b : bounds) {
      if (b.stage != time.stage) continue;
      time.bound = b.bound;
      time.verdict = judge_time(time.last_after_event_ns, b.bound);
    }
  return out;
}

std::optional<int64_t> control_outage_ns(std::span<const StageTime> stages) {
  for (const StageTime& time : stages)
    if (time.stage == Stage::fib_applied) return time.last_after_event_ns;
  return std::nullopt;
}

}  // namespace erbium::cp
