// Where a route comes from and why it is the one that is used: said of a lookup that a packet made,
// for `erbium explain`. From the state that control has at that moment, which is what the
// dataplane's tables were made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/explanation.h"
#include "control/config/scenario.h"
#include "control/expressroute/compiler.h"
#include "control/expressroute/sessions.h"
#include "control/report/router_tables.h"

namespace erbium::cp {

class RouteSource {
 public:
  // `sessions` is null where routes follow from the file alone. All must outlive it.
  RouteSource(const Scenario& scenario, const Compiler& compiler, const Sessions* sessions);

  // `prefix` is the longest that matches what was looked up; absent: none does.
  void explain(uint32_t vrf, const std::optional<net::Prefix>& prefix, Explanation& out) const;

 private:
  bool explain_bgp(uint32_t vrf, const net::Prefix& prefix, Explanation& out) const;
  const std::string& interface_name(uint32_t id) const;
  void explain_file(uint32_t vrf, const net::Prefix& prefix, Explanation& out) const;

  const Compiler& compiler_;
  const Sessions* sessions_;
  std::vector<RouterTable> tables_;
};

}  // namespace erbium::cp
