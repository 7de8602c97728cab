// Why links are down. Faults may overlap: each holds a link direction down, or takes the carrier
// that the ends of the link see, from its beginning to its own end; a direction is up, and the
// carrier there, when nothing of that is in force. The same for what an MSEE's links to gateways
// share.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "control/config/scenario.h"

namespace erbium::cp {

class LinkFaults {
 public:
  // Faults are named by the index of their event in the timeline, links by that among the
  // topology's circuit links. `carrier`: the ends see it.
  void begin(size_t fault, size_t link, Direction dir, bool carrier);
  void end(size_t fault, size_t link);
  void begin_core(size_t fault, const std::string& msee) { cores_[msee].insert(fault); }
  void end_core(size_t fault, const std::string& msee) { cores_[msee].erase(fault); }

  // `dir` is one of the two.
  bool up(size_t link, Direction dir) const;
  bool carrier(size_t link) const;
  bool core_up(const std::string& msee) const;
  // Those that hold a direction of the link down.
  std::set<size_t> of(size_t link, Direction dir) const;
  // One of them goes, in that direction alone.
  void lift(size_t fault, size_t link, Direction dir);

 private:
  struct Link {
    std::array<std::set<size_t>, 2> down;  // to_azure, to_onprem
    std::set<size_t> no_carrier;
  };
  static size_t slot(Direction dir) { return dir == Direction::to_azure ? 0 : 1; }

  std::map<size_t, Link> links_;
  std::map<std::string, std::set<size_t>> cores_;
};

}  // namespace erbium::cp
