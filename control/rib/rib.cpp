#include "control/rib/rib.h"

#include <algorithm>

#include "common/check.h"

namespace erbium::cp::rib {

namespace {

// Per-family counters and tables are numbered 0 and 1.
size_t slot_of(net::Family family) { return family == net::Family::v4 ? 0 : 1; }

// Whether paths of two choices, position by position, lead the same way.
bool same_way(const AttributesPool& pool, net::Family family, const std::vector<Path>& a,
              const std::vector<Path>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const Path& x, const Path& y) {
    return x.peer == y.peer && (x.accepted == y.accepted || pool.next_hop(x.accepted, family) ==
                                                                pool.next_hop(y.accepted, family));
  });
}

}  // namespace

template <class Self, class F>
decltype(auto) Rib::with_table(Self& self, net::Family family, F&& f) {
  return family == net::Family::v4 ? f(self.v4_) : f(self.v6_);
}

Rib::Rib(RibConfig config) : config_(config), decision_(config.decision, pool_) {}
Rib::~Rib() = default;

void Rib::count_path(const Path& path, net::Family family, int sign) {
  if (path.peer >= counts_.size()) counts_.resize(path.peer + 1);
  const auto step = static_cast<size_t>(sign);  // -1 wraps, as size_t does
  counts_[path.peer].all[slot_of(family)] += step;
  if (path.accepted != kNoAttributes) counts_[path.peer].accepted[slot_of(family)] += step;
}

void Rib::collect(uint32_t first, std::vector<Path>& out) const {
  out.clear();
  for (uint32_t at = first; at != kNoId; at = paths_[at].link) out.push_back(paths_[at].path);
}

uint32_t Rib::hold(const Path& path, net::Family family) {
  pool_.retain(path.received);
  pool_.retain(path.accepted);
  count_path(path, family, +1);
  const uint32_t at = paths_.add();
  paths_[at].path = path;
  return at;
}

void Rib::release(uint32_t at, net::Family family) {
  const Path path = paths_[at].path;
  paths_.remove(at);
  count_path(path, family, -1);
  pool_.release(path.received);
  pool_.release(path.accepted);
}

// before_ and after_ hold all paths of the prefix; the attributes of both are still referenced.
void Rib::report(const net::Prefix& prefix, Changes& out) {
  const auto refused = [](const Path& path) { return path.accepted == kNoAttributes; };
  std::erase_if(before_, refused);
  std::erase_if(after_, refused);
  if (before_.size() + after_.size() == 1) {
    out.chosen.push_back(prefix);
    return;
  }
  const auto matters = [](const Path& a, const Path& b) {
    return a.peer == b.peer && a.accepted == b.accepted && a.weight == b.weight;
  };
  if (std::equal(before_.begin(), before_.end(), after_.begin(), after_.end(), matters)) return;
  decision_.choose(before_);
  decision_.choose(after_);
  if (!same_way(pool_, prefix.address.family, before_, after_) ||
      !matters(before_.front(), after_.front())) {
    out.chosen.push_back(prefix);
  } else if (config_.report_standby) {
    out.standby.push_back(prefix);
  }
}

void Rib::prefetch(const net::Prefix& prefix) const {
  with_table(*this, prefix.address.family, [&](const auto& table) { table.prefetch(prefix); });
}

void Rib::update(PeerId peer, const net::Prefix& prefix, AttributesId received,
                 AttributesId accepted, uint32_t weight, Changes& out) {
  ERBIUM_CHECK(decision_.known(peer) && received != kNoAttributes);
  const net::Family family = prefix.address.family;
  const uint32_t added = hold({peer, received, accepted, weight}, family);
  with_table(*this, family, [&](auto& table) {
    uint32_t& first = table[table.find_or_add(prefix)].link;
    if (first == kNoId) ++routed_[slot_of(family)];
    collect(first, before_);
    uint32_t* link = &first;
    while (*link != kNoId && paths_[*link].path.peer < peer) link = &paths_[*link].link;
    const uint32_t next = *link;
    const bool replaces = next != kNoId && paths_[next].path.peer == peer;
    paths_[added].link = replaces ? paths_[next].link : next;
    *link = added;
    collect(first, after_);
    report(prefix, out);
    if (replaces) release(next, family);
  });
}

// Takes the peer's path out of the node's chain, which before_ and after_ then hold. kNoId where
// there is no such path.
template <class Node>
uint32_t Rib::unlink(Node& node, PeerId peer) {
  uint32_t* link = &node.link;
  while (*link != kNoId && paths_[*link].path.peer < peer) link = &paths_[*link].link;
  const uint32_t taken = *link;
  if (taken == kNoId || paths_[taken].path.peer != peer) return kNoId;
  collect(node.link, before_);
  *link = paths_[taken].link;
  collect(node.link, after_);
  return taken;
}

