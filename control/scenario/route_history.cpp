#include "control/scenario/route_history.h"

#include <algorithm>

namespace erbium::cp {

// What is followed at one moment.
struct RouteHistory::Question {
  std::vector<Route> routes;  // those that match the destination
  std::string links, exit;
  int64_t ns = 0;
};

template <typename T>
const T* RouteHistory::Changes<T>::at(int64_t ns) const {
  const auto behind = std::upper_bound(
      all.begin(), all.end(), ns, [](int64_t t, const auto& change) { return t < change.first; });
  return behind == all.begin() ? nullptr : &std::prev(behind)->second;
}

void RouteHistory::hear(const api::ToDataplane& m, Time at) {
  if (m.has_commit() && (times_.empty() || times_.back() != at.ns())) times_.push_back(at.ns());
  if (m.has_port()) ports_[m.port().id()] = m.port().name();
  if (m.has_link()) {
    Link& link = links_[m.link().id()];
    link.name = m.link().name();
    link.to_trunk = m.link().to_trunk();
    link.up.all.emplace_back(at.ns(), m.link().up());
  }
  if (m.has_stream()) streams_[m.stream().name()] = {m.stream().port_in(), m.stream().port_out()};
  if (m.has_trunk()) trunks_[m.trunk().id()] = {m.trunk().port(), m.trunk().link()};
  if (m.has_interface()) {
    const api::Interface& i = m.interface();
    interfaces_[i.id()].all.emplace_back(
        at.ns(), Interface{i.trunk(), i.outer_vid(), i.inner_vid(), i.vrf(), i.cross_connect()});
  }
  if (m.has_next_hop())
    next_hops_[m.next_hop().id()] = {m.next_hop().kind(), m.next_hop().interface()};
  if (m.has_next_hop_group()) {
    const api::NextHopGroup& group = m.next_hop_group();
    groups_[group.id()].all.emplace_back(
        at.ns(), std::vector<uint32_t>(group.next_hops().begin(), group.next_hops().end()));
  }
  if (!m.has_route() || !whole_) return;
  const auto ip = api::ip_from(m.route().prefix().ip());
  if (!ip) return;
  if (routes_.size() == kMostRoutes) {
    whole_ = false;
    routes_ = {};
    return;
  }
  routes_.push_back({at.ns(),
                     m.route().vrf(),
                     m.route().group(),
                     {*ip, static_cast<uint8_t>(m.route().prefix().length())}});
}

std::optional<RouteHistory::Ports> RouteHistory::ports_of(const std::string& stream) const {
  const auto at = streams_.find(stream);
  if (at == streams_.end()) return std::nullopt;
  return Ports{ports_.at(at->second.first), ports_.at(at->second.second)};
}

std::vector<RouteHistory::Route> RouteHistory::to(const net::Ip& ip) const {
  std::vector<Route> out;
  for (const Route& route : routes_)
    if (route.prefix.contains(ip)) out.push_back(route);
  return out;
}

// The group of the longest prefix; of one length there is only one that matches. 0: none.
uint32_t RouteHistory::lookup(uint32_t vrf, const std::vector<Route>& routes, int64_t ns) const {
  std::bitset<129> seen;
  uint32_t out = 0;
  int longest = -1;
  for (auto route = routes.rbegin(); route != routes.rend(); ++route) {
    if (route->vrf != vrf || route->at_ns > ns || seen[route->prefix.length]) continue;
    seen.set(route->prefix.length);
    if (route->group == 0 || route->prefix.length <= longest) continue;
    longest = route->prefix.length;
    out = route->group;
  }
  return out;
}

// The interface of a port by which the router would answer.
std::optional<uint32_t> RouteHistory::entrance(const Flow& flow, int64_t ns) const {
  const std::vector<Route> back = to(flow.from);
  for (const auto& [id, changes] : interfaces_) {
    const Interface* interface = changes.at(ns);
    if (!interface || interface->cross_connect != 0) continue;
    const auto port = ports_.find(trunks_.at(interface->trunk).port);
    if (port == ports_.end() || (!flow.port.empty() && port->second != flow.port)) continue;
    const auto group = groups_.find(lookup(interface->vrf, back, ns));
    const std::vector<uint32_t>* hops = group == groups_.end() ? nullptr : group->second.at(ns);
    if (hops && std::any_of(hops->begin(), hops->end(), [&, id = id](uint32_t hop) {
          return next_hops_.at(hop).interface == id;
        }))
      return id;
  }
  return std::nullopt;
}

bool RouteHistory::known(const Question& question, const NextHop& hop) const {
  const auto interface = interfaces_.find(hop.interface);
  const Interface* at =
      interface == interfaces_.end() ? nullptr : interface->second.at(question.ns);
  const auto link = at ? links_.find(trunks_.at(at->trunk).link) : links_.end();
  return link != links_.end() &&
         (", " + question.links + ",").find(", " + link->second.name + ",") != std::string::npos;
}

// The router that it has come to by this interface.
bool RouteHistory::carries(const Question& question, uint32_t interface, unsigned hops) const {
  const Interface* in = interfaces_.at(interface).at(question.ns);
  if (!in || hops > kMostHops) return false;
  if (in->cross_connect != 0) return leads_on(question, in->cross_connect, hops + 1);
  const auto group = groups_.find(lookup(in->vrf, question.routes, question.ns));
  const std::vector<uint32_t>* members =
      group == groups_.end() ? nullptr : group->second.at(question.ns);
  if (!members || members->empty()) return false;
  const auto carries_by = [&](uint32_t id) {
    const NextHop& hop = next_hops_.at(id);
    return (hop.kind == api::NextHop::LOCAL && question.exit.empty()) ||
           (hop.kind != api::NextHop::LOCAL && hop.kind != api::NextHop::DISCARD &&
            leads_on(question, hop.interface, hops + 1));
  };
  for (const uint32_t id : *members)
    if (known(question, next_hops_.at(id))) return carries_by(id);
  return std::all_of(members->begin(), members->end(), carries_by);
}

bool RouteHistory::leads_on(const Question& question, uint32_t interface, unsigned hops) const {
  const Interface* out = interfaces_.at(interface).at(question.ns);
  if (!out) return false;
  const Trunk& trunk = trunks_.at(out->trunk);
  if (trunk.port != 0) return question.exit.empty() || ports_.at(trunk.port) == question.exit;
  const Link& link = links_.at(trunk.link);
  const bool* up = link.up.at(question.ns);
  if (!up || !*up) return false;
  for (const auto& [id, changes] : interfaces_) {
    const Interface* far = changes.at(question.ns);
    if (far && far->trunk == link.to_trunk && far->outer_vid == out->outer_vid &&
        far->inner_vid == out->inner_vid)
      return carries(question, id, hops);
  }
  return false;
}

std::optional<std::vector<RouteHistory::Gap>> RouteHistory::gaps(const Flow& flow, int64_t from_ns,
                                                                 const std::string& links) const {
  const auto enters = entrance(flow, from_ns);
  if (!whole_ || !enters) return std::nullopt;
  Question question{to(flow.to), links, flow.exit};
  const auto carried = [&](int64_t ns) {
    question.ns = ns;
    return carries(question, *enters, 0);
  };
  std::vector<Gap> out;
  bool before = carried(from_ns - 1), open = false;
  for (const int64_t ns : times_) {
    if (ns < from_ns) continue;
    const bool now = carried(ns);
    if (before && !now) {
      out.push_back({ns, std::nullopt});
      open = true;
    } else if (now && open) {
      out.back().end_ns = ns;
      open = false;
    }
    before = now;
  }
  return out;
}

}  // namespace erbium::cp
