// The routes of one family of one VRF, sorted by (address, length): what a trie of forwarding
// entries is built from, and what tells it which shorter prefix applies again after a removal. A
// tree of two levels above leaves of 63 IPv4 routes, 512 bytes: a change in a large table touches
// one leaf, whose few cache lines can be fetched ahead, and moves little. 8 bytes an IPv4 route (24
// for IPv6) plus the slack of leaves; appends in order fill leaves completely. Private to the
// writer, so nothing here is copied on write.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "common/memory.h"
#include "dataplane/tables/fib_route.h"

namespace erbium::dp {

template <class Key>
class RouteStore {
  struct Leaf;

 public:
  using Route = typename RouteOf<Key>::type;

  // A position in the order; changes of the store invalidate it.
  class Cursor {
   public:
    bool valid() const { return route_ != nullptr; }
    const Route& operator*() const { return *route_; }
    const Route* operator->() const { return route_; }
    void next() {
      if (++route_ == end_) enter(branch_, leaf_ + 1);
    }
    // The route before this one, null at the beginning.
    const Route* previous() const;
    // True when there are at least n more routes and the n-th of them is still inside `prefix`.
    bool more_than(size_t n, Key prefix, unsigned length) const;

   private:
    friend class RouteStore;
    Cursor(const RouteStore& store, size_t branch, size_t leaf, size_t at) : store_(&store) {
      enter(branch, leaf);
      if (valid()) route_ += at;
      if (valid() && route_ == end_) enter(branch_, leaf_ + 1);
    }
    void enter(size_t branch, size_t leaf);

    const RouteStore* store_;
    size_t branch_ = 0, leaf_ = 0;
    const Route* route_ = nullptr;
    const Route* end_ = nullptr;
  };

  // Inserts or replaces; returns the group it had before, kNoRoute where it is new.
  NextHopGroupId upsert(const Route& route);
  // Removes the route with this address and length; returns its group, kNoRoute where it is none.
  NextHopGroupId erase(const Route& route);
  NextHopGroupId find(const Route& route) const;
  // Fetches what a change of the route, or lower_bound() of it, will look at.
  void prefetch(const Route& route) const;
  // The first route not before `route`.
  Cursor lower_bound(const Route& route) const;
  Cursor begin() const { return Cursor(*this, 0, 0, 0); }
  // The group of the longest prefix of 1..max_length bits that covers `address`, or kNoRoute.
  // `after` is the first route behind (address, max_length).
  NextHopGroupId covering(const Cursor& after, Key address, unsigned max_length) const;

  size_t size() const { return size_; }
  size_t memory_bytes() const;
  void clear();

 private:
  static constexpr size_t kLeaf = sizeof(Route) == 8 ? 63 : 31;  // routes
  static constexpr size_t kBranch = 128;                         // leaves

  struct Leaf {
    size_t size = 0;
    std::array<Route, kLeaf> routes;
    const Route* begin() const { return routes.data(); }
    const Route* end() const { return routes.data() + size; }
  };
  struct Branch {
    std::vector<Route> first;  // of each leaf
    std::vector<std::unique_ptr<Leaf>> leaves;

    void insert(size_t at, std::unique_ptr<Leaf> leaf) {
      first.insert(first.begin() + static_cast<ptrdiff_t>(at), leaf->routes[0]);
      leaves.insert(leaves.begin() + static_cast<ptrdiff_t>(at), std::move(leaf));
    }
    void erase(size_t at) {
      first.erase(first.begin() + static_cast<ptrdiff_t>(at));
      leaves.erase(leaves.begin() + static_cast<ptrdiff_t>(at));
    }
    // Moves the leaves from `at` on to the end of another.
    void move_to(Branch& to, size_t at) {
      to.first.insert(to.first.end(), first.begin() + static_cast<ptrdiff_t>(at), first.end());
      first.resize(at);
      std::move(leaves.begin() + static_cast<ptrdiff_t>(at), leaves.end(),
                std::back_inserter(to.leaves));
      leaves.resize(at);
    }
  };
  struct Place {
    size_t branch, leaf;
  };

