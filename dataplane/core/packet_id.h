// Packet ids: origin << 48 | sequence. Nothing that one origin does renumbers the packets of
// another. Origin 0 are packets of captures and live ports, 1 those of streams; a node has eight of
// its own from node * 8 on: the stages of its path that originate packets, in path order, and the
// last for its host ports.
#pragma once

#include <cstdint>

namespace erbium::dp {

constexpr uint64_t kOriginators = 8;               // of a node
constexpr uint64_t kHostPorts = kOriginators - 1;  // the last of them
constexpr uint64_t kStreams = 1;

constexpr uint64_t first_id(uint64_t origin) { return origin << 48; }
constexpr uint64_t origin(uint64_t id) { return id >> 48; }
constexpr bool from_host_port(uint64_t id) { return origin(id) % kOriginators == kHostPorts; }

// A stream's packets are (stream, sequence), of 16 and 32 bits.
constexpr uint64_t kMaxStream = (1 << 16) - 1, kMaxStreamPackets = (uint64_t{1} << 32) - 1;
constexpr uint64_t stream_packet_id(uint64_t stream, uint64_t sequence) {
  return first_id(kStreams) | stream << 32 | sequence;
}
constexpr bool of_stream(uint64_t id) { return origin(id) == kStreams; }
constexpr uint32_t stream_of(uint64_t id) { return static_cast<uint32_t>(id >> 32 & kMaxStream); }
constexpr uint32_t sequence_of(uint64_t id) { return static_cast<uint32_t>(id); }

}  // namespace erbium::dp
