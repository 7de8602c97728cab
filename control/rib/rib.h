// The routing information base of one router and VRF (RFC 4271 §3.2): what every peer announced
// before and after import policy (Adj-RIB-In) in one table by prefix, from which the chosen paths
// (Loc-RIB) are computed when asked for. Compact: one 32-bit id per set of attributes, 36 bytes per
// IPv4 prefix with one path, and a hash index; the order of prefixes is made by sorting where an
// order is wanted, so neither the hash nor the order of arrival is ever seen outside.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/check.h"
#include "common/net/address.h"
#include "control/rib/attributes_pool.h"
#include "control/rib/decision.h"
#include "control/rib/dense.h"
#include "control/rib/prefix_table.h"

namespace erbium::cp::rib {

struct RibConfig {
  DecisionConfig decision;
  bool report_standby = false;  // fill Changes::standby
};

// What operations append to. A prefix appears once per operation that changed it.
struct Changes {
  // The ECMP set (peers, next hops) or the best path (its accepted attributes, its weight) changed.
  std::vector<net::Prefix> chosen;
  // The accepted paths changed, but not the choice: what would replace it may be another one.
  std::vector<net::Prefix> standby;

  void clear() {
    chosen.clear();
    standby.clear();
  }
};

class Rib {
 public:
  explicit Rib(RibConfig config = {});
  ~Rib();
  Rib(const Rib&) = delete;
  Rib& operator=(const Rib&) = delete;

  const RibConfig& config() const { return config_; }
  AttributesPool& pool() { return pool_; }
  const AttributesPool& pool() const { return pool_; }

  // Before the peer's first update(). Peer 0 is there already.
  void set_peer(PeerId id, const Peer& peer) { decision_.set_peer(id, peer); }

  // Announces: replaces what the peer had for the prefix. `accepted` is kNoAttributes where import
  // policy refused it; then it is kept for a later refresh but never chosen. The table takes
  // references of its own. Prefixes must be canonical.
  void update(PeerId peer, const net::Prefix& prefix, AttributesId received, AttributesId accepted,
              uint32_t weight, Changes& out);
  // Fetches what update() and withdraw() look at first.
  void prefetch(const net::Prefix& prefix) const;
  // False where the peer had none.
  bool withdraw(PeerId peer, const net::Prefix& prefix, Changes& out);
  // All that the peer announced, in order of prefix.
  void withdraw_peer(PeerId peer, Changes& out);

  // The ECMP set, best first; empty where there is no accepted path. Replaces what `out` held.
  void chosen(const net::Prefix& prefix, std::vector<Path>& out) const;
  // Every path, refused ones too, in order of PeerId.
  void paths(const net::Prefix& prefix, std::vector<Path>& out) const;
  // The peer's path; false where it announced none.
  bool find(PeerId peer, const net::Prefix& prefix, Path& out) const;
  // Reduces paths that paths() returned, or some of them, to the ECMP set.
  void choose(std::vector<Path>& paths) const { decision_.choose(paths); }

  // Prefixes with at least one path, in order (IPv4 first, then address, then length). A copy: the
  // table may be changed while it is walked.
  std::vector<net::Prefix> prefixes() const;
  std::vector<net::Prefix> prefixes(net::Family family) const;
  // Those the peer announced, in the same order.
  std::vector<net::Prefix> prefixes_of(PeerId peer) const;

  size_t size() const { return routed_[0] + routed_[1]; }  // prefixes with at least one path
  // Paths of the peer, refused ones too / those accepted.
  size_t count(PeerId peer, net::Family family) const;
  size_t accepted(PeerId peer, net::Family family) const;
  // All that is held, attributes included, spare capacity too.
  size_t memory_bytes() const;

  // A word of the FIB side for each prefix, 0 at first. The prefix stays known while the word is
  // not 0, even without paths, so that the FIB side learns what it had there.
  uint32_t label(const net::Prefix& prefix) const;
  // For each of the prefixes in turn, uint32_t next(prefix, paths, label) says the label it is to
  // have from now on, 0 where it is not known. `paths` are next's to change. next must not change
  // the table.
  template <class Next>
  void relabel(std::span<const net::Prefix> prefixes, Next next);

 private:
  struct Counts {
    std::array<size_t, 2> all{}, accepted{};  // v4, v6
  };
  // Paths of one prefix stand in a chain in order of PeerId.
  struct PathNode {
    Path path;
    uint32_t link = kNoId;
  };
  template <class Self, class F>
  static decltype(auto) with_table(Self& self, net::Family family, F&& f);

  // How many lookups relabel() has in flight at once, each waiting for memory.
  static constexpr size_t kBatch = 32;

  template <class Table, class Next>
  void relabel_batch(Table& table, std::span<const net::Prefix> prefixes, Next& next);
  void count_path(const Path& path, net::Family family, int sign);
  void collect(uint32_t first, std::vector<Path>& out) const;
  uint32_t hold(const Path& path, net::Family family);
  void release(uint32_t at, net::Family family);
  void report(const net::Prefix& prefix, Changes& out);
  template <class Node>
  uint32_t unlink(Node& node, PeerId peer);
  template <class Table>
  void withdraw_all(Table& table, PeerId peer, net::Family family, Changes& out);
  template <class Wanted>
  void append(net::Family family, Wanted wanted, std::vector<net::Prefix>& out) const;

  RibConfig config_;
  AttributesPool pool_;
  Decision decision_;
  PrefixTable<uint32_t> v4_;
  PrefixTable<Key6> v6_;
  Slab<PathNode, 256> paths_;
  std::vector<Counts> counts_;        // by peer
  std::array<size_t, 2> routed_{};    // prefixes with a path
  std::vector<Path> before_, after_;  // of one prefix, around an operation
};

template <class Next>
void Rib::relabel(std::span<const net::Prefix> prefixes, Next next) {
  while (!prefixes.empty()) {
    const net::Family family = prefixes.front().address.family;
    size_t n = 1;
    while (n < std::min(kBatch, prefixes.size()) && prefixes[n].address.family == family) ++n;
    if (family == net::Family::v4) {
      relabel_batch(v4_, prefixes.first(n), next);
    } else {
      relabel_batch(v6_, prefixes.first(n), next);
    }
    prefixes = prefixes.subspan(n);
  }
}

template <class Table, class Next>
void Rib::relabel_batch(Table& table, std::span<const net::Prefix> prefixes, Next& next) {
  std::array<uint32_t, kBatch> ids;
  for (const net::Prefix& prefix : prefixes) table.prefetch(prefix);
  for (size_t i = 0; i < prefixes.size(); ++i) {
    ids[i] = table.find(prefixes[i]);
    if (ids[i] != kNoId && table[ids[i]].link != kNoId) {
      __builtin_prefetch(&paths_[table[ids[i]].link]);
    }
  }
  for (size_t i = 0; i < prefixes.size(); ++i) {
    const bool known = ids[i] != kNoId;
    collect(known ? table[ids[i]].link : kNoId, before_);
    const uint32_t label = next(prefixes[i], before_, known ? table[ids[i]].label : 0);
    ERBIUM_CHECK(known || label == 0);
    if (known) table[ids[i]].label = label;
  }
  // Only now: the same prefix may have been in the batch twice.
  for (size_t i = 0; i < prefixes.size(); ++i) {
    const uint32_t id = ids[i];
    if (id >= table.end() || !table.live(id)) continue;
    if (table[id].label == 0 && table[id].link == kNoId) table.remove(id);
  }
}

}  // namespace erbium::cp::rib
