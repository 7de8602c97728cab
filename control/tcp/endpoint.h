// The TCP of one emulated IP address: ports that listen, connections, and whole IP packets in and
// out. It performs nothing and knows no clock: packets and wishes come in with their time, packets
// and events go out, and next_deadline() says when timers() is wanted. It fits what BGP speakers do
// in a lab (connections by the dozen, ordered octets, no congestion control), not the Internet.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>

#include "common/net/address.h"
#include "common/units.h"
#include "control/tcp/connection.h"
#include "control/tcp/types.h"

namespace erbium::cp::tcp {

class Endpoint {
 public:
  explicit Endpoint(const net::Ip& address, Config config = {});
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void listen(uint16_t port);
  void unlisten(uint16_t port);  // connections that are there already stay

  // `id` is below kFirstAccepted and not that of an open connection; `remote` is of our family.
  void connect(ConnectionId id, const net::Ip& remote, uint16_t port, Time now, Output& out);
  // These have no effect on an id that is not open (any more). Octets wait for push(), or for
  // whatever else makes their connection transmit, so that segments are cut from all that is given
  // at one moment; those given before Connected go out after it.
  void send(ConnectionId id, std::span<const uint8_t> octets);
  // FIN after what is queued. No event of the id follows; the id may be used again.
  void close(ConnectionId id, Time now, Output& out);
  void abort(ConnectionId id, Time now, Output& out);  // the same with RST, at once

  // Sends what every connection has queued, as far as its window allows.
  void push(Time now, Output& out);

  // A packet that arrives; what is not for us, or broken, is counted and ignored. `now` never runs
  // backwards.
  void handle(std::span<const uint8_t> ip_packet, Time now, Output& out);
  void timers(Time now, Output& out);
  Time next_deadline() const;  // Time::max(): none

  const net::Ip& address() const { return address_; }
  const Counters& counters() const { return counters_; }
  size_t connections() const { return connections_.size(); }  // those in TIME-WAIT included
  size_t queued(ConnectionId id) const;                       // octets not yet acknowledged

 private:
  using Connections = std::map<Addresses, Connection>;

  void dispatch(const wire::IpPacket& ip, const Segment& segment, Time now, Output& out);
  bool reopens(const Connection& old, const Segment& segment) const;
  void accept(const Addresses& addresses, const Segment& syn, Time now, Output& out);
  void refuse(const Addresses& addresses, const Segment& segment, Output& out);
  Connection& create(const Addresses& addresses, ConnectionId id, Time now);
  uint16_t ephemeral_port(const net::Ip& remote, uint16_t port);
  Connections::iterator find(ConnectionId id);
  // Forgets the connection if it is closed, and its id if that is free.
  Connections::iterator settle(Connections::iterator at);

  net::Ip address_;
  Config config_;
  Counters counters_;
  std::set<uint16_t> listening_;
  Connections connections_;
  std::map<ConnectionId, Addresses> ids_;
  ConnectionId next_accepted_ = kFirstAccepted;
  uint64_t ports_used_ = 0;
};

}  // namespace erbium::cp::tcp
