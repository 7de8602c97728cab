#include "dataplane/core/pipeline.h"

#include <algorithm>
#include <stdexcept>

namespace erbium::dp {
namespace {

bool ready(const StageDescriptor& stage, std::span<const StageDescriptor* const> waiting) {
  return std::none_of(stage.after.begin(), stage.after.end(), [&](std::string_view after) {
    return std::any_of(waiting.begin(), waiting.end(),
                       [&](const StageDescriptor* other) { return other->name == after; });
  });
}

void check_after(const StageDescriptor& stage, std::span<const StageDescriptor* const> all) {
  for (std::string_view after : stage.after) {
    const auto other =
        std::find_if(all.begin(), all.end(), [&](auto* s) { return s->name == after; });
    if (other == all.end() || (*other)->phase != stage.phase)
      throw std::invalid_argument("stage " + std::string(stage.name) + " stands after " +
                                  std::string(after) + ", which is no stage of its phase");
  }
}

bool wanted(const StageDescriptor& stage, NodeKind kind, std::span<const std::string> optional) {
  return (stage.nodes & kind) && (!stage.optional || std::find(optional.begin(), optional.end(),
                                                               stage.name) != optional.end());
}

}  // namespace

const char* name(Phase phase) {
  static constexpr const char* kNames[] = {"receive", "ingress",  "lookup",
                                           "egress",  "transmit", "answer"};
  return kNames[static_cast<size_t>(phase)];
}

Pipeline::Pipeline(NodeKind kind, std::span<const StageDescriptor* const> all,
                   std::span<const std::string> optional) {
  for (const std::string& name : optional)
    if (std::none_of(all.begin(), all.end(),
                     [&](auto* s) { return s->optional && s->name == name; }))
      throw std::invalid_argument("there is no optional stage called " + name);
  std::vector<const StageDescriptor*> waiting;
  for (const StageDescriptor* stage : all) {
    check_after(*stage, all);
    if (wanted(*stage, kind, optional)) waiting.push_back(stage);
  }
  std::sort(waiting.begin(), waiting.end(), [](auto* a, auto* b) {
    return a->phase != b->phase ? a->phase < b->phase
                                : std::string_view(a->name) < std::string_view(b->name);
  });
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(),
                                   [&](auto* stage) { return ready(*stage, waiting); });
    if (next == waiting.end() || (*next)->phase != waiting.front()->phase)
      throw std::invalid_argument("the stages after " + std::string(waiting.front()->name) +
                                  " wait for each other");
    if ((*next)->entry != Entry::wire)
      entries_[static_cast<size_t>((*next)->entry)] = stages_.size();
    stages_.push_back(*next);
    waiting.erase(next);
  }
}

std::string Pipeline::str() const {
  std::string out;
  for (const StageDescriptor* stage : stages_) {
    std::string line = erbium::dp::name(stage->phase);
    line.resize(10, ' ');
    line += stage->name;
    if (!stage->drops.empty()) line.resize(26, ' ');
    for (const char* drop : stage->drops) line += std::string(" ") + drop;
    out += line + "\n";
  }
  return out;
}

}  // namespace erbium::dp
