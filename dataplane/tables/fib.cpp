// Bulk lookups, and the two families' tries joined into one table that publishes one view.
#include "dataplane/tables/fib.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "dataplane/tables/fib_trie.h"

namespace erbium::dp {
namespace {

using Table = FibView::Table;

// All addresses of the burst take one level at a time, so that their cache misses overlap; those
// that have reached a leaf drop out of the list. No branch depends on what a lookup finds.
// Inlined always: the table of a burst in one VRF then stays in registers.
template <class Key, class TableOf, class KeyOf>
[[gnu::always_inline]] inline void lookup_burst(const TableOf& table_of, const KeyOf& key_of,
                                                NextHopGroupId* out, unsigned n) {
  Key rest[kFibBurst];
  uint8_t active[kFibBurst];
  const uint32_t* slots[kFibBurst];
  for (unsigned i = 0; i < n; ++i) {
    slots[i] = table_of(i).first(Key{key_of(i)}, rest[i]);
    __builtin_prefetch(slots[i]);
  }
  unsigned count = 0;
  for (unsigned i = 0; i < n; ++i) {
    const uint32_t entry = *slots[i];
    __builtin_prefetch(table_of(i).node(entry));
    out[i] = entry;
    active[count] = static_cast<uint8_t>(i);
    count += entry >> 31;
  }
  while (count > 0) {
    unsigned left = 0;
    for (unsigned j = 0; j < count; ++j) {
      const unsigned i = active[j];
      const Table& table = table_of(i);
      const uint32_t entry = table.step(out[i], rest[i]);
      __builtin_prefetch(table.node(entry));
      out[i] = entry;
      active[left] = static_cast<uint8_t>(i);
      left += entry >> 31;
    }
    count = left;
  }
  for (unsigned i = 0; i < n; ++i) {
    out[i] |= table_of(i).default_route & (0 - NextHopGroupId{out[i] == kNoRoute});
  }
}

// Most bursts stay in one VRF, whose table is then read once.
bool all_one(const FibView* const* views, unsigned n) {
  uintptr_t differ = 0;
  for (unsigned i = 1; i < n; ++i)
    differ |= reinterpret_cast<uintptr_t>(views[i]) ^ reinterpret_cast<uintptr_t>(views[0]);
  return n > 0 && differ == 0;
}

}  // namespace

void FibView::lookup4_bulk(const uint32_t* dst, NextHopGroupId* out, unsigned n) const noexcept {
  const Table table = v4_;
  lookup_burst<uint32_t>([&](unsigned) -> const Table& { return table; },
                         [&](unsigned i) { return dst[i]; }, out, n);
}

void FibView::lookup6_bulk(const uint8_t* const* dst, NextHopGroupId* out,
                           unsigned n) const noexcept {
  const Table table = v6_;
  lookup_burst<FibKey6>([&](unsigned) -> const Table& { return table; },
                        [&](unsigned i) { return fib_key6(dst[i]); }, out, n);
}

void FibView::lookup4_bulk(const FibView* const* views, const uint32_t* dst, NextHopGroupId* out,
                           unsigned n) noexcept {
  if (all_one(views, n)) return views[0]->lookup4_bulk(dst, out, n);
  lookup_burst<uint32_t>([&](unsigned i) -> const Table& { return views[i]->v4_; },
                         [&](unsigned i) { return dst[i]; }, out, n);
}

void FibView::lookup6_bulk(const FibView* const* views, const uint8_t* const* dst,
                           NextHopGroupId* out, unsigned n) noexcept {
  if (all_one(views, n)) return views[0]->lookup6_bulk(dst, out, n);
  lookup_burst<FibKey6>([&](unsigned i) -> const Table& { return views[i]->v6_; },
                        [&](unsigned i) { return fib_key6(dst[i]); }, out, n);
}

struct Fib::Impl {
  FibTrie<uint32_t> v4;
  FibTrie<FibKey6> v6;
  std::unique_ptr<const FibView> current;
  std::atomic<const FibView*> published{nullptr};
  std::vector<std::unique_ptr<const FibView>> retired;

