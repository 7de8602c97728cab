// Attributes and prefixes in few words, for the tests of this directory.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "control/bgp/message.h"
#include "control/rib/rib.h"

namespace erbium::cp::rib::test {

inline net::Prefix prefix(std::string_view text) { return net::Prefix::parse(text).value(); }
inline net::Ip ip(std::string_view text) { return net::Ip::parse(text).value(); }

inline bgp::PathAttributes attributes(std::vector<uint32_t> as_path,
                                      std::string_view hop = "192.0.2.1") {
  bgp::PathAttributes out;
  if (!as_path.empty()) {
    out.as_path.segments = {{bgp::AsSegment::Type::sequence, std::move(as_path)}};
  }
  (ip(hop).is_v4() ? out.next_hop : out.next_hop6) = ip(hop);
  return out;
}

// A table with peers 1..n at 10.0.0.1..n.
class Table {
 public:
  explicit Table(RibConfig config = {}, PeerId peers = 4) : rib(config) {
    for (PeerId id = 1; id <= peers; ++id) rib.set_peer(id, {net::Ip::v4(0x0a000000 + id)});
  }

  // Announces as received, or refused.
  void announce(PeerId peer, std::string_view to, const bgp::PathAttributes& a, uint32_t weight = 0,
                bool refused = false) {
    const AttributesRef ref = rib.pool().intern(a);
    rib.update(peer, prefix(to), ref.id(), refused ? kNoAttributes : ref.id(), weight, changes);
  }
  bool withdraw(PeerId peer, std::string_view to) {
    return rib.withdraw(peer, prefix(to), changes);
  }
  std::vector<PeerId> chosen(std::string_view to) const {
    std::vector<Path> paths;
    rib.chosen(prefix(to), paths);
    std::vector<PeerId> out;
    for (const Path& path : paths) out.push_back(path.peer);
    return out;
  }
  // What changed since the last call.
  std::vector<net::Prefix> changed() { return std::exchange(changes.chosen, {}); }
  std::vector<net::Prefix> standby() { return std::exchange(changes.standby, {}); }

  Rib rib;
  Changes changes;
};

}  // namespace erbium::cp::rib::test
