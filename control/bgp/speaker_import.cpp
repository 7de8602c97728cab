// From UPDATEs into the routing table: loop check, import policy, the limit of prefixes, and what
// the router originates itself. Both what came and what policy made of it are kept, as references
// to the same attributes wherever policy changed nothing.
#include <algorithm>

#include "control/bgp/speaker.h"
#include "control/bgp/speaker_state.h"

namespace erbium::cp::bgp {

using rib::AttributesId;
using rib::AttributesRef;
using rib::kNoAttributes;

// Import policy over prefixes that came with one set of attributes, which is copied for policy to
// work on once, and again only after policy has changed it.
class Speaker::Importer {
 public:
  Importer(State& state, PeerId from) : state_(state), from_(from) {}

  void receive(AttributesRef received) {
    received_ = std::move(received);
    route_.attributes = *received_;
    usable_ = usable(*received_);
  }
  const AttributesRef& received() const { return received_; }

  void run(const net::Prefix& prefix) {
    accepted_ = {};
    route_.prefix = prefix;
    route_.weight = 0;
    if (!usable_) return;
    const bool taken = state_.policy.import(from_, route_);
    const bool changed = route_.attributes != *received_;
    if (taken) accepted_ = changed ? state_.rib.pool().intern(route_.attributes) : received_;
    if (changed) route_.attributes = *received_;
  }
  AttributesId accepted() const { return accepted_.id(); }
  uint32_t weight() const { return route_.weight; }

 private:
  // §6.3: next to an external peer one hop away, the next hop shares its subnet.
  static bool off_link(const std::optional<net::Ip>& hop, const std::optional<net::Prefix>& link) {
    return hop && link && !link->contains(*hop);
  }
  // RFC 4271 §9.1.2: no path through ourselves; §5.1.3: nor with our own address as next hop.
  bool usable(const PathAttributes& attributes) const {
    const PeerConfig& peer = state_.peers[from_ - 1]->config;
    if (attributes.next_hop == peer.local || (peer.local6 && attributes.next_hop6 == peer.local6))
      return false;
    if (off_link(attributes.next_hop, peer.subnet) || off_link(attributes.next_hop6, peer.subnet6))
      return false;
    return state_.config.allow_own_as || !(attributes.as_path.contains(state_.config.asn) ||
                                           attributes.as_path.contains(peer.session.local_as));
  }

  State& state_;
  PeerId from_;
  AttributesRef received_, accepted_;
  bool usable_ = true;
  RouteInPolicy route_;
};

void Speaker::learn(PeerId id, const Update& update) {
  PeerState& peer = at(id);
  State& s = *state_;
  if (const auto family = end_of_rib(update)) return take_back(id, peer.stale.take(*family));
  if (!peer.stale.empty()) {
    for (const net::Prefix& prefix : update.withdrawn) peer.stale.refreshed(prefix);
    for (const net::Prefix& prefix : update.announced) peer.stale.refreshed(prefix);
  }
  take_back(id, update.withdrawn);
  if (update.announced.empty() || !update.attributes) return;
  Importer importer(s, id);
  importer.receive(s.rib.pool().intern(*update.attributes));
  for (const net::Prefix& prefix : update.announced) {
    importer.run(prefix);
    s.rib.update(id, prefix, importer.received().id(), importer.accepted(), importer.weight(),
                 s.changes);
  }
}

// What learn() will look at in the table.
void Speaker::prefetch(const Update& update) const {
  for (const auto* prefixes : {&update.withdrawn, &update.announced})
    for (const net::Prefix& prefix : *prefixes) state_->rib.prefetch(prefix);
}

void Speaker::take_back(PeerId id, const std::vector<net::Prefix>& prefixes) {
  for (const net::Prefix& prefix : prefixes) state_->rib.withdraw(id, prefix, state_->changes);
}

// RFC 4271 §6.7, RFC 4486 §4: Cease/Maximum Number of Prefixes Reached, with AFI, SAFI and limit.
void Speaker::limit(PeerId id, Time now, Output& out) {
  const PeerState& peer = at(id);
  for (const Family family : kFamilies) {
    const auto& most = peer.config.max_prefixes[slot_of(family)];
    const size_t count = prefixes_from(id, family);
    if (!peer.up || !most || count <= *most) continue;
    out.log.push_back({id, "max_prefixes",
                       std::to_string(count) + (family == Family::v4 ? " IPv4" : " IPv6") +
                           " prefixes, limit " + std::to_string(*most)});
    Notification notification = cease(Cease::max_prefixes);
    notification.data = {0, static_cast<uint8_t>(family == Family::v4 ? 1 : 2), 1};
    for (int shift = 24; shift >= 0; shift -= 8)
      notification.data.push_back(static_cast<uint8_t>(*most >> shift));
    const Duration after = peer.config.restart_after.value_or(peer.session.hold_time());
    act(id, Reset{std::move(notification), after}, now, out);
  }
}

void Speaker::refresh_import(PeerId peer, Time now, Output& out) {
  State& s = *state_;
  Importer importer(s, peer);
  rib::Path path;
  for (const net::Prefix& prefix : s.rib.prefixes_of(peer)) {
    s.rib.find(peer, prefix, path);
    if (path.received != importer.received().id())
      importer.receive(AttributesRef(s.rib.pool(), path.received));
    importer.run(prefix);
    s.rib.update(peer, prefix, path.received, importer.accepted(), importer.weight(), s.changes);
  }
  limit(peer, now, out);
  flush(now, out);
}

void Speaker::originate(const net::Prefix& prefix, PathAttributes attributes, Time now,
                        Output& out) {
  State& s = *state_;
  const net::Prefix canonical = prefix.canonical();
  std::vector<rib::Path> before;
  s.rib.chosen(canonical, before);
  s.hidden = before.empty() || before.front().peer == rib::kLocal;
  const AttributesRef own = s.rib.pool().intern(attributes);
  s.rib.update(rib::kLocal, canonical, own.id(), own.id(), 0, s.changes);
  flush(now, out);
}

void Speaker::withdraw(const net::Prefix& prefix, Time now, Output& out) {
  State& s = *state_;
  const net::Prefix canonical = prefix.canonical();
  s.rib.withdraw(rib::kLocal, canonical, s.changes);
  std::vector<rib::Path> after;
  s.rib.chosen(canonical, after);
  s.hidden = after.empty();
  flush(now, out);
}

}  // namespace erbium::cp::bgp
