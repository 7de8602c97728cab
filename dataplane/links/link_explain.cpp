// What links and impairments say of a packet for `erbium explain`. Draws are made again: they
// follow from the packet's place on the link and nothing else.
#include "common/units_text.h"
#include "dataplane/core/explaining.h"
#include "dataplane/links/link.h"

namespace erbium::dp {
namespace {

// Of 2^63, in units of 1e-9.
uint64_t parts_per_billion(uint64_t units) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(Wide{units} * 1'000'000'000 >> 63);
}

// "1%", "0.0000001%"
std::string percent_text(uint64_t ppb) {
  constexpr uint64_t kPercent = 10'000'000;
  std::string out = std::to_string(ppb / kPercent);
  if (ppb % kPercent != 0) {
    std::string digits = std::to_string(kPercent + ppb % kPercent).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += "." + digits;
  }
  return out + "%";
}

void tell(const std::string& what, uint64_t draw, Chance chance, Explanation& out) {
  const uint64_t drawn = parts_per_billion(draw >> 1), below = parts_per_billion(chance.units());
  out.say(what + ": drew " + percent_text(drawn) + ", " + (chance.met(draw) ? "" : "not ") +
          "below " + percent_text(below));
  out.set(what + "_draw_ppb", drawn);
  out.set(what + "_below_ppb", below);
}

}  // namespace

void Impairment::explain_loss(Explanation& out) const {
  const LossModel& model = config_.loss;
  if (model.kind == LossModel::Kind::every_nth) {
    const uint64_t nth = since_loss_ == 0 ? model.every : since_loss_;
    out.say("loss: number " + std::to_string(nth) + " of every " + std::to_string(model.every));
    out.set("loss_nth", nth);
    out.set("loss_every", model.every);
  } else if (model.kind != LossModel::Kind::none) {
    const bool bursts = model.kind == LossModel::Kind::gilbert_elliott;
    if (bursts) {
      out.say(bad_ ? "in the bad state" : "in the good state");
      out.set("loss_state", bad_ ? "bad" : "good");
    }
    tell("loss", draw(kLoss), bursts && !bad_ ? model.good_loss : model.loss, out);
  }
}

void Impairment::explain_travel(Duration base, bool copy, Explanation& out) const {
  if (config_.jitter.size != Duration()) {
    const int64_t jitter = (delay(base, copy) - base).ns();
    out.say("jitter: drew " + std::string(jitter < 0 ? "-" : "+") +
            interval_text(jitter < 0 ? -jitter : jitter));
    out.set("jitter_ns", jitter);
  }
  if (config_.reorder.possible()) {
    tell("reorder", draw(kReorder + copy), config_.reorder, out);
    if (reorders(copy)) out.say("held back by " + interval_text(config_.hold.ns()));
  }
  if (config_.corrupt.possible()) tell("corrupt", draw(kCorrupt + copy), config_.corrupt, out);
}

void Impairment::explain_copying(Explanation& out) const {
  if (config_.duplicate.possible()) tell("duplicate", draw(kDuplicate), config_.duplicate, out);
}

void Link::explain_travel(Packet p, Time offered, Explanation& out) const {
  const PacketMeta& meta = p.meta();
  const uint8_t fate = meta.entry == Entry::impaired ? meta.fate : 0;
  const bool copy = fate & kFateCopy, lost = fate & kFateLost;
  const int64_t travel = meta.time - meta.departure;
  if (copy)
    out.say("a copy, departs with its original");
  else
    explain_departure(p, offered, out);
  int64_t expected = config_.delay.ns();
  if (impairment_) {
    out.set("impairment_place", impairment_->places());
    if (!copy) impairment_->explain_loss(out);
    if (!lost) {
      impairment_->explain_travel(config_.delay, copy, out);
      expected = impairment_->delay(config_.delay, copy).ns();
      if (impairment_->reorders(copy)) expected += impairment_->config().hold.ns();
      if (!copy && meta.copied < kMostCopied) impairment_->explain_copying(out);
    }
  }
  out.set("departure_ns", meta.departure);
  out.set("delay_ns", config_.delay.ns());
  out.set("arrival_ns", meta.time);
  if (lost) return out.say("lost on the way");
  out.say("travels " + interval_text(travel));
  out.set("propagation_ns", travel);
  if (travel > expected) out.say("kept behind the packet ahead of it");
  if (fate & kFateCorrupted) {
    out.say("bit " + std::to_string(flipped_bit(p)) + " of the frame is flipped");
    out.set("flipped_bit", flipped_bit(p));
  }
}

void Link::explain_departure(Packet p, Time offered, Explanation& out) const {
  const int64_t until_departure = p.meta().departure - offered.ns();
  out.set("queue_limit_ns", config_.queue.ns());
  if (impairment_ && impairment_->traced()) {
    out.say("its last byte leaves " + interval_text(until_departure) + " later, by the trace");
    return;
  }
  const uint64_t bits = uint64_t{p.wire_length() + net::kL1Overhead} * 8;
  const int64_t sending = (RateServer(config_.rate).serve(Time(), bits) - Time()).ns();
  const int64_t waited = std::max<int64_t>(0, until_departure - sending);
  out.say(waited == 0 ? "no wait" : "waits " + interval_text(waited) + " in the queue");
  out.say(config_.rate.bps() == 0
              ? "no rate"
              : "sent in " + interval_text(sending) + " at " + bit_rate_text(config_.rate));
  out.set("queue_ns", waited);
  out.set("rate_bps", config_.rate.bps());
  out.set("serialisation_ns", sending);
}

void Link::explain_refusal(Packet p, Explanation& out) {
  if (!config_.up)
    return out.say(config_.silent ? "the link loses all it carries, and neither end sees it"
                                  : "the link is down");
  const Time free = server_.busy_until();
  BandwidthTrace* trace = impairment_ ? impairment_->trace() : nullptr;
  const Time first = trace ? trace->start(std::max(p.time(), free)) : free;
  const int64_t wait = (first - p.time()).ns();
  out.say("would wait " + interval_text(wait) + " for its first bit");
  out.say("the queue's limit is " + interval_text(config_.queue.ns()));
  out.set("queue_ns", wait);
  out.set("queue_limit_ns", config_.queue.ns());
  out.set("rate_bps", config_.rate.bps());
}

}  // namespace erbium::dp
