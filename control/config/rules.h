// The rules of ExpressRoute that need no packets, one function per rule, each with the document it
// comes from.
#pragma once

#include <string>
#include <vector>

#include "control/config/scenario.h"

namespace erbium::cp {

struct RuleInfo {
  std::string id;       // stable, "vlan-range"
  Severity severity;    // the worst this rule gives
  std::string summary;  // one sentence
  std::string source;   // "Microsoft Learn: expressroute-routing"
};

// Everything the rules object to, in order of rule, then of file. Does not include not_emulated().
std::vector<Diagnostic> check(const Scenario& scenario);

// Every rule, in the order in which check() applies them.
std::vector<RuleInfo> rules();

}  // namespace erbium::cp
