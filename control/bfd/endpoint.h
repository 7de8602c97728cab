// The BFD of one system: sessions by pair of addresses, whole IP packets in and out (RFC 5881: UDP
// port 3784, hop limit 255), and the deadlines of all of them. Discriminators and source ports
// follow from the seed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "common/net/address.h"
#include "control/bfd/deadline_heap.h"
#include "control/bfd/session.h"
#include "control/wire/ip_packet.h"

namespace erbium::cp::bfd {

inline constexpr uint16_t kPort = 3784;  // RFC 5881 §4

using SessionId = uint32_t;  // from 0, in the order of add()

struct EndpointConfig {
  uint64_t seed = 0;
  uint8_t tos = wire::kTosNetworkControl;
};

// Everything is appended, in order.
struct Output {
  struct Packet {
    SessionId session = 0;
    std::vector<uint8_t> octets;  // a whole IP packet
  };
  struct Change {
    SessionId session = 0;
    StateChanged state;
  };
  std::vector<Packet> packets;
  std::vector<Change> changes;
};

struct EndpointCounters {
  uint64_t not_bfd = 0;         // packets that are not UDP to our port, or broken
  DiscardCounters discarded{};  // before a session was found
};

class Endpoint {
 public:
  explicit Endpoint(EndpointConfig config = {});

  // A new pair of addresses of one family; the session starts in Down and sends its first packet at
  // `start`.
  SessionId add(const net::Ip& local, const net::Ip& remote, const Intervals& intervals,
                Time start);

  // An event of one session; Received comes by receive().
  void handle(SessionId id, const Event& event, Time now, Output& out);
  // A packet that arrives. `now` never runs backwards.
  void receive(std::span<const uint8_t> ip_packet, Time now, Output& out);
  // Every session whose deadline has come.
  void timers(Time now, Output& out);
  Time next_deadline() const { return deadlines_.first_deadline(); }  // Time::max(): none

  const Session& session(SessionId id) const { return entries_[id].session; }
  const net::Ip& local(SessionId id) const { return entries_[id].local; }
  const net::Ip& remote(SessionId id) const { return entries_[id].remote; }
  uint16_t source_port(SessionId id) const;
  size_t sessions() const { return entries_.size(); }
  const EndpointCounters& counters() const { return counters_; }

 private:
  struct Entry {
    net::Ip local, remote;
    Session session;
  };

  std::variant<SessionId, Discard> find(const wire::IpPacket& ip, const Packet& packet) const;
  uint32_t discriminator(SessionId id) const { return (id + 1) * multiplier_; }
  void perform(SessionId id, Output& out);

  EndpointConfig config_;
  EndpointCounters counters_;
  // Odd, so that multiplying by it is a permutation of 32 bits that keeps zero: discriminators look
  // random, are never equal, and multiplying by the inverse finds the session.
  uint32_t multiplier_, inverse_;
  std::deque<Entry> entries_;
  std::map<std::pair<net::Ip, net::Ip>, SessionId> by_address_;  // local, remote
  DeadlineHeap deadlines_;
  Actions actions_;  // of one event; kept for its memory
};

}  // namespace erbium::cp::bfd
