// The routes of one family of one VRF, sorted by (address, length): what a trie of forwarding
// entries is built from, and what tells it which shorter prefix applies again after a removal. A
// chunked sorted array: 8 bytes an IPv4 route (24 for IPv6) plus the slack of chunks, appends in
// order fill chunks completely. Private to the writer, so nothing here is copied on write.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/tables/fib.h"

namespace erbium::dp {

// Address, length and group of an IPv4 route, ordered by the first two: 32, 8 and 24 bits.
class Route4 {
 public:
  Route4() = default;
  Route4(uint32_t address, unsigned length, NextHopGroupId group)
      : bits_(uint64_t{address} << 32 | uint64_t{length} << 24 | group) {}
  uint32_t address() const { return static_cast<uint32_t>(bits_ >> 32); }
  unsigned length() const { return static_cast<unsigned>(bits_ >> 24) & 0xff; }
  NextHopGroupId group() const { return static_cast<uint32_t>(bits_) & kMaxNextHopGroup; }
  bool before(const Route4& o) const { return bits_ >> 24 < o.bits_ >> 24; }

 private:
  uint64_t bits_ = 0;
};

// The same for IPv6.
class Route6 {
 public:
  Route6() = default;
  Route6(FibKey6 address, unsigned length, NextHopGroupId group)
      : high_(static_cast<uint64_t>(address >> 64)),
        low_(static_cast<uint64_t>(address)),
        length_and_group_(uint64_t{length} << 24 | group) {}
  FibKey6 address() const { return FibKey6{high_} << 64 | low_; }
  unsigned length() const { return static_cast<unsigned>(length_and_group_ >> 24); }
  NextHopGroupId group() const {
    return static_cast<uint32_t>(length_and_group_) & kMaxNextHopGroup;
  }
  bool before(const Route6& o) const {
    return address() != o.address() ? address() < o.address() : length() < o.length();
  }

 private:
  uint64_t high_ = 0;
  uint64_t low_ = 0;
  uint64_t length_and_group_ = 0;
};

template <class Key>
struct RouteOf;
template <>
struct RouteOf<uint32_t> {
  using type = Route4;
};
template <>
struct RouteOf<FibKey6> {
  using type = Route6;
};

// Leading bits two addresses have in common.
inline unsigned common_bits(uint32_t a, uint32_t b) {
  return static_cast<unsigned>(std::countl_zero(a ^ b));
}
inline unsigned common_bits(FibKey6 a, FibKey6 b) {
  const auto high = static_cast<uint64_t>((a ^ b) >> 64);
  const auto low = static_cast<uint64_t>(a ^ b);
  return static_cast<unsigned>(high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(low));
}

// `address` with all but the leading `length` bits cleared.
template <class Key>
Key masked(Key address, unsigned length) {
  constexpr unsigned kBits = sizeof(Key) * 8;
  if (length == 0) return 0;
  return static_cast<Key>(address >> (kBits - length) << (kBits - length));
}

template <class Key>
class RouteStore {
 public:
  using Route = typename RouteOf<Key>::type;

  // A position in the order; changes of the store invalidate it.
  class Cursor {
   public:
    bool valid() const { return route_ != nullptr; }
    const Route& operator*() const { return *route_; }
    const Route* operator->() const { return route_; }
    void next() {
      if (++route_ == end_) enter(chunk_ + 1);
    }
    // The route before this one, null at the beginning.
    const Route* previous() const;
    // True when there are at least n more routes and the n-th of them is still inside `prefix`.
    bool more_than(size_t n, Key prefix, unsigned length) const;

   private:
    friend class RouteStore;
    Cursor(const RouteStore& store, size_t chunk, size_t at) : store_(&store) {
      enter(chunk);
      if (valid()) route_ += at;
      if (valid() && route_ == end_) enter(chunk + 1);
    }
    void enter(size_t chunk);

    const RouteStore* store_;
    size_t chunk_ = 0;
    const Route* route_ = nullptr;
    const Route* end_ = nullptr;
  };

  // Inserts or replaces; returns the group it had before, kNoRoute where it is new.
  NextHopGroupId upsert(const Route& route);
  // Removes the route with this address and length; returns its group, kNoRoute where it is none.
  NextHopGroupId erase(const Route& route);
  NextHopGroupId find(const Route& route) const;
  // The first route not before `route`.
  Cursor lower_bound(const Route& route) const;
  Cursor begin() const { return Cursor(*this, 0, 0); }
  // The group of the longest prefix of 1..max_length bits that covers `address`, or kNoRoute.
  // `after` is the first route behind (address, max_length).
  NextHopGroupId covering(const Cursor& after, Key address, unsigned max_length) const;

  size_t size() const { return size_; }
  size_t memory_bytes() const;
  void clear();

 private:
  using Chunk = std::vector<Route>;
  static constexpr size_t kChunk = sizeof(Route) == 8 ? 512 : 256;  // routes

  // The chunk that holds `route` or would; chunks_ is not empty.
  size_t chunk_of(const Route& route) const;
  static typename Chunk::const_iterator position(const Chunk& chunk, const Route& route);
  void split(size_t at);
  void shrink(size_t at);

