// How a rule is written: a function that reports what it finds. Private to control/config.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "control/config/rules.h"
#include "control/config/scenario.h"

namespace erbium::cp {

class Findings {
 public:
  Findings(const RuleInfo& rule, std::vector<Diagnostic>& out) : rule_(rule), out_(out) {}
  void error(SourceMark mark, std::string message) {
    out_.push_back({Severity::error, mark, rule_.id, std::move(message), rule_.source});
  }
  void warning(SourceMark mark, std::string message) {
    out_.push_back({Severity::warning, mark, rule_.id, std::move(message), rule_.source});
  }

 private:
  const RuleInfo& rule_;
  std::vector<Diagnostic>& out_;
};

struct Rule {
  RuleInfo info;
  void (*apply)(const Scenario&, Findings&);
};

std::vector<Rule> address_rules();
std::vector<Rule> tag_rules();
std::vector<Rule> circuit_rules();
std::vector<Rule> session_rules();
std::vector<Rule> azure_rules();
std::vector<Rule> announce_rules();
std::vector<Rule> edge_rules();
std::vector<Rule> impairment_rules();
std::vector<Rule> run_rules();
std::vector<Rule> timeline_rules();
std::vector<Rule> expectation_rules();

// "Microsoft Learn: <page>"
std::string learn(const std::string& page);

// The virtual networks whose prefixes reach the circuits of `gateway`: its own and those that use
// it by gateway transit or are peered with its network. In file order.
std::vector<const Vnet*> reached_vnets(const Scenario& scenario, const Gateway& gateway);

// Whether the address is of a virtual network or of a router's announcements, with a port or not.
bool of_somebody(const Scenario& scenario, const net::Ip& ip);

// "'er-sjc' private peering": for messages.
std::string describe(const Circuit& circuit, const Peering& peering);

}  // namespace erbium::cp
