#include "common/api/flow_counts.h"

#include <algorithm>

namespace erbium::api {
namespace {

constexpr size_t kPartBytes = size_t{1} << 20;  // what a part reaches before the next begins
constexpr uint32_t kMaxFlows = 65'535;

GapFound gap_message(const Gap& gap) {
  GapFound out;
  out.set_first_lost(gap.first_lost);
  out.set_last_lost(gap.last_lost);
  out.set_begin_ns(gap.begin_ns);
  out.set_end_ns(gap.end_ns);
  out.set_at_least_ns(gap.at_least_ns);
  out.set_from_ns(gap.from_ns);
  out.set_open_begin(gap.open_begin);
  out.set_open_end(gap.open_end);
  return out;
}

Gap gap(const GapFound& from) {
  return {.first_lost = from.first_lost(),
          .last_lost = from.last_lost(),
          .begin_ns = from.begin_ns(),
          .end_ns = from.end_ns(),
          .at_least_ns = from.at_least_ns(),
          .from_ns = from.from_ns(),
          .open_begin = from.open_begin(),
          .open_end = from.open_end()};
}

ImpactFound impact_message(const Impact& impact) {
  ImpactFound out;
  out.set_window(impact.window);
  out.set_sent(impact.sent);
  out.set_received(impact.received);
  out.set_lost(impact.lost);
  out.set_reordered(impact.reordered);
  out.set_duplicated(impact.duplicated);
  out.set_gaps(impact.gaps);
  if (impact.longest) *out.mutable_longest() = gap_message(*impact.longest);
  out.set_outage_sum_ns(impact.outage_sum_ns);
  if (impact.before != kNoPath) out.set_before(static_cast<uint32_t>(impact.before));
  if (impact.after != kNoPath) out.set_after(static_cast<uint32_t>(impact.after));
  if (impact.switched_ns) out.set_switched_ns(*impact.switched_ns);
  *out.mutable_unsettled() = latencies(impact.unsettled);
  *out.mutable_settled() = latencies(impact.settled);
  return out;
}

std::optional<Impact> impact(const ImpactFound& from) {
  auto unsettled = histogram(from.unsettled());
  auto settled = histogram(from.settled());
  if (!unsettled || !settled || from.before() > INT32_MAX || from.after() > INT32_MAX)
    return std::nullopt;
  Impact out{.window = from.window(),
             .sent = from.sent(),
             .received = from.received(),
             .lost = from.lost(),
             .reordered = from.reordered(),
             .duplicated = from.duplicated(),
             .gaps = from.gaps(),
             .outage_sum_ns = from.outage_sum_ns(),
             .unsettled = std::move(*unsettled),
             .settled = std::move(*settled)};
  if (from.has_longest()) out.longest = gap(from.longest());
  if (from.has_before()) out.before = static_cast<int32_t>(from.before());
  if (from.has_after()) out.after = static_cast<int32_t>(from.after());
  if (from.has_switched_ns()) out.switched_ns = from.switched_ns();
  return out;
}

FlowCounts flow_message(const FlowResult& flow) {
  FlowCounts out;
  out.set_name(flow.name);
  out.set_port(flow.port);
  out.set_flows(flow.flows);
  out.set_in_flight(flow.in_flight);
  out.set_uncounted(flow.uncounted);
  return out;
}

FlowResult flow_result(const FlowCounts& flow) {
  return {.name = flow.name(),
          .port = flow.port(),
          .flows = flow.flows(),
          .in_flight = flow.in_flight(),
          .uncounted = flow.uncounted()};
}

// Windows ascend and are there, as are the paths.
bool fits(const FlowResults& flows, const std::vector<Impact>& impacts) {
  size_t next = 0;
  for (const Impact& i : impacts) {
    if (i.window < next || i.window > flows.events_ns.size()) return false;
    next = i.window + 1;
    for (const int32_t path : {i.before, i.after})
      if (path != kNoPath && static_cast<size_t>(path) >= flows.paths.size()) return false;
  }
  return true;
}

}  // namespace

Latencies latencies(const Histogram& from) {
  Latencies out;
  out.set_min_ns(from.min());
  out.set_max_ns(from.max());
  for (const Histogram::Bucket& bucket : from.buckets()) {
    out.add_first_ns(bucket.first);
    out.add_count(bucket.count);
  }
  return out;
}

std::optional<Histogram> histogram(const Latencies& from) {
  if (from.first_ns_size() != from.count_size()) return std::nullopt;
  std::vector<Histogram::Bucket> buckets;
  for (int i = 0; i < from.count_size(); i++) {
    const int64_t first = from.first_ns(i);
    if (from.count(i) == 0 || first < (buckets.empty() ? 0 : buckets.back().first + 1))
      return std::nullopt;
    buckets.push_back({.first = first, .last = first, .count = from.count(i)});
  }
  if (buckets.empty()) return Histogram();
  if (from.min_ns() < buckets.front().first || from.max_ns() < from.min_ns()) return std::nullopt;
  return Histogram::of(buckets, from.min_ns(), from.max_ns());
}

FlowsCounts to_message(const FlowResults& flows) {
  FlowsCounts out;
  out.mutable_event_ns()->Assign(flows.events_ns.begin(), flows.events_ns.end());
  for (const FlowResult& flow : flows.top) *out.add_top() = flow_message(flow);
  for (const FlowResult& flow : flows.rest) *out.add_rest() = flow_message(flow);
  for (const auto& path : flows.paths)
    out.add_paths()->mutable_links()->Assign(path.begin(), path.end());
  return out;
}

FlowResults from_message(const FlowsCounts& counts) {
  FlowResults out{.events_ns = {counts.event_ns().begin(), counts.event_ns().end()}};
  for (const FlowCounts& flow : counts.top()) out.top.push_back(flow_result(flow));
  for (const FlowCounts& flow : counts.rest()) out.rest.push_back(flow_result(flow));
  for (const auto& path : counts.paths())
    out.paths.emplace_back(path.links().begin(), path.links().end());
  return out;
}

void to_parts(const FlowResults& flows, const std::function<void(const FlowPart&)>& take) {
  uint32_t index = 0;
  for (const auto* group : {&flows.top, &flows.rest})
    for (const FlowResult& flow : *group) {
      FlowPart part;
      part.set_flow(index++);
      size_t bytes = 0;
      for (const Impact& i : flow.impacts) {
        *part.add_impacts() = impact_message(i);
        bytes += part.impacts(part.impacts_size() - 1).ByteSizeLong();
        if (bytes < kPartBytes) continue;
        take(part);
        part.clear_impacts();
        bytes = 0;
      }
      if (part.impacts_size() > 0) take(part);
    }
}

bool add_part(std::vector<std::vector<Impact>>& impacts, const FlowPart& part) {
  if (part.flow() >= kMaxFlows) return false;
  if (impacts.size() <= part.flow()) impacts.resize(part.flow() + 1);
  for (const ImpactFound& found : part.impacts()) {
    auto one = impact(found);
    if (!one) return false;
    impacts[part.flow()].push_back(std::move(*one));
  }
  return true;
}

bool add_impacts(FlowResults& flows, std::vector<std::vector<Impact>> impacts, size_t links) {
  if (impacts.size() > flows.top.size() + flows.rest.size()) return false;
  if (!std::is_sorted(flows.events_ns.begin(), flows.events_ns.end())) return false;
  for (const auto& path : flows.paths)
    for (const uint32_t link : path)
      if (link >= links) return false;
  for (size_t i = 0; i < impacts.size(); i++) {
    if (!fits(flows, impacts[i])) return false;
    FlowResult& flow = i < flows.top.size() ? flows.top[i] : flows.rest[i - flows.top.size()];
    flow.impacts = std::move(impacts[i]);
  }
  return true;
}

}  // namespace erbium::api
