// What control may say, in which order, and what is refused with which words.
#include "dataplane/agent/agent.h"

#include <gtest/gtest.h>

#include <functional>

#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

using Message = api::ToDataplane;
using Fill = std::function<void(Message&)>;

class AgentTest : public ::testing::Test {
 protected:
  // "" when it was taken.
  std::string handle(const Fill& fill) {
    Message m;
    fill(m);
    const auto status = agent_.handle(m);
    return status ? "" : status.error();
  }
  void take(const Fill& fill) { EXPECT_EQ(handle(fill), ""); }
  void begin(uint64_t generation, bool full = false) {
    take([&](Message& m) {
      m.mutable_begin()->set_generation(generation);
      m.mutable_begin()->set_full(full);
    });
  }
  std::string commit(uint64_t generation, int64_t at = 0) {
    return handle([&](Message& m) {
      m.mutable_commit()->set_generation(generation);
      m.mutable_commit()->set_at_ns(at);
    });
  }

  static Fill node(uint32_t id) {
    return [=](Message& m) { m.mutable_node()->set_id(id); };
  }
  static Fill port(uint32_t id) {
    return [=](Message& m) { m.mutable_port()->set_id(id); };
  }
  static Fill trunk(uint32_t id, uint32_t node, uint32_t port, uint32_t link) {
    return [=](Message& m) {
      api::Trunk& t = *m.mutable_trunk();
      t.set_id(id);
      t.set_node(node);
      t.set_port(port);
      t.set_link(link);
      t.set_outer_tpid(0x88a8);
      t.set_inner_tpid(0x8100);
      t.set_mac(api::to_bytes(test::router_mac(static_cast<uint8_t>(id))));
    };
  }
  static Fill interface(uint32_t id, uint32_t trunk, uint32_t outer, uint32_t inner) {
    return [=](Message& m) {
      api::Interface& i = *m.mutable_interface();
      i.set_id(id);
      i.set_trunk(trunk);
      i.set_outer_vid(outer);
      i.set_inner_vid(inner);
      i.set_vrf(1);
    };
  }
  static Fill impaired(std::function<void(api::Impairment&)> fill) {
    return [=](Message& m) {
      link(1, 1)(m);
      fill(*m.mutable_link()->mutable_impairment());
    };
  }
  static Fill link(uint32_t id, uint32_t to_trunk, int64_t delay_ns = 1000) {
    return [=](Message& m) {
      m.mutable_link()->set_id(id);
      m.mutable_link()->set_to_trunk(to_trunk);
      m.mutable_link()->set_delay_ns(delay_ns);
      m.mutable_link()->set_up(true);
    };
  }
  static Fill limiter(uint32_t id, uint64_t rate, uint64_t depth) {
    return [=](Message& m) {
      m.mutable_limiter()->set_id(id);
      m.mutable_limiter()->set_rate_bps(rate);
      m.mutable_limiter()->set_depth_bits(depth);
    };
  }
  static Fill hop(uint32_t id, uint32_t interface, const std::string& address = "") {
    return [=](Message& m) {
      m.mutable_next_hop()->set_id(id);
      m.mutable_next_hop()->set_kind(address.empty() ? api::NextHop::CONNECTED
                                                     : api::NextHop::GATEWAY);
      m.mutable_next_hop()->set_interface(interface);
      m.mutable_next_hop()->mutable_address()->set_ip(address);
    };
  }
  static Fill host_port(uint32_t id, uint32_t node, uint32_t protocol, uint32_t port) {
    return [=](Message& m) {
      m.mutable_host_port()->set_id(id);
      m.mutable_host_port()->set_node(node);
      m.mutable_host_port()->set_vrf(1);
      m.mutable_host_port()->add_match()->set_protocol(protocol);
      m.mutable_host_port()->mutable_match(0)->set_port(port);
    };
  }
  static Fill group(uint32_t id, const std::vector<uint32_t>& hops) {
    return [=](Message& m) {
      m.mutable_next_hop_group()->set_id(id);
      for (uint32_t h : hops) m.mutable_next_hop_group()->add_next_hops(h);
    };
  }
  static Fill removed_group(uint32_t id) {
    return [=](Message& m) {
      m.mutable_next_hop_group()->set_id(id);
      m.mutable_next_hop_group()->set_removed(true);
    };
  }
  static Fill route(const char* to, uint32_t group, uint32_t vrf = 1) {
    return [=](Message& m) {
      const net::Prefix prefix = test::prefix(to);
      m.mutable_route()->set_vrf(vrf);
      m.mutable_route()->mutable_prefix()->set_ip(api::to_bytes(prefix.address));
      m.mutable_route()->mutable_prefix()->set_length(prefix.length);
      m.mutable_route()->set_group(group);
    };
  }
  // A node with a port, an interface with both tags and a route to 10/8.
  void first_generation(uint64_t id = 1) {
    begin(id, true);
    for (const Fill& fill : {node(1), port(1), trunk(1, 1, 1, 0), interface(1, 1, 1001, 100),
                             hop(1, 1), group(1, {1}), route("10.0.0.0/8", 1)})
      take(fill);
    EXPECT_EQ(commit(id), "");
  }
  uint32_t lookup(const char* address) const {
    return network_.tables().vrfs[1]->lookup4(test::ip(address).v4_host());
  }

