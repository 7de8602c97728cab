#include "control/bgp/adj_rib_out.h"

#include <utility>

namespace erbium::cp::bgp {

using rib::AttributesId;
using rib::kNoAttributes;
using rib::kNoId;

AttributesId AdjRibOut::told(const net::Prefix& prefix) const {
  const auto look = [&](const auto& table) {
    const uint32_t id = table.find(prefix);
    return id == kNoId ? kNoAttributes : table[id].label;
  };
  return prefix.address.is_v4() ? look(v4_) : look(v6_);
}

template <class Table>
void AdjRibOut::tell(Table& table, const net::Prefix& prefix, AttributesId attributes) {
  if (attributes == kNoAttributes) {
    const uint32_t id = table.find(prefix);
    if (id == kNoId) return;
    pool_.release(table[id].label);
    table.remove(id);
    return;
  }
  pool_.retain(attributes);
  const uint32_t id = table.find_or_add(prefix);
  pool_.release(std::exchange(table[id].label, attributes));
}

void AdjRibOut::tell(const net::Prefix& prefix, AttributesId attributes) {
  if (prefix.address.is_v4())
    tell(v4_, prefix, attributes);
  else
    tell(v6_, prefix, attributes);
}

void AdjRibOut::clear() {
  const auto clear_table = [&](auto& table) {
    for (uint32_t id = 0, end = table.end(); id < end; id++)
      if (table.live(id)) pool_.release(table[id].label);
    table = {};
  };
  clear_table(v4_);
  clear_table(v6_);
}

std::vector<net::Prefix> AdjRibOut::prefixes() const {
  std::vector<net::Prefix> out;
  out.reserve(v4_.size() + v6_.size());
  const auto append = [&](const auto& table) {
    const size_t from = out.size();
    for (uint32_t id = 0; id < table.end(); id++)
      if (table.live(id)) out.push_back(table.prefix(id));
    rib::sort_prefixes(out, from);
  };
  append(v4_);
  append(v6_);
  return out;
}

void UpdatePacker::add(const net::Prefix& prefix, AttributesId attributes) {
  if (attributes == kNoAttributes) {
    withdrawn_.push_back(prefix);
    return;
  }
  if (attributes >= group_of_.size()) group_of_.resize(attributes + 1);
  uint32_t& group = group_of_[attributes];
  if (group == 0) {
    groups_.push_back({attributes, {}});
    group = static_cast<uint32_t>(groups_.size());
  }
  groups_[group - 1].prefixes.push_back(prefix);
}

std::vector<Update> UpdatePacker::take() {
  std::vector<Update> out;
  if (!withdrawn_.empty()) out.emplace_back().withdrawn = std::move(withdrawn_);
  for (Group& group : groups_) {
    Update& update = out.emplace_back();
    update.attributes = pool_.at(group.attributes);
    update.announced = std::move(group.prefixes);
    group_of_[group.attributes] = 0;
  }
  withdrawn_.clear();
  groups_.clear();
  return out;
}

}  // namespace erbium::cp::bgp
