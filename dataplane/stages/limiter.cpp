// The circuit's limiter: judges the complete frame, tags included, against the bandwidth bought for
// this link and direction. ExpressRoute drops what exceeds it (Microsoft Learn:
// provider-rate-limit); a circuit that is asked to shape delays it instead.
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
