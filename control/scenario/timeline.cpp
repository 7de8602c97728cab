#include "control/scenario/timeline.h"

#include <algorithm>

#include "common/mix.h"
#include "control/config/shape.h"

namespace erbium::cp {
namespace {

using Verb = TimelineEvent::Verb;

const char* word(Direction dir) {
  return dir == Direction::to_azure    ? "to_azure"
         : dir == Direction::to_onprem ? "to_onprem"
                                       : "both";
}

bool of_links(Verb verb) {
  return verb == Verb::link_down || verb == Verb::link_up || verb == Verb::set_link ||
         verb == Verb::silent_drop || verb == Verb::flap || verb == Verb::impair;
}

bool of_customer(Verb verb) { return verb == Verb::arp_mute || verb == Verb::wrong_vlan; }

std::vector<Direction> directions(const TimelineEvent& event) {
  if (event.dir != Direction::both) return {event.dir};
  return {Direction::to_azure, Direction::to_onprem};
}

// Faults that hold a link down, by themselves or now and then.
bool holds_down(Verb verb) {
  return verb == Verb::link_down || verb == Verb::silent_drop || verb == Verb::flap;
}

// The ends of a link see that it is gone when both directions are; what is lost in one direction,
// or behind a provider's switch, only the protocols notice.
bool takes_carrier(const TimelineEvent& event) {
  return (event.verb == Verb::link_down || event.verb == Verb::flap) &&
         event.dir == Direction::both;
}

// How long a flapping link stays as it is: evenly from half to one and a half of the mean.
Duration flap_time(const TimelineEvent& event, uint64_t seed, uint64_t change) {
  __extension__ using Wide = unsigned __int128;
  const int64_t mean = (change % 2 == 0 ? event.down : event.up).ns();
  uint64_t bits = mix(seed, static_cast<uint64_t>(event.at.ns()));
  for (const char c : event.target) bits = mix(bits, static_cast<uint8_t>(c));
  bits = mix(bits, change);
  return Duration::ns(mean / 2 +
                      static_cast<int64_t>(Wide{bits} * static_cast<uint64_t>(mean + 1) >> 64));
}

}  // namespace

const char* word(Verb verb) {
  for (const Key& key : event_object().keys)
    if (key.name == "do") return key.shape.scalar.words[static_cast<size_t>(verb)].c_str();
  return "";
}

std::vector<Duration> event_times(const Scenario& scenario) {
  std::vector<Duration> out;
  for (const TimelineEvent& event : scenario.timeline) {
    out.push_back(event.at);
    if (event.warn) out.push_back(event.at + *event.warn);
    if (event.lasts) out.push_back(event.at + *event.lasts);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Timeline::Timeline(const Scenario& scenario, Compiler& compiler, Sessions* sessions)
    : scenario_(scenario), compiler_(compiler), sessions_(sessions) {}

void Timeline::start(Time at) {
  timeline_start_ = at;
  for (size_t i = 0; i < scenario_.timeline.size(); i++)
    due_.insert({at + scenario_.timeline[i].at, {Step::Kind::event, i}});
}

void Timeline::resume(Time start_at, Time now) {
  resumed_ = now;
  start(start_at);
  take(now);
}

Time Timeline::next() const { return due_.empty() ? Time::max() : due_.begin()->first; }

std::vector<Generation> Timeline::take(Time now) {
  Generations out;
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto [at, step] = *due_.begin();
    due_.erase(due_.begin());
    switch (step.kind) {
      case Step::Kind::event:
        apply(step.event, at, out);
        break;
      case Step::Kind::work:
        work(step.event, at);
        break;
      case Step::Kind::undo:
        undo(step.event, at, out);
        break;
      case Step::Kind::follow:
        follow(step.event, at, out);
        break;
      case Step::Kind::flap:
        flap(step.event, step.flap, at, out);
        break;
    }
  }
  return out;
}

void Timeline::note(Time at, const std::string& what, size_t index, EventPhase phase) {
  const TimelineEvent& event = scenario_.timeline[index];
  std::string text = event.target;
  if (of_links(event.verb)) text += std::string(" ") + word(event.dir);
  if (event.verb == Verb::impair)
    text += event.profile.empty() ? " without impairment" : " with " + event.profile;
  if (event.routes.prefix) text += " " + event.routes.prefix->canonical().str();
  if (event.routes.count > 1) text += " and " + std::to_string(event.routes.count - 1) + " more";
  events_.push_back({{at.ns(), what, text}, index, phase});
}

// Calls act(index of the circuit link, its info) for every link that the event names.
template <class Act>
void Timeline::each_link(const TimelineEvent& event, Act act) const {
  const auto& links = compiler_.topology().circuit_links;
  for (size_t i = 0; i < links.size(); i++)
    if (scenario_.circuits[links[i].circuit].name == event.circuit &&
        (!event.link || links[i].link == *event.link))
      act(i, links[i]);
}

// What an event changes, as it is now, so that `for` can bring it back.
void Timeline::remember(size_t index) {
  const TimelineEvent& event = scenario_.timeline[index];
  if (event.verb == Verb::set_bandwidth)
    bandwidth_before_[index] = compiler_.bandwidth(event.circuit);
  if (!of_links(event.verb)) return;
  each_link(event, [&](size_t i, const CircuitLinkInfo& info) {
    for (Direction dir : directions(event)) {
      const LinkInfo& link = compiler_.link(event.circuit, info.link, dir);
      LinkChange state;
      if (event.verb == Verb::impair) state.impaired = link.impaired;
      if (event.rate) state.rate = link.rate;
      if (event.delay) state.delay = link.delay;
      if (event.queue) state.queue = link.queue;
      before_[index].push_back({i, info.link, dir, state});
    }
  });
}

void Timeline::apply(size_t index, Time at, Generations& out) {
  const TimelineEvent& event = scenario_.timeline[index];
  note(at, cp::word(event.verb), index, EventPhase::begins);
  if (event.lasts) {
    remember(index);
    due_.insert({at + *event.lasts, {Step::Kind::undo, index}});
  }
  if (of_links(event.verb))
    apply_to_links(index, at, out);
  else if (event.verb == Verb::set_bandwidth)
    out.push_back(compiler_.change_bandwidth(at, event.circuit, *event.bandwidth));
  else if (event.verb == Verb::gateway_instance_down)
    out.push_back(compiler_.change_instances(at, event.target, kGatewayInstances - 1));
  else if (of_customer(event.verb))
    apply_to_customer(event, true, at, out);
  else
    apply_to_sessions(index, true, at, out);
  if (event.warn) due_.insert({at + *event.warn, {Step::Kind::work, index}});
}

void Timeline::apply_to_links(size_t index, Time at, Generations& out) {
  const TimelineEvent& event = scenario_.timeline[index];
  if (event.verb == Verb::flap) return flap(index, 0, at, out);
  if (event.verb == Verb::link_up || holds_down(event.verb)) {
    if (event.verb == Verb::link_up) lift_faults(event);
    if (holds_down(event.verb))
      each_link(event, [&](size_t i, const CircuitLinkInfo&) {
        faults_.begin(index, i, event.dir, takes_carrier(event));
      });
    set_links(event, at, out);
    return follow_later(index, at);
  }
  LinkChange change{.rate = event.rate, .delay = event.delay, .queue = event.queue};
  if (event.verb == Verb::impair) {
    const ImpairmentProfile* profile = find(scenario_.impairments, event.profile);
    change.impaired = {profile, at, profile ? profile->delay_base : std::nullopt};
  }
  out.push_back(compiler_.change_link(at, event.circuit, event.link, event.dir, change));
}

// Of what holds the event's links down; a fault with a time of its own ends by itself.
void Timeline::lift_faults(const TimelineEvent& event) {
  each_link(event, [&](size_t i, const CircuitLinkInfo&) {
    for (Direction dir : directions(event))
      for (const size_t fault : faults_.of(i, dir))
        if (holds_down(scenario_.timeline[fault].verb) && !scenario_.timeline[fault].lasts)
          faults_.lift(fault, i, dir);
  });
}

// Silent when all that holds it down is.
LinkChange Timeline::state(size_t circuit_link, Direction dir, bool carrier) const {
  const std::set<size_t> faults = faults_.of(circuit_link, dir);
  return {.up = faults.empty(),
          .silent = std::all_of(
              faults.begin(), faults.end(),
              [&](size_t fault) { return scenario_.timeline[fault].verb == Verb::silent_drop; }),
          .carrier = carrier};
}

// One generation where all become alike.
void Timeline::set_links(const TimelineEvent& event, Time at, Generations& out) {
  const bool carrier = event.verb == Verb::link_up || takes_carrier(event);
  std::set<std::pair<bool, bool>> states;
  each_link(event, [&](size_t i, const CircuitLinkInfo&) {
    for (Direction dir : directions(event)) {
      const LinkChange change = state(i, dir, carrier);
      states.insert({*change.up, change.silent});
    }
  });
  if (states.size() == 1) {
    const auto& [up, silent] = *states.begin();
    out.push_back(compiler_.change_link(at, event.circuit, event.link, event.dir,
                                        {.up = up, .silent = silent, .carrier = carrier}));
    return;
  }
  each_link(event, [&](size_t i, const CircuitLinkInfo& info) {
    for (Direction dir : directions(event))
      out.push_back(
          compiler_.change_link(at, event.circuit, info.link, dir, state(i, dir, carrier)));
  });
}

// In reports a flap's changes are those of a link, so that they show what each of them led to.
void Timeline::flap(size_t index, uint64_t change, Time at, Generations& out) {
  const TimelineEvent& event = scenario_.timeline[index];
  const Time ends = timeline_start_ + event.at + *event.lasts;
  const bool up = change % 2 != 0;
  note(at, up ? "link_up" : "link_down", index, up ? EventPhase::comes_up : EventPhase::goes_down);
  each_link(event, [&](size_t i, const CircuitLinkInfo&) {
    if (up)
      faults_.end(index, i);
    else
      faults_.begin(index, i, event.dir, takes_carrier(event));
  });
  set_links(event, at, out);
  follow_later(index, at);
  const Time next = at + flap_time(event, scenario_.seed, change);
  if (next < ends) due_.insert({next, {Step::Kind::flap, index, change + 1}});
}

void Timeline::apply_to_customer(const TimelineEvent& event, bool begins, Time at,
                                 Generations& out) {
  CustomerChange change;
  if (event.verb == Verb::arp_mute) change.mute = begins;
  if (event.verb == Verb::wrong_vlan) change.vlan = begins ? *event.vlan : 0;
  out.push_back(compiler_.change_customer(at, event.circuit, event.link, change));
}

void Timeline::undo(size_t index, Time at, Generations& out) {
  const TimelineEvent& event = scenario_.timeline[index];
  std::erase_if(due_, [&](const auto& due) {
    return due.second.kind == Step::Kind::work && due.second.event == index;
  });
  note(at, std::string(cp::word(event.verb)) + "_ends", index, EventPhase::ends);
  if (event.verb == Verb::set_bandwidth) {
    out.push_back(compiler_.change_bandwidth(at, event.circuit, bandwidth_before_[index]));
    return;
  }
  if (event.verb == Verb::gateway_instance_down) {
    out.push_back(compiler_.change_instances(at, event.target, kGatewayInstances));
    return;
  }
  if (of_customer(event.verb)) {
    apply_to_customer(event, false, at, out);
    return;
  }
  if (!of_links(event.verb)) {
    apply_to_sessions(index, false, at, out);
    return;
  }
  each_link(event, [&](size_t i, const CircuitLinkInfo&) { faults_.end(index, i); });
  for (Before& before : before_[index]) {
    if (holds_down(event.verb))
      before.state = state(before.circuit_link, before.dir, takes_carrier(event));
    out.push_back(compiler_.change_link(at, event.circuit, before.link, before.dir, before.state));
  }
  follow_later(index, at);
}

// What the ends see is the edge: a loss shorter than the latency ends their sessions, too.
void Timeline::follow_later(size_t index, Time at) {
  const Time when = at + scenario_.time.control_latency;
  due_.insert({when, {Step::Kind::follow, index}});
  const TimelineEvent& event = scenario_.timeline[index];
  if (!sessions_ || (event.verb != Verb::link_up && !takes_carrier(event))) return;
  each_link(event, [&](size_t i, const CircuitLinkInfo&) {
    carriers_[{when, index}].emplace_back(i, faults_.carrier(i));
  });
}

// One control latency after a link changed: without sessions the routes follow at once, with them
// the link's ends learn of their carrier.
void Timeline::follow(size_t index, Time at, Generations& out) {
  if (!sessions_) {
    if (auto generation = compiler_.routes(at)) {
      events_.push_back({{at.ns(), "routes", "generation " + std::to_string(generation->id)}, {}});
      out.push_back(std::move(*generation));
    }
    return;
  }
  const auto seen = carriers_.extract({at, index});
  if (seen.empty()) return;
  // What a reload of the router took meanwhile is seen at once.
  for (const auto& [link, up] : seen.mapped())
    sessions_->link_carrier(link, up && faults_.carrier(link), for_sessions(at));
}

void Timeline::work(size_t index, Time at) {
  const TimelineEvent& event = scenario_.timeline[index];
  note(at, std::string(cp::word(event.verb)) + "_works", index, EventPhase::works);
  sessions_->msee_admin(event.target, index, false, for_sessions(at));
}

// Its links go down with an MSEE, those to gateways too.
void Timeline::reload(size_t index, bool begins, Time at, Generations& out) {
  const std::string& msee = scenario_.timeline[index].target;
  const auto& links = compiler_.topology().circuit_links;
  for (size_t i = 0; i < links.size(); i++) {
    const Circuit& circuit = scenario_.circuits[links[i].circuit];
    if (circuit.links[links[i].link]->msee != msee) continue;
    if (begins)
      faults_.begin(index, i, Direction::both, true);
    else
      faults_.end(index, i);
    for (Direction dir : {Direction::to_azure, Direction::to_onprem})
      out.push_back(
          compiler_.change_link(at, circuit.name, links[i].link, dir, state(i, dir, true)));
    sessions_->link_carrier(i, faults_.carrier(i), for_sessions(at));
  }
  isolate(index, begins, at, out);
}

void Timeline::isolate(size_t index, bool begins, Time at, Generations& out) {
  const std::string& msee = scenario_.timeline[index].target;
  if (begins)
    faults_.begin_core(index, msee);
  else
    faults_.end_core(index, msee);
  const bool up = faults_.core_up(msee);
  out.push_back(compiler_.change_core(at, msee, up));
  sessions_->core_carrier(msee, up, for_sessions(at));
}

void Timeline::apply_to_sessions(size_t index, bool begins, Time at, Generations& out) {
  const TimelineEvent& event = scenario_.timeline[index];
  const Time now = for_sessions(at);
  switch (event.verb) {
    case Verb::bgp_notification:
      sessions_->notification(event.target, event.code, event.from, now);
      break;
    case Verb::bgp_down:
      sessions_->admin(event.target, index, !begins, now);
      break;
    case Verb::bgp_reset:
      sessions_->reset(event.target, now);
      break;
    case Verb::bfd_down:
      sessions_->bfd_admin(event.target, !begins, now);
      break;
    case Verb::msee_maintenance:
      sessions_->drain(event.target, begins ? event.prepend.value_or(8) : 0, now);
      if (!begins && event.warn) sessions_->msee_admin(event.target, index, true, now);
      break;
    case Verb::msee_reload:
      reload(index, begins, at, out);
      break;
    case Verb::core_isolation:
      isolate(index, begins, at, out);
      break;
    case Verb::site_failover:
      sessions_->location(event.target, begins, now);
      break;
    case Verb::announce:
    case Verb::withdraw:
      sessions_->announce(event.target, event.routes, begins == (event.verb == Verb::announce),
                          now);
      break;
    case Verb::ce_restart:
      sessions_->ce_restart(event.target, index, begins, *event.lasts, now);
      break;
    case Verb::prepend:
      each_link(event, [&](size_t i, const CircuitLinkInfo&) {
        sessions_->prepend(i, begins ? *event.prepend : 0, at);
      });
      break;
    default:
      break;
  }
}

}  // namespace erbium::cp
