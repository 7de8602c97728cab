#include "control/rib/attributes_pool.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "control/rib/prefix_table.h"

namespace erbium::cp::rib {

namespace {

// FNV-1a over words: all that the set holds, in a fixed order.
class Hash {
 public:
  void add(uint64_t value) {
    state_ = (state_ ^ value) * 0x100000001b3;
    state_ ^= state_ >> 29;
  }
  void add(const std::optional<net::Ip>& ip) {
    add(ip.has_value());
    if (!ip) return;
    const Key6 key = key6_of(*ip);
    add(static_cast<uint64_t>(ip->family));
    add(key.high);
    add(key.low);
  }
  void add(const std::optional<uint32_t>& value) {
    add(value ? uint64_t{1} << 32 | *value : uint64_t{0});
  }
  uint32_t value() const { return mixed(state_); }

 private:
  uint64_t state_ = 0xcbf29ce484222325;
};

void add_lists(const bgp::PathAttributes& a, Hash& hash) {
  for (const uint32_t community : a.communities) hash.add(uint64_t{community});
  hash.add(a.communities.size());
  for (const bgp::LargeCommunity& community : a.large_communities) {
    hash.add(uint64_t{community.global} << 32 | community.local1);
    hash.add(uint64_t{community.local2});
  }
  hash.add(a.large_communities.size());
  for (const uint64_t community : a.extended_communities) hash.add(community);
  hash.add(a.extended_communities.size());
  for (const bgp::UnknownAttribute& unknown : a.unknown) {
    hash.add(uint64_t{unknown.flags} << 8 | unknown.type);
    for (const uint8_t octet : unknown.value) hash.add(uint64_t{octet});
  }
}

uint32_t hash_of(const bgp::PathAttributes& a) {
  Hash hash;
  hash.add(static_cast<uint64_t>(a.origin) << 1 | uint64_t{a.atomic_aggregate});
  for (const bgp::AsSegment& segment : a.as_path.segments) {
    for (const uint32_t asn : segment.asns) hash.add(uint64_t{asn});
    hash.add(uint64_t{segment.asns.size()} << 8 | static_cast<uint64_t>(segment.type));
  }
  for (const auto& ip : {a.next_hop, a.next_hop6, a.next_hop_link_local}) hash.add(ip);
  hash.add(a.med);
  hash.add(a.local_pref);
  if (a.aggregator) hash.add(uint64_t{a.aggregator->asn} << 32 | a.aggregator->address);
  add_lists(a, hash);
  return hash.value();
}

Rank rank_of(const bgp::PathAttributes& a) {
  Rank rank;
  rank.local_pref = a.local_pref.value_or(rank.local_pref);
  rank.path_length = static_cast<uint16_t>(std::min(a.as_path.length(), 65535u));
  rank.med = a.med.value_or(rank.med);
  rank.neighbour_as = a.as_path.first().value_or(0);
  rank.origin = a.origin;
  return rank;
}

// What malloc takes for a block: a header of 8 bytes, multiples of 16, at least 32.
template <class T>
size_t block_bytes(const std::vector<T>& items) {
  if (items.capacity() == 0) return 0;
  const size_t bytes = (items.capacity() * sizeof(T) + 8 + 15) / 16 * 16;
  return std::max<size_t>(bytes, 32);
}

size_t heap_bytes(const bgp::PathAttributes& a) {
  size_t sum = block_bytes(a.as_path.segments) + block_bytes(a.communities) +
               block_bytes(a.large_communities) + block_bytes(a.extended_communities) +
               block_bytes(a.unknown);
  for (const bgp::AsSegment& segment : a.as_path.segments) sum += block_bytes(segment.asns);
  for (const bgp::UnknownAttribute& unknown : a.unknown) sum += block_bytes(unknown.value);
  return sum;
}

}  // namespace

net::Ip next_hop(const bgp::PathAttributes& attributes, net::Family family) {
  if (family == net::Family::v4) return attributes.next_hop.value_or(net::Ip::v4(0));
  return attributes.next_hop6.value_or(net::Ip::v6({}));
}

net::Ip AttributesPool::next_hop(AttributesId id, net::Family family) const {
  if (family == net::Family::v4) return net::Ip::v4(keys_[id - 1].next_hop4);
  return rib::next_hop(at(id), family);
}

AttributesRef AttributesPool::intern(const bgp::PathAttributes& attributes) {
  const uint32_t hash = hash_of(attributes);
  const uint32_t there = index_.find(hash, [&](uint32_t slot) {
    return sets_[slot].hash == hash && sets_[slot].attributes == attributes;
  });
  if (there != kNoId) return AttributesRef(*this, there + 1);
  const uint32_t slot = sets_.add();
  if (slot >= references_.size()) {
    references_.push_back(0);
    keys_.emplace_back();
  }
  Set& set = sets_[slot];
  set.attributes = attributes;  // a copy, without the spare capacity of the caller's lists
  set.hash = hash;
  keys_[slot] = {rank_of(attributes), rib::next_hop(attributes, net::Family::v4).v4_host()};
  heap_bytes_ += heap_bytes(set.attributes);
  if (index_.full_for(slot)) {
    index_.grow();
    for (uint32_t i = 0; i < sets_.end(); ++i) {
      if (references_[i] > 0) index_.add(sets_[i].hash, i);
    }
  }
  index_.add(hash, slot);
  return AttributesRef(*this, slot + 1);
}

void AttributesPool::forget(AttributesId id) {
  const uint32_t slot = id - 1;
  heap_bytes_ -= heap_bytes(sets_[slot].attributes);
  index_.remove(sets_[slot].hash, slot, [&](uint32_t other) { return sets_[other].hash; });
  sets_.remove(slot);
  if (sets_.size() > 0) return;
  index_.clear();
  references_ = std::vector<uint32_t>();
  keys_ = std::vector<Key>();
}

size_t AttributesPool::memory_bytes() const {
  return sets_.memory_bytes() + references_.capacity() * sizeof(uint32_t) +
         keys_.capacity() * sizeof(Key) + index_.memory_bytes() + heap_bytes_;
}

}  // namespace erbium::cp::rib
