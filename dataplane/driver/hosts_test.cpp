// Sessions over host ports in a replay: when it starts, what control is told and when, and that it
// ends although they never do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/agent/stream_frame.h"
#include "dataplane/core/packet_id.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/replay.h"
#include "dataplane/driver/test_talk.h"

namespace erbium::dp {
namespace {

using test::frame;
using test::Talk;
using test::TwoLinks;

class HostsTest : public ::testing::Test {
 protected:
  RunStats run(Talk& talk, ReplayOptions options = {}) {
    Input input({}, Duration::s(10));
    Replay replay(net_.network(), talk, input, options);
    replay.run(false, [](unsigned, uint64_t) {});
    return collect(net_.network(), replay.refused());
  }
  TwoLinks net_;
};

TEST_F(HostsTest, PacketsGoFromOneToTheOther) {
  Talk talk(net_);
  const RunStats stats = run(talk, {.duration = Duration::ms(2)});
  ASSERT_GT(talk.received.size(), 8u);
  // The far router learns from a request, after 50 us, 250 us and 6.72 us on the wire, and 50 us;
  // then its answer leaves, and behind it the greeting, 7.2 us long.
  const Delivery& first = talk.received[0];
  EXPECT_EQ(first.host_port, TwoLinks::kNear);
  EXPECT_EQ(first.interface_in, 3u);
  EXPECT_TRUE(from_host_port(first.packet_id));
  EXPECT_EQ(first.packet[8], 255) << "TTL";
  EXPECT_EQ(first.packet, frame()
                              .ip4("172.16.0.2", "172.16.0.1")
                              .ports(3784, 3784)
                              .ttl(255)
                              .data(24)
                              .without_ethernet());
  EXPECT_EQ(first.at, Time() + Duration::ns(620'640));
  const auto& near = stats.nodes[0];
  EXPECT_GT(near.originated.at("session"), 4u);
  EXPECT_GT(near.punted.at("host"), 2u);
  uint64_t punted = 0;
  for (const NodeStats& node : stats.nodes) punted += node.punted.at("host");
  EXPECT_EQ(punted, talk.received.size());
}

TEST_F(HostsTest, StartsWhenTheSessionsHaveConverged) {
  Talk talk(net_, 10);
  run(talk, {.duration = Duration::ms(1)});
  ASSERT_TRUE(talk.started);
  const Time tenth = talk.received.at(9).at;
  EXPECT_EQ(talk.started->ns() % 1'000'000, 0);
  EXPECT_GT(*talk.started, tenth);
  EXPECT_LE(*talk.started, tenth + Duration::ms(1));
}

TEST_F(HostsTest, EndsAtAWholeMillisecondThoughTheyGoOn) {
  Talk talk(net_);
  Time done;
  talk.at(Duration::us(5'300), [&](Time now) { done = now; });
  const RunStats stats = run(talk);
  EXPECT_EQ(done, *talk.started + Duration::us(5'300));
  EXPECT_LT(talk.received.back().at, Time() + Duration::ms(6));
  EXPECT_GT(talk.received.back().at, Time() + Duration::ms(5));
  EXPECT_LT(stats.virtual_time_ns, 6'000'000);
}

// A packet of a stream that enters just before the end is waited for, those of sessions are not.
TEST_F(HostsTest, WaitsForWhatIsNotTheirs) {
  Talk talk(net_);
  api::Stream m;
  const auto packet = frame().ip4("192.168.0.9", "10.0.1.5").data(24).without_ethernet();
  m.set_id(1);
  m.set_name("late");
  m.set_packet({packet.begin(), packet.end()});
  m.set_port_in(1);
  m.set_port_out(2);
  m.set_first_ns(3'900'000);
  m.set_interval_ns(1);
  m.set_count(1);
  m.set_router_mac(api::to_bytes(test::router_mac(1)));
  net_.network().set_stream(1, stream_from(m).value());
  Input input({}, Duration::s(10));
  Replay replay(net_.network(), talk, input, {});
  replay.run(false, [](unsigned, uint64_t) {});
  EXPECT_GT(replay.take_streams().at(0).received_ns.at(0), 4'000'000);
  EXPECT_LT(talk.received.back().at, Time() + Duration::ms(5));
  EXPECT_FALSE(net_.network().busy());
}

}  // namespace
}  // namespace erbium::dp
