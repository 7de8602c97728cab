#include "control/report/route_source.h"

#include <algorithm>

#include "control/rib/deciding_step.h"
#include "control/rib/rib.h"

namespace erbium::cp {
namespace {

constexpr size_t kMostLosers = 4;  // that are told of

// "192.0.2.1 (er-sjc/primary/private ipv4)"; the router's own name is known already.
std::string peer_text(const SessionRouter& router, rib::PeerId peer) {
  if (peer == rib::kLocal) return "the router itself";
  const SessionNeighbor& neighbor = router.neighbors[peer - 1];
  std::string session = neighbor.name.substr(0, neighbor.name.size() - router.name.size() - 1);
  return neighbor.remote.str() + " (" + session + ")";
}

// Control decides, and the router's table follows one control latency later: what the packet met
// may still be the old one.
void tell_delay(const std::vector<std::string>& interfaces, Explanation& out) {
  for (const auto& [name, value] : out.values) {
    if (name != "interface_out") continue;
    const auto& taken = std::get<std::string>(value);
    const bool same = std::find(interfaces.begin(), interfaces.end(), taken) != interfaces.end();
    if (!same) out.say("which this router has yet to learn");
    out.set("superseded", !same);
    return;
  }
}

std::string path_text(const bgp::PathAttributes& attributes) {
  const std::string path = attributes.as_path.str();
  return path.empty() ? "no AS path" : "AS path " + path;
}

}  // namespace

RouteSource::RouteSource(const Scenario& scenario, const Compiler& compiler,
                         const Sessions* sessions)
    : compiler_(compiler),
      sessions_(sessions),
      tables_(router_tables(scenario, compiler.topology())) {}

const std::string& RouteSource::interface_name(uint32_t id) const {
  return compiler_.topology().interfaces[id - 1].name;
}

void RouteSource::explain(uint32_t vrf, const std::optional<net::Prefix>& prefix,
                          Explanation& out) const {
  const auto table = std::find_if(tables_.begin(), tables_.end(),
                                  [&](const RouterTable& t) { return t.vrf == vrf; });
  const std::string name = table == tables_.end() ? "VRF " + std::to_string(vrf) : table->name();
  out.set("table", name);
  if (!prefix) return out.say("no prefix of " + name + " matches");
  out.set("prefix", prefix->str());
  out.clauses.insert(out.clauses.begin(), prefix->str() + " in " + name);
  if (!explain_bgp(vrf, *prefix, out)) explain_file(vrf, *prefix, out);
}

bool RouteSource::explain_bgp(uint32_t vrf, const net::Prefix& prefix, Explanation& out) const {
  const auto file = compiler_.file_route(vrf, prefix);
  if (!sessions_ || (file && !file->fallback)) return false;
  const auto router = std::find_if(sessions_->routers().begin(), sessions_->routers().end(),
                                   [&](const SessionRouter& r) { return r.vrf == vrf; });
  if (router == sessions_->routers().end()) return false;
  const rib::Rib& rib = router->speaker->rib();
  std::vector<rib::Path> paths;
  rib.paths(prefix, paths);
  std::vector<rib::Path> chosen = paths;
  rib.choose(chosen);
  if (chosen.empty() || chosen.front().peer == rib::kLocal) return false;
  std::vector<std::string> used, lost, interfaces;
  for (const rib::Path& path : chosen)
    interfaces.push_back(interface_name(router->neighbors[path.peer - 1].interface));
  for (const rib::Path& path : chosen)
    used.push_back(peer_text(*router, path.peer) + ", " + path_text(rib.pool().at(path.accepted)));
  for (const rib::Path& path : paths) {
    const auto same = [&](const rib::Path& p) { return p.peer == path.peer; };
    if (std::any_of(chosen.begin(), chosen.end(), same)) continue;
    lost.push_back(peer_text(*router, path.peer) + ": " +
                   rib::deciding_step(rib.pool(), rib.config().decision, paths, chosen, path).text);
  }
  for (size_t i = 0; i < used.size(); i++) out.say((i == 0 ? "BGP from " : "and from ") + used[i]);
  for (size_t i = 0; i < std::min(lost.size(), kMostLosers); i++)
    out.say((i == 0 ? "not from " : "nor from ") + lost[i]);
  if (lost.size() > kMostLosers)
    out.say("nor from " + std::to_string(lost.size() - kMostLosers) + " more");
  out.set("source", "bgp");
  out.set("paths", used);
  out.set("paths_not_used", lost);
  tell_delay(interfaces, out);
  return true;
}

void RouteSource::explain_file(uint32_t vrf, const net::Prefix& prefix, Explanation& out) const {
  const auto route = compiler_.file_route(vrf, prefix);
  if (!route) return;
  const bool one = route->ways.size() == 1 && route->ways.front().circuit_link.empty();
  out.set("source", one ? "own" : "file");
  if (one) return out.say(route->fallback ? "a static route" : "the router's own");
  std::vector<std::string> ways, interfaces;
  for (const RouteOfFile::Way& way : route->ways)
    if (way.preferred) interfaces.push_back(way.interface);
  for (const RouteOfFile::Way& way : route->ways)
    ways.push_back((way.circuit_link.empty() ? way.interface : way.circuit_link) +
                   (!way.usable     ? " (down)"
                    : way.preferred ? " (used)"
                                    : " (less preferred)"));
  std::string text = "what the file announces, by";
  for (size_t i = 0; i < ways.size(); i++) text += (i == 0 ? " " : ", ") + ways[i];
  out.say(text);
  out.set("file_ways", ways);
  tell_delay(interfaces, out);
}

}  // namespace erbium::cp
