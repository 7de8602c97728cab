#include "dataplane/core/node.h"

#include <algorithm>

#include "common/check.h"
#include "dataplane/core/network.h"
#include "dataplane/core/packet_id.h"

namespace erbium::dp {
namespace {

constexpr size_t kPrefetch = 16;  // packets ahead: what comes off a link has long left the cache

}  // namespace

Node::Node(uint32_t id, NodeConfig config, const Pipeline& pipeline, Network& network,
           Duration slot, Duration horizon)
    : id_(id),
      config_(std::move(config)),
      pipeline_(pipeline),
      network_(network),
      context_(network, *this),
      calendar_(slot, horizon) {
  static_assert(kMaxId * kOriginators == 1 << 16);
  ERBIUM_CHECK(id < kMaxId);
  size_t originators = 0;
  for (const StageDescriptor* stage : pipeline.stages()) {
    const bool host = stage->entry == Entry::host;
    emitted_sequence_.push_back(first_id(id * kOriginators + (host ? kHostPorts : originators)));
    originators += !host && !stage->originated.empty();
    stages_.push_back(stage->make());
    steps_.push_back({stages_.back().get(), stage->protocols});
    counters_.stages.push_back({std::vector<uint64_t>(stage->drops.size()),
                                std::vector<uint64_t>(stage->consumed.size()),
                                std::vector<uint64_t>(stage->punted.size()),
                                std::vector<uint64_t>(stage->originated.size()),
                                std::vector<uint64_t>(stage->withheld.size())});
  }
  ERBIUM_CHECK(originators <= kHostPorts);
}

void Node::configure(const Forwarding& tables, Time now) {
  context_.tables_ = &tables;
  const auto to_resolve = neighbors_.configure(tables, id_);
  if (to_resolve.empty()) return;
  for (uint32_t id : to_resolve) {
    neighbors_[id].state = Neighbor::State::incomplete;
    neighbors_[id].awaited = true;
    neighbors_.schedule(id, now);
    network_.resolving();
  }
  deadlines_.push({now.ns(), static_cast<uint16_t>(pipeline_.entry(Entry::neighbor))});
}

void Node::announce(uint32_t interface, Time now) {
  if (config_.kind != kRouter) return;  // has no addresses
  neighbors_.announce(interface);
  deadlines_.push({now.ns(), static_cast<uint16_t>(pipeline_.entry(Entry::neighbor))});
}

void Node::inject(Packet p, Time at, uint32_t vrf) {
  const size_t stage = pipeline_.entry(Entry::host);
  PacketMeta& meta = p.meta();
  meta.id = ++emitted_sequence_[stage];
  meta.time = at.ns();
  meta.entry = Entry::host;
  meta.protocol = Protocol::host;
  meta.vrf = vrf;
  counters_.stages[stage].originated[0]++;
  counters_.scheduled++;
  calendar_.push({meta.time, meta.id, p.mbuf()});
}

bool Node::busy() const {
  const auto other = [](Packet p) { return !from_host_port(p.meta().id); };
  if (!received_.empty() || calendar_.any_of(other)) return true;
  uint64_t sent_by_hosts = 0;
  for (uint32_t id = 1; id < neighbors_.size(); id++)
    for (rte_mbuf* m : neighbors_[id].waiting) sent_by_hosts += !other(Packet(m));
  return counters_.held != sent_by_hosts;
}

Time Node::next() const {
  Time next = calendar_.next();
  if (!received_.empty()) next = std::min(next, Time::from_ns(received_.front().time));
  return std::min(next, next_deadline());
}

void Node::gather(Time to) {
  arrivals_.clear();
  cursor_ = 0;
  if (calendar_.size() > 0) calendar_.drain(to, arrivals_);
  if (received_.empty()) return;
  if (arrivals_.empty()) {
    arrivals_.swap(received_);
    return;
  }
  const auto middle = static_cast<std::ptrdiff_t>(arrivals_.size());
  arrivals_.insert(arrivals_.end(), received_.begin(), received_.end());
  std::inplace_merge(arrivals_.begin(), arrivals_.begin() + middle, arrivals_.end());
  received_.clear();
}

void Node::run(Time to, unsigned max_burst) {
  const bool due = !deadlines_.empty() && deadlines_.top().at < to.ns();
  if (calendar_.size() == 0 && received_.empty() && !due) return;
  window_end_ = to.ns();
  gather(to);
  const int64_t reply_latency = network_.reply_latency().ns();
  Burst burst;
  while (true) {
    const int64_t deadline = deadlines_.empty() ? INT64_MAX : deadlines_.top().at;
    const bool packets_left = cursor_ < arrivals_.size();
    if (deadline < window_end_ && (!packets_left || deadline <= arrivals_[cursor_].time)) {
      run_deadlines(deadline);
    } else if (packets_left) {
      // What a packet causes at its own node comes at least one reply latency later: a burst must
      // not span more, nor reach past a deadline.
      const Arrival& first = arrivals_[cursor_];
      const int64_t limit = std::min(deadline, first.time + reply_latency);
      const Entry entry = Packet(first.mbuf).meta().entry;
      burst.clear();
      for (; cursor_ < arrivals_.size() && burst.size() < max_burst; cursor_++) {
        const Packet p(arrivals_[cursor_].mbuf);
        if (arrivals_[cursor_].time >= limit || p.meta().entry != entry) break;
        if (cursor_ + kPrefetch < arrivals_.size())
          Packet(arrivals_[cursor_ + kPrefetch].mbuf).prefetch();
        burst.push(p);
      }
      if (network_.tracer()) [[unlikely]]
        run_traced(burst);
      else
        run_burst(burst);
    } else {
      break;
    }
    if (!emitted_.empty()) merge_emitted();
  }
  if (!arrivals_.empty()) last_run_ = Time::from_ns(arrivals_.back().time);
}

void Node::count_arrivals(const Burst& burst) {
  for (unsigned i = 0; i < burst.size();) {
    const uint32_t link = burst[i].meta().link;
    unsigned same = 0;  // packets in a row that came the same way
    for (; i < burst.size() && burst[i].meta().link == link; i++, same++)
      if (link != 0 && network_.observed()) network_.arrived(link, burst[i]);
    if (link == 0) {
      counters_.from_ports += same;
    } else {
      counters_.from_links += same;
      network_.link(link).delivered(same);
    }
  }
}

// Packets that links have lost or changed: what is left goes on as from the wire.
void Node::end_links(Burst& burst) {
  unsigned kept = 0;
  for (unsigned i = 0; i < burst.size(); i++) {
    const Packet p = burst[i];
    const uint32_t link = p.meta().link;
    if (network_.link(link).arrive(p))
      burst.raw()[kept++] = p.mbuf();
    else
      network_.end(
          p,
          {.reason = static_cast<uint16_t>(Link::Drop::impair_loss), .link = link, .at = p.time()});
  }
  burst.resize(kept);
  count_arrivals(burst);
}

size_t Node::begin_burst(Burst& burst) {
  const Entry entry = burst[0].meta().entry;
  if (entry == Entry::wire) {
    count_arrivals(burst);
  } else if (entry == Entry::impaired) [[unlikely]] {
    end_links(burst);
  } else {
    unsigned protocols = 0;
    for (unsigned i = 0; i < burst.size(); i++)
      protocols |= static_cast<unsigned>(burst[i].meta().protocol);
    burst.set_protocols(protocols);
    counters_.scheduled -= burst.size();
  }
  return pipeline_.entry(entry);
}

void Node::run_burst(Burst& burst) {
  run_stages(burst, begin_burst(burst));
  if (!owed_.empty()) [[unlikely]]
    answer_owed();
}

void Node::run_rest(Burst& burst, size_t from) {
  if (following_) [[unlikely]]
    follow_each(burst, from);
  else
    run_stages(burst, from);
}

void Node::run_stages(Burst& burst, size_t from) {
  for (size_t i = from; i < steps_.size() && !burst.empty(); i++) {
    const Step& step = steps_[i];
    if (step.protocols != 0 && !(step.protocols & burst.protocols())) continue;
    context_.stage_ = static_cast<uint16_t>(i);
    step.stage->run(burst, context_);
  }
}

// Stages run one after the other over a burst: only its end knows the order of what they ended.
void Node::answer_owed() {
  std::sort(owed_.begin(), owed_.end());
  for (const Owed& owed : owed_) {
    const Packet p(owed.packet.mbuf);
    if (network_.tracer()) [[unlikely]]
      answer_traced(p, owed.answer);
    else
      give_answer(p, owed.answer);
    network_.end(p, owed.ending);
  }
  owed_.clear();
}

void Node::give_answer(Packet p, Answer answer) {
  for (size_t i = stages_.size(); i-- > 0 && pipeline_.stages()[i]->phase == Phase::answer;) {
    context_.stage_ = static_cast<uint16_t>(i);
    stages_[i]->answer(p, answer, context_);
  }
}

void Node::run_deadlines(int64_t at) {
  while (!deadlines_.empty() && deadlines_.top().at == at) {
    const Deadline deadline = deadlines_.top();
    deadlines_.pop();
    context_.stage_ = deadline.stage;
    stages_[deadline.stage]->on_deadline(Time::from_ns(at), context_);
  }
  if (!owed_.empty()) answer_owed();
}

void Node::merge_emitted() {
  for (const Arrival& arrival : emitted_) {
    if (arrival.time >= window_end_) {
      calendar_.push(arrival);
      continue;
    }
    const auto from = arrivals_.begin() + static_cast<std::ptrdiff_t>(cursor_);
    arrivals_.insert(std::upper_bound(from, arrivals_.end(), arrival), arrival);
  }
  emitted_.clear();
}

// ---- Context: what a stage may ask of its node ----

NeighborTable& Context::neighbors() const { return node_.neighbors_; }

Duration Context::reply_latency() const { return network_.reply_latency(); }

Duration Context::arp_age() const { return network_.arp_age(); }

const IcmpConfig& Context::icmp() const { return node_.config_.icmp; }

CircuitLimiter& Context::limiter(uint32_t id) { return network_.limiter(id); }

void Context::deliver(Packet p, uint32_t host_port) { network_.deliver(p, host_port); }

Packet Context::allocate(uint32_t length) { return network_.pool().allocate(length); }

void Context::transmit(std::span<rte_mbuf* const> packets, const Trunk& trunk) {
  network_.transmit(packets, trunk, node_.counters_);
}

// Every reason has a name in the descriptor of the stage that gives it.
void Context::count(std::vector<uint64_t>& counters, uint16_t reason) {
  if (reason >= counters.size()) [[unlikely]]
    check_failed(node_.pipeline_.stages()[stage_]->name, 0, "a reason that its descriptor names");
  counters[reason]++;
}

void Context::settle(Packet p, Verdict verdict) {
  StageCounters& counters = node_.counters_.stages[stage_];
  const StageDescriptor& stage = *node_.pipeline_.stages()[stage_];
  switch (verdict.kind()) {
    case Verdict::Kind::drop:
      count(counters.drops, verdict.reason());
      end(p, verdict, stage.drop_answers);
      return;
    case Verdict::Kind::consumed:
      count(counters.consumed, verdict.reason());
      end(p, verdict, stage.consumed_answers);
      return;
    case Verdict::Kind::punt:
      count(counters.punted, verdict.reason());
      end(p, verdict, {});
      return;
    case Verdict::Kind::held:
      node_.counters_.held++;
      return;
    case Verdict::Kind::next:
      return;
  }
}

void Context::end(Packet p, Verdict verdict, const std::vector<Answer>& answers) {
  const uint16_t reason = verdict.reason();
  const Ending ending{
      .kind = verdict.kind(), .reason = reason, .stage = stage_, .node = node_.id_, .at = p.time()};
  if (reason >= answers.size() || answers[reason] == Answer::none) return network_.end(p, ending);
  node_.owed_.push_back({{p.meta().time, p.meta().id, p.mbuf()}, answers[reason], ending});
}

void Context::emit(Packet p, Time at, Entry entry, uint16_t cause) {
  PacketMeta& meta = p.meta();
  meta.id = ++node_.emitted_sequence_[stage_];
  meta.time = at.ns();
  meta.entry = entry;
  count(node_.counters_.stages[stage_].originated, cause);
  node_.counters_.scheduled++;
  node_.emitted_.push_back({meta.time, meta.id, p.mbuf()});
}

void Context::release(Packet p, Time at, Entry entry) {
  PacketMeta& meta = p.meta();
  meta.time = at.ns();
  meta.entry = entry;
  node_.counters_.held--;
  node_.counters_.scheduled++;
  node_.emitted_.push_back({meta.time, meta.id, p.mbuf()});
}

void Context::drop_held(Packet p, uint16_t reason, Time now) {
  node_.counters_.held--;
  count(node_.counters_.stages[stage_].drops, reason);
  p.meta().time = now.ns();
  end(p, Verdict::drop(reason), node_.pipeline_.stages()[stage_]->drop_answers);
}

void Context::withhold(uint16_t cause) { count(node_.counters_.stages[stage_].withheld, cause); }

Packet Context::copy(Packet p, uint32_t length) {
  const Packet out = allocate(length);
  if (out.mbuf() == nullptr) return out;
  out.meta() = p.meta();
  node_.counters_.copied++;
  return out;
}

void Context::run_rest(Burst& burst) {
  const uint16_t stage = stage_;
  node_.run_rest(burst, stage + 1u);
  stage_ = stage;
}

void Context::wake_at(Time at) { node_.deadlines_.push({at.ns(), stage_}); }

void Context::wake_neighbors_at(Time at) {
  const size_t stage = node_.pipeline_.entry(Entry::neighbor);
  node_.deadlines_.push({at.ns(), static_cast<uint16_t>(stage)});
}

void Context::resolved(Time at) { network_.resolved(at); }

}  // namespace erbium::dp