  test::Packets packets_;
  Network network_{packets_.pool(), {}, {}};
  Agent agent_{network_};
};

TEST_F(AgentTest, PublishesAGeneration) {
  first_generation();
  EXPECT_EQ(agent_.generation(), 1u);
  const Forwarding& tables = network_.tables();
  EXPECT_EQ(tables.generation, 1u);
  EXPECT_EQ(lookup("10.1.2.3"), 1u);
  EXPECT_EQ(lookup("11.1.2.3"), kNoRoute);
  EXPECT_EQ(tables.vlans.lookup(1, 1001, 100), 1u);
  const EncapHeader& header = tables.interfaces[1].header;
  EXPECT_EQ(test::Bytes(header.begin(), header.begin() + header.length),
            test::frame()
                .to({})
                .from(test::router_mac(1))
                .tag(1001, 0x88a8)
                .tag(100)
                .type(0)
                .raw({})
                .bytes());
  EXPECT_EQ(network_.port(1).trunk, 1u);
  EXPECT_GT(agent_.table_bytes(), 0u);
}

TEST_F(AgentTest, NothingShowsBeforeTheCommit) {
  first_generation();
  begin(2);
  take(route("10.0.0.0/8", 0));
  take(route("11.0.0.0/8", 1));
  take(group(1, {}));
  EXPECT_EQ(lookup("10.1.2.3"), 1u);
  EXPECT_EQ(network_.tables().groups[1].count, 1u);
  EXPECT_EQ(commit(2), "");
  EXPECT_EQ(lookup("10.1.2.3"), kNoRoute);
  EXPECT_EQ(lookup("11.1.2.3"), 1u);
  EXPECT_EQ(network_.tables().groups[1].count, 0u);
}

TEST_F(AgentTest, AFullGenerationIsAllThatThereIs) {
  first_generation();
  begin(2);
  for (const Fill& fill : {hop(2, 1), group(2, {2}), route("11.0.0.0/8", 2)}) take(fill);
  EXPECT_EQ(commit(2), "");
  EXPECT_EQ(lookup("11.1.2.3"), 2u);
  // One that is never committed, and leads to a group that is not there.
  begin(3);
  for (const Fill& fill : {hop(3, 9), route("12.0.0.0/8", 7), route("10.0.0.0/8", 0)}) take(fill);
  first_generation(4);
  EXPECT_EQ(lookup("10.1.2.3"), 1u);
  EXPECT_EQ(lookup("11.1.2.3"), kNoRoute);
  EXPECT_EQ(lookup("12.1.2.3"), kNoRoute);
  EXPECT_EQ(agent_.fib(1).routes(), 1u);
  EXPECT_EQ(network_.tables().next_hops.size(), 2u);
  EXPECT_EQ(network_.tables().groups.size(), 2u);
  begin(5, true);
  take(route("10.0.0.0/8", 1));
  EXPECT_EQ(commit(5), "next-hop group 1: a route leads to it and it is not there");
}

