// Path attributes of BGP routes, each distinct set held once. A table of a million prefixes has one
// set per six to ten of them (routes of one origin share their UPDATE, RFC 4271 §4.3), so the RIB
// keeps 32-bit ids. Beside each set stands what the decision process compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "control/bgp/message.h"
#include "control/rib/dense.h"

namespace erbium::cp::rib {

// 0 is none. An id is valid as long as somebody holds a reference, and then used again.
using AttributesId = uint32_t;
inline constexpr AttributesId kNoAttributes = 0;

// RFC 4271 §9.1.2: what of the attributes decides, absent ones replaced by their defaults.
struct Rank {
  uint32_t local_pref = 100;  // §9.1.1 leaves the default to local policy
  uint32_t med = 0;           // absent: the lowest, §9.1.2.2 c
  uint32_t neighbour_as = 0;  // 0: the path does not begin with a sequence
  uint16_t path_length = 0;   // ASes; a longer one counts as the longest
  bgp::Origin origin = bgp::Origin::igp;
};

// Where packets of the family go: NEXT_HOP (RFC 4271 §5.1.3) or that of MP_REACH_NLRI (RFC 4760).
// The unspecified address where the attributes have none.
net::Ip next_hop(const bgp::PathAttributes& attributes, net::Family family);

class AttributesRef;

class AttributesPool {
 public:
  // The set's id, with a reference that ends with the handle. Handles must not outlive the pool.
  AttributesRef intern(const bgp::PathAttributes& attributes);

  // Valid as long as the id is. The reference stays put while other sets come and go.
  const bgp::PathAttributes& at(AttributesId id) const { return sets_[id - 1].attributes; }
  const Rank& rank(AttributesId id) const { return keys_[id - 1].rank; }
  net::Ip next_hop(AttributesId id, net::Family family) const;

  // By hand; kNoAttributes is allowed and nothing. release() of the last one frees the set.
  void retain(AttributesId id) {
    if (id != kNoAttributes) ++references_[id - 1];
  }
  void release(AttributesId id) {
    if (id != kNoAttributes && --references_[id - 1] == 0) forget(id);
  }

  size_t size() const { return sets_.size(); }  // distinct sets
  size_t memory_bytes() const;                  // with what the sets hold on the heap

 private:
  struct Set {
    bgp::PathAttributes attributes;
    uint32_t hash = 0;
    uint32_t link = 0;  // of Slab
  };
  struct Key {
    Rank rank;
    uint32_t next_hop4 = 0;  // host order
  };
  void forget(AttributesId id);

  // All by id - 1. What a change of a route touches stands apart from the bulk of the set: first
  // what every change does, then what a decision among several paths does.
  Slab<Set, 64> sets_;
  std::vector<uint32_t> references_;
  std::vector<Key> keys_;
  IdIndex index_;
  size_t heap_bytes_ = 0;
};

// Holds one reference of the pool.
class AttributesRef {
 public:
  AttributesRef() = default;
  // Adds a reference.
  AttributesRef(AttributesPool& pool, AttributesId id) : pool_(&pool), id_(id) { pool.retain(id); }
  AttributesRef(const AttributesRef& o) : pool_(o.pool_), id_(o.id_) {
    if (pool_ != nullptr) pool_->retain(id_);
  }
  AttributesRef(AttributesRef&& o) noexcept : pool_(o.pool_), id_(std::exchange(o.id_, 0)) {}
  AttributesRef& operator=(AttributesRef o) noexcept {
    std::swap(pool_, o.pool_);
    std::swap(id_, o.id_);
    return *this;
  }
  ~AttributesRef() {
    if (pool_ != nullptr) pool_->release(id_);
  }

  AttributesId id() const { return id_; }
  explicit operator bool() const { return id_ != kNoAttributes; }
  const bgp::PathAttributes& operator*() const { return pool_->at(id_); }
  const bgp::PathAttributes* operator->() const { return &pool_->at(id_); }

 private:
  AttributesPool* pool_ = nullptr;
  AttributesId id_ = kNoAttributes;
};

}  // namespace erbium::cp::rib