  std::vector<Chunk> chunks_;  // none is empty
  std::vector<Route> first_;   // of each chunk
  size_t size_ = 0;
};

template <class Key>
void RouteStore<Key>::Cursor::enter(size_t chunk) {
  chunk_ = chunk;
  if (chunk >= store_->chunks_.size()) {
    route_ = nullptr;
    return;
  }
  route_ = store_->chunks_[chunk].data();
  end_ = route_ + store_->chunks_[chunk].size();
}

template <class Key>
auto RouteStore<Key>::Cursor::previous() const -> const Route* {
  const size_t chunk = std::min(chunk_, store_->chunks_.size());
  if (valid() && route_ != store_->chunks_[chunk].data()) return route_ - 1;
  return chunk > 0 ? &store_->chunks_[chunk - 1].back() : nullptr;
}

template <class Key>
bool RouteStore<Key>::Cursor::more_than(size_t n, Key prefix, unsigned length) const {
  if (!valid()) return false;
  size_t left = static_cast<size_t>(end_ - route_);
  const Route* route = route_;
  for (size_t chunk = chunk_; n >= left; left = store_->chunks_[chunk].size()) {
    n -= left;
    if (++chunk >= store_->chunks_.size()) return false;
    route = store_->chunks_[chunk].data();
  }
  return masked(route[n].address(), length) == prefix;
}

template <class Key>
size_t RouteStore<Key>::chunk_of(const Route& route) const {
  const auto after = std::upper_bound(first_.begin(), first_.end(), route,
                                      [](const Route& a, const Route& b) { return a.before(b); });
  return after == first_.begin() ? 0 : static_cast<size_t>(after - first_.begin() - 1);
}

template <class Key>
auto RouteStore<Key>::position(const Chunk& chunk, const Route& route) ->
    typename Chunk::const_iterator {
  return std::lower_bound(chunk.begin(), chunk.end(), route,
                          [](const Route& a, const Route& b) { return a.before(b); });
}

template <class Key>
auto RouteStore<Key>::lower_bound(const Route& route) const -> Cursor {
  if (chunks_.empty()) return begin();
  const size_t at = chunk_of(route);
  const Chunk& chunk = chunks_[at];
  return Cursor(*this, at, static_cast<size_t>(position(chunk, route) - chunk.begin()));
}

template <class Key>
NextHopGroupId RouteStore<Key>::find(const Route& route) const {
  const Cursor at = lower_bound(route);
  return at.valid() && !route.before(*at) ? at->group() : kNoRoute;
}

template <class Key>
NextHopGroupId RouteStore<Key>::upsert(const Route& route) {
  if (chunks_.empty()) {
    chunks_.emplace_back();
    first_.push_back(route);
  }
  size_t at = chunk_of(route);
  auto where = position(chunks_[at], route);
  if (where != chunks_[at].end() && !route.before(*where)) {
    const NextHopGroupId old = where->group();
    chunks_[at][static_cast<size_t>(where - chunks_[at].begin())] = route;
    if (where == chunks_[at].begin()) first_[at] = route;
    return old;
  }
  if (chunks_[at].size() == kChunk) {
    if (at + 1 == chunks_.size() && where == chunks_[at].end()) {
      chunks_.emplace_back();  // appending in order: leave the full chunk full
      first_.push_back(route);
    } else {
      split(at);
    }
    at = chunk_of(route);
    where = position(chunks_[at], route);
  }
  if (where == chunks_[at].begin()) first_[at] = route;
  chunks_[at].insert(where, route);
  ++size_;
  return kNoRoute;
}

template <class Key>
void RouteStore<Key>::split(size_t at) {
  Chunk upper;
  upper.reserve(kChunk);
  upper.assign(chunks_[at].begin() + kChunk / 2, chunks_[at].end());
  chunks_[at].resize(kChunk / 2);
  first_.insert(first_.begin() + static_cast<ptrdiff_t>(at) + 1, upper.front());
  chunks_.insert(chunks_.begin() + static_cast<ptrdiff_t>(at) + 1, std::move(upper));
}

template <class Key>
NextHopGroupId RouteStore<Key>::erase(const Route& route) {
  if (chunks_.empty()) return kNoRoute;
  const size_t at = chunk_of(route);
  const auto where = position(chunks_[at], route);
  if (where == chunks_[at].end() || route.before(*where)) return kNoRoute;
  const NextHopGroupId old = where->group();
  chunks_[at].erase(where);
  --size_;
  shrink(at);
  return old;
}

// Drops an empty chunk, and joins one less than a quarter full to its neighbour where both fit
// with room to spare, so that memory follows the number of routes down.
template <class Key>
void RouteStore<Key>::shrink(size_t at) {
  if (!chunks_[at].empty()) first_[at] = chunks_[at].front();
  if (chunks_[at].size() >= kChunk / 4) return;
  size_t into = at;
  if (at > 0) {
    into = at - 1;
  } else if (chunks_.size() > 1) {
    at = 1;
    into = 0;
  }
  if (into != at && chunks_[into].size() + chunks_[at].size() <= kChunk * 3 / 4) {
    chunks_[into].insert(chunks_[into].end(), chunks_[at].begin(), chunks_[at].end());
    first_[into] = chunks_[into].front();
    chunks_[at].clear();
  }
  if (!chunks_[at].empty()) return;
  chunks_.erase(chunks_.begin() + static_cast<ptrdiff_t>(at));
  first_.erase(first_.begin() + static_cast<ptrdiff_t>(at));
  if (chunks_.empty()) clear();
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
    cursor = lower_bound(Route(masked(address, common), common + 1, kNoRoute));
  }
  return kNoRoute;
}

template <class Key>
size_t RouteStore<Key>::memory_bytes() const {
  size_t bytes = chunks_.capacity() * sizeof(Chunk) + first_.capacity() * sizeof(Route);
  for (const Chunk& chunk : chunks_) bytes += chunk.capacity() * sizeof(Route);
  return bytes;
}

template <class Key>
void RouteStore<Key>::clear() {
  std::vector<Chunk>().swap(chunks_);
  std::vector<Route>().swap(first_);
  size_ = 0;
}

}  // namespace erbium::dp
