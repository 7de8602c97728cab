#include "control/rib/fib_groups.h"

#include <algorithm>

#include "common/check.h"

namespace erbium::cp::rib {

namespace {

struct Set {
  PeerId loss;
  std::span<const uint32_t> hops;
};

// The set that begins at plan[at]; moves `at` behind it.
Set next_set(const std::vector<uint32_t>& plan, size_t& at) {
  const Set set{plan[at], {plan.data() + at + 2, plan[at + 1]}};
  at += 2 + set.hops.size();
  return set;
}

std::span<const uint32_t> primary_of(const std::vector<uint32_t>& plan) {
  size_t at = 0;
  return next_set(plan, at).hops;
}

bool contains(const std::vector<Path>& paths, const Path& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

uint32_t hash_of(const std::vector<uint32_t>& plan) {
  uint64_t state = plan.size();
  for (const uint32_t word : plan) state = (state << 32 | mixed(state ^ word)) + word;
  return mixed(state);
}

void sort_unique(std::vector<GroupId>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

FibGroups::FibGroups(Rib& rib) : rib_(rib) { ERBIUM_CHECK(rib.config().report_standby); }

FibGroups::HopId FibGroups::hop_of(const Path& path, net::Family family) {
  const Hop hop{path.peer, rib_.pool().next_hop(path.accepted, family)};
  if (path.peer >= last_hop_.size()) last_hop_.resize(path.peer + 1);
  HopId& last = last_hop_[path.peer];
  if (last < hops_.size() && hops_[last] == hop) return last;
  const auto next = static_cast<HopId>(hops_.size());
  const auto [at, added] = hop_ids_.try_emplace(hop, next);
  if (added) hops_.push_back(hop);
  return last = at->second;
}

void FibGroups::append(PeerId loss, const std::vector<Path>& set, net::Family family) {
  plan_.push_back(loss);
  plan_.push_back(static_cast<uint32_t>(set.size()));
  for (const Path& path : set) plan_.push_back(hop_of(path, family));
}

// Up to MED, which is the first step where a path may be kept out by one that is not chosen itself.
bool FibGroups::equally_good(const Path& a, const Path& b) const {
  const Rank& x = rib_.pool().rank(a.accepted);
  const Rank& y = rib_.pool().rank(b.accepted);
  return a.weight == b.weight && x.local_pref == y.local_pref && x.path_length == y.path_length &&
         x.origin == y.origin;
}

// False where the prefix has no route here.
bool FibGroups::make_plan(net::Family family) {
  std::erase_if(
      paths_, [&](const Path& path) { return path.accepted == kNoAttributes || lost(path.peer); });
  primary_ = paths_;
  rib_.choose(primary_);
  if (primary_.empty() || primary_.front().peer == kLocal) return false;
  plan_.clear();
  append(kLocal, primary_, family);
  for (const Path& loss : paths_) {
    if (loss != primary_.front() && !equally_good(loss, primary_.front())) continue;
    rest_ = paths_;
    std::erase(rest_, loss);
    rib_.choose(rest_);
    if (rest_ != primary_) append(loss.peer, rest_, family);
  }
  if (primary_.size() > 1) {
    rest_ = paths_;
    std::erase_if(rest_, [&](const Path& path) { return contains(primary_, path); });
    rib_.choose(rest_);
    append(kLocal, rest_, family);
  }
  plan_hash_ = hash_of(plan_);
  return true;
}

bool FibGroups::mentions(const Plan& plan, PeerId peer) const {
  for (size_t at = 0; at < plan.size();) {
    const Set set = next_set(plan, at);
    if (set.loss == peer) return true;
    for (const HopId hop : set.hops) {
      if (hops_[hop].peer == peer) return true;
    }
  }
  return false;
}

FibGroups::Hops FibGroups::without_lost(std::span<const HopId> set) const {
  Hops out(set.begin(), set.end());
  std::erase_if(out, [&](HopId hop) { return lost(hops_[hop].peer); });
  return out;
}

// The set for the first lost peer that leads anywhere, else the last set.
FibGroups::Hops FibGroups::members_left(const Plan& plan) const {
  size_t at = 0;
  const Set primary = next_set(plan, at);
  bool any_lost = false;
  while (at < plan.size()) {
    const Set set = next_set(plan, at);
    any_lost |= lost(set.loss);
    if (!lost(set.loss) && (set.loss != kLocal || !any_lost)) continue;
    if (Hops left = without_lost(set.hops); !left.empty()) return left;
  }
  return any_lost ? Hops() : without_lost(primary.hops);
}

void FibGroups::peer_down(PeerId peer) {
  if (lost(peer)) return;
  if (peer >= lost_.size()) lost_.resize(peer + 1);
  lost_[peer] = true;
  for (uint32_t slot = 0; slot < groups_.end(); ++slot) {
    Group& group = groups_[slot];
    if (!group.used || !mentions(group.plan, peer)) continue;
    unindex(slot);
    group.outdated = true;
    Hops members = members_left(group.plan);
    if (members == group.members) continue;
    group.members = std::move(members);
    changed_.push_back(slot + 1);
  }
}

void FibGroups::peer_up(PeerId peer) {
  if (lost(peer)) lost_[peer] = false;
}

void FibGroups::refresh(std::span<const net::Prefix> prefixes) {
  rib_.relabel(prefixes, [&](const net::Prefix& prefix, std::vector<Path>& paths, GroupId before) {
    paths_.swap(paths);
    const GroupId after = make_plan(prefix.address.family) ? group_as_planned(before) : kNoGroup;
    if (after == before) return after;
    if (after != kNoGroup) ++groups_[after - 1].prefixes;
    if (before != kNoGroup && --groups_[before - 1].prefixes == 0) maybe_empty_.push_back(before);
    routes_.push_back({prefix, after});
    return after;
  });
}

uint32_t FibGroups::find_planned() const {
  return index_.find(plan_hash_, [&](uint32_t slot) { return groups_[slot].plan == plan_; });
}

// The group for plan_: `current` where it is that already or can become it.
GroupId FibGroups::group_as_planned(GroupId current) {
  if (current != kNoGroup) {
    const Group& group = groups_[current - 1];
    if (!group.outdated && group.plan == plan_) return current;
    const bool free = group.outdated || (group.prefixes == 1 && find_planned() == kNoId);
    if (free && std::ranges::equal(group.members, primary_of(plan_))) {
      unindex(current - 1);
      set_plan(current - 1);
      return current;
    }
  }
  if (const uint32_t there = find_planned(); there != kNoId) return there + 1;
  const uint32_t slot = groups_.add();
  groups_[slot].used = true;
  set_plan(slot);
  changed_.push_back(slot + 1);
  return slot + 1;
}

// Gives the group plan_, and new prefixes with it where no other group takes them.
void FibGroups::set_plan(uint32_t slot) {
  Group& group = groups_[slot];
  const std::span<const HopId> primary = primary_of(plan_);
  group.plan = plan_;
  group.members.assign(primary.begin(), primary.end());
  group.hash = plan_hash_;
  group.outdated = false;
  if (find_planned() != kNoId) return;
  group.indexed = true;
  if (!index_.full_for(slot)) return index_.add(group.hash, slot);
  index_.grow();
  for (uint32_t i = 0; i < groups_.end(); ++i) {
    if (groups_[i].indexed) index_.add(groups_[i].hash, i);
  }
}

void FibGroups::unindex(uint32_t slot) {
  if (!groups_[slot].indexed) return;
  index_.remove(groups_[slot].hash, slot, [&](uint32_t other) { return groups_[other].hash; });
  groups_[slot].indexed = false;
}

FibDelta::Group FibGroups::described(GroupId id) const {
  FibDelta::Group out{id, {}};
  for (const HopId hop : groups_[id - 1].members) out.members.push_back(hops_[hop]);
  return out;
}

FibDelta FibGroups::everything() const {
  FibDelta out;
  for (uint32_t slot = 0; slot < groups_.end(); ++slot)
    if (groups_[slot].used) out.groups.push_back(described(slot + 1));
  for (const net::Prefix& prefix : rib_.prefixes())
    if (const GroupId group = rib_.label(prefix)) out.routes.push_back({prefix, group});
  return out;
}

FibDelta FibGroups::take() {
  FibDelta out;
  out.routes = std::exchange(routes_, {});
  sort_unique(changed_);
  for (const GroupId id : std::exchange(changed_, {})) out.groups.push_back(described(id));
  sort_unique(maybe_empty_);
  for (const GroupId id : std::exchange(maybe_empty_, {})) {
    if (groups_[id - 1].prefixes > 0) continue;
    unindex(id - 1);
    groups_.remove(id - 1);
    out.removed.push_back(id);
  }
  if (groups_.size() == 0) index_.clear();
  return out;
}

size_t FibGroups::memory_bytes() const {
  constexpr size_t kMapNode = 80;  // a red-black node with its pair, as malloc rounds it
  size_t sum = sizeof *this + groups_.memory_bytes() + index_.memory_bytes() +
               hops_.capacity() * sizeof(Hop) + hop_ids_.size() * kMapNode +
               routes_.capacity() * sizeof(FibDelta::Route);
  for (uint32_t slot = 0; slot < groups_.end(); ++slot) {
    sum += (groups_[slot].plan.capacity() + groups_[slot].members.capacity()) * sizeof(uint32_t);
  }
  return sum;
}

}  // namespace erbium::cp::rib
