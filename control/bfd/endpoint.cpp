#include "control/bfd/endpoint.h"

#include "common/check.h"
#include "control/wire/mix.h"

namespace erbium::cp::bfd {
namespace {

constexpr uint32_t kFirstSourcePort = 49'152, kSourcePorts = 16'384;  // RFC 5881 §4

// Of an odd number modulo 2^32: each step of Newton's doubles the bits that are right.
uint32_t inverse_of(uint32_t odd) {
  uint32_t x = odd;  // three bits
  for (int i = 0; i < 4; ++i) x *= 2 - odd * x;
  return x;
}

}  // namespace

Endpoint::Endpoint(EndpointConfig config)
    : config_(config),
      multiplier_(static_cast<uint32_t>(wire::mix(config.seed)) | 1),
      inverse_(inverse_of(multiplier_)) {}

SessionId Endpoint::add(const net::Ip& local, const net::Ip& remote, const Intervals& intervals,
                        Time start) {
  const auto id = static_cast<SessionId>(entries_.size());
  const bool fresh = by_address_.emplace(std::pair{local, remote}, id).second;
  ERBIUM_CHECK(fresh && local.family == remote.family);
  const SessionConfig config{discriminator(id), intervals, wire::mix(config_.seed, id)};
  entries_.push_back({local, remote, Session(config, start)});
  deadlines_.add(start);
  return id;
}

// Differs from session to session while there are no more than ports.
uint16_t Endpoint::source_port(SessionId id) const {
  return static_cast<uint16_t>(kFirstSourcePort + (id + (multiplier_ >> 8)) % kSourcePorts);
}

void Endpoint::handle(SessionId id, const Event& event, Time now, Output& out) {
  entries_[id].session.handle(event, now, actions_);
  perform(id, out);
}

void Endpoint::receive(std::span<const uint8_t> ip_packet, Time now, Output& out) {
  const auto ip = wire::parse_ip(ip_packet);
  const auto udp = ip ? wire::parse_udp(*ip) : std::nullopt;
  if (!udp || udp->dst_port != kPort) {
    ++counters_.not_bfd;
    return;
  }
  const auto discard = [&](Discard why) { ++counters_.discarded[static_cast<size_t>(why)]; };
  if (ip->ttl != kHopLimit) return discard(Discard::hop_limit);
  const auto packet = parse(udp->payload);
  if (const auto* why = std::get_if<Discard>(&packet)) return discard(*why);
  const auto found = find(*ip, std::get<Packet>(packet));
  if (const auto* why = std::get_if<Discard>(&found)) return discard(*why);
  const SessionId id = std::get<SessionId>(found);
  entries_[id].session.receive(ip->ttl, udp->payload, now, actions_);
  perform(id, out);
}

// RFC 5880 §6.8.6: by our discriminator once the peer knows it, by the addresses until then.
std::variant<SessionId, Discard> Endpoint::find(const wire::IpPacket& ip,
                                                const Packet& packet) const {
  if (packet.your_discriminator != 0) {
    const SessionId id = packet.your_discriminator * inverse_ - 1;
    if (id < entries_.size()) return id;
    return Discard::unknown_session;
  }
  const auto at = by_address_.find({ip.dst, ip.src});
  if (at == by_address_.end()) return Discard::unknown_session;
  return at->second;
}

void Endpoint::timers(Time now, Output& out) {
  while (deadlines_.first_deadline() <= now) {
    const SessionId id = deadlines_.first();
    entries_[id].session.timer(now, actions_);
    perform(id, out);
  }
}

void Endpoint::perform(SessionId id, Output& out) {
  const Entry& entry = entries_[id];
  const wire::IpPacket envelope{entry.local, entry.remote, 0, kHopLimit, config_.tos, {}};
  for (const Action& action : actions_) {
    if (const auto* send = std::get_if<Send>(&action)) {
      out.packets.push_back(
          {id, wire::build_udp(envelope, {source_port(id), kPort, send->payload})});
    } else {
      out.changes.push_back({id, std::get<StateChanged>(action)});
    }
  }
  actions_.clear();
  deadlines_.set(id, entry.session.next_deadline());
}

}  // namespace erbium::cp::bfd
