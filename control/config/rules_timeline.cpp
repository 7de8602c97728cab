// Rules on the timeline, and on when expectations are asked for.
#include <algorithm>
#include <map>
#include <set>

#include "control/config/nearest.h"
#include "control/config/notification_code.h"
#include "control/config/rule_set.h"

namespace erbium::cp {
namespace {

using Verb = TimelineEvent::Verb;

void timeline_events(const Scenario& s, Findings& out) {
  for (const TimelineEvent& event : s.timeline) {
    if (event.verb == Verb::set_link && !event.rate && !event.delay && !event.queue)
      out.error(event.mark, "set_link changes nothing; add rate, delay or queue");
    if (event.lasts && *event.lasts <= Duration{})
      out.error(event.mark, "the event lasts no time; write a longer for or remove it");
    if (event.warn && event.lasts && *event.warn >= *event.lasts)
      out.error(event.mark,
                "the maintenance is over before its work begins; write a for longer than warn");
  }
}

void timeline_end(const Scenario& s, Findings& out) {
  if (!s.time.duration) return;
  const Duration end = *s.time.duration;
  for (const TimelineEvent& event : s.timeline) {
    const Duration last =
        std::max(event.lasts.value_or(Duration()), event.warn.value_or(Duration()));
    if (event.at >= end)
      out.error(event.mark,
                "the run is over before this happens; write an earlier at or a longer duration");
    else if (event.at + last > end)
      out.warning(event.mark,
                  "the run is over before this event is; write a longer duration to see its end");
  }
  for (const Expectation& expectation : s.expect)
    if (expectation.at && *expectation.at >= end)
      out.error(expectation.mark,
                "the run is over by then; write an earlier at, or none for the end of the run");
}

bool of_links(Verb verb) {
  return verb == Verb::link_down || verb == Verb::link_up || verb == Verb::set_link ||
         verb == Verb::set_bandwidth || verb == Verb::silent_drop || verb == Verb::flap ||
         verb == Verb::impair;
}

bool share_prefix(const Announcement& a, const Announcement& b) {
  if (!a.prefix || !b.prefix) return true;
  const auto first = [](const Announcement& x) { return x.prefix->canonical().address; };
  const auto last = [](const Announcement& x) { return x.prefix->following(x.count - 1).address; };
  return a.prefix->length == b.prefix->length && first(a) <= last(b) && first(b) <= last(a);
}

// A link that goes down now and then goes down; what brings links up ends every fault.
bool change_the_same(Verb a, Verb b) {
  const auto kind = [](Verb verb) { return verb == Verb::flap ? Verb::link_down : verb; };
  const auto up_from = [&](Verb up, Verb fault) {
    return up == Verb::link_up && (kind(fault) == Verb::link_down || fault == Verb::silent_drop);
  };
  return kind(a) == kind(b) || up_from(a, b) || up_from(b, a);
}

bool touches(const TimelineEvent& a, const TimelineEvent& b) {
  const bool same_way = a.dir == Direction::both || b.dir == Direction::both || a.dir == b.dir;
  if (!of_links(a.verb) || !of_links(b.verb))
    return a.verb == b.verb && a.target == b.target && share_prefix(a.routes, b.routes);
  return a.circuit == b.circuit && change_the_same(a.verb, b.verb) && same_way &&
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

std::vector<const TimelineEvent*> by_time(const std::vector<TimelineEvent>& events) {
  std::vector<const TimelineEvent*> out;
  for (const TimelineEvent& event : events) out.push_back(&event);
  std::stable_sort(out.begin(), out.end(),
                   [](const TimelineEvent* a, const TimelineEvent* b) { return a->at < b->at; });
  return out;
}

void gateway_instances(const Scenario& s, Findings& out) {
  std::map<std::string, const TimelineEvent*> down;  // for good, by gateway
  for (const TimelineEvent* event : by_time(s.timeline)) {
    if (event->verb != Verb::gateway_instance_down) continue;
    if (!find(s.gateways, event->target)->caps)
      out.error(event->target_mark, "what gateway '" + event->target +
                                        "' carries is not limited, so an instance less changes "
                                        "nothing; give it caps: true or remove the event");
    const TimelineEvent*& before = down[event->target];
    if (before)
      out.error(event->mark, "an instance of '" + event->target + "' is down since line " +
                                 std::to_string(before->mark.line) +
                                 ", and the other one stays; give that event a for");
    else if (!event->lasts)
      before = event;
  }
}

// The names of its error code, or how codes are written.
std::string codes_like(const std::string& code) {
  std::vector<std::string> names;
  const std::string kind = code.substr(0, code.find('/') + 1);
  for (const std::string& name : notification_names())
    if (!kind.empty() && name.starts_with(kind)) names.push_back(name);
  return names.empty() ? "write a name such as cease/admin_shutdown, or numbers such as 6/2"
                       : suggestion(code, names, "codes");
}

void notification_code(const Scenario& s, Findings& out) {
  for (const TimelineEvent& event : s.timeline) {
    if (event.verb != Verb::bgp_notification) continue;
    if (!notification_of(event.code))
      out.error(event.mark, "'" + event.code + "' is no code; " + codes_like(event.code));
    if (event.from == TimelineEvent::Speaker::msee && find(s.vpn, event.target))
      out.error(event.mark, "no MSEE is at an end of '" + event.target + "'; remove from: msee");
  }
}

// What the router announces at some time, by the file or by its timeline; nullopt when routes of a
// file among it have not been read.
std::optional<std::set<net::Prefix>> ever_announced(const Scenario& s, const Ce& ce) {
  std::set<net::Prefix> out;
  const auto add = [&](const Announcement& a) {
    for (const net::Prefix& prefix : prefixes(a)) out.insert(prefix);
  };
  for (const Announcement& a : ce.announce) {
    if (!a.mrt.empty() && a.routes.empty()) return std::nullopt;
    add(a);
  }
  for (const TimelineEvent& event : s.timeline)
    if (event.verb == Verb::announce && event.target == ce.name) add(event.routes);
  for (const LinkRef& link : ce.links)
    for (const Peering* peering : peerings(*find(s.circuits, link.circuit)))
      for (const MarkedPrefix& prefix : peering->advertised_prefixes)
        out.insert(prefix.prefix.canonical());
  return out;
}

void withdraw_announced(const Scenario& s, Findings& out) {
  constexpr size_t kNamed = 6;
  for (const TimelineEvent& event : s.timeline) {
    const Ce* ce = find(s.onprem, event.target);
    if (event.verb != Verb::withdraw || !ce) continue;
    const auto known = ever_announced(s, *ce);
    if (!known) continue;
    const auto wanted = prefixes(event.routes);
    const auto missing = std::find_if(wanted.begin(), wanted.end(), [&](const net::Prefix& prefix) {
      return !known->contains(prefix);
    });
    if (missing == wanted.end()) continue;
    std::string names;
    size_t n = 0;
    for (const net::Prefix& prefix : *known)
      if (n++ < kNamed) names += (names.empty() ? "" : ", ") + prefix.str();
    if (n > kNamed) names += " and " + std::to_string(n - kNamed) + " more";
    out.error(event.mark, "router '" + ce->name + "' does not announce " + missing->str() +
                              (names.empty() ? ", nor anything else" : "; it announces " + names));
  }
}

}  // namespace

std::vector<Rule> timeline_rules() {
  const std::string source = "erbium: timeline";
  return {
      {{"timeline-events", Severity::error, "An event changes something, for some time.", source},
       timeline_events},
      {{"timeline-end", Severity::error,
        "Events and moments of expectations lie before the end of the run.", "erbium: time"},
       timeline_end},
      {{"timeline-overlap", Severity::error,
        "While an event lasts, no other changes the same thing.", source},
       timeline_overlap},
      {{"gateway-instances", Severity::error,
        "A gateway_instance_down needs a gateway whose figures are limited, and one of its two "
        "instances always runs.",
        "Microsoft Learn: expressroute-about-virtual-network-gateways"},
       gateway_instances},
      {{"notification-code", Severity::error, "A NOTIFICATION has a code that there is.",
        "RFC 4271 section 4.5, RFC 4486, RFC 8538, RFC 9384"},
       notification_code},
      {{"withdraw-announced", Severity::error, "What is withdrawn is announced at some time.",
        "RFC 4271 section 4.3"},
       withdraw_announced},
  };
}

}  // namespace erbium::cp
