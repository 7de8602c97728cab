// Rules on impairments: that their parameters mean something, on the links they are applied to.
#include "common/units_text.h"
#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

constexpr Duration kLeastDelay = Duration::us(1);
constexpr Duration kLongestDelay = Duration::s(10);
constexpr int64_t kMostFlaps = 100'000;

void loss_model(const Scenario& s, Findings& out) {
  for (const ImpairmentProfile& profile : s.impairments) {
    if (!profile.loss || profile.loss->model != LossProfile::Model::gilbert_elliott) continue;
    if (const auto found = profile.loss->transitions(); !found)
      out.error(profile.loss->mark, "loss of '" + profile.name + "': " + found.error());
  }
}

void impairment_times(const Scenario& s, Findings& out) {
  for (const ImpairmentProfile& profile : s.impairments) {
    if (profile.jitter > kLongestDelay)
      out.error(profile.mark,
                "the jitter of '" + profile.name + "' is above 10s; write 10s or less");
    if (profile.hold > kLongestDelay)
      out.error(profile.mark,
                "reorder.hold of '" + profile.name + "' is above 10s; write 10s or less");
    if (profile.reorder.units != 0 && profile.hold == Duration())
      out.error(profile.mark, "reorder of '" + profile.name +
                                  "' holds packets back for no time; write a hold above 0s");
    if (profile.delay_base && *profile.delay_base < kLeastDelay)
      out.error(profile.mark,
                "delay.base of '" + profile.name + "' is below 1us; write 1us or more");
  }
}

// No packet may be faster than the lookahead, however the jitter falls.
void need_delay(const ImpairmentProfile& profile, Duration delay, SourceMark mark,
                const std::string& link, Findings& out) {
  if (delay - profile.reach() >= kLeastDelay) return;
  const bool normal = profile.distribution == ImpairmentProfile::Distribution::normal;
  out.error(mark, "the jitter of '" + profile.name + "' reaches below 1us on link " + link +
                      ", whose delay is " + interval_text(delay.ns()) + "; write a jitter below " +
                      (normal ? "a quarter of the delay" : "the delay") + ", or dist: pareto");
}

void jitter_delay(const Scenario& s, Findings& out) {
  for (const Circuit& circuit : s.circuits)
    for (size_t i = 0; i < kLinkNames.size(); i++) {
      if (!circuit.links[i]) continue;
      const CircuitLink& link = *circuit.links[i];
      const std::string name = LinkRef{circuit.name, i, {}}.str();
      const std::array<Duration, 2> delays{link.delay_to_azure, link.delay_to_onprem};
      for (size_t way = 0; way < delays.size(); way++) {
        if (link.impaired[way]) {
          const ImpairmentProfile& profile = s.impairments[*link.impaired[way]];
          need_delay(profile, delays[way], profile.mark, name, out);
        }
        for (const TimelineEvent& event : s.timeline) {
          if (event.profile.empty() || event.circuit != circuit.name ||
              (event.link && *event.link != i) ||
              event.dir == (way == 0 ? Direction::to_onprem : Direction::to_azure))
            continue;
          const ImpairmentProfile& profile = *find(s.impairments, event.profile);
          need_delay(profile, profile.delay_base.value_or(delays[way]), event.profile_mark, name,
                     out);
        }
      }
    }
}

void flap_times(const Scenario& s, Findings& out) {
  for (const TimelineEvent& event : s.timeline) {
    if (event.verb != TimelineEvent::Verb::flap) continue;
    if (event.up == Duration() || event.down == Duration())
      out.error(event.mark, "a flapping link is up and down for some time; write more than 0s");
    else if (event.lasts->ns() / (event.up + event.down).ns() > kMostFlaps)
      out.error(event.mark,
                "the link would flap more than 100,000 times; write longer times or a shorter for");
  }
}

}  // namespace

std::vector<Rule> impairment_rules() {
  const std::string impairments = "erbium: impairments", timeline = "erbium: timeline";
  return {
      {{"loss-model", Severity::error,
        "A Gilbert-Elliott model reaches its mean, and leaves its bad state.",
        "Gilbert 1960, Elliott 1963"},
       loss_model},
      {{"impairment-times", Severity::error, "Delays, jitter and holding back are within bounds.",
        impairments},
       impairment_times},
      {{"jitter-delay", Severity::error,
        "With its jitter no packet takes less than 1us, the least lookahead.", impairments},
       jitter_delay},
      {{"flap-times", Severity::error, "A flapping link is up and down, a bounded number of times.",
        timeline},
       flap_times},
  };
}

}  // namespace erbium::cp
