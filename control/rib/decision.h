// The decision process of RFC 4271 §9.1.2 with the steps an ExpressRoute gateway has: weight, local
// preference, AS-path length, origin, MED, external before internal. All that is left shares the
// traffic, and the lowest BGP identifier, then peer address, names the path that is passed on. What
// is chosen is a function of the set of paths alone: MED, which orders only paths of one
// neighbouring AS and so is not transitive, is applied to the paths of each such AS by themselves
// (deterministic MED).
#pragma once

#include <cstdint>
#include <vector>

#include "common/net/address.h"
#include "control/rib/attributes_pool.h"

namespace erbium::cp::rib {

// From 1, as the speaker numbers them; 0 is the router itself.
using PeerId = uint32_t;
inline constexpr PeerId kLocal = 0;

struct Peer {
  net::Ip address;       // breaks ties of identifiers, then the PeerId
  bool external = true;  // eBGP
  uint32_t bundle = 0;   // DecisionConfig::max_bundles counts these; one for a circuit's two peers
  uint32_t identifier = 0;  // of its OPEN; the lower is the better
};

struct DecisionConfig {
  unsigned max_paths = 8;           // of an ECMP set, at least 1; the first in order stay
  unsigned max_bundles = 0;         // of an ECMP set: the first in order; 0: any number
  bool multipath_relax = true;      // false: only paths with the AS path of the best join it
  bool always_compare_med = false;  // also between neighbouring ASes
};

// One path of a prefix, as a peer announced it.
struct Path {
  PeerId peer = kLocal;
  AttributesId received = kNoAttributes;  // as it came
  AttributesId accepted = kNoAttributes;  // after import policy; none: refused, never chosen
  uint32_t weight = 0;
  bool operator==(const Path&) const = default;
};

class Decision {
 public:
  Decision(DecisionConfig config, const AttributesPool& pool) : config_(config), pool_(pool) {}

  // The same peer again replaces it. Has no effect on what has been chosen before.
  void set_peer(PeerId id, const Peer& peer);
  const Peer& peer(PeerId id) const { return peers_[id]; }
  bool known(PeerId id) const { return id < peers_.size(); }

  // Reduces the paths of one prefix to the ECMP set, best first, in order of the peers' identifiers
  // and addresses; empty where none was accepted. A path of the router itself stands alone.
  void choose(std::vector<Path>& paths) const;

 private:
  void lowest_med(std::vector<Path>& paths) const;
  void first_bundles(std::vector<Path>& paths) const;
  bool named_before(const Path& a, const Path& b) const;

  DecisionConfig config_;
  const AttributesPool& pool_;
  std::vector<Peer> peers_{1};
};

}  // namespace erbium::cp::rib
