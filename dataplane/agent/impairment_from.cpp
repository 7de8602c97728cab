#include "dataplane/agent/impairment_from.h"

#include <algorithm>

namespace erbium::dp {
namespace {

tl::unexpected<std::string> refuse(const char* why) { return tl::unexpected(std::string(why)); }

bool within(int64_t ns) { return ns >= 0 && ns <= Jitter::kMost.ns(); }

// Of each enumeration both sides list the same, in the same order.
LossModel loss_from(const api::Impairment& m) {
  return {.kind = static_cast<LossModel::Kind>(m.model()),
          .loss = Chance(m.loss()),
          .good_loss = Chance(m.good_loss()),
          .worse = Chance(m.worse()),
          .better = Chance(m.better()),
          .every = m.every()};
}

}  // namespace

tl::expected<ImpairmentConfig, std::string> impairment_from(const api::Impairment& m) {
  for (const uint64_t chance :
       {m.loss(), m.good_loss(), m.worse(), m.better(), m.duplicate(), m.reorder(), m.corrupt()})
    if (chance > Chance::kAlways) return refuse("a chance above 1");
  if (!within(m.jitter_ns()) || !within(m.hold_ns()))
    return refuse("a jitter or hold that is not 0 to 10 s");
  if (m.distribution() < 0 || m.distribution() > api::Impairment::PARETO || m.model() < 0 ||
      m.model() > api::Impairment::EVERY_NTH)
    return refuse("an unknown distribution or loss model");
  if (m.model() == api::Impairment::EVERY_NTH && m.every() == 0)
    return refuse("a loss of every 0th");
  const auto& trace = m.opportunities_ms();
  if (!std::is_sorted(trace.begin(), trace.end()) ||
      (!trace.empty() && trace.Get(trace.size() - 1) == 0))
    return refuse("a bandwidth trace that does not rise");
  return ImpairmentConfig{
      .seed = m.seed(),
      .jitter = {.size = Duration::ns(m.jitter_ns()),
                 .distribution = static_cast<Jitter::Distribution>(m.distribution()),
                 .keep_order = m.keep_order()},
      .loss = loss_from(m),
      .duplicate = Chance(m.duplicate()),
      .corrupt = Chance(m.corrupt()),
      .reorder = Chance(m.reorder()),
      .hold = Duration::ns(m.hold_ns()),
      .opportunities = {trace.begin(), trace.end()},
      .from = Time::from_ns(m.from_ns())};
}

}  // namespace erbium::dp
