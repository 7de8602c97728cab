#include <algorithm>
#include <array>

#include "common/check.h"
#include "control/report/format.h"
#include "control/report/show.h"
#include "control/rib/attributes_pool.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;
using enum Column::Align;

constexpr std::array kFamilies = {net::Family::v4, net::Family::v6};

const SessionRouter& router_of(const RunState& state, const RouterTable& table) {
  ERBIUM_CHECK(state.sessions != nullptr);
  for (const SessionRouter& router : state.sessions->routers())
    if (router.vrf == table.vrf) return router;
  ERBIUM_CHECK(false && "every table has a speaker");
}

// Without the router's own name at its end: "er-sjc/primary/private ipv4", "msee-a/ergw-hub".
std::string session_name(const SessionRouter& router, const SessionNeighbor& neighbor) {
  return neighbor.name.substr(0, neighbor.name.size() - router.name.size() - 1);
}

// Its address with that name; programs get them apart.
Cell neighbor_cell(const SessionRouter& router, const SessionNeighbor& neighbor,
                   const std::string& more = "") {
  const std::string address = neighbor.remote.str();
  return Cell(address + " " + session_name(router, neighbor) + more, address);
}

// When it was last lost; nullopt: never, or never up.
std::optional<int64_t> lost_at(const SessionHistory& history) {
  const std::string up = bgp::name(bgp::State::established);
  std::optional<int64_t> out;
  bool was_up = false;
  for (const auto& [at, state] : history.states) {
    if (was_up && state != up) out = at;
    was_up = state == up;
  }
  return out;
}

bool speaks(const SessionRouter& router, const SessionNeighbor& neighbor, net::Family family) {
  const auto& families = router.speaker->session(neighbor.peer).config().families;
  return std::find(families.begin(), families.end(), family) != families.end();
}

// The backbone's sessions could carry IPv6 in every scenario: shown is a family that is used.
bool in_use(const SessionRouter& router, net::Family family) {
  return std::any_of(
      router.neighbors.begin(), router.neighbors.end(), [&](const SessionNeighbor& n) {
        return speaks(router, n, family) &&
               (n.remote.family == family || router.speaker->prefixes_from(n.peer, family) > 0 ||
                router.speaker->prefixes_to(n.peer, family) > 0);
      });
}

std::vector<Cell> summary_row(const RunState& state, const SessionRouter& router,
                              const SessionNeighbor& neighbor, net::Family family) {
  const bgp::Session& session = router.speaker->session(neighbor.peer);
  const bool up = session.state() == bgp::State::established;
  const std::string name = bgp::name(session.state());
  const uint64_t received = router.speaker->prefixes_from(neighbor.peer, family);
  const auto change = up ? std::optional(session.since().ns())
                         : lost_at(state.sessions->histories()[neighbor.history]);
  return {neighbor_cell(router, neighbor),
          uint64_t{4},
          uint64_t{session.config().peer_as},
          session.counters().messages_received,
          session.counters().messages_sent,
          change ? up_time_text(state.at.ns() - *change) : "never",
          up ? std::to_string(received) : name + (neighbor.shut_by.empty() ? "" : " (Admin)"),
          uint64_t{router.speaker->prefixes_to(neighbor.peer, family)},
          session_name(router, neighbor),
          name,
          received,
          Cell::json(change ? Json(*change) : Json())};
}

std::string marks(const bgp::RouteView& route) {
  return route.best ? "*>" : route.multipath ? "*=" : "*";
}

Cell maybe(const std::optional<uint32_t>& number) {
  return number ? Cell(std::to_string(*number), *number) : Cell("", Json());
}

std::string origin_name(bgp::Origin origin) {
  constexpr const char* kNames[] = {"igp", "egp", "incomplete"};
  return kNames[static_cast<size_t>(origin)];
}

