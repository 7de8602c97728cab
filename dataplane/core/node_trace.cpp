// A burst with packets that somebody follows. Each of them passes the path alone, stage by stage,
// and the packets before and behind it in bursts of their own: how a run is cut into bursts shows
// in nothing that comes out, so what is told is what happens without anybody looking. The loop of
// Node::run_burst() knows nothing of this.
#include <span>
#include <vector>

#include "dataplane/core/network.h"
#include "dataplane/core/node.h"

namespace erbium::dp {
namespace {

// The one counter that rose is the verdict: the stage had one packet.
template <typename Make>
bool rose(const std::vector<uint64_t>& before, const std::vector<uint64_t>& after, Make make,
          Verdict& out) {
  for (uint16_t i = 0; i < after.size(); i++)
    if (after[i] != before[i]) return out = make(i), true;
  return false;
}

Verdict verdict_of(const StageCounters& before, const StageCounters& after, bool held) {
  Verdict out = held ? Verdict::held() : Verdict::next();
  rose(before.drops, after.drops, Verdict::drop, out) ||
      rose(before.consumed, after.consumed, Verdict::consumed, out) ||
      rose(before.punted, after.punted, Verdict::punt, out);
  return out;
}

// What has been emitted since, of the one cause whose counter rose.
std::vector<Tracer::Reply> replies(const StageDescriptor& stage, const StageCounters& before,
                                   const StageCounters& after, std::span<const Arrival> emitted) {
  std::vector<Tracer::Reply> out;
  for (const Arrival& arrival : emitted) {
    size_t cause = 0;
    while (before.originated[cause] == after.originated[cause]) cause++;
    out.push_back({arrival.id, stage.originated[cause], Time::from_ns(arrival.time)});
  }
  return out;
}

// A packet is kept beyond its end, to be explained.
class Kept {
 public:
  explicit Kept(Packet p) : p_(p) { rte_mbuf_refcnt_update(p.mbuf(), 1); }
  ~Kept() {
    if (rte_mbuf_refcnt_read(p_.mbuf()) == 1)
      p_.free();
    else
      rte_mbuf_refcnt_update(p_.mbuf(), -1);
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

 private:
  Packet p_;
};

}  // namespace

void Node::run_traced(Burst& burst) {
  Tracer& tracer = *network_.tracer();
  Burst others;
  const auto run_others = [&] {
    if (!others.empty()) run_burst(others);
    others.clear();
  };
  for (unsigned i = 0; i < burst.size(); i++) {
    const Packet p = burst[i];
    if (!tracer.follows(*this, p)) {
      others.push(p);
      continue;
    }
    run_others();
    Burst one;
    one.push(p);
    const Kept kept(p);
    following_ = p.meta().copy;
    const size_t from = begin_burst(one);
    if (!one.empty()) {  // it was not lost on the link
      tracer.comes(*this, p);
      follow_through(one, from);
    }
    following_.reset();
    if (!owed_.empty()) answer_owed();
  }
  run_others();
}

void Node::follow_through(Burst& one, size_t from) {
  const auto& descriptors = pipeline_.stages();
  for (size_t i = from; i < stages_.size() && !one.empty(); i++) {
    const unsigned protocols = descriptors[i]->protocols;
    if (protocols != 0 && !(protocols & one.protocols())) continue;
    const uint16_t copy = one[0].meta().copy;
    run_step(one, i);
    if (one.size() > 1 || (!one.empty() && one[0].meta().copy != copy))
      return follow_each(one, i + 1);
  }
}

// The fragments of a packet, one after the other.
void Node::follow_each(const Burst& pieces, size_t from) {
  for (unsigned i = 0; i < pieces.size(); i++) {
    const Packet p = pieces[i];
    const Kept kept(p);
    Burst one;
    one.push(p);
    one.set_protocols(pieces.protocols());
    if (p.meta().copy != *following_) network_.tracer()->comes(*this, p);
    follow_through(one, from);
  }
}

void Node::run_step(Burst& one, size_t stage) {
  const Packet p = one[0];
  const StageDescriptor& descriptor = *pipeline_.stages()[stage];
  context_.stage_ = static_cast<uint16_t>(stage);
  const StageCounters before = counters_.stages[stage];
  const uint64_t held = counters_.held;
  const size_t emitted = emitted_.size();
  const Time at = p.time();
  Explanation why;
  stages_[stage]->look(p, context_, why);
  stages_[stage]->run(one, context_);
  p.poison_outside();
  const StageCounters& after = counters_.stages[stage];
  Tracer::Step step{
      .stage = stage,
      .verdict = verdict_of(before, after, one.empty() && counters_.held > held),
      .at = at,
      .why = why,
      .replies = replies(descriptor, before, after, std::span(emitted_).subspan(emitted))};
  stages_[stage]->explain(p, step.verdict, context_, why);
  network_.tracer()->passes(*this, p, step);
}

void Node::answer_traced(Packet p, Answer answer) {
  const std::vector<StageCounters> before = counters_.stages;
  const size_t emitted = emitted_.size();
  give_answer(p, answer);
  std::vector<Tracer::Reply> out;
  const char* withheld = nullptr;
  for (size_t i = stages_.size(); i-- > 0 && pipeline_.stages()[i]->phase == Phase::answer;) {
    const StageDescriptor& stage = *pipeline_.stages()[i];
    const StageCounters& after = counters_.stages[i];
    if (before[i].originated != after.originated)
      out = replies(stage, before[i], after, std::span(emitted_).subspan(emitted));
    for (size_t cause = 0; cause < after.withheld.size(); cause++)
      if (before[i].withheld[cause] != after.withheld[cause]) withheld = stage.withheld[cause];
  }
  network_.tracer()->answered(p, out, withheld);
}

}  // namespace erbium::dp
