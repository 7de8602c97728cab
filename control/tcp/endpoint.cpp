#include "control/tcp/endpoint.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "control/tcp/sequence.h"
#include "control/wire/mix.h"

namespace erbium::cp::tcp {
namespace {

// RFC 6335 §6: dynamic ports.
constexpr uint64_t kFirstEphemeral = 49'152, kEphemeralPorts = 16'384;
// A flood of SYNs finds an end here.
constexpr size_t kMaxConnections = 1'024;
constexpr int64_t kIsnTick = 4'000;  // nanoseconds; RFC 9293 §3.4.1

// RFC 6528: a clock plus a function of the connection and a secret.
uint32_t initial_sequence(uint64_t seed, const Addresses& a, Time now) {
  uint64_t f = wire::mix(wire::mix(seed, a.local), a.remote);
  f = wire::mix(f, uint64_t{a.local_port} << 16 | a.remote_port);
  return static_cast<uint32_t>(f) + static_cast<uint32_t>(now.ns() / kIsnTick);
}

}  // namespace

Endpoint::Endpoint(const net::Ip& address, Config config) : address_(address), config_(config) {}

void Endpoint::listen(uint16_t port) { listening_.insert(port); }
void Endpoint::unlisten(uint16_t port) { listening_.erase(port); }

void Endpoint::connect(ConnectionId id, const net::Ip& remote, uint16_t port, Time now,
                       Output& out) {
  ERBIUM_CHECK(id < kFirstAccepted && !ids_.contains(id) && remote.family == address_.family);
  const Addresses addresses{address_, remote, ephemeral_port(remote, port), port};
  create(addresses, id, now).connect(now, out);
}

// One that no connection to the same port uses. There are more ports than connections.
uint16_t Endpoint::ephemeral_port(const net::Ip& remote, uint16_t port) {
  const uint64_t start = wire::mix(config_.seed, address_);
  while (true) {
    const auto local =
        static_cast<uint16_t>(kFirstEphemeral + (start + ports_used_++) % kEphemeralPorts);
    if (!connections_.contains({address_, remote, local, port}) && !listening_.contains(local))
      return local;
  }
}

Connection& Endpoint::create(const Addresses& addresses, ConnectionId id, Time now) {
  ids_.emplace(id, addresses);
  const uint32_t iss = initial_sequence(config_.seed, addresses, now);
  return connections_.try_emplace(addresses, config_, counters_, addresses, id, iss).first->second;
}

Endpoint::Connections::iterator Endpoint::find(ConnectionId id) {
  const auto known = ids_.find(id);
  return known == ids_.end() ? connections_.end() : connections_.find(known->second);
}

void Endpoint::send(ConnectionId id, std::span<const uint8_t> octets) {
  if (const auto at = find(id); at != connections_.end()) at->second.send(octets);
}

void Endpoint::push(Time now, Output& out) {
  for (auto& [addresses, connection] : connections_) connection.push(now, out);
}

void Endpoint::close(ConnectionId id, Time now, Output& out) {
  const auto at = find(id);
  if (at == connections_.end()) return;
  at->second.close(now, out);
  ids_.erase(id);
  settle(at);
}

void Endpoint::abort(ConnectionId id, Time, Output& out) {
  const auto at = find(id);
  if (at == connections_.end()) return;
  at->second.abort(out);
  ids_.erase(id);
  settle(at);
}

Endpoint::Connections::iterator Endpoint::settle(Connections::iterator at) {
  if (!at->second.id()) std::erase_if(ids_, [&](const auto& e) { return e.second == at->first; });
  return at->second.state() == State::closed ? connections_.erase(at) : std::next(at);
}

void Endpoint::handle(std::span<const uint8_t> ip_packet, Time now, Output& out) {
  const auto ip = wire::parse_ip(ip_packet);
  const auto segment =
      ip && ip->dst == address_ && ip->ttl >= config_.min_ttl ? parse_segment(*ip) : std::nullopt;
  if (!segment) {
    ++counters_.ignored;
    return;
  }
  dispatch(*ip, *segment, now, out);
}

void Endpoint::dispatch(const wire::IpPacket& ip, const Segment& segment, Time now, Output& out) {
  const Addresses addresses{address_, ip.src, segment.dst_port, segment.src_port};
  auto at = connections_.find(addresses);
  if (at != connections_.end() && reopens(at->second, segment)) {
    connections_.erase(at);
    at = connections_.end();
  }
  if (at != connections_.end()) {
    at->second.handle(segment, now, out);
    settle(at);
    return;
  }
  const bool opens = segment.has(kSyn) && !segment.has(kAck | kRst);
  if (opens && listening_.contains(segment.dst_port)) return accept(addresses, segment, now, out);
  refuse(addresses, segment, out);
}

// RFC 9293 §3.10.7.4, TIME-WAIT: a SYN beyond what the old connection used begins a new one.
bool Endpoint::reopens(const Connection& old, const Segment& s) const {
  return old.state() == State::time_wait && s.has(kSyn) && !s.has(kAck | kRst) &&
         !before(s.seq, old.receive_next()) && listening_.contains(s.dst_port);
}

void Endpoint::accept(const Addresses& addresses, const Segment& syn, Time now, Output& out) {
  ++counters_.received;
  if (connections_.size() >= kMaxConnections) return;
  create(addresses, next_accepted_++, now).accept(syn, now, out);
}

// RFC 9293 §3.10.7.1.
void Endpoint::refuse(const Addresses& addresses, const Segment& segment, Output& out) {
  ++counters_.received;
  if (segment.has(kRst)) return;
  Segment reset;
  reset.src_port = addresses.local_port;
  reset.dst_port = addresses.remote_port;
  if (segment.has(kAck)) {
    reset.seq = segment.ack;
    reset.flags = kRst;
  } else {
    reset.ack = segment.seq + segment.length();
    reset.flags = kRst | kAck;
  }
  ++counters_.sent;
  out.packets.push_back(
      build_segment({addresses.local, addresses.remote, 0, config_.ttl, config_.tos, {}}, reset));
}

void Endpoint::timers(Time now, Output& out) {
  for (auto at = connections_.begin(); at != connections_.end();) {
    if (at->second.deadline() <= now) at->second.timer(now, out);
    at = settle(at);
  }
}

Time Endpoint::next_deadline() const {
  Time next = Time::max();
  for (const auto& [addresses, connection] : connections_)
    next = std::min(next, connection.deadline());
  return next;
}

size_t Endpoint::queued(ConnectionId id) const {
  const auto known = ids_.find(id);
  return known == ids_.end() ? 0 : connections_.at(known->second).queued();
}

}  // namespace erbium::cp::tcp
