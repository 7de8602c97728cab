#include "control/report/convergence.h"

#include <algorithm>

#include "control/report/format.h"

namespace erbium::cp {

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
  }
  return "";
}

Verdict judge(const std::optional<Gap>& gap, const std::optional<Bound>& bound) {
  if (!gap || !bound) return Verdict::none;
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
  std::vector<StageTime> out;
  for (const StageMark& mark : marks) {
    if (mark.at_ns < event_ns || mark.at_ns >= until_ns) continue;
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const StageTime& t) { return t.stage == mark.stage; });
    const StageTime time{.stage = mark.stage, .at_ns = mark.at_ns, .what = mark.what};
    if (same == out.end())
      out.push_back(time);
    else if (mark.at_ns < same->at_ns)
      *same = time;
  }
  std::sort(out.begin(), out.end(), [](const StageTime& a, const StageTime& b) {
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.stage < b.stage;
  });
  for (size_t i = 0; i < out.size(); i++) {
    out[i].after_event_ns = out[i].at_ns - event_ns;
    out[i].after_previous_ns = i == 0 ? 0 : out[i].at_ns - out[i - 1].at_ns;
    for (const StageBound& b : bounds) {
      if (b.stage != out[i].stage) continue;
      out[i].bound = b.bound;
      out[i].verdict = judge_time(out[i].after_event_ns, b.bound);
    }
  }
  return out;
}

std::optional<int64_t> control_outage_ns(std::span<const StageTime> stages) {
  for (const StageTime& time : stages)
    if (time.stage == Stage::fib_applied) return time.after_event_ns;
  return std::nullopt;
}

}  // namespace erbium::cp
