// A network for tests of the driver: two routers with two links between them, a port at each, and a
// host port at each that takes TCP 179 and UDP 3784.
//
//   port 1 -- near == A: 172.16.0.1 - .2 == far -- port 2
//                  == B: 172.16.0.5 - .6 ==
//
// 192.168/16 is behind port 1, 10/8 behind port 2; both go by A until go_by() says otherwise. Link
// ids: A is 1 there and 2 back, B is 3 and 4.
#pragma once

#include <vector>

#include "dataplane/core/test_network.h"

namespace erbium::dp::test {

struct TwoLinks : TestNetwork {
  enum : uint32_t { kNear = 1, kFar = 2 };  // nodes, and their host ports
  enum Way : size_t { kA, kB };

  explicit TwoLinks(NetworkOptions options = {}) : TestNetwork(options) {
    add_node();
    add_node();
    add_port(kNear);                              // trunk 1
    add_port(kFar);                               // trunk 2
    for (const uint32_t link : {1u, 2u, 3u, 4u})  // trunks 3 to 6, interfaces 3 to 6
      add_trunk(link % 2 ? kNear : kFar, 0, link);
    add_interface(1, 0, 0, kNear, {"192.168.0.1"});
    add_interface(2, 0, 0, kFar, {"10.0.0.1"});
    const char* const own[] = {"172.16.0.1", "172.16.0.2", "172.16.0.5", "172.16.0.6"};
    for (uint32_t i = 0; i < 4; i++) add_interface(3 + i, 0, 0, i % 2 ? kFar : kNear, {own[i]});
    for (uint32_t id = 1; id <= 4; id++) set_link(id, true, Time());
    for (const uint32_t node : {kNear, kFar}) {
      add_host_port(node, node, {{net::kProtoTcp, 179}, {net::kProtoUdp, 3784}});
      const uint32_t local =
          add_group({add_hop({.kind = NextHop::Kind::local, .host_port = node})});
      const size_t first = node == kNear ? 0 : 1;
      for (size_t i = first; i < 4; i += 2) {
        add_route(node, (std::string(own[i]) + "/32").c_str(), local);
        add_route(node, i < 2 ? "172.16.0.0/30" : "172.16.0.4/30",
                  {.kind = NextHop::Kind::connected, .interface = static_cast<uint32_t>(3 + i)});
        ways_[node - 1][i / 2] = add_hop({.kind = NextHop::Kind::gateway,
                                          .interface = static_cast<uint32_t>(3 + i),
                                          .address = ip(own[i ^ 1])});
      }
      const uint32_t there = add_group({ways_[node - 1][kA]});
      member_[node - 1] = tables.groups[there].first;
      add_route(node, node == kNear ? "10.0.0.0/8" : "192.168.0.0/16", there);
    }
    add_route(kNear, "192.168.0.0/16", {.kind = NextHop::Kind::connected, .interface = 1});
    add_route(kFar, "10.0.0.0/8", {.kind = NextHop::Kind::connected, .interface = 2});
    tables.interfaces[1].emulated_hosts = tables.interfaces[2].emulated_hosts = true;
    start();
  }

  void set_link(uint32_t id, bool up, Time now) {
    static constexpr const char* kDirections[] = {"to_azure", "to_onprem"};
    const uint32_t to[] = {4, 3, 6, 5};
    network().set_link(id,
                       {.name = id < 3 ? "er/a" : "er/b",
                        .direction = kDirections[(id - 1) % 2],
                        .to_trunk = to[id - 1],
                        .rate = BitRate::mbps(100),
                        .delay = id < 3 ? Duration::us(250) : Duration::us(330),
                        .queue = Duration::ms(1),
                        .up = up},
                       now);
  }
  // Both directions from `now` on.
  void go_by(Way way, Time now) {
    for (size_t i = 0; i < 2; i++) tables.members[member_[i]] = ways_[i][way];
    start(now);
  }

 private:
  uint32_t ways_[2][2];  // next hops by router and way
  uint32_t member_[2];
};

}  // namespace erbium::dp::test
