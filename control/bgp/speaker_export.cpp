// From the routing table to the router and to the peers, at the end of every event: the prefixes
// whose paths have changed, and for each peer those that it would now be told something else about.
#include <algorithm>
#include <span>
#include <utility>

#include "control/bgp/speaker.h"
#include "control/bgp/speaker_state.h"

namespace erbium::cp::bgp {

using rib::AttributesId;
using rib::AttributesRef;
using rib::kNoAttributes;

namespace {

constexpr size_t kAhead = 8;  // prefixes whose places in the table are fetched early

// RFC 1997: NO_EXPORT, NO_ADVERTISE, NO_EXPORT_SUBCONFED keep a route from every external peer.
bool stays_here(const PathAttributes& attributes) {
  return std::ranges::any_of(attributes.communities,
                             [](uint32_t c) { return c >= 0xffffff01 && c <= 0xffffff03; });
}

}  // namespace

// What one peer is to be told about prefixes. Neighbouring prefixes mostly have the same
// attributes, so the last result is kept.
class Speaker::Exporter {
 public:
  Exporter(State& state, PeerId to) : state_(state), to_(to), peer_(state.peers[to - 1]->config) {}

  // kNoAttributes: nothing. Valid as long as somebody keeps a reference, at least until next call.
  AttributesId wanted(const net::Prefix& prefix) {
    state_.rib.chosen(prefix, chosen_);
    if (chosen_.empty() || chosen_.front().peer == to_) return kNoAttributes;  // split horizon
    const rib::Path& best = chosen_.front();
    if (best.accepted != source_.id()) source_ = AttributesRef(state_.rib.pool(), best.accepted);
    if (route_.attributes != *source_) route_.attributes = *source_;
    if (best.peer != rib::kLocal && stays_here(*source_)) return kNoAttributes;
    route_.prefix = prefix;
    route_.weight = best.weight;
    if (!state_.policy.export_to(to_, best.peer, route_)) return kNoAttributes;
    const Family family = prefix.address.family;
    const bool own = best.peer == rib::kLocal;
    if (!result_ || family != family_ || own != own_ || route_.attributes != before_) {
      family_ = family;
      own_ = own;
      before_ = route_.attributes;
      result_ = finished();
    }
    return result_.id();
  }

 private:
  // RFC 4271 §5.1: AS_PATH with our AS in front, NEXT_HOP ourselves, no LOCAL_PREF, and of MED only
  // what we set ourselves: another AS's goes no further (§5.1.4).
  AttributesRef finished() {
    const auto ours = [&](const net::Ip& ip) { return ip.family == family_; };
    std::optional<net::Ip> self;
    if (ours(peer_.local))
      self = peer_.local;
    else if (peer_.local6 && ours(*peer_.local6))
      self = peer_.local6;
    if (!self) return {};
    PathAttributes out = before_;
    out.as_path.prepend(peer_.session.local_as);
    out.next_hop.reset();
    out.next_hop6.reset();
    out.next_hop_link_local.reset();
    (family_ == Family::v4 ? out.next_hop : out.next_hop6) = self;
    out.local_pref.reset();
    if (!own_) out.med.reset();
    return state_.rib.pool().intern(out);
  }

  State& state_;
  PeerId to_;
  const PeerConfig& peer_;
  std::vector<rib::Path> chosen_;
  AttributesRef source_, result_;
  RouteInPolicy route_;
  PathAttributes before_;  // of result_
  Family family_ = Family::v4;
  bool own_ = false;
};

void Speaker::flush(Time now, Output& out) {
  State& s = *state_;
  std::vector<net::Prefix> changed = std::move(s.changes.chosen);
  out.standby.insert(out.standby.end(), s.changes.standby.begin(), s.changes.standby.end());
  s.changes.clear();
  rib::sort_prefixes(changed);
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  if (!std::exchange(s.hidden, false))
    out.chosen.insert(out.chosen.end(), changed.begin(), changed.end());
  for (PeerId id = 1; id <= s.peers.size(); id++)
    if (at(id).up) tell(id, changed, now, out);
}

void Speaker::tell(PeerId id, const std::vector<net::Prefix>& changed, Time now, Output& out) {
  State& s = *state_;
  PeerState& peer = at(id);
  Exporter exporter(s, id);
  const auto spoken = [&](Family family) {
    return std::ranges::find(peer.families, family) != peer.families.end();
  };
  const auto look = [&](const net::Prefix& prefix, bool again) {
    if (!spoken(prefix.address.family)) return;
    const AttributesId wanted = exporter.wanted(prefix);
    const bool same = wanted == peer.told.told(prefix);
    if (same && (!again || wanted == kNoAttributes)) return;
    s.packer.add(prefix, wanted);
    if (!same) peer.told.tell(prefix, wanted);
  };
  const auto look_at_all = [&](std::span<const net::Prefix> prefixes, bool again) {
    for (size_t i = 0; i < prefixes.size(); i++) {
      if (i + kAhead < prefixes.size()) s.rib.prefetch(prefixes[i + kAhead]);
      look(prefixes[i], again);
    }
  };
  Actions sends;  // one, of all UPDATEs
  const auto announce = [&](Update& update) {
    peer.session.handle(Announce{std::move(update)}, now, sends);
  };
  for (const Family family : kFamilies) {
    const PeerState::Owed owed = std::exchange(peer.owed[slot_of(family)], {});
    const auto middle = std::partition_point(changed.begin(), changed.end(),
                                             [](const auto& p) { return p.address.is_v4(); });
    const std::span<const net::Prefix> of_family = family == Family::v4
                                                       ? std::span(changed.begin(), middle)
                                                       : std::span(middle, changed.end());
    if (owed.look) {
      std::vector<net::Prefix> all = s.rib.prefixes(family);
      all.insert(all.end(), of_family.begin(), of_family.end());  // they may be there no more
      rib::sort_prefixes(all);
      all.erase(std::unique(all.begin(), all.end()), all.end());
      look_at_all(all, owed.again);
    } else {
      look_at_all(of_family, false);
    }
    for (Update& update : s.packer.take()) announce(update);
    Update end;
    end.end_of = family;
    if (owed.end_of_rib) announce(end);
  }
  for (Action& action : sends) perform(id, action, out);
}

void Speaker::refresh_export(PeerId peer, Time now, Output& out) {
  for (const Family family : at(peer).families) at(peer).owed[slot_of(family)].look = true;
  flush(now, out);
}

}  // namespace erbium::cp::bgp
