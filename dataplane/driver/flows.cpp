#include "dataplane/driver/flows.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "dataplane/core/later_fragment.h"
#include "dataplane/core/packet_id.h"

namespace erbium::dp {
namespace {

constexpr uint32_t kOrigin = 0;  // of captures
constexpr size_t kAhead = 6;     // packets between a prefetch and its use

bool of_capture(uint64_t id) { return origin(id) == kOrigin; }

std::vector<int64_t> times(const FlowsConfig& config, Time start) {
  std::vector<int64_t> out;
  for (const Duration event : config.events) out.push_back((start + event).ns());
  return out;
}

size_t width(const Impact& impact) { return impact.unsettled.width() + impact.settled.width(); }

size_t width(const ImpactMeter& meter) {
  size_t sum = 0;
  for (const Impact& impact : meter.impacts()) sum += width(impact);
  return sum;
}

}  // namespace

Flows::Flows(Network& network, const FlowsConfig& config, Time start)
    : network_(network),
      events_ns_(times(config, start)),
      windows_(events_ns_),
      most_flows_(
          std::min(kMostFlows, kFlowBytes / (sizeof(Flow) + windows_.count() * sizeof(Impact)))),
      entries_(kRemembered),
      by_hash_(std::bit_ceil(2 * most_flows_), kNone),
      uncounted_(network.ports()) {
  for (Sum& sum : uncounted_) {
    sum.impacts.resize(windows_.count());
    for (size_t w = 0; w < windows_.count(); w++) sum.impacts[w].window = w;
  }
  network.observe_arrivals(this);
}

Flows::~Flows() { network_.forget_observer(this); }

Flows::Entry* Flows::entry_of(uint64_t id) {
  if (!of_capture(id) || id >= next_id_ || next_id_ - id > entries_.size()) return nullptr;
  Entry& entry = entries_[id & (entries_.size() - 1)];
  return entry.flow == kNone ? nullptr : &entry;
}

void Flows::grow() {
  std::vector<Entry> larger(2 * entries_.size());
  for (uint64_t id = next_id_ - entries_.size(); id < next_id_; id++)
    larger[id & (larger.size() - 1)] = entries_[id & (entries_.size() - 1)];
  entries_ = std::move(larger);
}

void Flows::add(int64_t sent_ns, uint32_t flow) {
  if (next_id_ - decided_id_ == entries_.size()) grow();
  entries_[next_id_++ & (entries_.size() - 1)] = {
      .sent_ns = sent_ns,
      .received_ns = kNever,
      .flow = flow,
      .number = 0,
      .path = 0,
      .state = flow == kNone ? State::lost : State::inside,
      .late = false};
}

uint32_t Flows::find_or_add(const FlowKey& key, uint64_t hash) {
  const size_t mask = by_hash_.size() - 1;
  size_t slot = hash & mask;
  for (; by_hash_[slot] != kNone; slot = (slot + 1) & mask)
    if (flows_[by_hash_[slot]].key == key) return by_hash_[slot];
  if (flows_.size() == most_flows_) return kUncounted + key.port;
  by_hash_[slot] = static_cast<uint32_t>(flows_.size());
  flows_.emplace_back(key);
  return by_hash_[slot];
}

void Flows::entered(uint32_t port, Packet p) {
  const auto key = flow_key(p.bytes(), port);
  if (key) {
    const uint64_t hash = key->hash();
    __builtin_prefetch(&by_hash_[hash & (by_hash_.size() - 1)]);
    entering_.push_back({next_id_, hash, *key});
  }
  add(p.meta().time, key ? kUncounted : kNone);
}

// The flows of the window's packets, in order. A flow has long left the cache when its next packet
// comes: first its slot is fetched, some packets later the flow.
void Flows::find_flows() {
  for (size_t i = 0; i < entering_.size(); i++) {
    if (i + kAhead < entering_.size()) {
      const uint32_t flow = by_hash_[entering_[i + kAhead].hash & (by_hash_.size() - 1)];
      if (flow != kNone) __builtin_prefetch(&flows_[flow]);
    }
    Entry& entry = entries_[entering_[i].id & (entries_.size() - 1)];
    entry.flow = find_or_add(entering_[i].key, entering_[i].hash);
    if (entry.flow < kUncounted) entry.number = flows_[entry.flow].entered++;
  }
  entering_.clear();
}

// The same for a packet that is about to be measured: its flow, what it did in the window, and the
// histogram.
void Flows::prefetch(size_t leaving) {
  const auto flow_of = [&](size_t i) -> const Flow* {
    const Entry* entry = i < leaving_.size() ? entry_of(leaving_[i].id) : nullptr;
    return entry && entry->flow < kUncounted ? &flows_[entry->flow] : nullptr;
  };
  const auto fetch = [](const void* at, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(at) + i);
  };
  if (const Flow* flow = flow_of(leaving + 3 * kAhead)) fetch(flow, sizeof *flow);
  if (const Flow* flow = flow_of(leaving + 2 * kAhead); flow && !flow->meter.impacts().empty())
    fetch(&flow->meter.impacts().back(), sizeof(Impact));
  if (const Flow* flow = flow_of(leaving + kAhead); flow && !flow->meter.impacts().empty()) {
    const Leaving& packet = leaving_[leaving + kAhead];
    flow->meter.impacts().back().settled.prefetch(packet.time - entry_of(packet.id)->sent_ns);
  }
}