TEST_F(AgentTest, ARemovedGroupIsFree) {
  first_generation();
  begin(2);
  take(group(2, {1}));
  take(group(3, {1}));
  take(route("10.0.0.0/8", 3));
  take(route("11.0.0.0/8", 2));
  EXPECT_EQ(commit(2), "");
  begin(3);
  take(route("10.0.0.0/8", 2));
  for (const uint32_t id : {1u, 3u}) take(removed_group(id));
  EXPECT_EQ(commit(3), "");
  EXPECT_EQ(lookup("10.1.2.3"), 2u);
  EXPECT_EQ(network_.tables().groups.size(), 3u) << "0, 1, 2";
  EXPECT_EQ(network_.tables().groups[1].count, 0u);
  begin(4);
  take(group(1, {1}));
  take(route("10.0.0.0/8", 1));
  EXPECT_EQ(commit(4), "");
  EXPECT_EQ(lookup("10.1.2.3"), 1u);
  EXPECT_EQ(network_.tables().groups[1].count, 1u);
}

TEST_F(AgentTest, AGroupWithRoutesIsNotRemoved) {
  for (const char* last : {"10.0.0.0/8", "10.1.0.0/16"}) {
    first_generation();
    begin(2);
    take(route("10.1.0.0/16", 1));
    take(route("10.1.0.0/16", 1));
    EXPECT_EQ(commit(2), "");
    begin(3);
    take(removed_group(1));
    take(route(last, 0));
    EXPECT_EQ(commit(3), "next-hop group 1: a route leads to it and it is not there");
    take(route("10.0.0.0/8", 0));
    take(route("10.1.0.0/16", 0));
    take(route("10.1.0.0/16", 0));
    EXPECT_EQ(commit(3), "");
  }
}

