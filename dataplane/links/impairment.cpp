#include "dataplane/links/impairment.h"

#include <utility>

namespace erbium::dp {

Impairment::Impairment(ImpairmentConfig config, uint64_t places)
    : config_(std::move(config)), reach_(config_.jitter.reach()), places_(places) {
  if (!config_.opportunities.empty()) trace_.emplace(config_.opportunities, config_.from);
}

bool Impairment::loses() {
  const LossModel& model = config_.loss;
  switch (model.kind) {
    case LossModel::Kind::random:
      return model.loss.met(draw(kLoss));
    case LossModel::Kind::gilbert_elliott:
      if ((bad_ ? model.better : model.worse).met(draw(kState))) bad_ = !bad_;
      return (bad_ ? model.loss : model.good_loss).met(draw(kLoss));
    case LossModel::Kind::every_nth:
      if (++since_loss_ < model.every) return false;
      since_loss_ = 0;
      return true;
    case LossModel::Kind::none:
      break;
  }
  return false;
}

}  // namespace erbium::dp
