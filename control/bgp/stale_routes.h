// Routes of a peer whose connection was lost while it said that it keeps forwarding (the receiving
// speaker of graceful restart, RFC 4724 §4.2): used on until the peer has sent them again, or has
// said that it has sent all, or its restart time is over.
#pragma once

#include <vector>

#include "common/net/address.h"
#include "common/units.h"

namespace erbium::cp::bgp {

class StaleRoutes {
 public:
  // Replaces what was there. `prefixes` in order (IPv4 first, then address, then length).
  void keep(std::vector<net::Prefix> prefixes, Time until);
  // The peer has said something new of it.
  void refreshed(const net::Prefix& prefix);
  // Those of the family that were not refreshed, in order; they are stale no more.
  std::vector<net::Prefix> take(net::Family family);
  std::vector<net::Prefix> take();

  bool empty() const { return prefixes_.empty(); }
  Time until() const { return prefixes_.empty() ? Time::max() : until_; }

 private:
  std::vector<net::Prefix> prefixes_;
  std::vector<bool> refreshed_;
  Time until_ = Time::max();
};

}  // namespace erbium::cp::bgp