TEST_F(AgentTest, RefusesWhatIsWrongByItself) {
  const struct {
    const char* error;
    Fill fill;
  } cases[] = {
      {"an empty message", [](Message&) {}},
      {"port 0: bad id, they go up by one", port(0)},
      {"port 3: bad id, they go up by one", port(3)},
      {"node 0: bad id, they go up by one", node(0)},
      {"node 3: bad id, they go up by one", node(3)},
      {"node 16777216: bad id, they go up by one", node(1 << 24)},
      {"settings 0: reply latency", [](Message& m) { m.mutable_settings(); }},
      {"link 0: bad id", link(0, 1)},
      {"link 1: delay below 1 us", link(1, 1, 999)},
      {"link 1: a chance above 1", impaired([](auto& m) { m.set_corrupt(Chance::kAlways + 1); })},
      {"link 1: a jitter or hold that is not 0 to 10 s",
       impaired([](auto& m) { m.set_jitter_ns(-1); })},
      {"link 1: a jitter or hold that is not 0 to 10 s",
       impaired([](auto& m) { m.set_hold_ns(Jitter::kMost.ns() + 1); })},
      {"link 1: an unknown distribution or loss model",
       impaired([](auto& m) { m.set_distribution(api::Impairment::Distribution{3}); })},
      {"link 1: an unknown distribution or loss model",
       impaired([](auto& m) { m.set_model(api::Impairment::Loss{4}); })},
      {"link 1: a loss of every 0th",
       impaired([](auto& m) { m.set_model(api::Impairment::EVERY_NTH); })},
      {"link 1: a bandwidth trace that does not rise",
       impaired([](auto& m) { m.add_opportunities_ms(0); })},
      {"link 1: a bandwidth trace that does not rise", impaired([](auto& m) {
         m.add_opportunities_ms(2);
         m.add_opportunities_ms(1);
       })},
      {"limiter 0: bad id", limiter(0, 1, 1)},
      {"limiter 1: rate or depth out of range", limiter(1, 0, 1)},
      {"limiter 1: rate or depth out of range", limiter(1, 1, 0)},
      {"limiter 1: rate or depth out of range", limiter(1, 1, TokenBucket::kMaxDepthBits + 1)},
      {"trunk 1: needs a node, a MAC address and either port or link", trunk(1, 1, 0, 0)},
      {"trunk 1: needs a node, a MAC address and either port or link", trunk(1, 1, 1, 1)},
      {"trunk 1: needs a node, a MAC address and either port or link", trunk(1, 0, 1, 0)},
      {"interface 0: bad id or VLAN id", interface(0, 1, 1, 1)},
      {"interface 1: bad id or VLAN id", interface(1, 1, 4095, 0)},
      {"interface 1: bad id or VLAN id", interface(1, 1, 0, 100)},
      {"interface 1: bad VRF",
       [](Message& m) {
         m.mutable_interface()->set_id(1);
         m.mutable_interface()->set_vrf(UINT32_MAX);
       }},
      {"next hop 0: bad id", hop(0, 1)},
      {"next hop 1: bad address", hop(1, 1, "five!")},
      {"next-hop group 0: bad id", group(0, {})},
      {"route in VRF 0: bad prefix", route("10.0.0.0/8", 1, 0)},
      {"host port 0: bad id or VRF", host_port(0, 1, 6, 179)},
      {"host port 1: bad id or VRF", [](Message& m) { m.mutable_host_port()->set_id(1); }},
      {"host port 1: takes TCP and UDP ports only", host_port(1, 1, 1, 179)},
      {"host port 1: takes TCP and UDP ports only", host_port(1, 1, 6, 65'536)},
      {"neighbour on interface 1: bad address",
       [](Message& m) { m.mutable_neighbor()->set_interface(1); }},
  };
  for (const auto& c : cases) EXPECT_EQ(handle(c.fill), c.error);
  EXPECT_EQ(handle([](Message& m) {
              m.mutable_route()->set_vrf(1);
              m.mutable_route()->mutable_prefix()->set_ip("four");
              m.mutable_route()->mutable_prefix()->set_length(33);
            }),
            "route in VRF 1: bad prefix");
}

TEST_F(AgentTest, RefusesReferencesToNothingAtTheCommit) {
  const struct {
    const char* error;
    Fill fill;
  } cases[] = {
      {"trunk 2: no such node", trunk(2, 9, 1, 0)},
      {"trunk 2: no such port", trunk(2, 1, 9, 0)},
      {"interface 1: no such trunk", interface(1, 9, 0, 0)},
      {"next hop 2: no such interface", hop(2, 9)},
      {"next-hop group 1: no such next hop", group(1, {9})},
      {"next-hop group 1: no such next hop", group(1, {0})},
      {"link 1: no such trunk", link(1, 9)},
      {"host port 1: no such router", host_port(1, 9, 6, 179)},
      {"host port 1: no such router", host_port(2, 1, 6, 179)},
      {"next hop 1: no such host port",
       [](Message& m) {
         m.mutable_next_hop()->set_id(1);
         m.mutable_next_hop()->set_host_port(9);
       }},
      {"announcement on interface 0: no such interface", [](Message& m) { m.mutable_announce(); }},
      {"announcement on interface 9: no such interface",
       [](Message& m) { m.mutable_announce()->set_interface(9); }},
      {"interface 1: no such cross-connect",
       [](Message& m) {
         interface(1, 1, 0, 0)(m);
         m.mutable_interface()->set_cross_connect(9);
       }},
      {"neighbour on interface 9: no such interface",
       [](Message& m) {
         m.mutable_neighbor()->set_interface(9);
         m.mutable_neighbor()->mutable_address()->set_ip("four");
         m.mutable_neighbor()->set_mac("sixsix");
       }},
  };
  for (const auto& c : cases) {
    Network network(packets_.pool(), {}, {});
    Agent agent(network);
    const auto give = [&](const Fill& fill) {
      Message m;
      fill(m);
      const auto status = agent.handle(m);
      return status ? std::string() : status.error();
    };
    const Fill begin1 = [](Message& m) { m.mutable_begin()->set_generation(1); };
    const Fill commit1 = [](Message& m) { m.mutable_commit()->set_generation(1); };
    for (const Fill& fill : {begin1, node(1), port(1), trunk(1, 1, 1, 0), c.fill})
      EXPECT_EQ(give(fill), "");
    EXPECT_EQ(give(commit1), c.error);
  }
}

TEST_F(AgentTest, HostPortsSendAndReceive) {
  first_generation();
  const auto inject = [&](uint32_t host_port, int64_t at, const std::string& packet) {
    return handle([&](Message& m) {
      m.mutable_inject()->set_host_port(host_port);
      m.mutable_inject()->set_at_ns(at);
      m.mutable_inject()->set_packet(packet);
    });
  };
  EXPECT_EQ(inject(1, 0, "x"), "packet for host port 1: no such host port");
  begin(2);
  take(host_port(1, 1, 6, 179));
  EXPECT_EQ(inject(1, 0, "x"), "packet for host port 1: no such host port") << "not committed";
  take([](Message& m) {
    m.mutable_next_hop()->set_id(2);
    m.mutable_next_hop()->set_host_port(1);
  });
  take(group(2, {2}));
  take(route("10.0.0.1/32", 2));
  EXPECT_EQ(commit(2), "");
  EXPECT_EQ(network_.tables().host_ports[1].match[0].port, 179);
  EXPECT_EQ(network_.tables().next_hops[2].host_port, 1u);

  const test::Bytes bytes = test::frame()
                                .ip4("10.0.0.2", "10.0.0.1")
                                .protocol(net::kProtoTcp)
                                .ports(179, 5000)
                                .without_ethernet();
  const std::string packet(bytes.begin(), bytes.end());
  EXPECT_EQ(inject(1, 100, packet), "");
  EXPECT_EQ(inject(0, 100, packet), "packet for host port 0: no such host port");
  EXPECT_EQ(inject(1, 100, std::string(net::kMaxFrame, 'x')),
            "packet for host port 1: longer than the longest frame");
  network_.run(Time::from_ns(200));
  EXPECT_EQ(inject(1, 199, packet), "packet for host port 1: its time has passed");
  const auto got = network_.take_deliveries();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].at, Time::from_ns(100));
  EXPECT_EQ(got[0].interface_in, 0u) << "from the router itself";
  EXPECT_EQ(got[0].packet, bytes);
}