  // Calls f with the trie, address and length of the prefix's family.
  template <class F>
  auto in_family(const net::Prefix& prefix, const F& f) {
    return prefix.address.is_v4() ? f(v4, prefix.address.v4_host(), prefix.length)
                                  : f(v6, fib_key6(prefix.address.bytes.data()), prefix.length);
  }
};

Fib::Fib() : impl_(std::make_unique<Impl>()) {
  auto view = std::make_unique<FibView>();
  view->v4_ = impl_->v4.table();
  view->v6_ = impl_->v6.table();
  impl_->current = std::move(view);
  impl_->published.store(impl_->current.get(), std::memory_order_release);
}

Fib::~Fib() = default;

NextHopGroupId Fib::upsert(const net::Prefix& prefix, NextHopGroupId group) {
  return impl_->in_family(prefix, [&](auto& trie, auto address, unsigned length) {
    return trie.upsert(address, length, group);
  });
}

NextHopGroupId Fib::erase(const net::Prefix& prefix) {
  return impl_->in_family(prefix, [](auto& trie, auto address, unsigned length) {
    return trie.erase(address, length);
  });
}

void Fib::stage(std::span<const FibChange> changes, NextHopGroupId* before) {
  constexpr size_t kAhead = 8;
  const auto prefetch = [&](const net::Prefix& prefix) {
    impl_->in_family(prefix, [](const auto& trie, auto address, unsigned length) {
      trie.prefetch(address, length);
    });
  };
  for (size_t i = 0; i < std::min(kAhead, changes.size()); ++i) prefetch(changes[i].prefix);
  for (size_t i = 0; i < changes.size(); ++i) {
    if (i + kAhead < changes.size()) prefetch(changes[i + kAhead].prefix);
    const FibChange& change = changes[i];
    before[i] =
        change.group == kNoRoute ? erase(change.prefix) : upsert(change.prefix, change.group);
  }
}

void Fib::clear() {
  impl_->v4.clear();
  impl_->v6.clear();
}

NextHopGroupId Fib::find(const net::Prefix& prefix) const {
  return impl_->in_family(
      prefix, []<class Key>(const FibTrie<Key>& trie, auto address, unsigned length) {
        return trie.routes().find({masked<Key>(address, length), length, kNoRoute});
      });
}

void Fib::commit() {
  const bool changed4 = impl_->v4.commit();
  const bool changed6 = impl_->v6.commit();
  if (!changed4 && !changed6) return;
  auto view = std::make_unique<FibView>();
  view->v4_ = impl_->v4.table();
  view->v6_ = impl_->v6.table();
  impl_->published.store(view.get(), std::memory_order_release);
  impl_->retired.push_back(std::move(impl_->current));
  impl_->current = std::move(view);
}

void Fib::reclaim() {
  impl_->v4.reclaim();
  impl_->v6.reclaim();
  decltype(impl_->retired)().swap(impl_->retired);
}

const FibView* Fib::view() const noexcept {
  return impl_->published.load(std::memory_order_acquire);
}

size_t Fib::routes() const { return impl_->v4.routes().size() + impl_->v6.routes().size(); }

size_t Fib::routes(net::Family family) const {
  return family == net::Family::v4 ? impl_->v4.routes().size() : impl_->v6.routes().size();
}

size_t Fib::memory_bytes() const {
  return sizeof(Fib) + sizeof(Impl) + sizeof(FibView) * (1 + impl_->retired.size()) +
         impl_->retired.capacity() * sizeof(void*) + impl_->v4.memory_bytes() +
         impl_->v6.memory_bytes();
}

void Fib::for_each(const RouteFn& f) const {
  for (auto at = impl_->v4.routes().begin(); at.valid(); at.next()) {
    f({net::Ip::v4(at->address()), static_cast<uint8_t>(at->length())}, at->group());
  }
  for (auto at = impl_->v6.routes().begin(); at.valid(); at.next()) {
    std::array<uint8_t, 16> bytes;
    for (unsigned i = 0; i < 16; ++i) {
      bytes[i] = static_cast<uint8_t>(at->address() >> (120 - 8 * i));
    }
    f({net::Ip::v6(bytes), static_cast<uint8_t>(at->length())}, at->group());
  }
}

}  // namespace erbium::dp
