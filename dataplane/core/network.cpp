#include "dataplane/core/network.h"

#include <algorithm>
#include <utility>

#include "dataplane/core/packet_id.h"

namespace erbium::dp {
namespace {

template <typename T>
void fit(std::vector<T>& list, uint32_t id) {
  if (list.size() <= id) list.resize(id + 1);
}

}  // namespace

Network::Network(PacketPool& pool, std::vector<std::string> optional_stages, NetworkOptions options)
    : pool_(pool),
      options_(options),
      router_(kRouter, all_stages(), optional_stages),
      cross_connect_(kCrossConnect, all_stages(), optional_stages),
      nodes_(1),
      links_(1),
      limiters_(1),
      deferred_(1),
      link_to_node_(1) {}

Network::~Network() = default;

void Network::add_port(uint32_t id, const std::string& name) {
  fit(ports_, id);
  ports_[id].name = name;
}

void Network::add_node(uint32_t id, const NodeConfig& config) {
  fit(nodes_, id);
  if (nodes_[id]) return;
  const Pipeline& pipeline = config.kind == kRouter ? router_ : cross_connect_;
  nodes_[id] = std::make_unique<Node>(id, config, pipeline, *this, options_.slot, options_.horizon);
}

void Network::set_link(uint32_t id, const LinkConfig& config, Time now) {
  fit(links_, id);
  fit(deferred_, id);
  fit(link_to_node_, id);
  if (!links_[id]) {
    links_[id] = std::make_unique<Link>(config);
  } else if (config != links_[id]->config() && links_[id]->configure(now, config)) {
    links_[id]->keep_order_from(nodes_[link_to_node_[id]]->cut(id, now, [&](Packet p) {
      links_[id]->cut(p);
      end(p, {.reason = static_cast<uint16_t>(links_[id]->why_down()), .link = id, .at = now});
    }));
  }
}

void Network::set_limiter(uint32_t id, const LimiterConfig& config, Time now) {
  fit(limiters_, id);
  if (!limiters_[id])
    limiters_[id] = std::make_unique<CircuitLimiter>(config);
  else
    limiters_[id]->configure(now, config);
}

void Network::set_stream(uint32_t id, StreamConfig config) {
  fit(streams_, id);
  streams_[id] = std::move(config);
}

void Network::apply(const Forwarding* tables, Time now) {
  tables_ = tables;
  for (uint32_t id = 1; id < tables->trunks.size(); id++) {
    const Trunk& trunk = tables->trunks[id];
    if (trunk.port != 0) ports_[trunk.port].trunk = id;
  }
  for (uint32_t id = 1; id < links_.size(); id++)
    link_to_node_[id] = tables->trunks[links_[id]->config().to_trunk].node;
  for (const Interface& interface : tables->interfaces) {
    const uint32_t link = tables->trunks[interface.trunk].link;
    if (interface.limiter != 0 && link != 0 &&
        limiters_[interface.limiter]->config().mode == LimiterConfig::Mode::shape)
      deferred_[link] = true;
  }
  for (uint32_t id = 1; id < nodes_.size(); id++) nodes_[id]->configure(*tables, now);
}

void Network::receive(uint32_t port, Packet p) {
  Port& in = ports_[port];
  in.rx.packets++;
  in.rx.bytes += p.wire_length();
  p.meta().trunk_in = in.trunk;
  p.meta().link = 0;
  nodes_[tables_->trunks[in.trunk].node]->receive(p);
}

void Network::inject(uint32_t id, Time at, std::span<const uint8_t> packet) {
  const HostPort& port = tables_->host_ports[id];
  const Packet p = pool_.allocate(static_cast<uint32_t>(packet.size()));
  if (p.mbuf() == nullptr) return;
  std::copy(packet.begin(), packet.end(), p.data());
  nodes_[port.node]->inject(p, at, port.vrf);
}

void Network::deliver(Packet p, uint32_t host_port) {
  deliveries_.push_back({.host_port = host_port,
                         .at = p.time(),
                         .interface_in = p.meta().interface_in,
                         .packet_id = p.meta().id,
                         .packet = {p.data(), p.data() + p.length()}});
}

// Nodes run one after the other, each in order: the order between them is made here.
std::vector<Delivery> Network::take_deliveries() {
  std::stable_sort(deliveries_.begin(), deliveries_.end(), [](const auto& a, const auto& b) {
    return a.at != b.at ? a.at < b.at : a.packet_id < b.packet_id;
  });
  return std::exchange(deliveries_, {});
}

void Network::run(Time to) {
  for (uint32_t id = 1; id < nodes_.size(); id++) {
    if (id + 1 < nodes_.size()) nodes_[id + 1]->prefetch(to);
    nodes_[id]->run(to, options_.max_burst);
  }
  if (!waiting_.empty()) serve_deferred(to);
  run_to_ = std::max(run_to_, to);
}

Time Network::next() const {
  Time next = waiting_.empty() ? Time::max() : Time::from_ns(waiting_.front().time);
  for (uint32_t id = 1; id < nodes_.size(); id++) next = std::min(next, nodes_[id]->next());
  return next;
}

Time Network::next_deadline() const {
  Time next = Time::max();
  for (uint32_t id = 1; id < nodes_.size(); id++)
    next = std::min(next, nodes_[id]->next_deadline());
  return next;
}

void Network::transmit(std::span<rte_mbuf* const> packets, const Trunk& trunk,
                       NodeCounters& counters) {
  if (trunk.port != 0) {
    Port& out = ports_[trunk.port];
    uint64_t bytes = 0;
    for (rte_mbuf* m : packets) bytes += Packet(m).wire_length();
    out.tx.packets += packets.size();
    out.tx.bytes += bytes;
    counters.to_ports += packets.size();
    out.sent.insert(out.sent.end(), packets.begin(), packets.end());
    return;
  }
  counters.to_links += packets.size();
  if (!deferred_[trunk.link]) [[likely]]
    return admit(packets, trunk.link);
  for (rte_mbuf* m : packets) {
    PacketMeta& meta = Packet(m).meta();
    meta.link = trunk.link;
    waiting_.push_back({meta.time, meta.id, m});
    std::push_heap(waiting_.begin(), waiting_.end(), later);
  }
}

void Network::admit(std::span<rte_mbuf* const> packets, uint32_t id) {
  if (tracer_) [[unlikely]]
    admit<true>(packets, id);
  else
    admit<false>(packets, id);
}

template <bool kTraced>
void Network::admit(std::span<rte_mbuf* const> packets, uint32_t id) {
  Link& link = *links_[id];
  Node& far = *nodes_[link_to_node_[id]];
  for (rte_mbuf* m : packets) {
    const Packet p(m);
    PacketMeta& meta = p.meta();
    meta.link = id;
    if constexpr (kTraced) tracer_->offered(p);
    const Link::Admission admission = link.admit(p);
    meta.trunk_in = link.config().to_trunk;
    if (admission == Link::kDropped) [[unlikely]] {
      end(p, {.reason = static_cast<uint16_t>(link.refusal()), .link = id, .at = p.time()});
      continue;
    }
    if constexpr (kTraced) tracer_->admitted(link, p);
    if (admission == Link::kCopied) [[unlikely]]
      copy(p, link);
    far.arrive(p);
  }
}

// Without memory there is no copy: the run fails for that soon.
void Network::copy(Packet p, Link& link) {
  const Packet copy = pool_.allocate(p.length());
  if (copy.mbuf() == nullptr) return;
  std::copy_n(p.data(), p.length(), copy.data());
  link.copy(p, copy);
  if (tracer_) tracer_->admitted(link, copy);
  nodes_[link_to_node_[p.meta().link]]->arrive(copy);
}

const char* Network::reason(const Ending& ending) const {
  if (ending.node == 0) return Link::kDropNames[ending.reason];
  const StageDescriptor& stage = *nodes_[ending.node]->pipeline().stages()[ending.stage];
  const auto& names = ending.kind == Verdict::Kind::drop       ? stage.drops
                      : ending.kind == Verdict::Kind::consumed ? stage.consumed
                                                               : stage.punted;
  return names[ending.reason];
}

const char* Network::stage(const Ending& ending) const {
  return ending.node == 0 ? nullptr : nodes_[ending.node]->pipeline().stages()[ending.stage]->name;
}

void Network::serve_deferred(Time to) {
  while (!waiting_.empty() && waiting_.front().time < to.ns()) {
    rte_mbuf* m = waiting_.front().mbuf;
    std::pop_heap(waiting_.begin(), waiting_.end(), later);
    waiting_.pop_back();
    admit({&m, 1}, Packet(m).meta().link);
  }
}

void Network::free_sent(Port& port) {
  pool_.free(port.sent);
  port.sent.clear();
}

Duration Network::least_delay() const {
  Duration least = Duration::max();
  for (uint32_t id = 1; id < links_.size(); id++)
    least = std::min(least, links_[id]->least_delay());
  return least;
}

uint64_t Network::inside() const {
  uint64_t count = waiting_.size();
  for (uint32_t id = 1; id < links_.size(); id++) count += links_[id]->counters().in_flight;
  for (uint32_t id = 1; id < nodes_.size(); id++)
    count += nodes_[id]->counters().held + nodes_[id]->counters().scheduled;
  return count;
}

bool Network::busy() const {
  if (inside() == 0) return false;
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const Arrival& a) { return !from_host_port(a.id); }) ||
         std::any_of(nodes_.begin() + 1, nodes_.end(),
                     [](const auto& node) { return node->busy(); });
}

Time Network::last_activity() const {
  Time last;
  for (uint32_t id = 1; id < nodes_.size(); id++) last = std::max(last, nodes_[id]->last_run());
  return last;
}

uint64_t Network::most_in_flight_bytes() const {
  constexpr uint64_t kFrameBits = (594 + net::kL1Overhead) * 8, kBuffer = 2048;
  uint64_t bytes = 0;
  for (uint32_t id = 1; id < links_.size(); id++) {
    const LinkConfig& link = links_[id]->config();
    const auto held_us = static_cast<uint64_t>((link.delay + link.queue).ns()) / 1000;
    bytes += link.rate.bps() / 1'000'000 * held_us / kFrameBits * kBuffer;
  }
  return bytes;
}

}  // namespace erbium::dp
