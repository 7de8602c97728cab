#include "dataplane/driver/fates.h"

#include <algorithm>
#include <utility>

#include "dataplane/core/packet_id.h"
#include "dataplane/driver/trace.h"

namespace erbium::dp {
namespace {

constexpr uint64_t kCaptures = 0;  // origin

}  // namespace

Fates::Fates(Network& network) : network_(network) {
  out_.places.emplace_back("inside");
  out_.streams.emplace_back();
  for (uint32_t id = 1; id < network.links(); id++)
    out_.links.push_back(network.link(id).config().name + " " +
                         network.link(id).config().direction);
}

PacketRecord* Fates::find(uint64_t id) {
  if (origin(id) == kCaptures) return id <= out_.packets.size() ? &out_.packets[id - 1] : nullptr;
  if (!of_stream(id) || stream_of(id) >= streams_.size()) return nullptr;
  auto& stream = streams_[stream_of(id)];
  return sequence_of(id) < stream.size() ? &stream[sequence_of(id)] : nullptr;
}

// The packets of an origin enter in the order of their numbers.
PacketRecord& Fates::add(uint64_t id, Time at) {
  if (of_stream(id) && stream_of(id) >= streams_.size()) streams_.resize(stream_of(id) + 1);
  while (out_.streams.size() < streams_.size())
    out_.streams.push_back(network_.streams()[out_.streams.size()].name);
  auto& list = of_stream(id) ? streams_[stream_of(id)] : out_.packets;
  PacketRecord& packet = list.emplace_back();
  packet.id = id;
  packet.stream = of_stream(id) ? stream_of(id) : 0;
  packet.number = sequence_of(id);
  packet.entered_ns = at.ns();
  return packet;
}

uint32_t Fates::place(const Place& key, const std::string& text) {
  const auto [at, added] = places_.try_emplace(key, static_cast<uint32_t>(out_.places.size()));
  if (added) out_.places.push_back(text);
  return at->second;
}

void Fates::entered(uint32_t, Packet p, const Fitting*) { add(p.meta().id, p.time()); }

void Fates::refused(const Refused& frame, const Fitting&) {
  PacketRecord& packet = add(frame.id, frame.at);
  packet.fate = EndKind::dropped;
  packet.ended_ns = frame.at.ns();
  const std::string text = frame.reason + std::string(": port ") + network_.port(frame.port).name;
  const auto same = std::find(out_.places.begin(), out_.places.end(), text);
  packet.place = static_cast<uint32_t>(same - out_.places.begin());
  if (same == out_.places.end()) out_.places.push_back(text);
}

// Ports are told of one after the other: the first of several copies may come later.
void Fates::left(uint32_t port, Packet p) {
  PacketRecord* packet = find(p.meta().id);
  if (!packet) return;
  if (packet->fate == EndKind::left) {
    packet->repeated++;
    if (p.meta().time >= packet->ended_ns) return;
  }
  packet->fate = EndKind::left;
  packet->ended_ns = p.meta().time;
  packet->place = place({0, port, 0, 0, 0, 0}, "port " + network_.port(port).name);
}

void Fates::arrived(uint32_t link, Packet p) {
  PacketRecord* packet = p.meta().copy == 0 ? find(p.meta().id) : nullptr;
  if (!packet) return;
  out_.hops.push_back({packet->last_hop, link - 1, p.meta().departure, p.meta().time});
  packet->last_hop = static_cast<uint32_t>(out_.hops.size() - 1);
}

// A copy that is lost does not make the packet lost, and one that left has saved it.
void Fates::ended(Packet p, const Ending& ending) {
  PacketRecord* packet = p.meta().copy == 0 ? find(p.meta().id) : nullptr;
  if (!packet || packet->fate != EndKind::inside) return;
  packet->fate = fate_of(ending.kind);
  packet->ended_ns = ending.at.ns();
  const Place key{
      1, ending.node, ending.link, ending.stage, ending.reason, static_cast<uint32_t>(ending.kind)};
  std::string text = std::string(network_.reason(ending)) + ": " + place_name(network_, ending);
  if (const char* stage = network_.stage(ending)) text += std::string(", stage ") + stage;
  packet->place = place(key, text);
}

RunFates Fates::take() {
  for (const auto& stream : streams_)
    out_.packets.insert(out_.packets.end(), stream.begin(), stream.end());
  return std::move(out_);
}

}  // namespace erbium::dp
