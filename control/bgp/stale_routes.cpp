#include "control/bgp/stale_routes.h"

#include <algorithm>

namespace erbium::cp::bgp {

void StaleRoutes::keep(std::vector<net::Prefix> prefixes, Time until) {
  prefixes_ = std::move(prefixes);
  refreshed_.assign(prefixes_.size(), false);
  until_ = until;
}

void StaleRoutes::refreshed(const net::Prefix& prefix) {
  const auto it = std::lower_bound(prefixes_.begin(), prefixes_.end(), prefix);
  if (it != prefixes_.end() && *it == prefix)
    refreshed_[static_cast<size_t>(it - prefixes_.begin())] = true;
}

std::vector<net::Prefix> StaleRoutes::take(net::Family family) {
  std::vector<net::Prefix> out, rest;
  std::vector<bool> rest_refreshed;
  for (size_t i = 0; i < prefixes_.size(); i++) {
    if (prefixes_[i].address.family != family) {
      rest.push_back(prefixes_[i]);
      rest_refreshed.push_back(refreshed_[i]);
    } else if (!refreshed_[i]) {
      out.push_back(prefixes_[i]);
    }
  }
  prefixes_ = std::move(rest);
  refreshed_ = std::move(rest_refreshed);
  return out;
}

std::vector<net::Prefix> StaleRoutes::take() {
  std::vector<net::Prefix> out = take(net::Family::v4);
  for (const net::Prefix& prefix : take(net::Family::v6)) out.push_back(prefix);
  return out;
}

}  // namespace erbium::cp::bgp
