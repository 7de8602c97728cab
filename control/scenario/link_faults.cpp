#include "control/scenario/link_faults.h"

namespace erbium::cp {

void LinkFaults::begin(size_t fault, size_t link, Direction dir, bool carrier) {
  Link& at = links_[link];
  if (dir != Direction::to_onprem) at.down[0].insert(fault);
  if (dir != Direction::to_azure) at.down[1].insert(fault);
  if (carrier) at.no_carrier.insert(fault);
}

void LinkFaults::end(size_t fault, size_t link) {
  Link& at = links_[link];
  for (auto& down : at.down) down.erase(fault);
  at.no_carrier.erase(fault);
}

bool LinkFaults::up(size_t link, Direction dir) const { return of(link, dir).empty(); }

bool LinkFaults::carrier(size_t link) const {
  const auto at = links_.find(link);
  return at == links_.end() || at->second.no_carrier.empty();
}

bool LinkFaults::core_up(const std::string& msee) const {
  const auto at = cores_.find(msee);
  return at == cores_.end() || at->second.empty();
}

std::set<size_t> LinkFaults::of(size_t link, Direction dir) const {
  const auto at = links_.find(link);
  return at == links_.end() ? std::set<size_t>{} : at->second.down[slot(dir)];
}

// The ends see a carrier again with both directions.
void LinkFaults::lift(size_t fault, size_t link, Direction dir) {
  Link& at = links_[link];
  at.down[slot(dir)].erase(fault);
  if (!at.down[0].contains(fault) && !at.down[1].contains(fault)) at.no_carrier.erase(fault);
}

}  // namespace erbium::cp
