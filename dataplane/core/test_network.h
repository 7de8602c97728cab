// A network built by hand for tests, and the one that most tests of stages use: a router between
// port 1, untagged, and port 2, whose frames carry two tags. What happened to a frame is said in
// words: "drop no_route", "port 2", "held", "consumed arp, originated arp".
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/core/network.h"
#include "dataplane/core/test_packets.h"
#include "dataplane/tables/fib.h"
#include "dataplane/tables/neighbor_table.h"

namespace erbium::dp::test {

// Routers of tests say nothing by ICMP unless they are to.
inline constexpr IcmpConfig kSilent{.echo = false, .errors = false};

struct Sent {
  int64_t time;
  uint64_t id;
  Bytes bytes;
  uint32_t missing;
  bool operator==(const Sent&) const = default;
};

class TestNetwork {
 public:
  explicit TestNetwork(NetworkOptions options = {}, std::vector<std::string> optional_stages = {})
      : network_(packets_.pool(), std::move(optional_stages), options) {}

  // ---- building; ids count from 1 ----
  uint32_t add_node(NodeKind kind = kRouter, const IcmpConfig& icmp = kSilent) {
    const auto id = static_cast<uint32_t>(network_.nodes());
    network_.add_node(id, {.name = "node " + std::to_string(id), .kind = kind, .icmp = icmp});
    return id;
  }
  // A port and its trunk, which has the same id as long as there are no links.
  uint32_t add_port(uint32_t node) {
    const auto port = static_cast<uint32_t>(network_.ports());
    network_.add_port(port, "port " + std::to_string(port));
    return add_trunk(node, port, 0);
  }
  uint32_t add_trunk(uint32_t node, uint32_t port, uint32_t link) {
    const auto id = static_cast<uint32_t>(tables.trunks.size());
    tables.trunks.push_back({.name = "trunk",
                             .node = node,
                             .port = port,
                             .link = link,
                             .mac = router_mac(static_cast<uint8_t>(id))});
    return id;
  }
  // `from` -> `to` are trunks; the trunk `from` must have been added with this link's id.
  void add_link(uint32_t id, LinkConfig config) { network_.set_link(id, config, Time()); }

  uint32_t add_interface(uint32_t trunk, uint16_t outer, uint16_t inner, uint32_t vrf,
                         const std::vector<std::string>& addresses = {}) {
    const auto id = static_cast<uint32_t>(tables.interfaces.size());
    Interface& interface = tables.interfaces.emplace_back();
    interface.trunk = trunk;
    interface.outer_vid = outer;
    interface.inner_vid = inner;
    interface.vrf = vrf;
    for (const std::string& address : addresses) interface.addresses.push_back(ip(address));
    while (fibs_.size() <= vrf) fibs_.push_back(std::make_unique<Fib>());
    return id;
  }
  uint32_t add_hop(const NextHop& hop) {
    tables.next_hops.push_back(hop);
    return static_cast<uint32_t>(tables.next_hops.size() - 1);
  }
  uint32_t add_group(const std::vector<uint32_t>& hops) {
    tables.groups.push_back(
        {static_cast<uint32_t>(tables.members.size()), static_cast<uint32_t>(hops.size())});
    tables.members.insert(tables.members.end(), hops.begin(), hops.end());
    return static_cast<uint32_t>(tables.groups.size() - 1);
  }
  void add_route(uint32_t vrf, const char* to, uint32_t group) {
    fibs_.at(vrf)->upsert(prefix(to), group);
  }
  void add_route(uint32_t vrf, const char* to, const NextHop& hop) {
    add_route(vrf, to, add_group({add_hop(hop)}));
  }
  uint32_t add_host_port(uint32_t node, uint32_t vrf, std::vector<HostPort::Match> match) {
    tables.host_ports.push_back({"host", node, vrf, std::move(match)});
    return static_cast<uint32_t>(tables.host_ports.size() - 1);
  }
  void add_neighbor(uint32_t interface, const char* address, const net::Mac& at) {
    neighbors_.push_back({interface, ip(address), at});
  }

