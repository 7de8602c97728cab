#include "dataplane/agent/agent.h"

#include <algorithm>

#include "dataplane/agent/impairment_from.h"
#include "dataplane/agent/refusal.h"
#include "dataplane/agent/router_from.h"
#include "dataplane/agent/stream_frame.h"

namespace erbium::dp {
namespace {

constexpr uint32_t kMaxId = 1 << 24;
constexpr size_t kRoutesAtOnce = 256;

template <typename T>
T& slot(std::vector<T>& list, uint32_t id) {
  if (list.size() <= id) list.resize(id + 1);
  return list[id];
}

bool valid_id(uint32_t id) { return id >= 1 && id < kMaxId; }

}  // namespace

tl::expected<void, std::string> Agent::handle(const api::ToDataplane& m) {
  using Kind = api::ToDataplane::MessageCase;
  switch (m.message_case()) {
    case Kind::kBegin:
      begin(m.begin());
      return {};
    case Kind::kCommit:
      return commit(m.commit());
    case Kind::kSettings:
      staged_.hash_seed = m.settings().hash_seed();
      if (m.settings().reply_latency_ns() < 1) return refuse("settings", 0, "reply latency");
      network_.set_reply_latency(Duration::ns(m.settings().reply_latency_ns()));
      network_.set_arp_age(Duration::ns(m.settings().arp_age_ns()));
      return {};
    case Kind::kPort:
      if (!valid_id(m.port().id()) || m.port().id() > network_.ports())
        return refuse("port", m.port().id(), "bad id, they go up by one");
      network_.add_port(m.port().id(), m.port().name());
      return {};
    case Kind::kNode:
      return node(m.node());
    case Kind::kLink:
      return link(m.link());
    case Kind::kTrunk:
      return trunk(m.trunk());
    case Kind::kInterface:
      return interface(m.interface());
    case Kind::kLimiter:
      return limiter(m.limiter());
    case Kind::kCapacity:
      return capacity(m.capacity());
    case Kind::kNextHop:
      return next_hop(m.next_hop());
    case Kind::kNextHopGroup:
      return group(m.next_hop_group());
    case Kind::kNeighbor:
      return neighbor(m.neighbor());
    case Kind::kRoute:
      return route(m.route());
    case Kind::kHostPort:
      return host_port(m.host_port());
    case Kind::kInject:
      return inject(m.inject());
    case Kind::kStream:
      return stream(m.stream());
    case Kind::kFlows:
      return flows(m.flows());
    case Kind::kAnnounce:
      announced_.push_back(m.announce().interface());
      return {};
    case Kind::MESSAGE_NOT_SET:
      break;
  }
  return tl::unexpected(std::string("an empty message"));
}

// What an unfinished generation has left is gone, but for its routes, which sweep() finds.
void Agent::begin(const api::Begin& m) {
  full_ = m.full();
  if (full_) {
    staged_ = {};
    groups_.assign(1, {});
    links_.clear();
    limiters_.clear();
    neighbors_.clear();
    announced_.clear();
    named_.assign(fibs_.size(), {});
    routes_.clear();
  }
  staged_.generation = m.generation();
}

// Takes out the routes that a full generation has not named.
void Agent::sweep() {
  named_.resize(fibs_.size());
  for (size_t vrf = 1; vrf < fibs_.size(); vrf++) {
    if (!fibs_[vrf]) continue;
    std::sort(named_[vrf].begin(), named_[vrf].end());
    std::vector<net::Prefix> stale;
    fibs_[vrf]->for_each([&](const net::Prefix& prefix, NextHopGroupId) {
      if (!std::binary_search(named_[vrf].begin(), named_[vrf].end(), prefix))
        stale.push_back(prefix);
    });
    for (const net::Prefix& prefix : stale) routes_to_[fibs_[vrf]->erase(prefix)]--;
    if (!stale.empty()) fib_changed_[vrf] = true;
  }
  named_.clear();
}

Agent::Status Agent::node(const api::Node& m) {
  if (!valid_id(m.id()) || m.id() > network_.nodes() || m.id() >= Node::kMaxId)
    return refuse("node", m.id(), "bad id, they go up by one");
  const auto icmp = icmp_from(m.icmp());
  if (!icmp) return refuse("node", m.id(), icmp.error().c_str());
  const NodeKind kind = m.kind() == api::Node::ROUTER ? kRouter : kCrossConnect;
  network_.add_node(m.id(), {.name = m.name(), .kind = kind, .icmp = *icmp});
  return {};
}

Agent::Status Agent::link(const api::Link& m) {
  if (!valid_id(m.id())) return refuse("link", m.id(), "bad id");
  if (m.delay_ns() < 1000) return refuse("link", m.id(), "delay below 1 us");
  std::optional<ImpairmentConfig> impairment;
  if (m.has_impairment()) {
    auto config = impairment_from(m.impairment());
    if (!config) return refuse("link", m.id(), config.error().c_str());
    impairment = std::move(*config);
  }
  links_.push_back({m.id(),
                    {.name = m.name(),
                     .direction = m.direction(),
                     .to_trunk = m.to_trunk(),
                     .rate = BitRate::bps(m.rate_bps()),
                     .delay = Duration::ns(m.delay_ns()),
                     .queue = Duration::ns(m.queue_ns()),
                     .up = m.up(),
                     .silent = m.silent(),
                     .outbound = m.outbound(),
                     .measured = m.measured()},
                    std::move(impairment)});
  return {};
}

Agent::Status Agent::limiter(const api::Limiter& m) {
  auto config = limiter_from(m);
  if (!valid_id(m.id())) return refuse("limiter", m.id(), "bad id");
  if (!config) return refuse("limiter", m.id(), config.error().c_str());
  limiters_.push_back({m.id(), std::move(*config)});
  return {};
}

Agent::Status Agent::capacity(const api::Capacity& m) {
  const auto capacity = capacity_from(m);
  if (!valid_id(m.id())) return refuse("capacity", m.id(), "bad id");
  if (!capacity) return refuse("capacity", m.id(), capacity.error().c_str());
  slot(staged_.capacities, m.id()) = *capacity;
  return {};
}

Agent::Status Agent::trunk(const api::Trunk& m) {
  const auto mac = api::mac_from(m.mac());
  if (!valid_id(m.id()) || !mac || m.node() == 0 || (m.port() == 0) == (m.link() == 0))
    return refuse("trunk", m.id(), "needs a node, a MAC address and either port or link");
  slot(staged_.trunks, m.id()) = {.name = m.name(),
                                  .node = m.node(),
                                  .port = m.port(),
                                  .link = m.link(),
                                  .outer_tpid = static_cast<uint16_t>(m.outer_tpid()),
                                  .inner_tpid = static_cast<uint16_t>(m.inner_tpid()),
                                  .mac = *mac};
  return {};
}

Agent::Status Agent::interface(const api::Interface& m) {
  if (!valid_id(m.id())) return refuse("interface", m.id(), "bad id or VLAN id");
  if (m.vrf() >= kMaxId) return refuse("interface", m.id(), "bad VRF");
  auto interface = interface_from(m);
  if (!interface) return refuse("interface", m.id(), interface.error().c_str());
  slot(staged_.interfaces, m.id()) = std::move(*interface);
  if (m.vrf() != 0) fib_of(m.vrf());
  return {};
}

Agent::Status Agent::next_hop(const api::NextHop& m) {
  if (!valid_id(m.id())) return refuse("next hop", m.id(), "bad id");
  NextHop hop{.kind = static_cast<NextHop::Kind>(m.kind()),
              .interface = m.interface(),
              .eager = m.eager(),
              .hosts = m.hosts(),
              .host_port = m.host_port()};
  if (hop.kind == NextHop::Kind::gateway) {
    const auto ip = api::ip_from(m.address().ip());
    if (!ip) return refuse("next hop", m.id(), "bad address");
    hop.address = *ip;
  }
  slot(staged_.next_hops, m.id()) = hop;
  return {};
}

Agent::Status Agent::group(const api::NextHopGroup& m) {
  if (!valid_id(m.id()) || m.id() > kMaxNextHopGroup)
    return refuse("next-hop group", m.id(), "bad id");
  Group& group = slot(groups_, m.id());
  group.known = !m.removed();
  group.members.assign(m.next_hops().begin(), m.next_hops().end());
  if (m.removed()) group.members = {};
  return {};
}

Agent::Status Agent::neighbor(const api::Neighbor& m) {
  const auto ip = api::ip_from(m.address().ip());
  const auto mac = api::mac_from(m.mac());
  if (!ip || !mac || m.interface() == 0)
    return refuse("neighbour on interface", m.interface(), "bad address");
  neighbors_.push_back({m.interface(), *ip, *mac});
  return {};
}

Agent::Status Agent::route(const api::Route& m) {
  const auto ip = api::ip_from(m.prefix().ip());
  if (!ip || m.prefix().length() > ip->bits() || !valid_id(m.vrf()))
    return refuse("route in VRF", m.vrf(), "bad prefix");
  const net::Prefix prefix{*ip, static_cast<uint8_t>(m.prefix().length())};
  if (m.group() > kMaxNextHopGroup) return refuse("route in VRF", m.vrf(), "bad next-hop group");
  if (full_ && m.group() != 0) slot(named_, m.vrf()).push_back(prefix.canonical());
  std::vector<FibChange>& routes = slot(routes_, m.vrf());
  routes.push_back({prefix, m.group()});
  if (routes.size() == kRoutesAtOnce) stage_routes(m.vrf());
  return {};
}

// Many at once, as a table can overlap what they wait for.
void Agent::stage_routes(uint32_t vrf) {
  const std::vector<FibChange>& routes = routes_[vrf];
  std::array<NextHopGroupId, kRoutesAtOnce> before;
  fib_of(vrf).stage(routes, before.data());
  for (size_t i = 0; i < routes.size(); i++) {
    if (before[i] != 0) routes_to_[before[i]]--;
    if (routes[i].group != 0) slot(routes_to_, routes[i].group)++;
  }
  fib_changed_[vrf] = true;
  routes_[vrf].clear();
}

Agent::Status Agent::host_port(const api::HostPort& m) {
  if (!valid_id(m.id()) || !valid_id(m.vrf())) return refuse("host port", m.id(), "bad id or VRF");
  HostPort port{.name = m.name(), .node = m.node(), .vrf = m.vrf()};
  for (const api::HostPort::Match& match : m.match()) {
    if ((match.protocol() != net::kProtoTcp && match.protocol() != net::kProtoUdp) ||
        match.port() > UINT16_MAX)
      return refuse("host port", m.id(), "takes TCP and UDP ports only");
    port.match.push_back(
        {static_cast<uint8_t>(match.protocol()), static_cast<uint16_t>(match.port())});
  }
  slot(staged_.host_ports, m.id()) = std::move(port);
  fib_of(m.vrf());
  return {};
}

Agent::Status Agent::inject(const api::Inject& m) {
  const std::string& bytes = m.packet();
  if (!published_ || m.host_port() == 0 || m.host_port() >= published_->host_ports.size())
    return refuse("packet for host port", m.host_port(), "no such host port");
  if (m.at_ns() < network_.run_to().ns())
    return refuse("packet for host port", m.host_port(), "its time has passed");
  if (bytes.size() + EncapHeader::kRoom > net::kMaxFrame)
    return refuse("packet for host port", m.host_port(), "longer than the longest frame");
  network_.inject(m.host_port(), Time::from_ns(m.at_ns()),
                  {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  return {};
}

Agent::Status Agent::stream(const api::Stream& m) {
  auto config = stream_from(m);
  if (!config) return refuse("stream", m.id(), config.error().c_str());
  if (!valid_id(m.port_in()) || m.port_in() >= network_.ports() || !valid_id(m.port_out()) ||
      m.port_out() >= network_.ports())
    return refuse("stream", m.id(), "no such port");
  network_.set_stream(m.id(), std::move(*config));
  return {};
}

Agent::Status Agent::flows(const api::Flows& m) {
  FlowsConfig config;
  for (const int64_t at : m.event_ns()) config.events.push_back(Duration::ns(at));
  if (!std::is_sorted(config.events.begin(), config.events.end()) ||
      (!config.events.empty() && config.events.front() < Duration()))
    return refuse("flows of", 0, "events out of order");
  network_.set_flows(std::move(config));
  return {};
}

Fib& Agent::fib_of(uint32_t vrf) {
  auto& fib = slot(fibs_, vrf);
  if (!fib) {
    fib = std::make_unique<Fib>();
    if (fib_changed_.size() <= vrf) fib_changed_.resize(vrf + 1);
    fib_changed_[vrf] = true;
  }
  return *fib;
}

void Agent::build_headers() {
  staged_.vlans = {};
  for (uint32_t id = 1; id < staged_.interfaces.size(); id++) {
    Interface& interface = staged_.interfaces[id];
    const Trunk& trunk = staged_.trunks[interface.trunk];
    staged_.vlans.insert(interface.trunk, interface.outer_vid, interface.inner_vid, id);
    interface.header = EncapHeader::make(trunk.mac, trunk.outer_tpid, interface.outer_vid,
                                         trunk.inner_tpid, interface.inner_vid);
  }
}

void Agent::build_groups() {
  while (!groups_.back().known && groups_.size() > 1) groups_.pop_back();
  staged_.groups.assign(groups_.size(), {});
  staged_.members.clear();
  for (size_t id = 1; id < groups_.size(); id++) {
    const std::vector<uint32_t>& members = groups_[id].members;
    staged_.groups[id] = {static_cast<uint32_t>(staged_.members.size()),
                          static_cast<uint32_t>(members.size())};
    staged_.members.insert(staged_.members.end(), members.begin(), members.end());
  }
}

Agent::Status Agent::commit(const api::Commit& m) {
  if (m.generation() != staged_.generation)
    return refuse("commit of generation", m.generation(), "another one was begun");
  for (uint32_t vrf = 1; vrf < routes_.size(); vrf++)
    if (!routes_[vrf].empty()) stage_routes(vrf);
  if (full_) sweep();
  full_ = false;
  if (const auto status = check_references(); !status) return status;
  build_headers();
  publish(Time::from_ns(m.at_ns()));
  return {};
}

void Agent::publish(Time at) {
  build_groups();
  staged_.vrfs.assign(fibs_.size(), nullptr);
  for (size_t vrf = 1; vrf < fibs_.size(); vrf++) {
    if (!fibs_[vrf]) fibs_[vrf] = std::make_unique<Fib>();
    if (fib_changed_[vrf]) fibs_[vrf]->commit();
    staged_.vrfs[vrf] = fibs_[vrf]->view();
  }
  for (const PendingLink& link : links_) {
    network_.set_link(link.id, link.config, at);
    network_.impair_link(link.id, link.impairment);
  }
  for (const PendingLimiter& limiter : limiters_)
    network_.set_limiter(limiter.id, limiter.config, at);
  auto next = std::make_unique<const Forwarding>(staged_);
  for (const PermanentNeighbor& n : neighbors_) {
    const uint32_t node = next->trunks[next->interfaces[n.interface].trunk].node;
    network_.node(node).neighbors().set(*next, n.interface, n.ip, n.mac);
  }
  network_.apply(next.get(), at);
  for (const uint32_t interface : announced_)
    network_.node(next->trunks[next->interfaces[interface].trunk].node).announce(interface, at);
  // Every reader is at a window boundary here: nobody holds the generation before.
  published_ = std::move(next);
  for (size_t vrf = 1; vrf < fibs_.size(); vrf++)
    if (fib_changed_[vrf]) fibs_[vrf]->reclaim();
  fib_changed_.assign(fibs_.size(), false);
  links_.clear();
  limiters_.clear();
  neighbors_.clear();
  announced_.clear();
}

size_t Agent::table_bytes() const {
  size_t bytes = 0;
  for (const auto& fib : fibs_)
    if (fib) bytes += fib->memory_bytes();
  return bytes;
}

}  // namespace erbium::dp
