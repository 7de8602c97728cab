// Networks made of messages to the agent, as control would send them, and a loop that drives
// packets through them as a driver does: allocate, copy from a template, receive, run a window,
// free what left. What net_pcap with infinite_rx and net_null do for testpmd is done here by the
// loop, so a row of pipeline_bench holds the same work as a row of testpmd: templates lie as far
// apart as mbufs do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/api/messages.h"
#include "common/net/address.h"
#include "dataplane/agent/agent.h"
#include "dataplane/core/network.h"
#include "dataplane/core/packet_pool.h"

namespace erbium::bench {

enum class Routes : uint8_t { two, bgp500k, none };

struct NetworkShape {
  enum class Kind : uint8_t { hop, hop_and_link, three_hops } kind = Kind::hop;
  Routes routes = Routes::two;
  Duration delay = Duration::us(100);  // of each link
};

// Frames to be sent, each in a slot of its own.
class Frames {
 public:
  static constexpr size_t kStride = 2304;  // mbuf, metadata, headroom and room for a frame

  void add(const std::vector<uint8_t>& bytes);
  const uint8_t* data(size_t i) const { return slots_.data() + i * kStride; }
  uint32_t length(size_t i) const { return lengths_[i]; }
  size_t size() const { return lengths_.size(); }

 private:
  std::vector<uint8_t> slots_;
  std::vector<uint32_t> lengths_;
};

// Frames of 60 bytes (64 with FCS) that `shape` routes, of `flows` flows. UDP; IPv6 frames are 70.
Frames routed_frames(const NetworkShape& shape, net::Family family, unsigned flows);
// The same by IPv4, one to each address.
Frames frames_to(const std::vector<net::Ip>& destinations);
// Requests for the address of the router behind port 1: ARP or neighbour solicitation.
Frames request_frames(net::Family family);

// Port 1 leads into the first router, port 2 out of the last one.
//   hop           port 1 (QinQ 1001.100) - router - port 2
//   hop_and_link  the same - limiter - link - cross-connect - port 2
//   three_hops    port 1 - CE - limiter, link (QinQ) - MSEE - link (tag) - gateway - port 2
class BenchNetwork {
 public:
  explicit BenchNetwork(const NetworkShape& shape);

  dp::Network& network() { return network_; }
  dp::PacketPool& pool() { return pool_; }
  dp::Agent& agent() { return agent_; }
  const dp::Agent& agent() const { return agent_; }
  // Of next hops and groups: the highest id.
  uint32_t groups() const { return groups_; }
  // Gateway `id`, which has a MAC address for good.
  static net::Ip gateway(uint32_t id);

  static constexpr uint32_t kOut = 2;  // port
  // Where routes point: the interface with permanent neighbours behind the first router.
  void set_neighbors(dp::Node& node) const;

 private:
  api::ToDataplane message() const { return {}; }
  void send(const api::ToDataplane& message);
  void node(uint32_t id, api::Node::Kind kind = api::Node::ROUTER);
  void trunk(uint32_t id, uint32_t node, uint32_t port, uint32_t link);
  void link(uint32_t id, uint32_t to_trunk);
  struct Tags {
    uint32_t outer = 0, inner = 0;
  };
  struct Behaviour {
    uint32_t limiter = 0, cross_connect = 0;
    bool emulated_hosts = false;
  };
  void interface(uint32_t id, uint32_t trunk, uint32_t vrf, Tags tags, Behaviour behaviour);
  void interface(uint32_t id, uint32_t trunk, uint32_t vrf, Tags tags) {
    interface(id, trunk, vrf, tags, Behaviour{});
  }
  void limiter(uint32_t id);
  void gateways(uint32_t interface, uint32_t count);
  void route(uint32_t vrf, const net::Prefix& prefix, uint32_t group);
  void default_routes(uint32_t vrf, uint32_t group);
  void first_router(Tags in, uint32_t vrf);
  void add_routes(uint32_t vrf);
  void build_hop();
  void build_hop_and_link();
  void build_three_hops();

  NetworkShape shape_;
  dp::PacketPool pool_;
  dp::Network network_;
  dp::Agent agent_;
  uint32_t groups_ = 0;
  struct Neighbor {
    uint32_t interface;
    net::Ip ip;
    net::Mac mac;
  };
  std::vector<Neighbor> neighbors_;
};

// Sends the frames again and again, 10 million a second of scenario time.
class Feeder {
 public:
  static constexpr int64_t kSpacingNs = 100;

  Feeder(BenchNetwork& bench, const Frames& frames) : bench_(bench), frames_(frames) {}

  // The next packet, with its time and id.
  dp::Packet next();
  // Time up to which everything may run when no packet is to come before.
  Time now() const { return Time::from_ns(sent_ * kSpacingNs); }

  // One window of `burst` packets through the network and out.
  void step(unsigned burst);
  // Frees what left by port 2 and returns how many packets that were.
  uint64_t drain();

 private:
  BenchNetwork& bench_;
  const Frames& frames_;
  int64_t sent_ = 0;
  size_t at_ = 0;
};

// Cycles of the time stamp counter that the calling thread was on a processor, so that preemption
// is not charged.
double cpu_cycles();

}  // namespace erbium::bench