  // How many of the n sorted routes are before `route`. No branch depends on it: it is random.
  static size_t count_before(const Route* routes, size_t n, const Route& route);
  // The leaf that holds `route` or would; there is one.
  Place place_of(const Route& route, const Place& near) const;
  Cursor lower_bound(const Route& route, const Place& near) const;
  Leaf& leaf(const Place& at) const { return *branches_[at.branch].leaves[at.leaf]; }
  void note_first(const Place& at);
  void add_leaf(const Place& behind, std::unique_ptr<Leaf> leaf);
  void split(const Place& at);
  void shrink(Place at);
  void drop_leaf(const Place& at);

  std::vector<Branch> branches_;  // neither a branch nor a leaf is empty
  std::vector<Route> first_;      // of each branch
  size_t size_ = 0;
  // Where was looked last, and fetched: hints, which need not be there any more.
  mutable Place last_{0, 0}, fetched_{0, 0};
};

template <class Key>
void RouteStore<Key>::Cursor::enter(size_t branch, size_t leaf) {
  const auto& branches = store_->branches_;
  if (branch < branches.size() && leaf == branches[branch].leaves.size()) {
    ++branch;
    leaf = 0;
  }
  branch_ = branch;
  leaf_ = leaf;
  if (branch >= branches.size()) {
    route_ = nullptr;
    return;
  }
  const Leaf& here = *branches[branch].leaves[leaf];
  route_ = here.begin();
  end_ = here.end();
}

template <class Key>
auto RouteStore<Key>::Cursor::previous() const -> const Route* {
  const auto& branches = store_->branches_;
  if (valid() && route_ != branches[branch_].leaves[leaf_]->begin()) return route_ - 1;
  if (leaf_ > 0) return branches[branch_].leaves[leaf_ - 1]->end() - 1;
  const size_t branch = std::min(branch_, branches.size());
  return branch > 0 ? branches[branch - 1].leaves.back()->end() - 1 : nullptr;
}

template <class Key>
bool RouteStore<Key>::Cursor::more_than(size_t n, Key prefix, unsigned length) const {
  Cursor at = *this;
  while (at.valid()) {
    const auto left = static_cast<size_t>(at.end_ - at.route_);
    if (n < left) return masked(at.route_[n].address(), length) == prefix;
    n -= left;
    at.enter(at.branch_, at.leaf_ + 1);
  }
  return false;
}

template <class Key>
size_t RouteStore<Key>::count_before(const Route* routes, size_t n, const Route& route) {
  const Route* base = routes;
  while (n > 1) {
    const size_t half = n / 2;
    base += half * size_t{base[half - 1].before(route)};
    n -= half;
  }
  return static_cast<size_t>(base - routes) + (n == 1 && base->before(route) ? 1 : 0);
}

// Changes come in order mostly, and what was looked at last is still in the cache: around `near`
// first.
template <class Key>
auto RouteStore<Key>::place_of(const Route& route, const Place& near) const -> Place {
  constexpr size_t kNear = 16;
  const auto behind = [](const Route& a, const Route& b) { return a.before(b); };
  // The last of them that is not behind `route`, the first where all are.
  const auto last = [&](const Route* first, size_t n, size_t from) {
    size_t low = 0, high = n;
    if (from < n && !behind(route, first[from])) {
      low = from;
      if (from + kNear < n && behind(route, first[from + kNear])) high = from + kNear;
    } else if (from < n) {
      high = from;
      if (from > kNear && !behind(route, first[from - kNear])) low = from - kNear;
    }
    const auto after = std::upper_bound(first + low, first + high, route, behind) - first;
    return after > 0 ? static_cast<size_t>(after) - 1 : 0;
  };
  const size_t branch = last(first_.data(), first_.size(), near.branch);
  const std::vector<Route>& leaves = branches_[branch].first;
  return {branch, last(leaves.data(), leaves.size(), branch == near.branch ? near.leaf : SIZE_MAX)};
}

template <class Key>
void RouteStore<Key>::prefetch(const Route& route) const {
  if (branches_.empty()) return;
  fetched_ = place_of(route, fetched_);
  const auto* bytes = reinterpret_cast<const char*>(&leaf(fetched_));
  for (size_t at = 0; at < sizeof(Leaf); at += kCacheLine) __builtin_prefetch(bytes + at);
}

template <class Key>
auto RouteStore<Key>::lower_bound(const Route& route) const -> Cursor {
  const Cursor found = lower_bound(route, last_);
  if (found.valid()) last_ = {found.branch_, found.leaf_};
  return found;
}

template <class Key>
auto RouteStore<Key>::lower_bound(const Route& route, const Place& near) const -> Cursor {
  if (branches_.empty()) return begin();
  const Place at = place_of(route, near);
  const Leaf& in = leaf(at);
  return Cursor(*this, at.branch, at.leaf, count_before(in.begin(), in.size, route));
}

template <class Key>
NextHopGroupId RouteStore<Key>::find(const Route& route) const {
  const Cursor at = lower_bound(route);
  return at.valid() && !route.before(*at) ? at->group() : kNoRoute;
}

template <class Key>
NextHopGroupId RouteStore<Key>::upsert(const Route& route) {
  if (branches_.empty()) {
    branches_.emplace_back().insert(0, std::make_unique<Leaf>());
    first_.push_back(route);
  }
  Place at = place_of(route, last_);
  Leaf* in = &leaf(at);
  size_t where = count_before(in->begin(), in->size, route);
  if (where < in->size && !route.before(in->routes[where]))
    return std::exchange(in->routes[where], route).group();
  if (in->size == kLeaf) {
    const bool last =
        at.branch + 1 == branches_.size() && at.leaf + 1 == branches_[at.branch].leaves.size();
    if (last && where == kLeaf) {  // appending in order: leave the full leaf full
      auto next = std::make_unique<Leaf>();
      next->routes[0] = route;
      add_leaf(at, std::move(next));
    } else {
      split(at);
    }
    at = place_of(route, at);
    in = &leaf(at);
    where = count_before(in->begin(), in->size, route);
  }
  std::copy_backward(in->begin() + where, in->end(), in->routes.data() + in->size + 1);
  in->routes[where] = route;
  ++in->size;
  ++size_;
  if (where == 0) note_first(at);
  last_ = at;
  return kNoRoute;
}

template <class Key>
void RouteStore<Key>::note_first(const Place& at) {
  Branch& branch = branches_[at.branch];
  branch.first[at.leaf] = branch.leaves[at.leaf]->routes[0];
  if (at.leaf == 0) first_[at.branch] = branch.first[0];
}

// Whose first route is in place already.
template <class Key>
void RouteStore<Key>::add_leaf(const Place& behind, std::unique_ptr<Leaf> leaf) {
  Place at{behind.branch, behind.leaf + 1};
  if (branches_[at.branch].leaves.size() == kBranch) {
    const bool append = at.branch + 1 == branches_.size() && at.leaf == kBranch;
    const size_t kept = append ? kBranch : kBranch / 2;
    Branch upper;
    branches_[at.branch].move_to(upper, kept);
    const Route first = append ? leaf->routes[0] : upper.first[0];
    const auto next = static_cast<ptrdiff_t>(at.branch) + 1;
    branches_.insert(branches_.begin() + next, std::move(upper));
    first_.insert(first_.begin() + next, first);
    if (append || at.leaf > kept) at = {at.branch + 1, at.leaf - kept};
  }
  branches_[at.branch].insert(at.leaf, std::move(leaf));
}

template <class Key>
void RouteStore<Key>::split(const Place& at) {
  Leaf& lower = leaf(at);
  auto upper = std::make_unique<Leaf>();
  std::copy(lower.begin() + kLeaf / 2, lower.end(), upper->routes.begin());
  upper->size = kLeaf - kLeaf / 2;
  lower.size = kLeaf / 2;
  add_leaf(at, std::move(upper));
}

template <class Key>
NextHopGroupId RouteStore<Key>::erase(const Route& route) {
  if (branches_.empty()) return kNoRoute;
  const Place at = last_ = place_of(route, last_);
  Leaf& in = leaf(at);
  const size_t where = count_before(in.begin(), in.size, route);
  if (where == in.size || route.before(in.routes[where])) return kNoRoute;
  const NextHopGroupId old = in.routes[where].group();
  std::copy(in.begin() + where + 1, in.end(), in.routes.data() + where);
  --in.size;
  --size_;
  if (where == 0 && in.size > 0) note_first(at);
  if (in.size < kLeaf / 4) shrink(at);
  return old;
}

// Drops an empty leaf, and joins one less than a quarter full to its neighbour in the branch where
// both fit with room to spare, so that memory follows the number of routes down.
template <class Key>
void RouteStore<Key>::shrink(Place at) {
  Branch& branch = branches_[at.branch];
  if (leaf(at).size == 0) return drop_leaf(at);
  if (branch.leaves.size() == 1) return;
  if (at.leaf == 0) at.leaf = 1;
  Leaf& from = leaf(at);
  Leaf& into = leaf({at.branch, at.leaf - 1});
  if (into.size + from.size > kLeaf * 3 / 4) return;
  std::copy(from.begin(), from.end(), into.routes.data() + into.size);
  into.size += from.size;
  drop_leaf(at);
}

// Branches are joined and dropped as leaves are.
template <class Key>
void RouteStore<Key>::drop_leaf(const Place& at) {
  branches_[at.branch].erase(at.leaf);
  const auto drop_branch = [&](size_t which) {
    branches_.erase(branches_.begin() + static_cast<ptrdiff_t>(which));
    first_.erase(first_.begin() + static_cast<ptrdiff_t>(which));
  };
  const size_t left = branches_[at.branch].leaves.size();
  if (left == 0) {
    drop_branch(at.branch);
    if (branches_.empty()) clear();
    return;
  }
  first_[at.branch] = branches_[at.branch].first[0];
  if (left >= kBranch / 4 || branches_.size() == 1) return;
  const size_t from = std::max<size_t>(at.branch, 1);
  Branch& into = branches_[from - 1];
  if (into.leaves.size() + branches_[from].leaves.size() > kBranch * 3 / 4) return;
  branches_[from].move_to(into, 0);
  drop_branch(from);
}

// The predecessor of (address, length) either covers the address or shares with it fewer bits than
// its own length; every covering prefix sorts at or before it, so it is no longer than those bits.
template <class Key>
NextHopGroupId RouteStore<Key>::covering(const Cursor& after, Key address,
                                         unsigned max_length) const {
  Cursor cursor = after;
  while (max_length > 0) {
    const Route* before = cursor.previous();
    if (before == nullptr) return kNoRoute;
    const unsigned common = common_bits(before->address(), address);
    if (common >= before->length()) return before->length() > 0 ? before->group() : kNoRoute;
    max_length = common;
    cursor = lower_bound(Route(masked(address, common), common + 1, kNoRoute),
                         {cursor.branch_, cursor.leaf_});
  }
  return kNoRoute;
}

template <class Key>
size_t RouteStore<Key>::memory_bytes() const {
  size_t bytes = branches_.capacity() * sizeof(Branch) + first_.capacity() * sizeof(Route);
  for (const Branch& branch : branches_)
    bytes += branch.leaves.size() * sizeof(Leaf) + branch.leaves.capacity() * sizeof(void*) +
             branch.first.capacity() * sizeof(Route);
  return bytes;
}

template <class Key>
void RouteStore<Key>::clear() {
  std::vector<Branch>().swap(branches_);
  std::vector<Route>().swap(first_);
  size_ = 0;
}

}  // namespace erbium::dp
