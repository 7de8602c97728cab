// Rules on the timeline.
#include <algorithm>
#include <set>

#include "control/config/nearest.h"
#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

void timeline_events(const Scenario& s, Findings& out) {
  for (const TimelineEvent& event : s.timeline) {
    if (event.verb == TimelineEvent::Verb::set_link && !event.rate && !event.delay && !event.queue)
      out.error(event.mark, "set_link changes nothing; add rate, delay or queue");
    if (event.lasts && *event.lasts <= Duration{})
      out.error(event.mark, "the event lasts no time; write a longer for or remove it");
  }
}

// RFC 4271 section 4.5 has more; what a session that is up may end with is a Cease (RFC 4486).
void notification_code(const Scenario& s, Findings& out) {
  static const std::set<std::string> kCodes = {
      "cease/max_prefixes",    "cease/admin_shutdown",      "cease/peer_deconfigured",
      "cease/admin_reset",     "cease/connection_rejected", "cease/other_configuration_change",
      "cease/out_of_resources"};
  for (const TimelineEvent& event : s.timeline)
    if (!event.code.empty() && !kCodes.contains(event.code))
      out.error(event.mark, "'" + event.code + "' is no code; " +
                                suggestion(event.code, {kCodes.begin(), kCodes.end()}, "codes"));
}

bool of_sessions(TimelineEvent::Verb verb) {
  using Verb = TimelineEvent::Verb;
  return verb != Verb::link_down && verb != Verb::link_up && verb != Verb::set_link &&
         verb != Verb::set_bandwidth && verb != Verb::silent_drop && verb != Verb::flap &&
         verb != Verb::impair;
}

bool share_prefix(const Announcement& a, const Announcement& b) {
  if (!a.prefix || !b.prefix) return true;
  const auto first = [](const Announcement& x) { return x.prefix->canonical().address; };
  const auto last = [](const Announcement& x) { return x.prefix->following(x.count - 1).address; };
  return a.prefix->length == b.prefix->length && first(a) <= last(b) && first(b) <= last(a);
}

bool touches(const TimelineEvent& a, const TimelineEvent& b) {
  using Verb = TimelineEvent::Verb;
  const auto kind = [](Verb verb) {
    return verb == Verb::link_up || verb == Verb::flap ? Verb::link_down : verb;
  };
  const bool same_way = a.dir == Direction::both || b.dir == Direction::both || a.dir == b.dir;
  if (of_sessions(a.verb) || of_sessions(b.verb))
    return a.verb == b.verb && a.target == b.target && share_prefix(a.routes, b.routes);
  return a.circuit == b.circuit && kind(a.verb) == kind(b.verb) && same_way &&
         (!a.link || !b.link || *a.link == *b.link);
}

// While one event lasts, another that changes the same thing would be undone with it.
void timeline_overlap(const Scenario& s, Findings& out) {
  for (const TimelineEvent& lasting : s.timeline) {
    if (!lasting.lasts) continue;
    for (const TimelineEvent& other : s.timeline)
      if (&other != &lasting && touches(lasting, other) && other.at >= lasting.at &&
          other.at <= lasting.at + *lasting.lasts && (other.at > lasting.at || &other > &lasting))
        out.error(other.mark, "this falls into the time of the event in line " +
                                  std::to_string(lasting.mark.line) +
                                  ", which is undone later; let one end before the other begins");
  }
}

}  // namespace

std::vector<Rule> timeline_rules() {
  return {
      {{"timeline-events", Severity::error, "An event changes something, for some time.",
        "erbium: timeline"},
       timeline_events},
      {{"timeline-overlap", Severity::error,
        "While an event lasts, no other changes the same thing.", "erbium: timeline"},
       timeline_overlap},
      {{"notification-code", Severity::error, "A notification has a code of RFC 4486.",
        "RFC 4486 section 4"},
       notification_code},
  };
}

}  // namespace erbium::cp