bool Rib::withdraw(PeerId peer, const net::Prefix& prefix, Changes& out) {
  const net::Family family = prefix.address.family;
  return with_table(*this, family, [&](auto& table) {
    const uint32_t id = table.find(prefix);
    const uint32_t taken = id == kNoId ? kNoId : unlink(table[id], peer);
    if (taken == kNoId) return false;
    report(prefix, out);
    release(taken, family);
    if (table[id].link != kNoId) return true;
    --routed_[slot_of(family)];
    if (table[id].label == 0) table.remove(id);
    return true;
  });
}

void Rib::withdraw_peer(PeerId peer, Changes& out) {
  for (const net::Family family : {net::Family::v4, net::Family::v6}) {
    if (count(peer, family) == 0) continue;
    const size_t chosen = out.chosen.size(), standby = out.standby.size();
    with_table(*this, family, [&](auto& table) { withdraw_all(table, peer, family, out); });
    sort_prefixes(out.chosen, chosen);
    sort_prefixes(out.standby, standby);
  }
}

// Walks memory in its own order, which is the order of arrival; the caller sorts what it reports.
template <class Table>
void Rib::withdraw_all(Table& table, PeerId peer, net::Family family, Changes& out) {
  const bool most = count(peer, family) > table.size() / 4;
  size_t left = count(peer, family);
  for (uint32_t id = 0; left > 0; ++id) {
    if (!table.live(id)) continue;
    const uint32_t taken = unlink(table[id], peer);
    if (taken == kNoId) continue;
    --left;
    report(table.prefix(id), out);
    release(taken, family);
    if (table[id].link != kNoId) continue;
    --routed_[slot_of(family)];
    if (table[id].label != 0) continue;
    if (most)
      table.remove_unindexed(id);
    else
      table.remove(id);
  }
  if (most) table.reindex();
}

void Rib::paths(const net::Prefix& prefix, std::vector<Path>& out) const {
  with_table(*this, prefix.address.family, [&](const auto& table) {
    const uint32_t id = table.find(prefix);
    collect(id == kNoId ? kNoId : table[id].link, out);
  });
}

void Rib::chosen(const net::Prefix& prefix, std::vector<Path>& out) const {
  paths(prefix, out);
  decision_.choose(out);
}

bool Rib::find(PeerId peer, const net::Prefix& prefix, Path& out) const {
  return with_table(*this, prefix.address.family, [&](const auto& table) {
    const uint32_t id = table.find(prefix);
    for (uint32_t at = id == kNoId ? kNoId : table[id].link; at != kNoId; at = paths_[at].link) {
      if (paths_[at].path.peer != peer) continue;
      out = paths_[at].path;
      return true;
    }
    return false;
  });
}

template <class Wanted>
void Rib::append(net::Family family, Wanted wanted, std::vector<net::Prefix>& out) const {
  const size_t before = out.size();
  with_table(*this, family, [&](const auto& table) {
    for (uint32_t id = 0; id < table.end(); ++id) {
      if (table.live(id) && wanted(table[id].link)) out.push_back(table.prefix(id));
    }
  });
  sort_prefixes(out, before);
}

std::vector<net::Prefix> Rib::prefixes(net::Family family) const {
  std::vector<net::Prefix> out;
  out.reserve(routed_[slot_of(family)]);
  append(
      family, [](uint32_t first) { return first != kNoId; }, out);
  return out;
}

std::vector<net::Prefix> Rib::prefixes() const {
  std::vector<net::Prefix> out = prefixes(net::Family::v4);
  append(
      net::Family::v6, [](uint32_t first) { return first != kNoId; }, out);
  return out;
}

std::vector<net::Prefix> Rib::prefixes_of(PeerId peer) const {
  std::vector<net::Prefix> out;
  const auto announced = [&](uint32_t at) {
    while (at != kNoId && paths_[at].path.peer < peer) at = paths_[at].link;
    return at != kNoId && paths_[at].path.peer == peer;
  };
  for (const net::Family family : {net::Family::v4, net::Family::v6}) {
    if (count(peer, family) > 0) append(family, announced, out);
  }
  return out;
}

size_t Rib::count(PeerId peer, net::Family family) const {
  return peer < counts_.size() ? counts_[peer].all[slot_of(family)] : 0;
}

size_t Rib::accepted(PeerId peer, net::Family family) const {
  return peer < counts_.size() ? counts_[peer].accepted[slot_of(family)] : 0;
}

size_t Rib::memory_bytes() const {
  return sizeof *this + pool_.memory_bytes() + v4_.memory_bytes() + v6_.memory_bytes() +
         paths_.memory_bytes() + counts_.capacity() * sizeof(Counts);
}

uint32_t Rib::label(const net::Prefix& prefix) const {
  return with_table(*this, prefix.address.family, [&](const auto& table) {
    const uint32_t id = table.find(prefix);
    return id == kNoId ? 0 : table[id].label;
  });
}

}  // namespace erbium::cp::rib
