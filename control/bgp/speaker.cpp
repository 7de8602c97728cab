#include "control/bgp/speaker.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "common/check.h"
#include "control/bgp/speaker_state.h"

namespace erbium::cp::bgp {

Speaker::State::State(SpeakerConfig c, const Policy& p)
    : config(std::move(c)),
      policy(p),
      rib({.decision = {.max_paths = config.max_paths,
                        .max_bundles = config.max_bundles,
                        .multipath_relax = config.multipath_relax},
           .report_standby = true}),
      packer(rib.pool()) {}

Speaker::Speaker(SpeakerConfig config, const Policy& policy)
    : state_(std::make_unique<State>(std::move(config), policy)) {}
Speaker::~Speaker() = default;

PeerId Speaker::add_peer(PeerConfig config) {
  SessionConfig& session = config.session;
  if (session.local_as == 0) session.local_as = state_->config.asn;
  if (session.identifier == 0) session.identifier = state_->config.identifier;
  ERBIUM_CHECK(session.peer_as != session.local_as);
  const auto id = static_cast<PeerId>(state_->peers.size() + 1);
  state_->rib.set_peer(id, {config.remote, true, config.bundle});
  state_->peers.push_back(std::make_unique<PeerState>(std::move(config), state_->rib.pool()));
  return id;
}

Speaker::PeerState& Speaker::at(PeerId peer) const {
  ERBIUM_CHECK(peer >= 1 && peer <= state_->peers.size());
  return *state_->peers[peer - 1];
}

// ---- sessions ----

void Speaker::handle(PeerId peer, const Event& event, Time now, Output& out) {
  act(peer, event, now, out);
  if (!out.lost_peer()) flush(now, out);
}

void Speaker::restart_gracefully(Time until) { state_->restart_until = until; }

void Speaker::timers(Time now, Output& out) {
  for (PeerId id = 1; id <= state_->peers.size(); id++) {
    PeerState& peer = at(id);
    if (peer.session.next_deadline() <= now) act(id, Timer{}, now, out);
    if (peer.stale.until() <= now) take_back(id, peer.stale.take());
  }
  if (!out.lost_peer()) flush(now, out);
}

void Speaker::clean_up(Time now, Output& out) {
  for (PeerId id = 1; id <= state_->peers.size(); id++) forget(id);
  flush(now, out);
}

bool Output::lost_peer() const {
  return std::ranges::any_of(peers, [](const PeerChange& change) { return !change.reachable; });
}

Time Speaker::next_deadline() const {
  Time next = Time::max();
  for (const auto& peer : state_->peers)
    next = std::min({next, peer->session.next_deadline(), peer->stale.until()});
  return next;
}

// Hands the event to the session and performs what it asks for.
void Speaker::act(PeerId id, const Event& event, Time now, Output& out) {
  Actions actions;
  at(id).session.handle(event, now, actions);
  for (size_t i = 0; i < actions.size(); i++) {
    Action& action = actions[i];
    if (i + 1 < actions.size())
      if (const auto* next = std::get_if<Learned>(&actions[i + 1])) prefetch(next->update);
    if (const auto* lost = std::get_if<Down>(&action)) {
      down(id, *lost, now, out);
    } else if (const auto* learned = std::get_if<Learned>(&action)) {
      if (!at(id).up) continue;  // the limit was exceeded before it
      learn(id, learned->update);
      limit(id, now, out);
    } else {
      perform(id, action, out);
    }
  }
}

void Speaker::perform(PeerId id, Action& action, Output& out) {
  std::visit(
      [&](auto& a) {
        using T = std::decay_t<decltype(a)>;
        if constexpr (std::is_same_v<T, Up>) {
          up(id, a, out);
        } else if constexpr (std::is_same_v<T, RefreshAsked>) {
          PeerState::Owed& owed = at(id).owed[slot_of(a.family)];
          owed.look = owed.again = true;
        } else if constexpr (std::is_same_v<T, StateChanged>) {
          out.log.push_back(
              {id, "state", std::string(name(a.from)) + " -> " + name(a.to) + ": " + a.reason});
        } else if constexpr (std::is_same_v<T, Faulty>) {
          out.log.push_back({id, "attribute_error", a.error.what});
        } else {
          out.transport.push_back({id, std::move(a)});
        }
      },
      action);
}

void Speaker::up(PeerId id, const Up& up, Output& out) {
  forget(id);
  PeerState& peer = at(id);
  peer.up = true;
  out.peers.push_back({id, true});
  peer.families = up.families;
  state_->rib.set_peer(id, {peer.config.remote, true, peer.config.bundle, up.peer.identifier});
  peer.graceful_restart = up.peer.capabilities.graceful_restart;
  for (const Family family : up.families)
    peer.owed[slot_of(family)] = {.look = true, .again = false, .end_of_rib = true};
  // RFC 4724 §4.2: what the peer did not keep forwarding is gone. Where we have restarted, what
  // matters is that we did.
  const bool own_restart = std::exchange(peer.stale_of_own_restart, false);
  for (const Family family : kFamilies) {
    if (own_restart) break;
    const auto kept = [&](const GracefulRestart::Entry& entry) {
      return entry.family == family && entry.forwarding_kept;
    };
    const auto& restart = peer.graceful_restart;
    if (!restart || std::ranges::none_of(restart->families, kept))
      take_back(id, peer.stale.take(family));
  }
  const int64_t hold = peer.session.hold_time().ns() / Duration::s(1).ns();
  out.log.push_back({id, "session_up",
                     "AS " + std::to_string(up.peer.asn) + ", identifier " +
                         net::Ip::v4(up.peer.identifier).str() + ", hold time " +
                         std::to_string(hold) + " s"});
}

void Speaker::down(PeerId id, const Down& down, Time now, Output& out) {
  PeerState& peer = at(id);
  peer.up = false;
  peer.families.clear();
  peer.owed = {};
  out.log.push_back({id, "session_down", down.reason});
  if (now < state_->restart_until) {
    peer.told.clear();
    peer.stale.keep(state_->rib.prefixes_of(id), state_->restart_until);
    peer.stale_of_own_restart = true;
    return;
  }
  const auto& restart = peer.graceful_restart;
  // RFC 4724 §4.2: a connection lost without NOTIFICATION; stale routes do not get a second chance.
  const bool helps = !down.sent && !down.received && peer.config.session.graceful_restart &&
                     restart && restart->restart_time > 0;
  if (!helps) {
    peer.forgotten = false;
    out.peers.push_back({id, false});
    return;
  }
  peer.told.clear();
  take_back(id, peer.stale.take());
  std::vector<net::Prefix> kept, lost;
  for (const net::Prefix& prefix : state_->rib.prefixes_of(id)) {
    const bool keep = std::ranges::find(restart->families, prefix.address.family,
                                        &GracefulRestart::Entry::family) != restart->families.end();
    (keep ? kept : lost).push_back(prefix);
  }
  take_back(id, lost);
  peer.stale.keep(std::move(kept), now + Duration::s(restart->restart_time));
}

void Speaker::forget(PeerId id) {
  PeerState& peer = at(id);
  if (std::exchange(peer.forgotten, true)) return;
  peer.told.clear();
  peer.stale.take();
  state_->rib.withdraw_peer(id, state_->changes);
}

// ---- what there is to see ----

const SpeakerConfig& Speaker::config() const { return state_->config; }
const Session& Speaker::session(PeerId peer) const { return at(peer).session; }
const PeerConfig& Speaker::peer(PeerId peer) const { return at(peer).config; }
size_t Speaker::peers() const { return state_->peers.size(); }

size_t Speaker::prefixes_from(PeerId peer, Family family) const {
  return state_->rib.accepted(peer, family);
}

size_t Speaker::prefixes_to(PeerId peer, Family family) const { return at(peer).told.size(family); }

std::vector<RouteView> Speaker::routes() const {
  std::vector<RouteView> out;
  std::vector<rib::Path> chosen, all;
  for (const net::Prefix& prefix : state_->rib.prefixes()) {
    state_->rib.paths(prefix, all);
    chosen = all;
    state_->rib.choose(chosen);
    const auto view = [&](const rib::Path& path, bool best, bool multipath) {
      out.push_back(
          {prefix, path.peer, best, multipath, path.weight, state_->rib.pool().at(path.accepted)});
    };
    for (const rib::Path& path : chosen) view(path, &path == &chosen.front(), chosen.size() > 1);
    for (const rib::Path& path : all)
      if (path.accepted != rib::kNoAttributes && std::ranges::find(chosen, path) == chosen.end())
        view(path, false, false);
  }
  return out;
}

std::vector<RouteView> Speaker::advertised(PeerId peer) const {
  std::vector<RouteView> out;
  std::vector<rib::Path> chosen;
  const AdjRibOut& told = at(peer).told;
  for (const net::Prefix& prefix : told.prefixes()) {
    state_->rib.chosen(prefix, chosen);
    out.push_back({prefix, chosen.empty() ? 0 : chosen.front().peer, true, false, 0,
                   state_->rib.pool().at(told.told(prefix))});
  }
  return out;
}

rib::Rib& Speaker::rib() { return state_->rib; }

size_t Speaker::memory_bytes() const {
  size_t sum = state_->rib.memory_bytes();
  for (const auto& peer : state_->peers) sum += peer->told.memory_bytes();
  return sum;
}

}  // namespace erbium::cp::bgp
