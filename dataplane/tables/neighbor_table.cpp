#include "dataplane/tables/neighbor_table.h"

#include <algorithm>

namespace erbium::dp {

std::vector<uint32_t> NeighborTable::configure(const Forwarding& tables, uint32_t node) {
  std::vector<uint32_t> to_resolve;
  of_next_hop_.assign(tables.next_hops.size(), 0);
  for (uint32_t id = 1; id < tables.next_hops.size(); id++) {
    const NextHop& hop = tables.next_hops[id];
    if (hop.kind != NextHop::Kind::gateway) continue;
    if (tables.trunks[tables.interfaces[hop.interface].trunk].node != node) continue;
    const uint32_t neighbor = intern(hop.interface, hop.address);
    of_next_hop_[id] = neighbor;
    Neighbor& entry = entries_[neighbor];
    entry.eager = hop.eager;
    if (hop.eager && entry.state == Neighbor::State::idle) to_resolve.push_back(neighbor);
  }
  // Several next hops may share a neighbour: each is asked for once.
  std::sort(to_resolve.begin(), to_resolve.end());
  to_resolve.erase(std::unique(to_resolve.begin(), to_resolve.end()), to_resolve.end());
  for (Neighbor& entry : entries_) {
    if (!entry.usable() || entry.interface >= tables.interfaces.size()) continue;
    entry.header = tables.interfaces[entry.interface].header;
    entry.header.set_dst(entry.mac);
  }
  return to_resolve;
}

void NeighborTable::set(const Forwarding& tables, uint32_t interface, const net::Ip& ip,
                        const net::Mac& mac) {
  Neighbor& entry = entries_[intern(interface, ip)];
  entry.mac = mac;
  entry.state = Neighbor::State::permanent;
  entry.header = tables.interfaces[interface].header;
  entry.header.set_dst(mac);
}

uint32_t NeighborTable::intern(uint32_t interface, const net::Ip& ip) {
  const auto at = index_.find({interface, ip});
  if (at != index_.end()) return at->second;
  if (entries_.size() > kMaxNeighbors) return 0;
  const auto id = static_cast<uint32_t>(entries_.size());
  entries_.push_back({.interface = interface, .ip = ip});
  index_.emplace(Key{interface, ip}, id);
  return id;
}

uint32_t NeighborTable::find(uint32_t interface, const net::Ip& ip) const {
  const auto at = index_.find({interface, ip});
  return at == index_.end() ? 0 : at->second;
}

std::optional<NeighborTable::Learned> NeighborTable::take_learned(Time now) {
  const auto at = std::min_element(learned_.begin(), learned_.end(),
                                   [](const Learned& a, const Learned& b) { return a.at < b.at; });
  if (at == learned_.end() || at->at > now.ns()) return std::nullopt;
  const Learned first = *at;
  learned_.erase(at);
  return first;
}

void NeighborTable::schedule(uint32_t id, Time at) {
  Neighbor& entry = entries_[id];
  due_.erase({entry.due, id});
  entry.due = at.ns();
  due_.insert({entry.due, id});
}

uint32_t NeighborTable::take_due(Time now) {
  if (due_.empty() || due_.begin()->first > now.ns()) return 0;
  const uint32_t id = due_.begin()->second;
  due_.erase(due_.begin());
  return id;
}

}  // namespace erbium::dp
