// The list of all rules and what several of them need.
#include "control/config/rules.h"

#include <algorithm>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> out;
    for (auto* group :
         {address_rules, tag_rules, circuit_rules, session_rules, announce_rules, azure_rules,
          edge_rules, impairment_rules, run_rules, timeline_rules, expectation_rules})
      for (Rule& rule : group()) out.push_back(std::move(rule));
    return out;
  }();
  return all;
}

}  // namespace

std::vector<Diagnostic> check(const Scenario& scenario) {
  std::vector<Diagnostic> out;
  for (const Rule& rule : all_rules()) {
    std::vector<Diagnostic> found;
    Findings findings(rule.info, found);
    rule.apply(scenario, findings);
    std::stable_sort(found.begin(), found.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
    });
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

std::vector<RuleInfo> rules() {
  std::vector<RuleInfo> out;
  for (const Rule& rule : all_rules()) out.push_back(rule.info);
  return out;
}

std::string learn(const std::string& page) { return "Microsoft Learn: " + page; }

std::vector<const Vnet*> reached_vnets(const Scenario& scenario, const Gateway& gateway) {
  std::vector<const Vnet*> out;
  const Vnet& own = *find(scenario.vnets, gateway.vnet);
  for (const Vnet& vnet : scenario.vnets) {
    auto peers = [](const Vnet& from, const Vnet& to) {
      return std::any_of(from.peerings.begin(), from.peerings.end(), [&](const VnetPeering& p) {
        return p.to == to.name && p.gateway_transit;
      });
    };
    if (&vnet == &own || peers(own, vnet)) out.push_back(&vnet);
  }
  return out;
}

std::string describe(const Circuit& circuit, const Peering& peering) {
  return "circuit '" + circuit.name + "' " +
         (peering.kind == PeeringKind::microsoft ? "Microsoft" : "private") + " peering";
}

}  // namespace erbium::cp
