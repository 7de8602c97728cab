#include "control/scenario/bounds.h"

#include <algorithm>

#include "control/scenario/timeline.h"

namespace erbium::cp {
namespace {

using Verb = TimelineEvent::Verb;

struct Named {
  Verb verb = Verb::link_down;
  std::string suffix;  // "", "_ends", "_works"
};

// "link_down_ends" as its verb and suffix.
Named named(const std::string& what) {
  for (const char* suffix : {"_ends", "_works", ""})
    for (int verb = 0; verb <= static_cast<int>(Verb::prepend); verb++)
      if (what == std::string(word(static_cast<Verb>(verb))) + suffix)
        return {static_cast<Verb>(verb), suffix};
  return {};
}

bool one_way(const ReportEvent& event) { return event.target.find(" both") == std::string::npos; }

}  // namespace

// What an event does to routes: they are lost and somebody has to notice, they are taken back by a
// message or at the end that sees it, they are added, or they stay.
Bounds::Kind Bounds::kind_of(const ReportEvent& event) const {
  const auto [verb, suffix] = named(event.what);
  const bool ends = suffix == "_ends";
  switch (verb) {
    case Verb::silent_drop:
    case Verb::wrong_vlan:
      return ends ? Kind::added : Kind::detected;
    case Verb::arp_mute:
      return Kind::muted;
    case Verb::link_down:
      return ends ? Kind::added : one_way(event) || !sessions() ? Kind::detected : Kind::told;
    case Verb::set_link:
    case Verb::set_bandwidth:
      return Kind::loaded;
    case Verb::impair:
      return Kind::impaired;
    case Verb::msee_maintenance:
      return suffix == "_works" ? Kind::told : Kind::added;
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
    case Verb::flap:
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

const TimelineEvent* Bounds::file_event(const ReportEvent& event) const {
  const auto [verb, suffix] = named(event.what);
  for (const TimelineEvent& e : s_.timeline) {
    const Duration offset = suffix == "_ends"    ? e.lasts.value_or(Duration())
                            : suffix == "_works" ? e.warn.value_or(Duration())
                                                 : Duration();
    if (e.verb == verb && record_.replay_start_ns + (e.at + offset).ns() == event.at_ns &&
        event.target.rfind(e.target, 0) == 0)
      return &e;
  }
  return nullptr;
}

bool Bounds::hits(const TimelineEvent& event, const CircuitLinkInfo& link) const {
  const Circuit& circuit = s_.circuits[link.circuit];
  switch (event.verb) {
    case Verb::msee_maintenance:
    case Verb::msee_reload:
    case Verb::core_isolation:
      return circuit.links[link.link]->msee == event.target;
    case Verb::site_failover:
      return circuit.peering_location == event.target;
    default:
      break;
  }
  const std::string name = LinkRef{circuit.name, link.link, {}}.str();
  return event.target == circuit.name || event.target == name ||
         event.target.rfind(name + "/", 0) == 0;
}

bool Bounds::leaves_a_path(const ReportEvent& event) const {
  const TimelineEvent* file = file_event(event);
  if (!file || !s_.vpn.empty()) return true;
  const auto& links = record_.topology.circuit_links;
  return std::any_of(links.begin(), links.end(),
                     [&](const CircuitLinkInfo& link) { return !hits(*file, link); });
}

// The private peering of the circuit that the event names.
const Peering* Bounds::peering_of(const ReportEvent& event) const {
  const std::string name = event.target.substr(0, event.target.find_first_of("/ "));
  const Circuit* circuit = find(s_.circuits, name);
  return circuit && circuit->private_peering ? &*circuit->private_peering : nullptr;
}

// An announcement after which a session ends, until the other event that follows.
bool Bounds::exceeds_limit(const ReportEvent& event) const {
  if (named(event.what).verb != Verb::announce) return false;
  int64_t until = record_.stats.virtual_time_ns;
  for (const RunEvent& other : record_.timeline)
    if (other.at_ns > event.at_ns) until = std::min(until, other.at_ns);
  return std::any_of(record_.control.begin(), record_.control.end(), [&](const RunEvent& e) {
    return e.what == "bgp_max_prefixes" && e.at_ns >= event.at_ns && e.at_ns < until;
  });
}

// How long the protocols may take to see a loss that no end sees by itself.
std::optional<Bound> Bounds::detection(const ReportEvent& event) const {
  if (!sessions()) {
    if (named(event.what).verb == Verb::wrong_vlan) return std::nullopt;  // the link stays up
    Bound bound = local_bound();
    bound.text = "routes follow the link";
    return bound;
  }
  const Peering* peering = peering_of(event);
  if (!peering) return std::nullopt;
  if (peering->bfd) {
    const Bfd& bfd = *peering->bfd;
    return bfd_bound(std::max({bfd.tx, bfd.rx, Bfd{}.tx}), bfd.multiplier);
  }
  const Timers timers = peering->timers.value_or(Timers{});
  const Duration hold = std::min(timers.hold, Timers{}.hold);
  return hold_bound(hold,
                    std::min({timers.keepalive, Timers{}.keepalive, Duration::ns(hold.ns() / 3)}));
}

// From what is noticed to the last router's FIB. With sessions: messages over two links, each with
// its latency; without: one latency of control. What is on its way then is lost, too.
Bound Bounds::follow(Bound bound) const {
  Duration delay, queue;
  for (const LinkInfo& link : record_.topology.links) {
    delay = std::max(delay, link.effective_delay());
    queue = std::max(queue, link.queue);
  }
  const Duration latency = s_.time.control_latency;
  if (!sessions()) return then(bound, "control latency", Duration(), latency + (delay + queue) * 2);
  return then(bound, "propagation", Duration(),
              s_.control.gateway_delay_max + latency * 4 + delay * 4);
}

Bounds::EventBound Bounds::of(const ReportEvent& event) const {
  const Kind kind = kind_of(event);
  const TimelineEvent* file = file_event(event);
  switch (kind) {
    case Kind::added:
      if (exceeds_limit(event)) return {std::nullopt, "over the prefix limit sessions end"};
      return {Bound{"routes are added first", 0, 0}, ""};
    case Kind::loaded:
      return {std::nullopt, "what is lost follows from the load"};
    case Kind::impaired:
      return {std::nullopt, "what is lost follows from the impairment"};
    case Kind::muted:
      return {std::nullopt, "what is lost follows from the age of addresses"};
    case Kind::restarted:
      return {std::nullopt, "what is kept follows from graceful restart"};
    case Kind::withdrawn:
      if (!file || !file->lasts || named(event.what).suffix == "_ends")
        return {std::nullopt, "the prefix stays away"};
      return {follow({"for " + std::to_string(file->lasts->ns() / 1'000'000) + "\u00a0ms", 0,
                      file->lasts->ns()}),
              ""};
    case Kind::detected:
    case Kind::told:
      break;
  }
  if (!leaves_a_path(event)) return {std::nullopt, "no other path is left"};
  if (kind == Kind::told) {
    Bound bound = local_bound();
    if (named(event.what).verb != Verb::link_down) bound.text = "told at once";
    return {follow(bound), ""};
  }
  const std::optional<Bound> noticed = detection(event);
  if (!noticed) return {std::nullopt, "no session watches the link"};
  return {follow(*noticed), ""};
}

std::vector<StageBound> Bounds::stages(const ReportEvent& event) const {
  std::vector<StageBound> out;
  const Kind kind = kind_of(event);
  if (kind != Kind::detected && kind != Kind::told) return out;
  if (kind == Kind::detected && sessions())
    if (const auto noticed = detection(event)) {
      const Peering* peering = peering_of(event);
      out.push_back({peering->bfd ? Stage::bfd_down : Stage::bgp_down, *noticed});
    }
  if (const EventBound all = of(event); all.bound) out.push_back({Stage::fib_applied, *all.bound});
  return out;
}

}  // namespace erbium::cp