// "12076:51004"
Json communities(const bgp::PathAttributes& attributes) {
  Json out = Json::array();
  for (const uint32_t c : attributes.communities)
    out.push_back(std::to_string(c >> 16) + ":" + std::to_string(c & 0xffff));
  return out;
}

const std::vector<Column> kRouteColumns = {
    {"", ""},
    {"Network", "network"},
    {"NextHop", "nextHop"},
    {"LocPrf", "locPrf", right},
    {"Weight", "weight", right},
    {"Path", "path"},
    {"", "best"},
    {"", "multipath"},
    {"", "neighbor"},
    {"", "origin"},
    {"", "med"},
    {"", "communities"},
};

std::vector<Cell> route_row(const SessionRouter& router, const bgp::RouteView& route) {
  const bgp::PathAttributes& a = route.attributes;
  const std::string preference = a.local_pref ? std::to_string(*a.local_pref) : "";
  return {marks(route),
          route.prefix.str(),
          rib::next_hop(a, route.prefix.address.family).str(),
          preference,
          uint64_t{route.weight},
          a.as_path.str(),
          Cell::json(route.best),
          Cell::json(route.best || route.multipath),
          route.from == 0 ? Cell("", Json()) : router.neighbors[route.from - 1].remote.str(),
          origin_name(a.origin),
          maybe(a.med),
          Cell::json(communities(a))};
}

const std::vector<Column> kGatewayColumns = {
    {"", ""},           {"Network", "network"},      {"NextHop", "nextHop"}, {"Origin", "origin"},
    {"", "sourcePeer"}, {"Weight", "weight", right}, {"AsPath", "asPath"},   {"", "localAddress"},
    {"", "best"},       {"", "multipath"},
};

// What Azure calls Network is the gateway's own; the AS path has hyphens there.
std::vector<Cell> gateway_row(const SessionRouter& router, const bgp::RouteView& route) {
  const bool own = route.from == 0;
  const size_t from = own ? 0 : route.from - 1;
  const std::string local =
      from < router.neighbors.size() ? router.neighbors[from].local.str() : std::string();
  std::string path = route.attributes.as_path.str();
  std::replace(path.begin(), path.end(), ' ', '-');
  const std::string hop = rib::next_hop(route.attributes, route.prefix.address.family).str();
  return {marks(route),
          route.prefix.str(),
          own ? Cell("", Json()) : Cell(hop),
          own ? "Network" : "EBgp",
          own ? local : router.neighbors[from].remote.str(),
          uint64_t{route.weight},
          path,
          local,
          Cell::json(route.best),
          Cell::json(route.best || route.multipath)};
}

std::vector<Cell> bfd_row(const RunState& state, const SessionRouter& router,
                          const SessionNeighbor& neighbor) {
  const bfd::Session& session = neighbor.bfd->session(0);
  const auto interval = [](Duration d) { return Cell(interval_text(d.ns()), d.ns()); };
  const std::string diagnostic = bfd::name(session.diagnostic());
  const bool any = session.diagnostic() != bfd::Diagnostic::none;
  return {neighbor_cell(router, neighbor, any ? ", " + diagnostic : ""),
          bfd::name(session.state()),
          Cell(state.rounded_clock(session.since().ns()), session.since().ns()),
          diagnostic,
          bfd::name(session.remote_state()),
          bfd::name(session.remote_diagnostic()),
          uint64_t{session.discriminator()},
          uint64_t{session.remote_discriminator()},
          interval(session.transmit_interval()),
          interval(session.receive_interval()),
          uint64_t{session.remote_detect_multiplier()},
          interval(session.detection_time()),
          session_name(router, neighbor)};
}

}  // namespace

std::string RunState::clock(int64_t at_ns) const {
  if (replay_start == Time::max()) return "@" + seconds_text(at_ns);
  return seconds_text(at_ns - replay_start.ns());
}