  // Publishes the tables at `now`.
  void start(Time now = {}) {
    tables.vlans = {};
    for (uint32_t id = 1; id < tables.interfaces.size(); id++) {
      Interface& interface = tables.interfaces[id];
      tables.vlans.insert(interface.trunk, interface.outer_vid, interface.inner_vid, id);
      const Trunk& trunk = tables.trunks[interface.trunk];
      interface.header = EncapHeader::make(trunk.mac, trunk.outer_tpid, interface.outer_vid,
                                           trunk.inner_tpid, interface.inner_vid);
    }
    tables.vrfs.assign(1, nullptr);
    for (size_t vrf = 1; vrf < fibs_.size(); vrf++) {
      fibs_[vrf]->commit();
      tables.vrfs.push_back(fibs_[vrf]->view());
    }
    for (const auto& [interface, address, at] : neighbors_)
      network_.node(tables.trunks[tables.interfaces[interface].trunk].node)
          .neighbors()
          .set(tables, interface, address, at);
    network_.apply(&tables, now);
    now_ = std::max(now_, now);
  }

  // ---- running ----
  // Lets the frame enter by a port at `at`; run() or what() must follow.
  void receive(uint32_t port, const Bytes& bytes, Time at, uint32_t missing = 0) {
    const Packet p = packets_.make(bytes);
    p.meta().time = at.ns();
    p.meta().id = ++ids_;
    p.meta().missing = missing;
    network_.receive(port, p);
  }
  // Runs everything before `to` in windows that no link is shorter than.
  void run(Time to) {
    const Duration window = std::min(network_.least_delay(), to - now_);
    while (now_ < to) {
      now_ = std::min(now_ + window, to);
      network_.run(now_);
      for (uint32_t id = 1; id < network_.ports(); id++) {
        Port& port = network_.port(id);
        for (rte_mbuf* m : port.sent) {
          const Packet p(m);
          sent[id].push_back({p.meta().time, p.meta().id, bytes_of(p), p.meta().missing});
        }
        network_.free_sent(port);
      }
    }
  }
  // What happens to one frame at once, in words.
  std::string what(uint32_t port, const Bytes& bytes, Time at, uint32_t missing = 0) {
    (void)changes();
    receive(port, bytes, at, missing);
    run(at + Duration::ns(1));
    return changes();
  }
  std::string what(uint32_t port, const Frame& f) { return what(port, f.bytes(), now_); }
  // The same for an IP packet that control sends by a host port.
  std::string what_of_injected(uint32_t host_port, const Bytes& packet) {
    (void)changes();
    network_.inject(host_port, now_, packet);
    run(now_ + Duration::ns(1));
    return changes();
  }
  std::string what_of_injected(uint32_t host_port, const Frame& f) {
    return what_of_injected(host_port, f.without_ethernet());
  }

  // What the counters of all nodes say has happened since the last call.
  std::string changes() {
    auto before = std::exchange(counts_, count());
    std::string out;
    for (const auto& [name, n] : counts_) {
      const int64_t more = n - before[name];
      if (more == 0) continue;
      out += (out.empty() ? "" : ", ") + std::string(more < 0 ? "less " : "") + name;
      if (std::abs(more) != 1) out += " " + std::to_string(std::abs(more));
    }
    return out.empty() ? "nothing" : out;
  }

  Network& network() { return network_; }
  Packets& packets() { return packets_; }
  Time now() const { return now_; }
  // The last frame sent out of the port.
  const Bytes& last(uint32_t port) { return sent[port].back().bytes; }

  Forwarding tables;
  std::map<uint32_t, std::vector<Sent>> sent;  // by port

