// Flows of captures over two links: what is kept of each, between events and in sum.
#include "dataplane/driver/flows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "dataplane/core/packet_id.h"
#include "dataplane/core/test_two_links.h"

namespace erbium::dp {
namespace {

using test::Bytes;
using test::frame;
using ::testing::ElementsAre;

constexpr int64_t kMs = 1'000'000;

TEST(FlowKey, SaysPortTagsProtocolAndEnds) {
  const Bytes tcp = frame().ip4("192.168.0.9", "10.0.1.5").protocol(6).ports(40'000, 443).bytes();
  const auto key = flow_key(tcp, 3);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->port, 3u);
  EXPECT_EQ(key->str(), "tcp 192.168.0.9:40000 > 10.0.1.5:443");
  EXPECT_EQ(flow_key(frame().tag(7).tag(9).ip4("1.2.3.4", "5.6.7.8").bytes(), 1)->str(),
            "udp 1.2.3.4:4000 > 5.6.7.8:5000 vlan 7.9");
  EXPECT_EQ(flow_key(frame().ip6("fd00::1", "fd00::2").bytes(), 1)->str(),
            "udp [fd00::1]:4000 > [fd00::2]:5000");
}

TEST(FlowKey, OfNoIpPacketThereIsNone) {
  EXPECT_FALSE(flow_key(frame().type(0x88cc).raw(Bytes(50)).bytes(), 1));
  EXPECT_FALSE(flow_key({}, 1));
  const Bytes whole = frame().ip4("1.2.3.4", "5.6.7.8").bytes();
  for (size_t length = 0; length < 34; length++)
    EXPECT_FALSE(flow_key(std::span(whole).first(length), 1)) << length;
}

TEST(FlowKey, EveryFieldTellsFlowsApart) {
  const FlowKey key = *flow_key(frame().ip4("1.2.3.4", "5.6.7.8").bytes(), 1);
  std::vector<FlowKey> others(8, key);
  others[0].src[3]++;
  others[1].dst[0]++;
  others[2].src_port++;
  others[3].dst_port++;
  others[4].outer_vid++;
  others[5].inner_vid++;
  others[6].port++;
  others[7].protocol++;
  for (const FlowKey& other : others) {
    EXPECT_FALSE(other == key);
    EXPECT_NE(other.hash(), key.hash());
  }
}

// Packets are entered, travel and leave as the test says; the network is only asked for its ports.
class FlowsTest : public ::testing::Test {
 protected:
  void start(const std::vector<int64_t>& events_ms) {
    FlowsConfig config;
    for (const int64_t at : events_ms) config.events.push_back(Duration::ms(at));
    flows_.emplace(net_.network(), config, Time());
  }
  // One of the flow with this source port.
  uint64_t enter(int64_t at_ns, uint16_t source, uint32_t port = 1) {
    const Bytes bytes = frame().ip4("192.168.0.9", "10.0.1.5").ports(source, 53).bytes();
    const Packet p = packet(++last_id_, at_ns, bytes);
    flows_->entered(port, p);
    p.free();
    return last_id_;
  }
  void arrive(uint64_t id, uint32_t link) {
    with(id, 0, [&](Packet p) { flows_->arrived(link, p); });
  }
  void leave(uint64_t id, int64_t at_ns) {
    with(id, at_ns, [&](Packet p) { flows_->left(p); });
  }
  void lose(uint64_t id) {
    with(id, 0, [&](Packet p) { flows_->ended(p, {}); });
  }
  FlowResults finish() { return flows_->finish(); }

  Packet packet(uint64_t id, int64_t at_ns, const Bytes& bytes) {
    const Packet p = net_.network().pool().allocate(static_cast<uint32_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), p.data());
    p.meta().id = id;
    p.meta().time = at_ns;
    p.meta().copy = 0;
    return p;
  }
  void with(uint64_t id, int64_t at_ns, const std::function<void(Packet)>& act) {
    const Packet p = packet(id, at_ns, Bytes(60));
    act(p);
    p.free();
  }

