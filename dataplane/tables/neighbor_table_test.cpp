#include "dataplane/tables/neighbor_table.h"

#include <gtest/gtest.h>

namespace erbium::dp {
namespace {

using State = Neighbor::State;

net::Ip ip(const char* text) { return *net::Ip::parse(text); }
const net::Mac kMac{{2, 0, 0, 0, 0, 9}};

// Trunk and interface 1 belong to node 1, trunk and interface 2 to node 2.
Forwarding two_nodes() {
  Forwarding tables;
  for (uint32_t node : {1u, 2u}) {
    tables.trunks.push_back({.node = node});
    Interface& interface = tables.interfaces.emplace_back();
    interface.trunk = node;
    interface.header =
        EncapHeader::make({{2, 0, 0, 0, 0, static_cast<uint8_t>(node)}}, 0x8100, 0, 0x8100, 0);
  }
  return tables;
}

NextHop gateway(uint32_t interface, const char* address, bool eager = false) {
  return {.kind = NextHop::Kind::gateway,
          .interface = interface,
          .address = ip(address),
          .eager = eager};
}

TEST(NeighborTable, KnowsTheGatewaysOfItsOwnNode) {
  Forwarding tables = two_nodes();
  tables.next_hops = {{},
                      gateway(1, "10.0.0.1"),
                      gateway(2, "10.0.0.2"),
                      gateway(1, "10.0.0.3"),
                      {.kind = NextHop::Kind::connected, .interface = 1},
                      gateway(1, "10.0.0.1")};
  NeighborTable neighbors;
  EXPECT_TRUE(neighbors.configure(tables, 1).empty()) << "none is eager";
  EXPECT_EQ(neighbors.of_next_hop(1), neighbors.find(1, ip("10.0.0.1")));
  EXPECT_EQ(neighbors.of_next_hop(2), 0u) << "of the other node";
  EXPECT_NE(neighbors.of_next_hop(3), neighbors.of_next_hop(1));
  EXPECT_EQ(neighbors.of_next_hop(4), 0u) << "no gateway";
  EXPECT_EQ(neighbors.of_next_hop(5), neighbors.of_next_hop(1)) << "shared";
  EXPECT_EQ(neighbors.size(), 3u) << "entry 0 stands for none";
}

TEST(NeighborTable, AsksForEagerNeighborsOnce) {
  Forwarding tables = two_nodes();
  tables.next_hops = {
      {}, gateway(1, "10.0.0.1", true), gateway(1, "10.0.0.2", true), gateway(1, "10.0.0.1", true)};
  NeighborTable neighbors;
  EXPECT_EQ(neighbors.configure(tables, 1), (std::vector<uint32_t>{1, 2}));
  neighbors[1].state = State::incomplete;
  neighbors.set(tables, 1, ip("10.0.0.2"), kMac);
  EXPECT_TRUE(neighbors.configure(tables, 1).empty());
}

TEST(NeighborTable, KeepsWhatItLearnedOverAGeneration) {
  Forwarding tables = two_nodes();
  tables.next_hops = {{}, gateway(1, "10.0.0.1")};
  NeighborTable neighbors;
  neighbors.configure(tables, 1);
  neighbors[1].mac = kMac;
  neighbors[1].state = State::reachable;
  tables.interfaces[1].header.begin()[11] = 77;
  tables.next_hops = {{}, gateway(1, "10.0.0.5"), gateway(1, "10.0.0.1")};
  neighbors.configure(tables, 1);
  const Neighbor& same = neighbors[neighbors.of_next_hop(2)];
  EXPECT_EQ(same.state, State::reachable);
  EXPECT_EQ(same.header.begin()[5], 9) << "its MAC address";
  EXPECT_EQ(same.header.begin()[11], 77) << "in the header that its interface has now";
}

TEST(NeighborTable, APermanentEntryIsComplete) {
  const Forwarding tables = two_nodes();
  NeighborTable neighbors;
  neighbors.set(tables, 1, ip("10.0.0.1"), kMac);
  const Neighbor& entry = neighbors[neighbors.find(1, ip("10.0.0.1"))];
  EXPECT_TRUE(entry.usable());
  EXPECT_EQ(entry.state, State::permanent);
  EXPECT_EQ(entry.header.length, 14);
  EXPECT_EQ(entry.header.begin()[5], 9);
  EXPECT_EQ(neighbors.find(2, ip("10.0.0.1")), 0u) << "on another interface it is another one";
}

TEST(NeighborTable, LearnsInTheOrderOfTimeThenOfLearning) {
  NeighborTable neighbors;
  for (const auto& [at, host] : {std::pair{30, 1}, {10, 2}, {30, 3}, {20, 4}})
    neighbors.learn({at, 1, net::Ip::v4(static_cast<uint32_t>(host)), kMac, true});
  const auto take = [&](int64_t now) {
    const auto learned = neighbors.take_learned(Time::from_ns(now));
    return learned ? learned->ip.v4_host() : 0;
  };
  EXPECT_EQ(take(9), 0u);
  EXPECT_EQ(take(10), 2u);
  EXPECT_EQ(take(10), 0u);
  EXPECT_EQ(take(99), 4u);
  EXPECT_EQ(take(99), 1u);
  EXPECT_EQ(take(99), 3u);
  EXPECT_EQ(take(99), 0u);
}

TEST(NeighborTable, ANewAppointmentReplacesTheOld) {
  NeighborTable neighbors;
  const uint32_t a = neighbors.intern(1, ip("10.0.0.1")), b = neighbors.intern(1, ip("10.0.0.2"));
  neighbors.schedule(a, Time::from_ns(10));
  neighbors.schedule(b, Time::from_ns(20));
  neighbors.schedule(a, Time::from_ns(30));
  EXPECT_EQ(neighbors.take_due(Time::from_ns(19)), 0u);
  EXPECT_EQ(neighbors.take_due(Time::from_ns(30)), b);
  EXPECT_EQ(neighbors.take_due(Time::from_ns(30)), a);
  EXPECT_EQ(neighbors.take_due(Time::from_ns(99)), 0u);
}

TEST(NeighborTable, IsBounded) {
  NeighborTable neighbors;
  for (uint32_t i = 0; i < NeighborTable::kMaxNeighbors; i++)
    ASSERT_NE(neighbors.intern(1, net::Ip::v4(i)), 0u);
  EXPECT_EQ(neighbors.intern(1, net::Ip::v4(1u << 30)), 0u);
  EXPECT_EQ(neighbors.intern(1, net::Ip::v4(5)), 6u) << "what is there is still found";
}

}  // namespace
}  // namespace erbium::dp