void Flows::refused() { add(0, kNone); }

void Flows::left(Packet p) { left(p, p.meta().l2_length); }

void Flows::left(Packet p, uint32_t ip_at) {
  if (of_capture(p.meta().id) && !later_fragment(p, ip_at))
    leaving_.push_back({p.meta().time, p.meta().id});
}

void Flows::arrived(uint32_t link, Packet p) {
  if (p.meta().copy != 0) return;
  if (Entry* entry = entry_of(p.meta().id)) entry->path = paths_.extend(entry->path, link);
}

void Flows::ended(Packet p, const Ending& ending) {
  if (ending.taken()) {
    left(p, 0);
  } else if (Entry* entry = entry_of(p.meta().id);
             entry && p.meta().copy == 0 && entry->state == State::inside) {
    entry->state = State::lost;
  }
}

void Flows::leave(const Leaving& leaving) {
  Entry* entry = entry_of(leaving.id);
  if (!entry) return;
  if (entry->state == State::received || leaving.id < decided_id_) {
    if (entry->flow >= kUncounted)
      uncounted(*entry).duplicated++;
    else
      flows_[entry->flow].meter.repeated(windows_, entry->sent_ns);
    return;
  }
  entry->state = State::received;
  entry->received_ns = leaving.time;
  if (entry->flow >= kUncounted) return;
  uint32_t& last = flows_[entry->flow].last_left;
  entry->late = last > entry->number;
  last = std::max(last, entry->number + 1);
}

// Ports are told of one after the other; what they sent is in order of time.
void Flows::settle() {
  find_flows();
  if (!std::is_sorted(leaving_.begin(), leaving_.end()))
    std::sort(leaving_.begin(), leaving_.end());
  for (size_t i = 0; i < leaving_.size(); i++) {
    prefetch(i);
    leave(leaving_[i]);
  }
  leaving_.clear();
  for (; decided_id_ < next_id_; decided_id_++) {
    const Entry& entry = entries_[decided_id_ & (entries_.size() - 1)];
    if (entry.state == State::inside) break;
    decide(entry);
  }
}

Impact& Flows::uncounted(const Entry& entry) {
  return uncounted_[entry.flow - kUncounted].impacts[windows_.at(entry.sent_ns)];
}

