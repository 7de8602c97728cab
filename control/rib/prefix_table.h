// The prefixes of one family: nodes with dense ids, found by hash. Has no order of its own; see
// sort_prefixes().
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "common/net/address.h"
#include "common/net/endian.h"
#include "control/rib/dense.h"

namespace erbium::cp::rib {

// An IPv6 address in two halves in host order.
struct Key6 {
  uint64_t high = 0, low = 0;
  auto operator<=>(const Key6&) const = default;
};

inline Key6 key6_of(const net::Ip& ip) {
  net::BigEndian<uint64_t> half[2];
  static_assert(sizeof half == sizeof ip.bytes);
  std::memcpy(half, ip.bytes.data(), sizeof half);
  return {half[0].value(), half[1].value()};
}

inline net::Ip ip_of(const Key6& key) {
  const net::BigEndian<uint64_t> half[2] = {net::BigEndian<uint64_t>(key.high),
                                            net::BigEndian<uint64_t>(key.low)};
  net::Ip ip{net::Family::v6, {}};
  std::memcpy(ip.bytes.data(), half, sizeof half);
  return ip;
}

// Sorts prefixes[from..] by (family, address, length). Of a million IPv4 prefixes in any order in
// some tens of milliseconds.
void sort_prefixes(std::vector<net::Prefix>& prefixes, size_t from = 0);

inline uint32_t mixed(uint64_t value) {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93;
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93;
  return static_cast<uint32_t>(value >> 32);
}

// Key: uint32_t for IPv4 in host order, Key6 for IPv6.
template <class Key>
class PrefixTable {
 public:
  static constexpr uint8_t kFree = 255;
  struct Node {
    Key address{};
    uint32_t link = kNoId;  // the first path
    uint32_t label = 0;     // the user's
    uint8_t length = kFree;
  };

  uint32_t find(const net::Prefix& prefix) const { return find(key_of(prefix), prefix.length); }

  uint32_t find_or_add(const net::Prefix& prefix) {
    const Key key = key_of(prefix);
    if (const uint32_t there = find(key, prefix.length); there != kNoId) return there;
    const uint32_t id = nodes_.add();
    nodes_[id].address = key;
    nodes_[id].length = prefix.length;
    if (index_.full_for(id)) {
      index_.grow();
      fill();
    } else {
      index_.add(hash(id), id);
    }
    return id;
  }

  void remove(uint32_t id) {
    index_.remove(hash(id), id, [&](uint32_t other) { return hash(other); });
    nodes_.remove(id);
    if (nodes_.size() == 0) index_.clear();
  }
  // For many at once: leaves the index alone. reindex() must follow before anything else.
  void remove_unindexed(uint32_t id) { nodes_.remove(id); }
  void reindex() {
    if (nodes_.size() == 0) return index_.clear();
    index_.refill();
    fill();
  }

  // Fetches what find() will look at first.
  void prefetch(const net::Prefix& prefix) const {
    index_.prefetch(hash(key_of(prefix), prefix.length));
  }

  Node& operator[](uint32_t id) { return nodes_[id]; }
  const Node& operator[](uint32_t id) const { return nodes_[id]; }
  uint32_t end() const { return nodes_.end(); }
  bool live(uint32_t id) const { return nodes_[id].length != kFree; }
  size_t size() const { return nodes_.size(); }
  size_t memory_bytes() const { return nodes_.memory_bytes() + index_.memory_bytes(); }

  net::Prefix prefix(uint32_t id) const {
    const Node& node = nodes_[id];
    net::Prefix out;
    out.length = node.length;
    if constexpr (std::is_same_v<Key, Key6>) {
      out.address = ip_of(node.address);
    } else {
      out.address = net::Ip::v4(node.address);
    }
    return out;
  }

 private:
  static Key key_of(const net::Prefix& prefix) {
    if constexpr (std::is_same_v<Key, Key6>) {
      return key6_of(prefix.address);
    } else {
      return prefix.address.v4_host();
    }
  }
  static uint32_t hash(const Key& key, uint8_t length) {
    if constexpr (std::is_same_v<Key, Key6>) {
      return mixed(key.high ^ mixed(key.low + length) * 0x9e3779b97f4a7c15);
    } else {
      return mixed(uint64_t{key} << 8 | length);
    }
  }
  uint32_t hash(uint32_t id) const { return hash(nodes_[id].address, nodes_[id].length); }
  uint32_t find(const Key& key, uint8_t length) const {
    return index_.find(hash(key, length), [&](uint32_t id) {
      return nodes_[id].address == key && nodes_[id].length == length;
    });
  }
  void fill() {
    for (uint32_t id = 0; id < nodes_.end(); ++id) {
      if (live(id)) index_.add(hash(id), id);
    }
  }

  Slab<Node, 256> nodes_;
  IdIndex index_;
};

}  // namespace erbium::cp::rib