 private:
  std::map<std::string, int64_t> count() {
    std::map<std::string, int64_t> out;
    const auto add = [&](const char* what, const std::vector<const char*>& names,
                         const std::vector<uint64_t>& counts) {
      for (size_t i = 0; i < names.size(); i++)
        out[std::string(what) + names[i]] += static_cast<int64_t>(counts[i]);
    };
    for (uint32_t id = 1; id < network_.nodes(); id++) {
      const Node& node = network_.node(id);
      const auto& stages = node.pipeline().stages();
      for (size_t i = 0; i < stages.size(); i++) {
        const StageCounters& c = node.counters().stages[i];
        add("drop ", stages[i]->drops, c.drops);
        add("consumed ", stages[i]->consumed, c.consumed);
        add("punt ", stages[i]->punted, c.punted);
        add("originated ", stages[i]->originated, c.originated);
        add("withheld ", stages[i]->withheld, c.withheld);
      }
      out["copied"] += static_cast<int64_t>(node.counters().copied);
      out["held"] += static_cast<int64_t>(node.counters().held);
      out["link"] += static_cast<int64_t>(node.counters().to_links);
    }
    for (uint32_t id = 1; id < network_.ports(); id++)
      out["port " + std::to_string(id)] = static_cast<int64_t>(network_.port(id).tx.packets);
    return out;
  }

  struct Permanent {
    uint32_t interface;
    net::Ip address;
    net::Mac at;
  };
  Packets packets_{16'000};
  Network network_;
  std::vector<std::unique_ptr<Fib>> fibs_{1};
  std::vector<Permanent> neighbors_;
  std::map<std::string, int64_t> counts_;
  Time now_;
  uint64_t ids_ = 0;
};

// Interface 1: port 1, untagged, 192.168.0.1/16 and fd00:a::1, hosts directly connected.
// Interface 2: port 2, tags 1001 and 100, 172.16.0.1/30 and fd00:16::1; the peer .2 (::2) at
// kPeerMac leads to 10.0.0.0/8 and fd00:b::/32.
struct TestRouter : TestNetwork {
  explicit TestRouter(bool know_peer = true, std::vector<std::string> optional_stages = {})
      : TestRouter({}, kSilent, know_peer, std::move(optional_stages)) {}
  explicit TestRouter(NetworkOptions options, const IcmpConfig& icmp = kSilent,
                      bool know_peer = true, std::vector<std::string> optional_stages = {})
      : TestNetwork(options, std::move(optional_stages)) {
    add_node(kRouter, icmp);
    add_port(1);
    add_port(1);
    add_interface(1, 0, 0, 1, {"192.168.0.1", "fd00:a::1"});
    add_interface(2, 1001, 100, 1, {"172.16.0.1", "fd00:16::1"});
    const NextHop local{.kind = NextHop::Kind::local};
    for (const char* own : {"192.168.0.1/32", "172.16.0.1/32", "fd00:a::1/128", "fd00:16::1/128"})
      add_route(1, own, local);
    const NextHop lan{.kind = NextHop::Kind::connected, .interface = 1};
    add_route(1, "192.168.0.0/16", lan);
    add_route(1, "fd00:a::/32", lan);
    const NextHop wan{.kind = NextHop::Kind::connected, .interface = 2};
    add_route(1, "172.16.0.0/30", wan);
    add_route(1, "fd00:16::/126", wan);
    add_route(1, "10.0.0.0/8",
              {.kind = NextHop::Kind::gateway, .interface = 2, .address = ip("172.16.0.2")});
    add_route(1, "fd00:b::/32",
              {.kind = NextHop::Kind::gateway, .interface = 2, .address = ip("fd00:16::2")});
    if (!know_peer) return;
    add_neighbor(2, "172.16.0.2", kPeerMac);
    add_neighbor(2, "fd00:16::2", kPeerMac);
  }
  // A frame that comes in from the peer.
  static Frame from_peer() { return frame().to(router_mac(2)).from(kPeerMac).tag(1001).tag(100); }
  // The frame that leaves by port 2 towards the peer; ip4(), ttl() and so on follow.
  static Frame towards_peer() {
    return frame().to(kPeerMac).from(router_mac(2)).tag(1001).tag(100);
  }
};

}  // namespace erbium::dp::test