std::string RunState::rounded_clock(int64_t at_ns) const {
  constexpr int64_t kMs = 1'000'000;
  const int64_t origin = replay_start == Time::max() ? 0 : replay_start.ns();
  const int64_t after = at_ns - origin;
  return clock(origin + (after + (after < 0 ? -kMs : kMs) / 2) / kMs * kMs);
}

std::vector<Listing> show_bgp_summary(const RunState& state, const RouterTables& tables) {
  std::vector<Listing> out;
  for (const RouterTable& table : tables) {
    const SessionRouter& router = router_of(state, table);
    const bgp::SpeakerConfig& speaker = router.speaker->config();
    const std::string identifier = net::Ip::v4(speaker.identifier).str();
    for (const net::Family family : kFamilies) {
      if (!in_use(router, family)) continue;
      const bool v4 = family == net::Family::v4;
      Listing& listing = out.emplace_back();
      listing.title = table.name() + (v4 ? ", IPv4" : ", IPv6") + " unicast: AS " +
                      std::to_string(speaker.asn) + ", identifier " + identifier;
      listing.object = table.object();
      listing.object["family"] = v4 ? "ipv4" : "ipv6";
      listing.object["as"] = speaker.asn;
      listing.object["identifier"] = identifier;
      listing.columns = {{"Neighbor", "neighbor"},
                         {"V", "v", right},
                         {"AS", "as", right},
                         {"MsgRcvd", "messages_received", right},
                         {"MsgSent", "messages_sent", right},
                         {"Up/Down", "upDown", right},
                         {"State/PfxRcd", "statePfxRcd", right},
                         {"PfxSnt", "prefixes_sent", right},
                         {"", "session"},
                         {"", "state"},
                         {"", "prefixes_received"},
                         {"", "last_change_ns"}};
      listing.first_apart = true;
      for (const SessionNeighbor& neighbor : router.neighbors)
        if (speaks(router, neighbor, family))
          listing.rows.push_back(summary_row(state, router, neighbor, family));
    }
  }
  return out;
}

std::vector<Listing> show_bgp_routes(const RunState& state, const RouterTables& tables,
                                     const std::optional<net::Prefix>& covering) {
  std::vector<Listing> out;
  for (const RouterTable& table : tables) {
    const SessionRouter& router = router_of(state, table);
    const bool gateway = table.kind == RouterTable::Kind::gateway;
    Listing& listing = out.emplace_back();
    listing.title = table.name() + ", AS " + std::to_string(router.speaker->config().asn) +
                    (gateway ? ": learned routes" : ": route table");
    listing.object = table.object();
    listing.columns = gateway ? kGatewayColumns : kRouteColumns;
    for (const bgp::RouteView& route : router.speaker->routes())
      if (!covering || route.prefix.contains(*covering))
        listing.rows.push_back(gateway ? gateway_row(router, route) : route_row(router, route));
  }
  return out;
}

std::vector<Listing> show_bfd(const RunState& state, const RouterTables& tables) {
  std::vector<Listing> out;
  for (const RouterTable& table : tables) {
    const SessionRouter& router = router_of(state, table);
    Listing listing;
    listing.title = table.name();
    listing.object = table.object();
    listing.columns = {{"Peer", "peer"},
                       {"State", "state"},
                       {"Since", "last_change_ns", right},
                       {"", "diagnostic"},
                       {"Remote", "remote_state"},
                       {"", "remote_diagnostic"},
                       {"LocalId", "local_discriminator", right},
                       {"RemoteId", "remote_discriminator", right},
                       {"TX", "transmit_interval_ns", right},
                       {"RX", "receive_interval_ns", right},
                       {"", "remote_detect_multiplier"},
                       {"Detect", "detection_time_ns", right},
                       {"", "session"}};
    listing.first_apart = true;
    for (const SessionNeighbor& neighbor : router.neighbors)
      if (neighbor.bfd) listing.rows.push_back(bfd_row(state, router, neighbor));
    if (!listing.rows.empty()) out.push_back(std::move(listing));
  }
  return out;
}

}  // namespace erbium::cp