void Flows::decide(const Entry& entry) {
  if (entry.flow == kNone) return;
  if (entry.flow >= kUncounted) {
    Impact& impact = uncounted(entry);
    impact.sent++;
    (entry.state == State::received ? impact.received : impact.lost)++;
    return;
  }
  Flow& flow = flows_[entry.flow];
  flow.decided++;
  const std::vector<Impact>& impacts = flow.meter.impacts();
  const size_t count = impacts.size();
  const size_t before = count == 0 ? 0 : width(impacts.back());
  flow.meter.packet(windows_, {.number = entry.number,
                               .sent_ns = entry.sent_ns,
                               .received_ns = entry.received_ns,
                               .path = entry.path,
                               .late = entry.late});
  histogram_bytes_ += width(impacts.back()) * sizeof(uint64_t);
  if (impacts.size() == count) histogram_bytes_ -= before * sizeof(uint64_t);
  if (histogram_bytes_ > kHistogramBytes) take_histograms();
}

void Flows::take_histograms() {
  std::vector<Flow*> holders;
  for (Flow& flow : flows_)
    if (width(flow.meter) > 0) holders.push_back(&flow);
  std::stable_sort(holders.begin(), holders.end(),
                   [](const Flow* a, const Flow* b) { return a->decided < b->decided; });
  for (size_t i = 0; i < (holders.size() + 1) / 2; i++) holders[i]->meter.forget_latencies();
  histogram_bytes_ = 0;
  for (const Flow& flow : flows_) histogram_bytes_ += width(flow.meter) * sizeof(uint64_t);
}

FlowResult Flows::result(const Flow& flow, PathNumbers& numbers) const {
  FlowResult out{.name = flow.key.str(),
                 .port = network_.port(flow.key.port).name,
                 .in_flight = flow.in_flight,
                 .impacts = flow.meter.impacts()};
  for (Impact& impact : out.impacts)
    for (int32_t* path : {&impact.before, &impact.after})
      if (*path != kNoPath) *path = numbers.of(static_cast<Paths::Id>(*path));
  return out;
}

std::vector<FlowResult> Flows::sum_rest(std::span<const Flow* const> flows) const {
  std::vector<Sum> sums = uncounted_;
  std::vector<FlowResult> out;
  for (uint32_t port = 1; port < sums.size(); port++) {
    FlowResult rest{.port = network_.port(port).name, .flows = 0};
    rest.in_flight = sums[port].in_flight;
    for (const Impact& impact : sums[port].impacts) rest.uncounted += impact.sent;
    for (const Flow* flow : flows) {
      if (flow->key.port != port) continue;
      rest.flows++;
      rest.in_flight += flow->in_flight;
      for (const Impact& impact : flow->meter.impacts())
        sums[port].impacts[impact.window].merge(impact);
    }
    if (rest.flows + rest.uncounted == 0) continue;
    for (Impact& impact : sums[port].impacts) {
      impact.before = impact.after = kNoPath;  // of many
      if (impact.sent + impact.gaps + impact.duplicated > 0)
        rest.impacts.push_back(std::move(impact));
    }
    out.push_back(std::move(rest));
  }
  return out;
}

FlowResults Flows::finish() {
  settle();
  FlowResults out{.events_ns = events_ns_};
  for (; decided_id_ < next_id_; decided_id_++) {
    const Entry& entry = entries_[decided_id_ & (entries_.size() - 1)];
    if (entry.state != State::inside)
      decide(entry);
    else if (entry.flow >= kUncounted)
      uncounted_[entry.flow - kUncounted].in_flight++;
    else
      flows_[entry.flow].in_flight++;
  }
  std::vector<const Flow*> order;
  for (Flow& flow : flows_) {
    flow.meter.finish(windows_);
    order.push_back(&flow);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Flow* a, const Flow* b) { return a->entered > b->entered; });
  PathNumbers numbers(paths_);
  const size_t named = std::min(kTop, order.size());
  for (size_t i = 0; i < named; i++) out.top.push_back(result(*order[i], numbers));
  out.rest = sum_rest(std::span(order).subspan(named));
  out.paths = numbers.take();
  return out;
}

}  // namespace erbium::dp
