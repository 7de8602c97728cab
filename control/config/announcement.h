// What a customer's router announces over BGP: prefixes one by one, runs of them, or the routes of
// an MRT file, and what it says with them (RFC 4271 §5.1.4, RFC 1997, RFC 8092).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/bgp/message.h"
#include "control/config/circuit.h"

namespace erbium::cp {

struct Ce;

// What a route says besides its prefix.
struct RouteMarks {
  uint32_t prepend = 0;  // extra copies of the router's own AS number
  std::optional<uint32_t> med;
  std::vector<uint32_t> communities;
  std::vector<bgp::LargeCommunity> large_communities;
};

// A route of an MRT file, with what its file says of it: no next hop, no local preference.
struct FileRoute {
  net::Prefix prefix;
  bgp::PathAttributes attributes;
};

struct Announcement {
  std::optional<net::Prefix> prefix;  // or mrt
  uint32_t count = 1;                 // so many of that length, each behind the one before
  PeeringKind peering = PeeringKind::private_peering;
  std::vector<LinkRef> links;  // empty: all links of the CE
  RouteMarks marks;
  std::string mrt;                // an MRT file, resolved path; empty: none
  std::optional<uint32_t> limit;  // mrt: at most so many prefixes
  // mrt: what the file holds; empty until read_routes() (control/mrt/routes.h) has been there.
  std::vector<FileRoute> routes;
  SourceMark mark, mrt_mark, count_mark, limit_mark;
};

// A prefix and those that follow it, `count` in all, canonical.
std::vector<net::Prefix> run_of(const net::Prefix& first, uint32_t count);
// Whether they fit the address space.
bool fits(const net::Prefix& first, uint32_t count);

// Every prefix of the announcement, canonical, in order.
std::vector<net::Prefix> prefixes(const Announcement& announcement);

// Calls act(prefix, marks, attributes) for all that `ce` announces on the peering of the link, in
// the order of the file; `attributes` are those of an MRT file, null where there is none. On a
// Microsoft peering that no announcement is for, the router announces the advertised prefixes.
using AnnouncedTo = std::function<void(const net::Prefix&, const RouteMarks&,
                                       const bgp::PathAttributes* attributes)>;
void each_announced(const Ce& ce, const Circuit& circuit, size_t link, const Peering& peering,
                    const AnnouncedTo& act);

}  // namespace erbium::cp