TEST_F(AgentTest, KnowsStreams) {
  first_generation();
  const test::Bytes packet = test::frame().ip4("10.0.0.2", "10.0.0.1").data(24).without_ethernet();
  const auto stream = [&](uint32_t in, uint32_t out, int64_t interval) {
    return [=](Message& m) {
      api::Stream& s = *m.mutable_stream();
      s.set_id(3);
      s.set_name("probe");
      s.set_port_in(in);
      s.set_port_out(out);
      s.set_packet({packet.begin(), packet.end()});
      s.set_interval_ns(interval);
      s.set_count(5);
      s.set_router_mac("sixsix");
    };
  };
  EXPECT_EQ(handle(stream(1, 9, 1)), "stream 3: no such port");
  EXPECT_EQ(handle(stream(0, 1, 1)), "stream 3: no such port");
  EXPECT_EQ(handle(stream(1, 1, 0)), "stream 3: count, interval or first time out of range");
  EXPECT_EQ(handle(stream(1, 1, 1)), "");
  ASSERT_EQ(network_.streams().size(), 4u);
  EXPECT_EQ(network_.streams()[3].name, "probe");
}

TEST_F(AgentTest, RefusesACommitOfAnotherGeneration) {
  begin(3);
  EXPECT_EQ(commit(4), "commit of generation 4: another one was begun");
}

TEST_F(AgentTest, ChangesOfLinksTakeEffectAtTheCommit) {
  begin(1, true);
  for (const Fill& fill : {node(1), node(2), trunk(1, 1, 0, 1), trunk(2, 2, 0, 2), link(1, 2),
                           link(2, 1), limiter(1, 1000, 8)})
    take(fill);
  EXPECT_EQ(commit(1), "");
  EXPECT_EQ(network_.least_delay(), Duration::us(1));
  EXPECT_EQ(network_.limiter(1).config().rate, BitRate::bps(1000));
  begin(2);
  take(link(1, 2, 7000));
  take(link(2, 1, 9000));
  EXPECT_EQ(network_.least_delay(), Duration::us(1));
  EXPECT_EQ(commit(2, 500), "");
  EXPECT_EQ(network_.least_delay(), Duration::us(7));
}

}  // namespace
}  // namespace erbium::dp
