// Rules on expectations: what they are about can be measured.
#include <algorithm>

#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

using Subject = Expectation::Subject;

bool of_bfd(const std::string& state) {
  return state == "admin_down" || state == "down" || state == "init" || state == "up";
}

const Peering* peering_of(const Scenario& s, const std::string& session) {
  const std::string circuit = session.substr(0, session.find('/'));
  const bool microsoft = session.ends_with("/microsoft");
  if (!find(s.circuits, circuit)) return nullptr;  // of a VPN connection
  for (const Peering* peering : peerings(*find(s.circuits, circuit)))
    if ((peering->kind == PeeringKind::microsoft) == microsoft) return peering;
  return nullptr;
}

void expected_state(const Scenario& s, Findings& out) {
  for (const Expectation& e : s.expect) {
    if (e.subject != Subject::session) continue;
    if (e.at && !e.event.empty())
      out.error(e.mark, "the state is asked for at a time and after an event; remove one of them");
    const Peering* peering = peering_of(s, e.name);
    if (of_bfd(e.state) && (!peering || !peering->bfd))
      out.error(e.mark, "the peering has no BFD, whose state would be '" + e.state +
                            "'; add bfd to it or expect a state of BGP, such as established");
  }
}

void expected_flow(const Scenario& s, Findings& out) {
  for (const Expectation& e : s.expect) {
    if (e.subject == Subject::flows &&
        std::none_of(s.replay.begin(), s.replay.end(),
                     [&](const ReplayInput& input) { return input.port == e.name; }))
      out.error(e.name_mark,
                "no capture enters by port '" + e.name + "'; name the port of an entry of replay");
    if (e.subject == Subject::probe && e.event.empty() && !(e.before.empty() && e.after.empty()))
      out.error(e.mark, "a path is one before or after an event; add the event");
    if (e.subject == Subject::probe && e.way == Expectation::Way::back &&
        !find(s.probes, e.name)->both_ways)
      out.error(e.mark, "probe '" + e.name + "' goes one way; add both_ways: true to it");
  }
}

}  // namespace

std::vector<Rule> expectation_rules() {
  const std::string source = "erbium: expect";
  return {
      {{"expected-state", Severity::error, "A session's state is that of a protocol it has, once.",
        source},
       expected_state},
      {{"expected-flow", Severity::error, "What is expected of a flow is about one that there is.",
        source},
       expected_flow},
  };
}

}  // namespace erbium::cp