  test::TwoLinks net_;
  std::optional<Flows> flows_;
  uint64_t last_id_ = 0;
};

TEST_F(FlowsTest, AnOutageBetweenTwoPathsOfOneFlow) {
  start({200});
  for (int64_t i = 0; i < 100; i++) {
    const uint64_t id = enter(i * 10 * kMs, 7);
    if (i >= 20 && i < 25) {
      lose(id);
    } else {
      arrive(id, i < 20 ? 1 : 3);
      leave(id, i * 10 * kMs + kMs);
    }
    flows_->settle();
  }
  const FlowResults found = finish();
  ASSERT_EQ(found.top.size(), 1u);
  EXPECT_TRUE(found.rest.empty());
  EXPECT_THAT(found.events_ns, ElementsAre(200 * kMs));
  const FlowResult& flow = found.top[0];
  EXPECT_EQ(flow.name, "udp 192.168.0.9:7 > 10.0.1.5:53");
  EXPECT_EQ(flow.port, net_.network().port(1).name);
  ASSERT_EQ(flow.impacts.size(), 2u);
  EXPECT_EQ(flow.impacts[0].sent, 20u);
  EXPECT_EQ(flow.impacts[1].lost, 5u);
  EXPECT_EQ(flow.impacts[1].longest->outage_ns(), 60 * kMs);
  EXPECT_THAT(found.paths, ElementsAre(ElementsAre(0), ElementsAre(2)));
  EXPECT_EQ(flow.impacts[1].before, 0);
  EXPECT_EQ(flow.impacts[1].after, 1);
}

TEST_F(FlowsTest, WaitsForThePacketsBefore) {
  start({});
  const uint64_t first = enter(0, 7), second = enter(kMs, 7), third = enter(2 * kMs, 8);
  leave(third, 3 * kMs);
  leave(second, 4 * kMs);
  flows_->settle();
  leave(first, 5 * kMs);
  const FlowResults found = finish();
  ASSERT_EQ(found.top.size(), 2u);
  EXPECT_EQ(found.top[0].impacts[0].sent, 2u);
  EXPECT_EQ(found.top[0].impacts[0].reordered, 1u) << "the first came behind the second";
  EXPECT_EQ(found.top[1].impacts[0].reordered, 0u) << "order is that of one flow";
}

// Ports are told of one after the other: what counts is the time.
TEST_F(FlowsTest, OrderIsThatOfTimeWhateverIsToldFirst) {
  start({});
  const uint64_t first = enter(0, 7), second = enter(1, 7);
  leave(second, 20);
  leave(first, 10);
  EXPECT_EQ(finish().top[0].impacts[0].reordered, 0u);
}

TEST_F(FlowsTest, SeesCopies) {
  start({1});
  const uint64_t first = enter(0, 7), second = enter(2 * kMs, 7);
  leave(first, 10 * kMs);
  leave(second, 10 * kMs);
  flows_->settle();
  leave(second, 11 * kMs);
  leave(second, 12 * kMs);
  const FlowResults found = finish();
  EXPECT_EQ(found.top[0].impacts[0].duplicated, 0u);
  EXPECT_EQ(found.top[0].impacts[1].duplicated, 2u) << "where the packet was sent";
  EXPECT_EQ(found.top[0].impacts[1].received, 1u);
}

TEST_F(FlowsTest, WhatIsInsideAtTheEndIsNeitherLostNorReceived) {
  start({});
  leave(enter(0, 7), kMs);
  enter(1, 7);
  leave(enter(2, 7), kMs + 2);
  const FlowResults found = finish();
  EXPECT_EQ(found.top[0].in_flight, 1u);
  EXPECT_EQ(found.top[0].impacts[0].sent, 2u);
  EXPECT_EQ(found.top[0].impacts[0].lost, 0u);
}

TEST_F(FlowsTest, WhatARouterTakesForItselfHasArrived) {
  start({});
  with(enter(0, 7), kMs, [&](Packet p) { flows_->ended(p, {.kind = Verdict::Kind::consumed}); });
  const FlowResults found = finish();
  EXPECT_EQ(found.top[0].impacts[0].received, 1u);
  EXPECT_EQ(found.top[0].impacts[0].settled.max(), kMs);
}

TEST_F(FlowsTest, OthersPacketsAreNotItsOwn) {
  start({});
  const uint64_t id = enter(0, 7);
  lose(stream_packet_id(1, id));
  leave(first_id(16) | id, kMs);
  leave(id, 2 * kMs);
  const FlowResults found = finish();
  EXPECT_EQ(found.top[0].impacts[0].received, 1u);
  EXPECT_EQ(found.top[0].impacts[0].duplicated, 0u);
}

TEST_F(FlowsTest, PacketsThatAreNoFlowTakeAnId) {
  start({});
  flows_->refused();
  last_id_++;
  const Bytes other = frame().type(0x88cc).raw(Bytes(50)).bytes();
  const Packet p = packet(++last_id_, 0, other);
  flows_->entered(1, p);
  p.free();
  leave(last_id_, kMs);
  leave(enter(0, 7), kMs);
  const FlowResults found = finish();
  ASSERT_EQ(found.top.size(), 1u);
  EXPECT_EQ(found.top[0].impacts[0].received, 1u);
}

TEST_F(FlowsTest, NamesThoseWithTheMostPacketsAndSumsTheRestByPort) {
  start({});
  for (uint16_t flow = 0; flow < 40; flow++)
    for (unsigned n = 0; n <= flow; n++) leave(enter(n, flow, flow % 2 + 1), kMs);
  const FlowResults found = finish();
  ASSERT_EQ(found.top.size(), Flows::kTop);
  EXPECT_EQ(found.top[0].impacts[0].sent, 40u);
  EXPECT_EQ(found.top[31].impacts[0].sent, 9u);
  ASSERT_EQ(found.rest.size(), 2u);
  EXPECT_EQ(found.rest[0].flows, 4u);
  EXPECT_EQ(found.rest[0].impacts[0].sent, 1u + 3 + 5 + 7);
  EXPECT_EQ(found.rest[1].impacts[0].sent, 2u + 4 + 6 + 8);
  EXPECT_EQ(found.rest[0].uncounted, 0u);
}

// More flows than find a place: every packet still counts, and latencies give way first.
TEST_F(FlowsTest, KeepsToItsMemory) {
  start(std::vector<int64_t>(200, 1000));
  const auto most = static_cast<int64_t>(flows_->most_flows());
  EXPECT_LT(most * 200 * static_cast<int64_t>(sizeof(Impact)),
            static_cast<int64_t>(Flows::kFlowBytes));
  for (int64_t i = 0; i < most + 100; i++) {
    const uint64_t id = enter(i * 1000, static_cast<uint16_t>(i));
    if (i % 2)
      lose(id);
    else
      leave(id, i * 1000 + 500);
    flows_->settle();
  }
  const FlowResults found = finish();
  ASSERT_EQ(found.rest.size(), 1u);
  EXPECT_EQ(found.rest[0].flows, static_cast<uint64_t>(most) - Flows::kTop);
  EXPECT_EQ(found.rest[0].uncounted, 100u);
  EXPECT_EQ(found.rest[0].impacts[0].sent, static_cast<uint64_t>(most) + 100 - Flows::kTop);
  EXPECT_EQ(found.rest[0].impacts[0].lost, found.rest[0].impacts[0].sent / 2);
}

TEST_F(FlowsTest, SmallFlowsLoseTheirHistogramsFirst) {
  start({});
  const auto widest = int64_t{1} << 33;  // every packet of a flow in a bucket far from the other
  const auto flows = static_cast<uint16_t>(2 * Flows::kHistogramBytes / (2600 * sizeof(uint64_t)));
  for (uint16_t flow = 0; flow < flows; flow++)
    for (const int64_t latency : {int64_t{1000}, widest}) leave(enter(0, flow), latency);
  for (int n = 0; n < 100; n++) leave(enter(0, 0), 2000);  // the first is the greatest now
  const FlowResults found = finish();
  EXPECT_EQ(found.top[0].impacts[0].received, 102u);
  uint64_t kept = found.rest[0].impacts[0].settled.count();
  for (const FlowResult& flow : found.top) kept += flow.impacts[0].settled.count();
  EXPECT_LT(kept, flows * 2u);
  EXPECT_GT(kept, 0u);
}

}  // namespace
}  // namespace erbium::dp
