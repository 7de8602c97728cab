// One direction of a link against its definition: first come, first served at the rate, with 24
// bytes of preamble, FCS and gap for each frame, a limit on the wait, and the delay behind it.
#include "dataplane/links/link.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

__extension__ using Wide = __int128;

LinkConfig config(BitRate rate, Duration delay = Duration::ms(1),
                  Duration queue = Duration::ms(10)) {
  return {
      .name = "er/primary", .direction = "to_azure", .rate = rate, .delay = delay, .queue = queue};
}

class LinkTest : public ::testing::Test {
 protected:
  bool admit(Link& link, int64_t ns, uint32_t length = 1226) {  // 10,000 bits on the wire
    p_.set_length(length);
    p_.meta().time = ns;
    p_.meta().missing = 0;
    return link.admit(p_);
  }
  int64_t departure() const { return p_.meta().departure; }
  int64_t arrival() const { return p_.meta().time; }

  test::Packets packets_;
  Packet p_ = packets_.make(9216);
};

// 10 us a packet: the second waits for the first, the fourth comes when all is quiet.
TEST_F(LinkTest, MeasuresWaitAndDelay) {
  LinkConfig measured = config(BitRate::gbps(1));
  measured.measured = true;
  Link link(measured), plain(config(BitRate::gbps(1)));
  for (const int64_t at : {0, 2'000, 2'000, 90'000}) {
    ASSERT_TRUE(admit(plain, at));
    const int64_t departs = departure(), arrives = arrival();
    ASSERT_TRUE(admit(link, at));
    EXPECT_EQ(departure(), departs) << "measuring changes nothing";
    EXPECT_EQ(arrival(), arrives);
  }
  EXPECT_EQ(link.meter().take_load(), (LinkLoad{4, 26'000, 4'066'000, 18'000, 1'028'000}));
  EXPECT_EQ(link.meter().latency().count(), 4u);
  EXPECT_EQ(link.meter().latency().min(), 1'010'000);
  EXPECT_EQ(link.meter().latency().max(), 1'028'000);
  ASSERT_TRUE(admit(link, 91'000));
  EXPECT_EQ(link.meter().take_load(), (LinkLoad{5, 35'000, 5'085'000, 9'000, 1'019'000}))
      << "the greatest since they were taken";
  EXPECT_EQ(plain.meter().take_load(), LinkLoad());
  ASSERT_TRUE(plain.configure(Time(), [&] {
    auto down = measured;
    down.up = false;
    return down;
  }()));
  EXPECT_FALSE(admit(plain, 200'000));
  plain.configure(Time(), measured);
  ASSERT_TRUE(admit(plain, 300'000));
  EXPECT_EQ(plain.meter().take_load().packets, 1u) << "from now on";
}

class LinkAt : public LinkTest, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(LinkAt, AgreesWithTheClosedForm) {
  const auto rate = static_cast<Wide>(GetParam());
  std::mt19937_64 random(GetParam());
  const Duration queue = Duration::us(50);
  Link link(config(BitRate::bps(GetParam()), Duration::us(700), queue));
  Wide free = 0;  // in units of 1 / rate ns
  uint64_t dropped = 0, bytes = 0;
  int64_t now = 0, last_arrival = 0;
  for (int i = 0; i < 20'000; i++) {
    const auto length = static_cast<uint32_t>(60 + random() % 1459);
    const auto bits = Wide{length + 24} * 8;
    if (random() % 3 != 0)
      now +=
          static_cast<int64_t>(random() % static_cast<uint64_t>(bits * 2'500'000'000 / rate + 1));
    const Wide start = std::max(now * rate, free);
    const bool fits = start - now * rate <= queue.ns() * rate;
    ASSERT_EQ(admit(link, now, length), fits) << i;
    dropped += !fits;
    if (!fits) continue;
    free = start + bits * 1'000'000'000;
    bytes += length;
    ASSERT_EQ(departure(), static_cast<int64_t>((free + rate - 1) / rate));
    ASSERT_EQ(arrival(), departure() + 700'000);
    ASSERT_GE(arrival(), last_arrival);
    last_arrival = arrival();
  }
  const Link::Counters& c = link.counters();
  EXPECT_EQ(c.offered, 20'000u);
  EXPECT_EQ(c.drops[static_cast<size_t>(Link::Drop::queue_full)], dropped);
  EXPECT_EQ(c.packets, 20'000 - dropped);
  EXPECT_EQ(c.in_flight, 20'000 - dropped);
  EXPECT_EQ(c.bytes, bytes);
}

INSTANTIATE_TEST_SUITE_P(Rates, LinkAt,
                         ::testing::Values(50'000'000, 999'999'937, 10'000'000'000, 100'000'000'000,
                                           399'999'999'959, 400'000'000'000));

TEST_F(LinkTest, WaitsAtMostAsLongAsTheQueue) {
  Link link(config(BitRate::gbps(1), Duration::ms(1), Duration::us(20)));
  EXPECT_TRUE(admit(link, 0));
  EXPECT_TRUE(admit(link, 0));
  EXPECT_TRUE(admit(link, 0));   // waits 20 us
  EXPECT_FALSE(admit(link, 0));  // 30 us
  EXPECT_FALSE(admit(link, 9'999));
  EXPECT_TRUE(admit(link, 10'000));
  EXPECT_EQ(link.counters().drops[static_cast<size_t>(Link::Drop::queue_full)], 2u);
}

TEST_F(LinkTest, WithoutARateThereIsOnlyTheDelay) {
  Link link(config(BitRate::bps(0), Duration::us(7), Duration::ns(0)));
  for (int i = 0; i < 3; i++) {
    EXPECT_TRUE(admit(link, 100));
    EXPECT_EQ(departure(), 100);
    EXPECT_EQ(arrival(), 7'100);
  }
}

TEST_F(LinkTest, TakesTheLengthOnTheWire) {
  Link link(config(BitRate::gbps(1)));
  p_.set_length(60);
  p_.meta().missing = 1226 - 60;
  p_.meta().time = 0;
  EXPECT_TRUE(link.admit(p_));
  EXPECT_EQ(departure(), 10'000);
  EXPECT_EQ(link.counters().bytes, 1226u);
}

TEST_F(LinkTest, DownDropsAndUpStartsAnew) {
  LinkConfig c = config(BitRate::gbps(1));
  Link link(c);
  EXPECT_TRUE(admit(link, 0));
  EXPECT_TRUE(admit(link, 0));
  c.up = false;
  EXPECT_TRUE(link.configure(Time::from_ns(15'000), c));
  EXPECT_FALSE(link.configure(Time::from_ns(15'000), c)) << "it was down before";
  EXPECT_FALSE(admit(link, 16'000));
  EXPECT_EQ(link.counters().drops[static_cast<size_t>(Link::Drop::link_down)], 1u);
  c.up = true;
  EXPECT_FALSE(link.configure(Time::from_ns(17'000), c));
  EXPECT_TRUE(admit(link, 17'000));
  EXPECT_EQ(departure(), 27'000) << "the frame that was cut holds the server no more";
}

TEST_F(LinkTest, ALossThatNobodySeesHasANameOfItsOwn) {
  LinkConfig c = config(BitRate::gbps(1));
  Link link(c);
  const Packet cut = packets_.make(1226);
  EXPECT_TRUE(link.admit(cut));
  c.up = false;
  c.silent = true;
  EXPECT_TRUE(link.configure(Time(), c));
  link.cut(cut);
  EXPECT_FALSE(admit(link, 1'000));
  EXPECT_EQ(link.refusal(), Link::Drop::silent_drop);
  c.silent = false;
  EXPECT_FALSE(link.configure(Time::from_ns(2'000), c)) << "still down, and now seen";
  EXPECT_FALSE(admit(link, 2'000));
  EXPECT_EQ(link.refusal(), Link::Drop::link_down);
  const Link::Counters& counters = link.counters();
  EXPECT_EQ(counters.drops[static_cast<size_t>(Link::Drop::silent_drop)], 2u);
  EXPECT_EQ(counters.drops[static_cast<size_t>(Link::Drop::link_down)], 1u);
  EXPECT_EQ(counters.offered, 3u);
  EXPECT_EQ(counters.in_flight, 0u);
}

TEST_F(LinkTest, CutTakesBackWhatWasCounted) {
  Link link(config(BitRate::gbps(1)));
  DepartureLog log;
  link.log_departures(&log);
  const Packet gone = packets_.make(1226), cut = packets_.make(1226);
  for (const Packet p : {gone, cut}) EXPECT_TRUE(link.admit(p));
  LinkConfig down = link.config();
  down.up = false;
  EXPECT_TRUE(link.configure(Time::from_ns(10'000), down));
  link.cut(cut);
  EXPECT_EQ(log, DepartureLog{gone.mbuf()}) << "its last bit left at 10 us, not after";
  link.delivered(1);
  const Link::Counters& c = link.counters();
  EXPECT_EQ(c.offered, 2u);
  EXPECT_EQ(c.delivered, 1u);
  EXPECT_EQ(c.in_flight, 0u);
  EXPECT_EQ(c.packets, 1u);
  EXPECT_EQ(c.bytes, 1226u);
  EXPECT_EQ(c.drops[static_cast<size_t>(Link::Drop::link_down)], 1u);
}

TEST_F(LinkTest, AShorterDelayNeverReorders) {
  LinkConfig c = config(BitRate::gbps(1), Duration::ms(5));
  Link link(c);
  EXPECT_TRUE(admit(link, 0));
  EXPECT_EQ(arrival(), 5'010'000);
  c.delay = Duration::ms(1);
  EXPECT_FALSE(link.configure(Time::from_ns(1'000'000), c));
  EXPECT_TRUE(admit(link, 1'000'000));
  EXPECT_EQ(arrival(), 5'010'000) << "not before the one in front of it";
  EXPECT_TRUE(admit(link, 4'500'000));
  EXPECT_EQ(arrival(), 5'510'000);
}

TEST_F(LinkTest, ANewRateKeepsDepartures) {
  LinkConfig c = config(BitRate::mbps(100));
  Link link(c);
  EXPECT_TRUE(admit(link, 0));
  EXPECT_EQ(departure(), 100'000);
  c.rate = BitRate::gbps(1);
  link.configure(Time::from_ns(50'000), c);
  EXPECT_TRUE(admit(link, 50'000));
  EXPECT_EQ(departure(), 110'000);
}

}  // namespace
}  // namespace erbium::dp
