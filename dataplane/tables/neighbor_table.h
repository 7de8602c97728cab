// The neighbours of one node: who has been resolved to which MAC address, who is being asked, and
// the packets that wait for an answer. States after RFC 4861 §7.3.2, for ARP and ND alike, without
// STALE and DELAY: an entry that has aged is probed by unicast at once. What is learned takes
// effect at a time given by the caller, never in the middle of a burst.
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/net/address.h"
#include "common/units.h"
#include "dataplane/tables/forwarding.h"

namespace erbium::dp {

struct Neighbor {
  enum class State : uint8_t {
    idle,        // nothing known and nobody asks
    incomplete,  // asked, no answer yet; packets wait
    reachable,   // resolved
    probe,       // resolved and aged: asked again, still used
    permanent,   // configured; never ages
  };
  uint32_t interface = 0;
  net::Ip ip;
  net::Mac mac;
  State state = State::idle;
  bool eager = false;    // resolved when it is installed, and never given up
  bool awaited = false;  // eager and not resolved yet
  uint8_t asked = 0;     // requests sent since the last answer
  int64_t due = 0;       // ns; next retry or end of age, 0 when there is none
  int64_t heard = 0;     // ns; when `mac` was last learned, 0 when it is configured
  EncapHeader header;    // complete when usable()
  std::vector<rte_mbuf*> waiting;

  bool usable() const { return state >= State::reachable; }
};

class NeighborTable {
 public:
  static constexpr uint8_t kMaxRequests = 3;               // RFC 4861 §10 MAX_*_SOLICIT
  static constexpr Duration kRetransmit = Duration::s(1);  // RFC 4861 §10 RETRANS_TIMER
  static constexpr size_t kMaxWaiting = 256;               // packets held for one neighbour
  static constexpr size_t kMaxNeighbors = 65'536;

  // What control has configured for one node. Entries that are there keep what they learned as long
  // as their interface keeps its header. Returns the neighbours to resolve at once.
  std::vector<uint32_t> configure(const Forwarding& tables, uint32_t node);
  // A permanent entry.
  void set(const Forwarding& tables, uint32_t interface, const net::Ip& ip, const net::Mac& mac);

  // The neighbour of a gateway next hop of this node.
  uint32_t of_next_hop(uint32_t next_hop) const { return of_next_hop_[next_hop]; }
  // The neighbour on a connected subnet, created when it is new; 0 when the table is full.
  uint32_t intern(uint32_t interface, const net::Ip& ip);
  // 0 when it is not known.
  uint32_t find(uint32_t interface, const net::Ip& ip) const;

  Neighbor& operator[](uint32_t id) { return entries_[id]; }
  const Neighbor& operator[](uint32_t id) const { return entries_[id]; }
  size_t size() const { return entries_.size(); }

  // Records that `ip` was seen at `mac` on `interface`; take_learned() returns it at `at`. Unknown
  // neighbours are only recorded with `create` (RFC 826: when the message was for this node).
  struct Learned {
    int64_t at;
    uint32_t interface;
    net::Ip ip;
    net::Mac mac;
    bool create;
  };
  void learn(const Learned& what) { learned_.push_back(what); }
  // The next one that takes effect at or before `now`, in the order of (time, learning).
  std::optional<Learned> take_learned(Time now);

  // An interface on which this node is to say where it is, at the next deadline.
  void announce(uint32_t interface) { to_announce_.push_back(interface); }
  std::vector<uint32_t> take_to_announce() { return std::exchange(to_announce_, {}); }

  // Sets when the neighbour is to be looked at again; replaces an earlier setting.
  void schedule(uint32_t id, Time at);
  // The next neighbour that is due at or before `now`, 0 when there is none.
  uint32_t take_due(Time now);

 private:
  using Key = std::pair<uint32_t, net::Ip>;
  std::vector<Neighbor> entries_{1};
  std::map<Key, uint32_t> index_;
  std::vector<uint32_t> of_next_hop_;
  std::vector<Learned> learned_;
  std::vector<uint32_t> to_announce_;
  std::set<std::pair<int64_t, uint32_t>> due_;
};

}  // namespace erbium::dp
