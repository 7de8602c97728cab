#include "control/expressroute/compiler.h"

#include <algorithm>

#include "common/check.h"
#include "control/expressroute/impairments.h"
#include "control/expressroute/messages.h"

namespace erbium::cp {

Compiler::Compiler(const Scenario& scenario, const TopologyOptions& options)
    : scenario_(scenario), topology_(build_topology(scenario, options)) {
  impair_links(scenario, topology_);
  interfaces_at_start_ = topology_.interfaces;
  for (const Circuit& circuit : scenario.circuits) bandwidth_.push_back(circuit.bandwidth);
  for (const Expectation& expectation : scenario.expect)
    if (expectation.subject == Expectation::Subject::circuit)
      for (LinkInfo& link : topology_.links)
        link.measured = link.measured || link.name == expectation.name + "/" + expectation.link;
  add_routes();
  learned_ = {static_cast<uint32_t>(next_hops_.size()), static_cast<uint32_t>(groups_.size())};
}

Generation Compiler::begin(Time at) const {
  Generation generation{.id = generation_ + 1, .at = at};
  generation.messages.emplace_back().mutable_begin()->set_generation(generation.id);
  return generation;
}

Generation Compiler::commit(Generation generation) {
  api::Commit& commit = *generation.messages.emplace_back().mutable_commit();
  commit.set_generation(generation.id);
  commit.set_at_ns(generation.at.ns());
  generation_ = generation.id;
  return generation;
}

api::ToDataplane Compiler::limiter_message(const LimiterInfo& limiter) const {
  const Limiter& config = scenario_.circuits[limiter.circuit].limiter;
  const BitRate rate = bandwidth_[limiter.circuit];
  api::ToDataplane m;
  api::Limiter& out = *m.mutable_limiter();
  out.set_id(limiter.id);
  out.set_name(limiter.name);
  out.set_mode(config.mode == Limiter::Mode::police ? api::Limiter::POLICE : api::Limiter::SHAPE);
  out.set_count(config.count == Limiter::Count::l1   ? api::Limiter::L1
                : config.count == Limiter::Count::l2 ? api::Limiter::L2
                                                     : api::Limiter::L3);
  out.set_rate_bps(rate.bps());
  out.set_depth_bits(config.burst.bits(rate));
  out.set_queue_ns(config.queue.ns());
  // In millionths: the product fits 64 bits up to 18 Tbit/s.
  constexpr uint64_t kMillionth = Share::kAll / 1'000'000;
  out.set_excess_bps(rate.bps() * (config.excess.units / kMillionth) / 1'000'000);
  return m;
}

Generation Compiler::everything(Time at, uint64_t behind) {
  generation_ = behind;
  Generation generation = begin(at);
  auto& out = generation.messages;
  out.front().mutable_begin()->set_full(true);
  api::Settings& settings = *out.emplace_back().mutable_settings();
  settings.set_hash_seed(scenario_.seed);
  settings.set_reply_latency_ns(scenario_.time.reply_latency.ns());
  settings.set_arp_age_ns(scenario_.time.arp_age.ns());
  for (size_t i = 0; i < scenario_.ports.size(); i++)
    out.push_back(port_message(static_cast<uint32_t>(i + 1), scenario_.ports[i].name));
  for (const auto& node : topology_.nodes) out.push_back(cp::to_message(node));
  for (const auto& link : topology_.links) out.push_back(cp::to_message(link, scenario_.seed));
  for (const auto& limiter : topology_.limiters) out.push_back(limiter_message(limiter));
  for (const auto& capacity : topology_.capacities) out.push_back(cp::to_message(capacity));
  for (const auto& trunk : topology_.trunks) out.push_back(cp::to_message(trunk));
  for (const auto& interface : topology_.interfaces) out.push_back(cp::to_message(interface));
  for (const auto& neighbor : topology_.neighbors) out.push_back(cp::to_message(neighbor));
  for (const auto& host_port : topology_.host_ports) out.push_back(cp::to_message(host_port));
  for (const auto& [info, id] : next_hops_) out.push_back(to_message(id, info));
  members_.assign(groups_.size(), {});
  for (size_t i = 0; i < groups_.size(); i++) {
    members_[i] = members(groups_[i]);
    api::NextHopGroup& group = *out.emplace_back().mutable_next_hop_group();
    group.set_id(static_cast<uint32_t>(i + 1));
    for (uint32_t hop : members_[i]) group.add_next_hops(hop);
  }
  for (const auto* routes : {&routes_, &fallbacks_})
    for (const auto& [key, group] : *routes) out.push_back(route_message(key, group));
  generation.learned = learned_.take();
  return commit(std::move(generation));
}

api::ToDataplane Compiler::route_message(const std::pair<uint32_t, net::Prefix>& key,
                                         uint32_t group) {
  api::ToDataplane m;
  api::Route& route = *m.mutable_route();
  route.set_vrf(key.first);
  route.mutable_prefix()->set_ip(api::to_bytes(key.second.address));
  route.mutable_prefix()->set_length(key.second.length);
  route.set_group(group);
  return m;
}

const LinkInfo& Compiler::link(const std::string& circuit, size_t link, Direction dir) const {
  for (const CircuitLinkInfo& info : topology_.circuit_links)
    if (scenario_.circuits[info.circuit].name == circuit && info.link == link)
      return topology_.links[(dir == Direction::to_onprem ? info.to_onprem : info.to_azure) - 1];
  ERBIUM_CHECK(false && "the decoder resolves every link reference");
}

BitRate Compiler::bandwidth(const std::string& circuit) const {
  return bandwidth_[static_cast<size_t>(find(scenario_.circuits, circuit) -
                                        scenario_.circuits.data())];
}

Generation Compiler::change_link(Time at, const std::string& circuit, std::optional<size_t> which,
                                 Direction dir, const LinkChange& change) {
  Generation generation = begin(at);
  for (const CircuitLinkInfo& info : topology_.circuit_links) {
    if (scenario_.circuits[info.circuit].name != circuit || (which && info.link != *which))
      continue;
    bool came_up = false;
    for (uint32_t id : {info.to_azure, info.to_onprem}) {
      if (dir != Direction::both && (id == info.to_azure) != (dir == Direction::to_azure)) continue;
      LinkInfo& link = mutable_link(id);
      came_up = came_up || (!link.up && change.up.value_or(false));
      link.up = change.up.value_or(link.up);
      if (change.up) link.silent = change.silent;
      link.rate = change.rate.value_or(link.rate);
      link.delay = change.delay.value_or(link.delay);
      link.queue = change.queue.value_or(link.queue);
      if (change.impaired) link.impaired = *change.impaired;
      generation.messages.push_back(cp::to_message(link, scenario_.seed));
    }
    if (came_up && change.carrier && topology_.links[info.to_azure - 1].up &&
        topology_.links[info.to_onprem - 1].up)
      announce_ends(info, generation);
  }
  return commit(std::move(generation));
}

// RFC 5227 section 3, RFC 4861 section 7.2.6: routers say where they are when a link comes up.
void Compiler::announce_ends(const CircuitLinkInfo& info, Generation& generation) const {
  for (const PeeringInfo& peering : info.peerings)
    for (const uint32_t id : {peering.ce_interface, peering.msee_interface})
      if (id != 0) generation.messages.push_back(announce_message(id));
}

Generation Compiler::change_customer(Time at, const std::string& circuit,
                                     std::optional<size_t> which, const CustomerChange& change) {
  Generation generation = begin(at);
  for (size_t i = 0; i < topology_.circuit_links.size(); i++) {
    const CircuitLinkInfo& info = topology_.circuit_links[i];
    const PeeringInfo* peering = private_peering(i);
    if (scenario_.circuits[info.circuit].name != circuit || (which && info.link != *which) ||
        !peering || peering->ce_interface == 0)
      continue;
    InterfaceInfo& interface = topology_.interfaces[peering->ce_interface - 1];
    const InterfaceInfo& start = interfaces_at_start_[interface.id - 1];
    if (change.mute) interface.mute = *change.mute || start.mute;
    const bool two_tags = start.inner_vid != 0;
    const uint16_t agreed = two_tags ? start.inner_vid : start.outer_vid;
    if (change.vlan)
      (two_tags ? interface.inner_vid : interface.outer_vid) =
          *change.vlan != 0 ? static_cast<uint16_t>(*change.vlan) : agreed;
    generation.messages.push_back(cp::to_message(interface));
  }
  return commit(std::move(generation));
}

Generation Compiler::change_core(Time at, const std::string& msee, bool up) {
  Generation generation = begin(at);
  for (LinkInfo& link : topology_.links) {
    const bool of_circuit =
        std::any_of(topology_.circuit_links.begin(), topology_.circuit_links.end(),
                    [&](const CircuitLinkInfo& info) {
                      return info.to_azure == link.id || info.to_onprem == link.id;
                    });
    if (of_circuit || link.name.rfind(msee + "/", 0) != 0) continue;
    link.up = up;
    link.silent = false;
    generation.messages.push_back(cp::to_message(link, scenario_.seed));
  }
  return commit(std::move(generation));
}

Generation Compiler::change_bandwidth(Time at, const std::string& circuit, BitRate bandwidth) {
  Generation generation = begin(at);
  const auto index =
      static_cast<size_t>(find(scenario_.circuits, circuit) - scenario_.circuits.data());
  bandwidth_[index] = bandwidth;
  for (const LimiterInfo& limiter : topology_.limiters)
    if (limiter.circuit == index) generation.messages.push_back(limiter_message(limiter));
  return commit(std::move(generation));
}

Generation Compiler::change_instances(Time at, const std::string& gateway, uint32_t running) {
  Generation generation = begin(at);
  const auto index =
      static_cast<size_t>(find(scenario_.gateways, gateway) - scenario_.gateways.data());
  for (CapacityInfo& capacity : topology_.capacities) {
    if (capacity.gateway != index) continue;
    capacity.instances = running;
    generation.messages.push_back(cp::to_message(capacity));
  }
  return commit(std::move(generation));
}

std::optional<Generation> Compiler::routes(Time at) {
  Generation generation = begin(at);
  for (size_t i = 0; i < groups_.size(); i++) {
    auto now = members(groups_[i]);
    if (now == members_[i]) continue;
    members_[i] = std::move(now);
    api::NextHopGroup& group = *generation.messages.emplace_back().mutable_next_hop_group();
    group.set_id(static_cast<uint32_t>(i + 1));
    for (uint32_t hop : members_[i]) group.add_next_hops(hop);
  }
  if (generation.messages.size() == 1) return std::nullopt;
  return commit(std::move(generation));
}

api::ToDataplane Compiler::to_message(uint32_t id, const NextHopInfo& info) {
  api::ToDataplane m;
  api::NextHop& hop = *m.mutable_next_hop();
  hop.set_id(id);
  hop.set_kind(info.kind);
  hop.set_interface(info.interface);
  if (info.kind == api::NextHop::GATEWAY) hop.mutable_address()->set_ip(api::to_bytes(info.ip));
  hop.set_eager(info.eager);
  hop.set_host_port(info.host_port);
  hop.set_hosts(info.hosts);
  return m;
}

void Compiler::learn(uint32_t vrf, const rib::FibDelta& delta,
                     std::span<const uint32_t> interfaces) {
  learned_.apply(
      vrf, delta, interfaces,
      [&](const net::Prefix& prefix) {
        return !routes_.contains({vrf, prefix});
      },
      [&](const net::Prefix& prefix) {
        const auto fallback = fallbacks_.find({vrf, prefix});
        return fallback == fallbacks_.end() ? 0 : fallback->second;
      });
}

std::optional<Generation> Compiler::flush(Time at) {
  MessageList learned = learned_.take();
  if (learned.empty()) return std::nullopt;
  Generation generation = begin(at);
  generation.learned = std::move(learned);
  return commit(std::move(generation));
}

std::optional<RouteOfFile> Compiler::file_route(uint32_t vrf, const net::Prefix& prefix) const {
  const bool fallback = !routes_.contains({vrf, prefix});
  const auto& routes = fallback ? fallbacks_ : routes_;
  const auto route = routes.find({vrf, prefix});
  if (route == routes.end()) return std::nullopt;
  RouteOfFile out{.ways = {}, .fallback = fallback};
  const Ways& ways = groups_[route->second - 1];
  const std::vector<uint32_t> used = members(ways);
  for (const Way& way : ways) {
    RouteOfFile::Way& to = out.ways.emplace_back();
    for (const auto& [info, id] : next_hops_)
      if (id == way.next_hop && info.interface != 0)
        to.interface = topology_.interfaces[info.interface - 1].name;
    if (way.circuit_link)
      to.circuit_link =
          topology_.links[topology_.circuit_links[*way.circuit_link].to_azure - 1].name;
    to.usable = usable(way);
    to.preferred = std::find(used.begin(), used.end(), way.next_hop) != used.end();
  }
  return out;
}

// A session needs both directions of its link.
bool Compiler::usable(const Way& way) const {
  if (!way.circuit_link) return true;
  const CircuitLinkInfo& info = topology_.circuit_links[*way.circuit_link];
  return topology_.links[info.to_azure - 1].up && topology_.links[info.to_onprem - 1].up;
}

std::vector<uint32_t> Compiler::members(const Ways& ways) const {
  std::vector<uint32_t> out;
  std::optional<std::pair<int64_t, int64_t>> best;
  for (const Way& way : ways)
    if (usable(way) && (!best || way.preference > *best)) best = way.preference;
  for (const Way& way : ways)
    if (usable(way) && way.preference == *best) out.push_back(way.next_hop);
  return out;
}

}  // namespace erbium::cp
