// The circuit's limiter: judges the complete frame, tags included, against the bandwidth bought for
// this link and direction. ExpressRoute drops what exceeds it (Microsoft Learn:
// provider-rate-limit); a circuit that is asked to shape delays it instead.
#include "common/units_text.h"
#include "dataplane/core/explaining.h"
#include "dataplane/core/stage.h"
#include "dataplane/links/circuit_limiter.h"

namespace erbium::dp {
namespace {

class Limiter final : public PacketStage<Limiter> {
 public:
  enum Drop : uint16_t { kPolicer, kShaper };

  Verdict process(Packet p, Context& context) noexcept {
    const uint32_t id = context.tables().interfaces[p.meta().interface_out].limiter;
    if (id == 0) return Verdict::next();
    CircuitLimiter& limiter = context.limiter(id);
    if (limiter.admit(p)) return Verdict::next();
    return Verdict::drop(limiter.config().mode == LimiterConfig::Mode::police ? kPolicer : kShaper);
  }

  void look(Packet p, Context& context, Explanation& out) override {
    const uint32_t id = context.tables().interfaces[p.meta().interface_out].limiter;
    if (id == 0) return;
    const CircuitLimiter& limiter = context.limiter(id);
    const uint64_t level = limiter.level(p.time()) / TokenBucket::kUnitsPerBit;
    const uint64_t cost = limiter.cost(p);
    out.say(limiter.config().name + " at " + bit_rate_text(limiter.config().rate));
    out.say("costs " + std::to_string(cost) + " bits, " + std::to_string(level) + " of " +
            std::to_string(limiter.config().depth_bits) + " are there");
    out.set("limiter", limiter.config().name);
    out.set("rate_bps", limiter.config().rate.bps());
    out.set("depth_bits", limiter.config().depth_bits);
    out.set("level_before_bits", level);
    out.set("cost_bits", cost);
    out.set("arrival_ns", p.time().ns());
  }
  void explain(Packet p, Verdict verdict, Context& context, Explanation& out) override {
    const uint32_t id = context.tables().interfaces[p.meta().interface_out].limiter;
    if (id == 0) return;
    const CircuitLimiter& limiter = context.limiter(id);
    const bool shapes = limiter.config().mode == LimiterConfig::Mode::shape;
    const uint64_t level = limiter.level(p.time()) / TokenBucket::kUnitsPerBit;
    out.set("level_after_bits", level);
    if (!verdict.is_next())
      return out.say(shapes ? "would wait longer than " + interval_text(limiter.config().queue.ns())
                            : "too few, a drop takes none");
    if (!shapes && level == std::get<uint64_t>(out.values[kLevel].second))
      return out.say("takes none: the link may exceed its rate for a while");
    const int64_t waited = p.time().ns() - std::get<int64_t>(out.values[kArrival].second);
    if (shapes) out.set("shaped_ns", waited);
    if (waited > 0) out.say("waits " + interval_text(waited) + " for them");
    out.say(std::to_string(level) + " left");
  }

 private:
  static constexpr size_t kLevel = 3, kArrival = 5;  // places among the values of look()
};

}  // namespace

extern const StageDescriptor stage_limiter{
    .name = "limiter",
    .phase = Phase::egress,
    .after = {"rewrite"},
    .nodes = kRouter | kCrossConnect,
    .entry = Entry::rewritten,
    .drops = {"policer", "shaper"},
    .make = make_stage<Limiter>,
};

}  // namespace erbium::dp
