// What the timeline does to sessions.
#include <algorithm>

#include "control/config/notification_code.h"
#include "control/expressroute/announced.h"
#include "control/expressroute/sessions.h"

namespace erbium::cp {

template <class Wanted, class Act>
void Sessions::each(Wanted wanted, Act act) {
  for (size_t r = 0; r < routers_.size(); r++)
    for (size_t n = 0; n < routers_[r].neighbors.size(); n++)
      if (wanted(routers_[r], routers_[r].neighbors[n])) act(r, n);
}

// Without carrier nothing is sent, and what the peer still sends is lost: both ends forget their
// connections at once.
void Sessions::forget_connections(SessionNeighbor& neighbor, Time now) {
  for (const bgp::ConnectionId id : neighbor.open) {
    tcp::Output unheard;
    neighbor.tcp->abort(id, now, unheard);
  }
  neighbor.open.clear();
}

void Sessions::admin(size_t r, size_t n, size_t cause, bool up, Time now) {
  SessionNeighbor& neighbor = routers_[r].neighbors[n];
  const bool was_up = neighbor.shut_by.empty();
  if (up)
    neighbor.shut_by.erase(cause);
  else
    neighbor.shut_by.insert(cause);
  wake_ = now;
  if (was_up && !up)
    session_event(r, n, bgp::Stop{bgp::cease(bgp::Cease::admin_shutdown), {}}, now);
  else if (!was_up && neighbor.may_start())
    session_event(r, n, bgp::Start{}, now);
}

void Sessions::carrier(size_t r, size_t n, bool up, Time now) {
  SessionNeighbor& neighbor = routers_[r].neighbors[n];
  if (neighbor.carrier == up) return;
  neighbor.carrier = up;
  wake_ = now;
  if (!up) {
    session_event(r, n, bgp::Stop{bgp::cease(bgp::Cease::admin_shutdown), "link down"}, now);
    forget_connections(neighbor, now);
    if (!neighbor.bfd) return;
    bfd::Output output;
    neighbor.bfd->handle(0, bfd::PathDown{}, now, output);
    from_bfd(r, n, output, now);
  } else if (neighbor.may_start()) {
    session_event(r, n, bgp::Start{}, now);
  }
}

void Sessions::link_carrier(size_t circuit_link, bool up, Time now) {
  each([&](const SessionRouter&,
           const SessionNeighbor& neighbor) { return neighbor.circuit_link == circuit_link; },
       [&](size_t r, size_t n) { carrier(r, n, up, now); });
}

void Sessions::core_carrier(const std::string& msee, bool up, Time now) {
  each(
      [&](const SessionRouter&, const SessionNeighbor& neighbor) {
        return neighbor.msee == msee && !neighbor.circuit_link;
      },
      [&](size_t r, size_t n) { carrier(r, n, up, now); });
}

void Sessions::notification(const std::string& session, const std::string& code,
                            TimelineEvent::Speaker from, Time now) {
  const auto kind = from == TimelineEvent::Speaker::msee ? SessionRouter::Kind::msee
                                                         : SessionRouter::Kind::customer;
  each(
      [&](const SessionRouter& router, const SessionNeighbor& neighbor) {
        return router.kind == kind && neighbor.session == session;
      },
      [&](size_t r, size_t n) {
        session_event(r, n, bgp::Reset{*notification_of(code), {}}, now);
      });
  wake_ = now;
}

void Sessions::admin(const std::string& session, size_t cause, bool up, Time now) {
  each(
      [&](const SessionRouter& router, const SessionNeighbor& neighbor) {
        return router.kind == SessionRouter::Kind::customer && neighbor.session == session;
      },
      [&](size_t r, size_t n) { admin(r, n, cause, up, now); });
}

void Sessions::reset(const std::string& session, Time now) {
  notification(session, "cease/admin_reset", TimelineEvent::Speaker::customer, now);
}

void Sessions::bfd_admin(const std::string& session, bool up, Time now) {
  each(
      [&](const SessionRouter& router, const SessionNeighbor& neighbor) {
        return router.kind == SessionRouter::Kind::customer && neighbor.session == session &&
               neighbor.bfd;
      },
      [&](size_t r, size_t n) {
        bfd::Output output;
        SessionNeighbor& neighbor = routers_[r].neighbors[n];
        if (up)
          neighbor.bfd->handle(0, bfd::AdminUp{}, now, output);
        else
          neighbor.bfd->handle(0, bfd::AdminDown{}, now, output);
        from_bfd(r, n, output, now);
      });
  wake_ = now;
}

// Copies of 12076 more toward the customer and the gateways.
void Sessions::drain(const std::string& msee, unsigned copies, Time now) {
  each(
      [&](const SessionRouter& router, const SessionNeighbor& neighbor) {
        return router.kind == SessionRouter::Kind::msee && neighbor.msee == msee;
      },
      [&](size_t r, size_t n) {
        const bgp::PeerId peer = routers_[r].neighbors[n].peer;
        routers_[r].policy->peer(peer).drain = copies;
        bgp::Output output;
        routers_[r].speaker->refresh_export(peer, now, output);
        perform(r, output, now);
      });
  wake_ = now;
}

void Sessions::prepend(size_t circuit_link, unsigned copies, Time now) {
  each(
      [&](const SessionRouter& router, const SessionNeighbor& neighbor) {
        return router.kind == SessionRouter::Kind::customer &&
               neighbor.circuit_link == circuit_link;
      },
      [&](size_t r, size_t n) {
        const bgp::PeerId peer = routers_[r].neighbors[n].peer;
        const uint32_t asn = find(scenario_.onprem, routers_[r].name)->asn;
        routers_[r].policy->peer(peer).in_front.assign(copies, asn);
        bgp::Output output;
        routers_[r].speaker->refresh_export(peer, now, output);
        perform(r, output, now);
      });
  wake_ = now;
}

void Sessions::msee_admin(const std::string& msee, size_t cause, bool up, Time now) {
  each(
      [&](const SessionRouter& router, const SessionNeighbor& neighbor) {
        return router.kind == SessionRouter::Kind::msee && neighbor.msee == msee;
      },
      [&](size_t r, size_t n) { admin(r, n, cause, up, now); });
}

void Sessions::location(const std::string& location, bool refused, Time now) {
  each(
      [&](const SessionRouter& router, const SessionNeighbor& neighbor) {
        return router.kind == SessionRouter::Kind::gateway && neighbor.location == location;
      },
      [&](size_t r, size_t n) {
        const bgp::PeerId peer = routers_[r].neighbors[n].peer;
        routers_[r].policy->peer(peer).refused = refused;
        bgp::Output output;
        routers_[r].speaker->refresh_import(peer, now, output);
        routers_[r].speaker->refresh_export(peer, now, output);
        perform(r, output, now);
      });
  wake_ = now;
}

void Sessions::ce_restart(const std::string& name, size_t cause, bool begins, Duration lasts,
                          Time now) {
  const std::optional<Duration> restart_time = find(scenario_.onprem, name)->restart_time;
  const auto wanted = [&](const SessionRouter& router, const SessionNeighbor&) {
    return router.kind == SessionRouter::Kind::customer && router.name == name;
  };
  if (begins && restart_time)
    for (SessionRouter& router : routers_)
      if (router.kind == SessionRouter::Kind::customer && router.name == name)
        router.speaker->restart_gracefully(now + lasts + *restart_time);
  each(wanted, [&](size_t r, size_t n) {
    SessionNeighbor& neighbor = routers_[r].neighbors[n];
    if (!begins) {
      neighbor.shut_by.erase(cause);
      if (neighbor.may_start())
        session_event(r, n, bgp::Start{.restarting = restart_time.has_value()}, now);
      return;
    }
    neighbor.shut_by.insert(cause);
    // Nobody is there to send a NOTIFICATION: the session's end is that of its connections.
    const std::set<bgp::ConnectionId> open = neighbor.open;
    for (const bgp::ConnectionId id : open) {
      transport(r, n, bgp::Close{id}, now);
      session_event(r, n, bgp::Closed{id}, now);
    }
    session_event(r, n, bgp::Stop{bgp::cease(bgp::Cease::admin_shutdown)}, now);
  });
  wake_ = now;
}

void Sessions::announce(const std::string& name, const Announcement& routes, bool present,
                        Time now) {
  for (size_t r = 0; r < routers_.size(); r++) {
    SessionRouter& router = routers_[r];
    if (router.kind != SessionRouter::Kind::customer || router.name != name) continue;
    const bgp::PathAttributes attributes =
        announced_attributes(router.speaker->config().asn, routes.marks, nullptr);
    bgp::Output output;
    for (const net::Prefix& prefix : prefixes(routes)) {
      if (!present) {
        router.speaker->withdraw(prefix, now, output);
        continue;
      }
      if (std::none_of(router.neighbors.begin(), router.neighbors.end(), [&](auto& neighbor) {
            return router.policy->peer(neighbor.peer).announced.contains(prefix);
          }))
        for (const SessionNeighbor& neighbor : router.neighbors)
          if (PeerPolicy& peer = router.policy->peer(neighbor.peer); peer.peering == routes.peering)
            peer.announced.emplace(prefix, attributes);
      router.speaker->originate(prefix, {}, now, output);
    }
    perform(r, output, now);
  }
  wake_ = now;
}

}  // namespace erbium::cp
