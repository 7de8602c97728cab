#include "control/scenario/bounds.h"

#include <algorithm>

#include "control/report/format.h"

namespace erbium::cp {
namespace {

using Verb = TimelineEvent::Verb;

bool lossy_way(const TimelineEvent& event, Direction dir) {
  return event.dir == Direction::both || event.dir == dir;
}

// By the ends of a link that see it go, or by who is told.
Bound noticed_at_once(const TimelineEvent& event) {
  Bound out = local_bound();
  if (event.verb != Verb::link_down && event.verb != Verb::flap) out.text = "told at once";
  return out;
}

// Of several that may be at work.
void unite(std::optional<Bound>& all, const Bound& bound) {
  if (!all) {
    all = bound;
    return;
  }
  if (bound.at_most_ns > all->at_most_ns) all->text = bound.text;
  all->at_least_ns = std::min(all->at_least_ns, bound.at_least_ns);
  all->at_most_ns = std::max(all->at_most_ns, bound.at_most_ns);
}

}  // namespace

Bounds::Bounds(const RunRecord& record)
    : record_(record), s_(record.scenario), ways_(record, propagation()) {}

const TimelineEvent& Bounds::event_of(const TimelineNote& note) const {
  return s_.timeline[*note.index];
}

// What an event does to routes: they are lost and somebody has to notice, they are taken back by a
// message or at the end that sees it, they are added, or they stay.
Bounds::Kind Bounds::kind_of(const TimelineNote& note) const {
  const TimelineEvent& event = event_of(note);
  const bool ends = note.phase == EventPhase::ends || note.phase == EventPhase::comes_up;
  const auto link_lost = event.dir != Direction::both || !sessions() ? Kind::detected : Kind::told;
  switch (event.verb) {
    case Verb::silent_drop:
    case Verb::wrong_vlan:
      return ends ? Kind::added : Kind::detected;
    case Verb::arp_mute:
      return Kind::muted;
    case Verb::link_down:
      return ends ? Kind::added : link_lost;
    case Verb::flap:
      return note.phase == EventPhase::begins ? Kind::none : ends ? Kind::added : link_lost;
    case Verb::set_link:
    case Verb::set_bandwidth:
    case Verb::gateway_instance_down:
      return Kind::loaded;
    case Verb::impair:
      return Kind::impaired;
    case Verb::msee_maintenance:
      return note.phase == EventPhase::works ? Kind::told : Kind::added;
    case Verb::link_up:
    case Verb::bfd_down:
    case Verb::prepend:
      return Kind::added;
    case Verb::ce_restart:
      return ends ? Kind::added : Kind::restarted;
    case Verb::announce:
      return ends ? Kind::withdrawn : Kind::added;
    case Verb::withdraw:
      return ends ? Kind::added : Kind::withdrawn;
    case Verb::bgp_notification:
    case Verb::bgp_down:
    case Verb::bgp_reset:
    case Verb::msee_reload:
    case Verb::core_isolation:
    case Verb::site_failover:
      return ends ? Kind::added : Kind::told;
  }
  return Kind::loaded;
}

// How long what the note says holds: a flap's change until the next one.
std::optional<Duration> Bounds::lasts(const TimelineNote& note) const {
  if (event_of(note).verb == Verb::flap)
    for (const TimelineNote& next : record_.timeline)
      if (next.index == note.index && next.at_ns > note.at_ns)
        return Duration::ns(next.at_ns - note.at_ns);
  return event_of(note).lasts;
}

Bounds::Notes Bounds::at(int64_t at_ns) const {
  Notes out;
  for (const TimelineNote& note : record_.timeline)
    if (note.index && note.at_ns == at_ns) out.push_back(&note);
  return out;
}

// An announcement after which a session ends, until the other event that follows.
bool Bounds::exceeds_limit(const TimelineNote& note) const {
  if (event_of(note).verb != Verb::announce || note.phase != EventPhase::begins) return false;
  int64_t until = record_.stats.virtual_time_ns;
  for (const TimelineNote& other : record_.timeline)
    if (other.at_ns > note.at_ns) until = std::min(until, other.at_ns);
  return std::any_of(record_.control.begin(), record_.control.end(), [&](const RunEvent& e) {
    return e.what == "bgp_max_prefixes" && e.at_ns >= note.at_ns && e.at_ns < until;
  });
}

// Why nothing is promised whatever else happens; empty: something is.
std::string Bounds::unpredictable(const Notes& notes, const Route& route) const {
  if (route.ce->flow_age && route.dir == Direction::to_onprem)
    return "a stateful firewall keeps a flow on the path where it began";
  for (const TimelineNote* note : notes) {
    const TimelineEvent& event = event_of(*note);
    const Kind kind = kind_of(*note);
    if (kind == Kind::loaded) return "what is lost follows from the load";
    if (kind == Kind::impaired) return "what is lost follows from the impairment";
    if (kind == Kind::muted) return "what is lost follows from the age of addresses";
    if (event.verb == Verb::wrong_vlan && kind == Kind::detected && !sessions())
      return "no session watches the link";
    if (kind == Kind::restarted && route.ce->name == event.target)
      return "what is kept follows from graceful restart";
    if (exceeds_limit(*note)) return "over the prefix limit sessions end";
    if (kind != Kind::withdrawn || event.target != route.ce->name) continue;
    const auto list = prefixes(event.routes);
    const bool ours = std::any_of(list.begin(), list.end(), [&](const net::Prefix& prefix) {
      return prefix.contains(route.onprem);
    });
    if (ours && (!event.lasts || note->phase == EventPhase::ends)) return "the prefix stays away";
  }
  return {};
}

std::vector<Way> Bounds::working(const Route& route, int64_t at_ns) const {
  std::vector<Way> out;
  for (const Way& way : route.ways)
    if (ways_.works(way, at_ns)) out.push_back(way);
  return out;
}

// How long the protocols may take to see a loss that no end sees by itself: BFD and the hold timer
// both wait for it.
Bound Bounds::detection(const Way& way, int64_t at_ns) const {
  if (!sessions()) {
    Bound bound = local_bound();
    bound.text = "routes follow the link";
    return bound;
  }
  const Timers timers = way.peering->timers.value_or(Timers{});
  const Duration hold = std::min(timers.hold, Timers{}.hold);
  Bound out = hold_bound(
      hold, std::min({timers.keepalive, Timers{}.keepalive, Duration::ns(hold.ns() / 3)}));
  if (!ways_.bfd_up(way, at_ns)) return out;
  const Bfd& configured = *way.peering->bfd;
  const Bound bfd =
      bfd_bound(std::max({configured.tx, configured.rx, Bfd{}.tx}), configured.multiplier);
  if (bfd.at_most_ns <= out.at_most_ns) out.text = bfd.text;
  out.at_least_ns = std::min(out.at_least_ns, bfd.at_least_ns);
  out.at_most_ns = std::min(out.at_most_ns, bfd.at_most_ns);
  return out;
}

Duration Bounds::propagation() const {
  Duration delay, queue;
  for (const LinkInfo& link : record_.topology.links) {
    delay = std::max({delay, link.delay, link.effective_delay()});
    queue = std::max(queue, link.queue);
  }
  for (const TimelineEvent& event : record_.scenario.timeline) {
    delay = std::max(delay, event.delay.value_or(Duration()));
    queue = std::max(queue, event.queue.value_or(Duration()));
  }
  const ControlOptions& control = record_.scenario.control;
  const Duration latency = record_.scenario.time.control_latency;
  if (control.routes != ControlOptions::Routes::bgp) return latency + (delay + queue) * 2;
  return control.gateway_delay_max + latency * 4 + delay * 4;
}

// From what is noticed to the last router's FIB. With sessions: messages over two links, each with
// its latency; without: one latency of control. What is on its way then is lost, too.
Bound Bounds::follow(Bound bound) const {
  return then(bound, sessions() ? "propagation" : "control latency", Duration(), propagation());
}

// Of those events that take ways away at one moment; these leave `ways`. Absent: none does.
std::optional<Bound> Bounds::lost(const Notes& notes, const Route& route,
                                  std::vector<Way>& ways) const {
  std::optional<Bound> out;
  std::vector<Way> left = ways;
  for (const TimelineNote* note : notes) {
    const TimelineEvent& event = event_of(*note);
    const Kind kind = kind_of(*note);
    if (kind != Kind::detected && kind != Kind::told) continue;
    for (const Way& way : ways) {
      if (!ways_.hits(event, way)) continue;
      std::erase(left, way);
      Bound bound = kind == Kind::detected ? detection(way, note->at_ns) : noticed_at_once(event);
      // The other direction, and a fault that is over before anybody notices, lose less.
      if (!lossy_way(event, route.dir)) bound.at_least_ns = 0;
      if (const auto over = lasts(*note))
        bound.at_least_ns = std::min(bound.at_least_ns, over->ns());
      unite(out, follow(bound));
    }
  }
  ways = left;
  return out;
}

// What happens before such an outage is over may prolong it, or end it early.
Promise Bounds::extended(Bound bound, int64_t at_ns, const Route& route,
                         std::vector<Way> ways) const {
  int64_t last = at_ns;
  for (const TimelineNote& note : record_.timeline) {
    if (!note.index || note.at_ns <= last || note.at_ns > at_ns + bound.at_most_ns) continue;
    last = note.at_ns;
    const Notes notes = at(last);
    bound.at_least_ns = std::min(bound.at_least_ns, last - at_ns);
    if (const std::string why = unpredictable(notes, route); !why.empty())
      return {std::nullopt, "another event falls into the outage: " + why};
    const auto more = lost(notes, route, ways);
    if (!more) continue;
    if (ways.empty()) return {std::nullopt, "another event takes the last path meanwhile"};
    if (last - at_ns + more->at_most_ns <= bound.at_most_ns) continue;
    bound.at_most_ns = last - at_ns + more->at_most_ns;
    bound.text += ", another event " + duration_text(last - at_ns) + " later";
  }
  return {bound, ""};
}

// Whether a session of the stream may yet end for what was before: a fault that is over may be
// noticed afterwards.
bool Bounds::still_noticed(const Route& route, int64_t at_ns) const {
  if (!sessions()) return false;
  const int64_t told = (propagation() - s_.control.gateway_delay_max).ns();
  return std::any_of(record_.timeline.begin(), record_.timeline.end(), [&](const auto& note) {
    if (!note.index || note.at_ns >= at_ns) return false;
    const Kind kind = kind_of(note);
    if (kind != Kind::detected && kind != Kind::told) return false;
    return std::any_of(route.ways.begin(), route.ways.end(), [&](const Way& way) {
      const int64_t noticed = kind == Kind::told ? 0 : detection(way, note.at_ns).at_most_ns;
      return ways_.hits(event_of(note), way) && note.at_ns + noticed + told > at_ns;
    });
  });
}

Promise Bounds::of(const ReportEvent& event, const ReportStream& stream) const {
  const std::optional<Route> route = ways_.of(stream);
  if (!route) return {std::nullopt, "the ways of the stream are not known"};
  const Notes notes = at(event.at_ns);
  if (const std::string why = unpredictable(notes, *route); !why.empty())
    return {std::nullopt, why};
  for (const Way& way : route->ways)
    if (ways_.impaired(way, event.at_ns, record_.stats.virtual_time_ns))
      return {std::nullopt, "an impairment loses packets, too"};
  std::vector<Way> ways = working(*route, event.at_ns);
  if (ways.empty()) return {std::nullopt, "no path was up before it"};
  const bool back = route->dir == Direction::to_onprem;
  if (back && ways_.announced_anew(*route, event.at_ns))
    return {std::nullopt, "what is announced has changed before it"};
  const bool takes = std::any_of(notes.begin(), notes.end(), [&](const TimelineNote* note) {
    const Kind kind = kind_of(*note);
    return kind == Kind::detected || kind == Kind::told;
  });
  if (!takes) {
    if (still_noticed(*route, event.at_ns)) return {std::nullopt, "an earlier event may still act"};
    std::optional<Bound> away;
    for (const TimelineNote* note : notes)
      if (kind_of(*note) == Kind::withdrawn && event_of(*note).lasts && back)
        unite(away, follow({"for " + duration_text(event_of(*note).lasts->ns()), 0,
                            event_of(*note).lasts->ns()}));
    return {away ? *away : Bound{"routes are added first", 0, 0}, ""};
  }
  const std::optional<Bound> bound = lost(notes, *route, ways);
  if (!bound) return {std::nullopt, "no path of the stream that was up is taken"};
  if (ways.empty()) return {std::nullopt, "no other path is left"};
  return extended(*bound, event.at_ns, *route, ways);
}

// Of the sessions and tables that follow, to the last. What was before may still be acting, and
// what is short may be over first.
std::vector<StageBound> Bounds::stages(const ReportEvent& event) const {
  std::optional<Bound> by_bfd, by_hold, all;
  bool told = false;
  int64_t over = INT64_MAX;
  for (const TimelineNote* note : at(event.at_ns)) {
    const TimelineEvent& cause = event_of(*note);
    const Kind kind = kind_of(*note);
    if (kind != Kind::detected && kind != Kind::told) continue;
    over = std::min(over, lasts(*note).value_or(Duration::max()).ns());
    for (const Way& way : ways_.all()) {
      if (!ways_.hits(cause, way) || !ways_.works(way, event.at_ns)) continue;
      const Bound bound =
          kind == Kind::detected ? detection(way, event.at_ns) : noticed_at_once(cause);
      unite(all, bound);
      if (kind != Kind::detected || !sessions())
        told = true;
      else
        unite(bound.text.starts_with("BFD") ? by_bfd : by_hold, bound);
    }
  }
  std::vector<StageBound> out;
  if (!all) return out;
  const bool earlier =
      std::any_of(record_.timeline.begin(), record_.timeline.end(),
                  [&](const TimelineNote& note) { return note.at_ns < event.at_ns; });
  if (earlier) over = 0;
  const auto add = [&](Stage stage, Bound bound) {
    bound.at_least_ns = std::min(bound.at_least_ns, over);
    out.push_back({stage, bound});
  };
  if (by_bfd && !told) add(Stage::bfd_down, *by_bfd);
  if (by_hold && !told) add(Stage::bgp_down, *by_hold);
  add(Stage::fib_applied, follow(*all));
  return out;
}

}  // namespace erbium::cp
