// The path of a node kind: its stages sorted by (phase, after, name). Built from the descriptors,
// printed by `erbium version --pipeline` and pinned by a test; the order of linking never matters.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/core/stage.h"

namespace erbium::dp {

class Pipeline {
 public:
  // `optional` names the optional stages to include. Throws std::invalid_argument when one does
  // not exist, when an `after` names a stage of another phase, or when the order has a cycle.
  Pipeline(NodeKind kind, std::span<const StageDescriptor* const> stages,
           std::span<const std::string> optional);

  const std::vector<const StageDescriptor*>& stages() const { return stages_; }
  // Index of the first stage for packets that enter there.
  size_t entry(Entry entry) const { return entries_[static_cast<size_t>(entry)]; }
  // One line a stage: phase, name, drop reasons.
  std::string str() const;

 private:
  std::vector<const StageDescriptor*> stages_;
  std::array<size_t, kEntries> entries_{};
};

const char* name(Phase phase);

}  // namespace erbium::dp
