// What a BGP session does about messages: the OPEN with its negotiation and the collision of two
// connections (RFC 4271 §6.2, §6.8), and each message in each state (§8.2.2).
#include <algorithm>

#include "control/bgp/session.h"
#include "control/bgp/session_end.h"
#include "control/bgp/wire.h"

namespace erbium::cp::bgp {
namespace {

constexpr uint8_t kUnsupportedCapability = 7;  // of OPEN errors, RFC 5492 §5
constexpr uint8_t kMultiprotocol = 1;          // capability, RFC 4760 §8

Notification open_error(uint8_t subcode, std::vector<uint8_t> data = {}) {
  return {static_cast<uint8_t>(ErrorCode::open), subcode, std::move(data)};
}

// RFC 4760 §8: without the capability a peer speaks IPv4 unicast.
bool speaks(const Open& open, Family family) {
  const auto& families = open.capabilities.families;
  return families.empty() ? family == Family::v4
                          : std::ranges::find(families, family) != families.end();
}

}  // namespace

void Session::on(const Received& received, Actions& out) {
  std::span<const uint8_t> octets = received.octets;
  while (Link* link = find(received.id)) {
    const auto message = link->stream.next(octets, link->options);
    if (message && message->empty()) return;
    auto decoded = message ? decode(*message, link->options) : tl::unexpected(message.error());
    if (!decoded) {
      const FatalError& error = decoded.error();
      return end(link->id, {.reason = error.what, .sent = error.notification}, out);
    }
    counters_.messages_received++;
    if (link->state == State::established)
      for (AttributeError& error : decoded->errors) out.push_back(Faulty{std::move(error)});
    std::visit([&](auto& m) { receive(*link, m, out); }, decoded->message);
  }
}

// RFC 6608: FSM errors name the state.
void Session::unexpected(const Link& link, const char* what, Actions& out) {
  const uint8_t subcode = link.state == State::open_sent      ? 1
                          : link.state == State::open_confirm ? 2
                                                              : 3;
  end(link.id,
      {.reason = std::string(what) + " unexpected in " + name(link.state),
       .sent = Notification{static_cast<uint8_t>(ErrorCode::fsm), subcode, {}}},
      out);
}

void Session::receive(Link& link, Open& open, Actions& out) {
  if (link.state != State::open_sent) return unexpected(link, "OPEN", out);
  std::string why;
  if (auto refusal = refuse(open, why))
    return end(link.id, {.reason = why, .sent = std::move(*refusal)}, out);
  negotiate(link, std::move(open));
  const ConnectionId id = link.id;
  if (collides(id, out)) return;
  Link& kept = *find(id);
  kept.state = State::open_confirm;
  kept.hold_at = kept.hold > Duration() ? now_ + kept.hold : Time::max();
  send(kept, Keepalive{}, out);
  settle("OPEN received", out);
}

// The NOTIFICATION that an OPEN earns (§6.2); the codec has looked at the rest.
std::optional<Notification> Session::refuse(const Open& open, std::string& why) const {
  if (open.asn != config_.peer_as) {
    why = "peer AS " + std::to_string(open.asn) + ", not " + std::to_string(config_.peer_as);
    return open_error(static_cast<uint8_t>(OpenError::peer_as));
  }
  if (open.identifier == 0 ||  // RFC 6286 §2.1: unique within an AS
      (open.identifier == config_.identifier && open.asn == config_.local_as)) {
    why = "BGP identifier 0 or our own";
    return open_error(static_cast<uint8_t>(OpenError::identifier));
  }
  if (open.hold_time == 1 || open.hold_time == 2) {
    why = "hold time below 3 s";
    return open_error(static_cast<uint8_t>(OpenError::hold_time));
  }
  std::vector<uint8_t> lacking;
  for (const Family family : config_.families) {
    if (speaks(open, family)) return std::nullopt;
    lacking.insert(lacking.end(),
                   {kMultiprotocol, 4, 0, static_cast<uint8_t>(afi_of(family)), 0, kUnicast});
  }
  why = "no address family in common";
  return open_error(kUnsupportedCapability, std::move(lacking));
}

void Session::negotiate(Link& link, Open open) {
  link.hold = std::min(config_.hold_time, Duration::s(open.hold_time));
  link.keepalive = Duration::ns(link.hold.ns() / 3);
  if (config_.keepalive) link.keepalive = std::min(link.keepalive, *config_.keepalive);
  for (const Family family : config_.families)
    if (speaks(open, family)) link.families.push_back(family);
  const auto both = [&](Family family) {
    return std::ranges::find(link.families, family) != link.families.end();
  };
  link.options.as4 = open.capabilities.as4.has_value();
  // RFC 8654 §4: what we send may be long where the peer has the capability; what comes may be
  // where we have said it, which open() always does.
  link.options.extended_message = open.capabilities.extended_message;
  link.options.receives_extended = true;
  link.options.multiprotocol_v4 = both(Family::v4);
  link.options.multiprotocol_v6 = both(Family::v6);
  link.options.external = config_.local_as != config_.peer_as;
  link.peer = std::move(open);
}

// §6.8: of two connections the one opened by the higher identifier stays (by the higher AS where
// identifiers are equal, RFC 6286 §2.3). True when the new one, `id`, has been closed.
bool Session::collides(ConnectionId id, Actions& out) {
  const auto other = std::ranges::find(links_, State::open_confirm, &Link::state);
  if (other == links_.end()) return false;
  const Open& peer = find(id)->peer;
  const bool ours_stays =
      std::pair(config_.identifier, config_.local_as) > std::pair(peer.identifier, peer.asn);
  const bool new_stays = find(id)->ours == ours_stays;
  const ConnectionId loser = new_stays ? other->id : id;
  cut(loser, {.sent = cease(Cease::connection_collision)}, out);
  return !new_stays;
}

void Session::receive(Link& link, Keepalive&, Actions& out) {
  if (link.state == State::open_sent) return unexpected(link, "KEEPALIVE", out);
  if (link.hold > Duration()) link.hold_at = now_ + link.hold;
  if (link.state == State::open_confirm) establish(link, out);
}

void Session::establish(Link& link, Actions& out) {
  const ConnectionId id = link.id;
  link.state = State::established;
  drop_connect(out);
  for (size_t i = links_.size(); i-- > 0;)
    if (links_[i].id != id) cut(links_[i].id, {.sent = cease(Cease::connection_collision)}, out);
  counters_.established++;
  restarting_ = false;
  const Link& kept = *find(id);
  settle("KEEPALIVE received", out);
  out.push_back(Up{kept.families, kept.peer});
}

void Session::receive(Link& link, Update& update, Actions& out) {
  if (link.state != State::established) return unexpected(link, "UPDATE", out);
  if (link.hold > Duration()) link.hold_at = now_ + link.hold;
  counters_.updates_received++;
  out.push_back(Learned{std::move(update)});
}

void Session::receive(Link& link, Notification& notification, Actions& out) {
  end(link.id, {.reason = describe(notification), .received = std::move(notification)}, out);
}

void Session::receive(Link& link, RouteRefresh& refresh, Actions& out) {
  if (link.state != State::established) return unexpected(link, "ROUTE-REFRESH", out);
  if (std::ranges::find(link.families, refresh.family) != link.families.end())
    out.push_back(RefreshAsked{refresh.family});
}

}  // namespace erbium::cp::bgp
