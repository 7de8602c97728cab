#include "control/expressroute/sessions.h"

#include <algorithm>

#include "control/expressroute/session_setup.h"
#include "control/wire/ip_packet.h"
#include "control/wire/mix.h"

namespace erbium::cp {
namespace {

constexpr uint8_t kTcp = 6;                      // IANA protocol numbers
constexpr Duration kSettled = Duration::s(1);    // without a change: the sessions have converged
constexpr Duration kPatience = Duration::s(60);  // then replay starts as it is

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace

Sessions::Sessions(const Scenario& scenario, Compiler& compiler)
    : scenario_(scenario), compiler_(compiler) {
  SessionSetup(scenario, compiler.topology(), routers_, histories_).build();
  for (size_t i = 0; i < routers_.size(); i++) {
    by_host_port_[routers_[i].host_port] = i;
    routers_[i].fib = std::make_unique<rib::FibGroups>(routers_[i].speaker->rib());
  }
}

Sessions::~Sessions() = default;

Time Sessions::next() const {
  Time next = wake_;
  if (!arrivals_.empty()) next = std::min(next, arrivals_.begin()->at);
  if (!delayed_.empty()) next = std::min(next, delayed_.begin()->first);
  for (const SessionRouter& router : routers_) {
    next = std::min(next, router.speaker->next_deadline());
    for (const SessionNeighbor& neighbor : router.neighbors) {
      next = std::min(next, neighbor.tcp->next_deadline());
      if (neighbor.bfd) next = std::min(next, neighbor.bfd->next_deadline());
    }
  }
  return next;
}

void Sessions::deliver(const Delivery& delivery) {
  arrivals_.insert({delivery.at + scenario_.time.control_latency, delivery.packet_id,
                    delivery.host_port, delivery.packet});
}

// Everything of one moment, in a fixed order: arrivals, then timers router by router. Segments are
// cut when all has been said.
void Sessions::run(Time now, std::vector<Injection>& out) {
  now_ = now;
  wake_ = Time::max();
  if (!started_) start_all(now);
  while (!arrivals_.empty() && arrivals_.begin()->at <= now) {
    const auto first = arrivals_.extract(arrivals_.begin());
    received(first.value(), now);
  }
  send_delayed(now);
  for (size_t r = 0; r < routers_.size(); r++) {
    for (size_t n = 0; n < routers_[r].neighbors.size(); n++) timers(r, n, now);
    if (routers_[r].speaker->next_deadline() > now) continue;
    bgp::Output output;
    routers_[r].speaker->timers(now, output);
    perform(r, output, now);
  }
  push_all(now);
  for (const Time at : {last_change_ + kSettled, latest_start()})
    if (at > now) wake_ = std::min(wake_, at);
  std::move(injections_.begin(), injections_.end(), std::back_inserter(out));
  injections_.clear();
}

void Sessions::timers(size_t r, size_t n, Time now) {
  SessionNeighbor& neighbor = routers_[r].neighbors[n];
  if (neighbor.tcp->next_deadline() <= now) {
    tcp::Output output;
    neighbor.tcp->timers(now, output);
    from_tcp(r, n, output, now);
  }
  if (neighbor.bfd && neighbor.bfd->next_deadline() <= now) {
    bfd::Output output;
    neighbor.bfd->timers(now, output);
    from_bfd(r, n, output, now);
  }
}

void Sessions::start_all(Time now) {
  started_ = true;
  for (size_t r = 0; r < routers_.size(); r++) {
    SessionRouter& router = routers_[r];
    bgp::Output output;
    for (const OwnRoute& own : router.own)
      router.speaker->originate(own.prefix, own.attributes, now, output);
    perform(r, output, now);
    for (size_t n = 0; n < router.neighbors.size(); n++) {
      router.neighbors[n].tcp->listen(bgp::kPort);
      if (router.neighbors[n].may_start()) session_event(r, n, bgp::Start{}, now);
    }
  }
}

void Sessions::received(const Arrival& arrival, Time now) {
  const auto at = by_host_port_.find(arrival.host_port);
  const auto packet = wire::parse_ip(arrival.packet);
  if (at == by_host_port_.end() || !packet) return;
  SessionRouter& router = routers_[at->second];
  for (size_t n = 0; n < router.neighbors.size(); n++) {
    SessionNeighbor& neighbor = router.neighbors[n];
    if (neighbor.local != packet->dst || neighbor.remote != packet->src) continue;
    if (packet->protocol == kTcp) {
      tcp::Output output;
      neighbor.tcp->handle(arrival.packet, now, output);
      from_tcp(at->second, n, output, now);
    } else if (neighbor.bfd) {
      bfd::Output output;
      neighbor.bfd->receive(arrival.packet, now, output);
      from_bfd(at->second, n, output, now);
    }
  }
}

void Sessions::from_tcp(size_t r, size_t n, tcp::Output& output, Time now) {
  SessionRouter& router = routers_[r];
  SessionNeighbor& neighbor = router.neighbors[n];
  for (auto& packet : output.packets) send(router, neighbor, std::move(packet));
  for (tcp::Event& event : output.events)
    std::visit(
        Overload{[&](const tcp::Accepted& e) {
                   neighbor.open.insert(e.id);
                   session_event(r, n, bgp::Accepted{e.id}, now);
                 },
                 [&](const tcp::Connected& e) { session_event(r, n, bgp::Connected{e.id}, now); },
                 [&](const tcp::ConnectFailed& e) {
                   neighbor.open.erase(e.id);
                   session_event(r, n, bgp::ConnectFailed{e.id}, now);
                 },
                 [&](const tcp::Received& e) {
                   session_event(r, n, bgp::Received{e.id, e.octets}, now);
                 },
                 [&](const tcp::Closed& e) {
                   neighbor.open.erase(e.id);
                   session_event(r, n, bgp::Closed{e.id}, now);
                 }},
        event);
}

void Sessions::from_bfd(size_t r, size_t n, bfd::Output& output, Time now) {
  SessionRouter& router = routers_[r];
  SessionNeighbor& neighbor = router.neighbors[n];
  for (auto& packet : output.packets) send(router, neighbor, std::move(packet.octets));
  for (const auto& [id, change] : output.changes) {
    histories_[neighbor.bfd_history].states.emplace_back(now.ns(), bfd::name(change.to));
    if (change.to == bfd::State::up) note(now, "bfd_up", neighbor.name);
    if (change.from == bfd::State::up)
      note(now, "bfd_down", neighbor.name + " " + bfd::name(change.diagnostic));
    // What the neighbour has shut down on purpose says nothing about the path (RFC 5882 §4.2).
    if (change.from == bfd::State::up && change.to == bfd::State::down &&
        neighbor.bfd->session(id).remote_state() != bfd::State::admin_down)
      session_event(r, n, bgp::BfdDown{}, now);
  }
}

void Sessions::session_event(size_t r, size_t n, const bgp::Event& event, Time now) {
  bgp::Output output;
  routers_[r].speaker->handle(routers_[r].neighbors[n].peer, event, now, output);
  perform(r, output, now);
}

void Sessions::perform(size_t r, bgp::Output& output, Time now) {
  SessionRouter& router = routers_[r];
  for (const bgp::LogLine& line : output.log) {
    SessionNeighbor& neighbor = router.neighbors[line.peer - 1];
    if (line.what == "state")
      histories_[neighbor.history].states.emplace_back(
          now.ns(), bgp::name(router.speaker->session(line.peer).state()));
    else
      note(now, "bgp_" + line.what, neighbor.name + (line.text.empty() ? "" : " " + line.text));
    if (line.what == "session_up" || line.what == "session_down") last_change_ = now;
  }
  update_fib(router, output, now);
  if (output.lost_peer()) {
    output.peers.clear();
    router.speaker->clean_up(now, output);
    update_fib(router, output, now);
  }
  for (const bgp::PeerAction& action : output.transport)
    transport(r, action.peer - 1, action.action, now);
}

// The ways of a lost peer go with its groups, before its prefixes are looked at one by one.
void Sessions::update_fib(SessionRouter& router, bgp::Output& output, Time now) {
  if (output.peers.empty() && output.chosen.empty() && output.standby.empty()) return;
  for (const bgp::PeerChange& change : output.peers)
    change.reachable ? router.fib->peer_up(change.peer) : router.fib->peer_down(change.peer);
  router.fib->refresh(output.chosen);
  router.fib->refresh(output.standby);
  if (!output.chosen.empty()) last_change_ = now;
  output.chosen.clear();
  output.standby.clear();
  learn(router, router.fib->take());
}

void Sessions::restate() {
  compiler_.forget_learned();
  for (const SessionRouter& router : routers_)
    if (router.fib) learn(router, router.fib->everything());
}

void Sessions::learn(const SessionRouter& router, const rib::FibDelta& delta) {
  std::vector<uint32_t> interfaces;
  for (const SessionNeighbor& neighbor : router.neighbors) interfaces.push_back(neighbor.interface);
  compiler_.learn(router.vrf, delta, interfaces);
}

void Sessions::transport(size_t r, size_t n, const bgp::Action& action, Time now) {
  SessionNeighbor& neighbor = routers_[r].neighbors[n];
  tcp::Output output;
  if (const auto* connect = std::get_if<bgp::Connect>(&action)) {
    neighbor.open.insert(connect->id);
    neighbor.tcp->connect(connect->id, neighbor.remote, bgp::kPort, now, output);
  } else if (const auto* close = std::get_if<bgp::Close>(&action)) {
    if (neighbor.open.erase(close->id) != 0) neighbor.tcp->close(close->id, now, output);
  } else if (const auto* sent = std::get_if<bgp::Send>(&action)) {
    const Duration delay = gateway_delay(routers_[r], neighbor, sent->octets);
    const Time at = std::max(now + delay, neighbor.not_before);
    if (at > now) {
      neighbor.not_before = at;
      delayed_.insert({at, {r, n, sent->id, sent->octets}});
      return;
    }
    if (neighbor.open.contains(sent->id)) neighbor.tcp->send(sent->id, sent->octets);
  }
  from_tcp(r, n, output, now);
}

void Sessions::send_delayed(Time now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const Delayed item = std::move(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
    SessionNeighbor& neighbor = routers_[item.router].neighbors[item.neighbor];
    if (!neighbor.open.contains(item.connection)) continue;
    last_change_ = now;  // what the peer makes of it comes later
    neighbor.tcp->send(item.connection, item.octets);
  }
}

void Sessions::push_all(Time now) {
  for (size_t r = 0; r < routers_.size(); r++)
    for (size_t n = 0; n < routers_[r].neighbors.size(); n++) {
      tcp::Output output;
      routers_[r].neighbors[n].tcp->push(now, output);
      from_tcp(r, n, output, now);
    }
}

// UPDATEs from an MSEE to a gateway take a while; everything behind them waits as well.
Duration Sessions::gateway_delay(const SessionRouter& router, const SessionNeighbor& neighbor,
                                 const std::vector<uint8_t>& octets) {
  constexpr size_t kType = 18;
  constexpr uint8_t kUpdate = 2;
  const ControlOptions& control = scenario_.control;
  if (router.kind != SessionRouter::Kind::msee || neighbor.circuit_link ||
      control.gateway_delay_max <= Duration() || octets.size() <= kType || octets[kType] != kUpdate)
    return {};
  const int64_t least = control.gateway_delay_min.ns();
  const auto span = static_cast<uint64_t>(control.gateway_delay_max.ns() - least) + 1;
  return Duration::ns(least + static_cast<int64_t>(wire::mix(scenario_.seed, draws_++) % span));
}

void Sessions::send(const SessionRouter& router, const SessionNeighbor& neighbor,
                    std::vector<uint8_t> packet) {
  if (!neighbor.carrier) return;
  injections_.push_back({router.host_port, std::move(packet)});
}

void Sessions::note(Time now, const std::string& what, const std::string& detail) {
  events_.push_back({now.ns(), what, detail});
}

// One end of each session tells; both are in the same straits.
void Sessions::replay_starts(Time at) {
  if (scenario_.time.replay_start) return;
  std::set<std::string> named;
  for (const SessionRouter& router : routers_)
    for (const SessionNeighbor& neighbor : router.neighbors) {
      const bgp::State state = router.speaker->session(neighbor.peer).state();
      const std::string name =
          neighbor.name.substr(0, neighbor.name.size() - router.name.size() - 1);
      if (state == bgp::State::established || !named.insert(name).second) continue;
      note(at, kNotConverged,
           name + " is " + bgp::name(state) + " after " +
               std::to_string((at - Time()).ns() / Duration::s(1).ns()) +
               " s; replay starts without it");
    }
}

Time Sessions::latest_start() const {
  return Time() + kPatience + scenario_.control.gateway_delay_max;
}

std::optional<Time> Sessions::converged() const {
  bool up = started_ && delayed_.empty();
  for (const SessionRouter& router : routers_)
    for (const SessionNeighbor& neighbor : router.neighbors)
      up = up && router.speaker->session(neighbor.peer).state() == bgp::State::established;
  const Time limit = latest_start();
  const Time at = up ? std::min(last_change_ + kSettled, limit) : limit;
  return now_ >= at ? std::optional(at) : std::nullopt;
}

}  // namespace erbium::cp
