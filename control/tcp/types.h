// What goes into and comes out of an emulated TCP endpoint.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "common/net/address.h"
#include "common/units.h"
#include "control/wire/ip_packet.h"

namespace erbium::cp::tcp {

// Below kFirstAccepted: chosen by whoever connects. From there on: chosen by the endpoint, counting
// up, for connections that the peer opened.
using ConnectionId = uint32_t;
inline constexpr ConnectionId kFirstAccepted = 1u << 31;

struct Config {
  uint64_t seed = 0;    // of initial sequence numbers and ephemeral ports
  uint8_t ttl = 64;     // sent: 1 for eBGP by custom, 255 for GTSM (RFC 5082)
  uint8_t min_ttl = 0;  // packets with less are ignored: 255 for GTSM
  uint8_t tos = wire::kTosNetworkControl;
  uint16_t mss_v4 = 1460;  // announced; 40 less than the MTU of the link
  uint16_t mss_v6 = 1440;  // 60 less
  // Without an acknowledgement for this long the connection is given up (RFC 9293 §3.8.3, R2).
  Duration user_timeout = Duration::s(100);
  // Instead of twice the longest lifetime of a segment (RFC 9293 §3.4.2), which an emulated network
  // keeps short; long enough to acknowledge a FIN that was sent again after one second.
  Duration time_wait = Duration::s(2);
};

enum class Reason : uint8_t { fin, reset, timeout };
const char* name(Reason reason);  // "reset"

struct Accepted {  // the peer connected to a port that we listen on
  ConnectionId id = 0;
  net::Ip remote;
  uint16_t local_port = 0, remote_port = 0;
};
struct Connected {
  ConnectionId id = 0;
};
struct ConnectFailed {
  ConnectionId id = 0;
  Reason reason = Reason::reset;
};
struct Received {
  ConnectionId id = 0;
  std::vector<uint8_t> octets;
};
// By the peer or for want of its answers. Last event of the id, which is free again.
struct Closed {
  ConnectionId id = 0;
  Reason reason = Reason::fin;
};
using Event = std::variant<Accepted, Connected, ConnectFailed, Received, Closed>;

// Everything is appended, in order.
struct Output {
  std::vector<std::vector<uint8_t>> packets;  // whole IP packets
  std::vector<Event> events;
};

struct Counters {
  uint64_t sent = 0, received = 0;  // segments
  uint64_t ignored = 0;             // packets that are no segment for us, or a broken one
  uint64_t timeouts = 0;            // retransmissions because the timer expired
  uint64_t fast_retransmits = 0;    // because of three duplicate acknowledgements, or a partial one
  uint64_t challenges = 0;          // acknowledgements of RFC 5961
};

}  // namespace erbium::cp::tcp
