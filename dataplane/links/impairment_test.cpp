// Impairments as a link applies them: which packets, in what share, when they arrive, and that
// nothing is lost count of. The shares' bounds are 3.29 standard deviations, one in a thousand.
#include "dataplane/links/impairment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "dataplane/core/test_packets.h"
#include "dataplane/links/link.h"

namespace erbium::dp {
namespace {

constexpr int kPackets = 200'000;
constexpr int64_t kDelayNs = 1'000'000;

Chance chance(double p) {
  return Chance(static_cast<uint64_t>(p * static_cast<double>(Chance::kAlways)));
}

// What became of a packet.
struct Seen {
  int64_t departure, arrival;
  bool lost, corrupted, copied;
  int64_t copy_arrival;
  bool operator==(const Seen&) const = default;
};

class ImpairmentTest : public ::testing::Test {
 protected:
  ImpairmentTest() { copy_.meta() = {}; }

  // Packets 10 us apart over a link with this impairment.
  std::vector<Seen> send(const ImpairmentConfig& config, int count = kPackets) {
    Link link(kLink);
    link.impair(config);
    std::vector<Seen> out;
    for (int i = 0; i < count; i++) out.push_back(send(link, i * int64_t{10'000}));
    const Link::Counters& c = link.counters();
    EXPECT_EQ(c.offered + c.copied,
              c.delivered + c.drops[static_cast<size_t>(Link::Drop::impair_loss)]);
    EXPECT_EQ(c.in_flight, 0u);
    EXPECT_EQ(c.packets, static_cast<uint64_t>(count));
    return out;
  }
  // To the far end at once.
  Seen send(Link& link, int64_t at) {
    PacketMeta& meta = p_.meta();
    meta = {};
    meta.time = at;
    meta.id = static_cast<uint64_t>(at) + 1;
    const Link::Admission admission = link.admit(p_);
    EXPECT_NE(admission, Link::kDropped);
    Seen seen{meta.departure, meta.time, false, false, admission == Link::kCopied, 0};
    if (seen.copied) {
      link.copy(p_, copy_);
      EXPECT_EQ(copy_.meta().id, meta.id);
      EXPECT_NE(copy_.meta().copy, meta.copy);
      seen.copy_arrival = copy_.meta().time;
      EXPECT_TRUE(link.arrive(copy_));
      link.delivered(1);
    }
    const Bytes before = test::bytes_of(p_);
    seen.lost = meta.entry == Entry::impaired && !link.arrive(p_);
    if (!seen.lost) link.delivered(1);
    seen.corrupted = before != test::bytes_of(p_);
    EXPECT_GE(seen.arrival, seen.departure + link.least_delay().ns());
    return seen;
  }
  static void expect_share(const std::vector<Seen>& seen, bool Seen::*what, double share) {
    double n = 0;
    for (const Seen& s : seen) n += s.*what;
    const auto all = static_cast<double>(seen.size());
    EXPECT_NEAR(n, all * share, 3.29 * std::sqrt(all * share * (1 - share)));
  }

  using Bytes = test::Bytes;
  const LinkConfig kLink{.rate = BitRate::gbps(1), .delay = Duration::ns(kDelayNs)};
  test::Packets packets_;
  Packet p_ = packets_.make(100), copy_ = packets_.make(100);
};

TEST_F(ImpairmentTest, RandomLossHasItsShare) {
  for (const double p : {0.0001, 0.01, 0.3})
    expect_share(send({.seed = 1, .loss = {.kind = LossModel::Kind::random, .loss = chance(p)}}),
                 &Seen::lost, p);
  const auto all =
      send({.loss = {.kind = LossModel::Kind::random, .loss = Chance(Chance::kAlways)}}, 100);
  for (const Seen& s : all) EXPECT_TRUE(s.lost);
}

TEST_F(ImpairmentTest, EveryNthIsExact) {
  const auto seen = send({.loss = {.kind = LossModel::Kind::every_nth, .every = 7}}, 700);
  for (size_t i = 0; i < seen.size(); i++) EXPECT_EQ(seen[i].lost, i % 7 == 6) << i;
}

TEST_F(ImpairmentTest, GilbertElliottLosesInBursts) {
  constexpr double kWorse = 0.01, kBetter = 0.25;
  const auto seen = send({.seed = 3,
                          .loss = {.kind = LossModel::Kind::gilbert_elliott,
                                   .loss = Chance(Chance::kAlways),
                                   .worse = chance(kWorse),
                                   .better = chance(kBetter)}});
  double bursts = 0, lost = 0;
  for (size_t i = 0; i < seen.size(); i++) {
    lost += seen[i].lost;
    bursts += seen[i].lost && (i == 0 || !seen[i - 1].lost);
  }
  // Bursts are geometric: mean 1 / r, variance (1 - r) / r^2.
  EXPECT_NEAR(lost / bursts, 1 / kBetter, 3.29 * std::sqrt((1 - kBetter) / bursts) / kBetter);
  const double good = static_cast<double>(seen.size()) - lost;
  EXPECT_NEAR(bursts, good * kWorse, 3.29 * std::sqrt(good * kWorse));
}

TEST_F(ImpairmentTest, GilbertElliottMayLoseInBothStates) {
  const auto seen = send({.seed = 4,
                          .loss = {.kind = LossModel::Kind::gilbert_elliott,
                                   .loss = chance(0.5),
                                   .good_loss = chance(0.1),
                                   .worse = chance(0.5),
                                   .better = chance(0.5)}});
  expect_share(seen, &Seen::lost, 0.3);
}

TEST_F(ImpairmentTest, CopiesComeBehindTheirOriginals) {
  const auto seen = send({.seed = 5, .duplicate = chance(0.02)});
  expect_share(seen, &Seen::copied, 0.02);
  for (const Seen& s : seen) EXPECT_EQ(s.copy_arrival, s.copied ? s.arrival : 0);
}

// Two links that copy everything: four packets of one id, all told apart.
TEST_F(ImpairmentTest, CopiesOfCopiesHaveNumbersOfTheirOwn) {
  LinkConfig c = kLink;
  c.queue = Duration::ms(1);
  Link link(c);
  link.impair(ImpairmentConfig{.duplicate = Chance(Chance::kAlways)});
  std::vector<Packet> all{packets_.make(100)};
  all[0].meta() = {};
  for (int hop = 0; hop < 2; hop++)
    for (size_t i = 0, n = all.size(); i < n; i++) {
      ASSERT_EQ(link.admit(all[i]), Link::kCopied);
      all.push_back(packets_.make(100));
      link.copy(all[i], all.back());
    }
  std::vector<unsigned> numbers;
  for (const Packet p : all) numbers.push_back(p.meta().copy);
  EXPECT_EQ(numbers, (std::vector<unsigned>{0, 1, 2, 3}));
  all[0].meta().copied = Link::kMostCopied;
  EXPECT_EQ(link.admit(all[0]), Link::kAdmitted) << "no number is left";
}

TEST_F(ImpairmentTest, CorruptionFlipsOneBitAnywhere) {
  Link link(kLink);
  link.impair(ImpairmentConfig{.seed = 6, .corrupt = Chance(Chance::kAlways)});
  std::vector<int> flipped(800);
  for (int i = 0; i < 20'000; i++) {
    std::fill_n(p_.data(), 100, uint8_t{0});
    ASSERT_TRUE(send(link, i * 10'000).corrupted);
    int bits = 0;
    for (unsigned bit = 0; bit < 800; bit++)
      if (p_.data()[bit / 8] >> bit % 8 & 1) bits++, flipped[bit]++;
    ASSERT_EQ(bits, 1);
  }
  for (const int n : flipped) EXPECT_TRUE(n > 0 && n < 60) << n;  // 25 expected
  EXPECT_EQ(link.counters().corrupted, 20'000u);
  expect_share(send({.seed = 6, .corrupt = chance(0.05)}), &Seen::corrupted, 0.05);
}

TEST_F(ImpairmentTest, JitterKeepsOrderOrNot) {
  ImpairmentConfig config{.seed = 7, .jitter = {.size = Duration::us(50)}};
  const auto disorder = [](const std::vector<Seen>& seen) {
    int n = 0;
    for (size_t i = 1; i < seen.size(); i++) n += seen[i].arrival < seen[i - 1].arrival;
    return n;
  };
  EXPECT_EQ(disorder(send(config)), 0);
  config.jitter.keep_order = false;
  const auto seen = send(config);
  EXPECT_GT(disorder(seen), kPackets / 3);
  double sum = 0, squares = 0;
  for (const Seen& s : seen) {
    const auto away = static_cast<double>(s.arrival - s.departure - kDelayNs);
    EXPECT_LE(std::abs(away), 200'000);
    sum += away;
    squares += away * away;
  }
  EXPECT_NEAR(sum / kPackets, 0, 3.29 * 50'000 / std::sqrt(kPackets));
  EXPECT_NEAR(std::sqrt(squares / kPackets), 50'000,
              50'000 * (0.0006 + 3.29 / std::sqrt(2.0 * kPackets)));
}

TEST_F(ImpairmentTest, NoPacketIsFasterThanALinkCanBe) {
  Link link(kLink);
  link.impair(ImpairmentConfig{.jitter = {.size = Duration::us(300)}});
  EXPECT_EQ(link.least_delay(), Impairment::kLeastDelay) << "4 * 300 us exceed the delay";
  for (int i = 0; i < 1000; i++) send(link, i * 10'000);  // send() compares
}

TEST_F(ImpairmentTest, HeldBackPacketsAreOvertaken) {
  const auto seen = send({.seed = 8, .reorder = chance(0.1), .hold = Duration::us(35)}, 10'000);
  for (const Seen& s : seen) {
    const int64_t delay = s.arrival - s.departure;
    EXPECT_TRUE(delay == kDelayNs || delay == kDelayNs + 35'000) << delay;
  }
}

TEST_F(ImpairmentTest, TheSamePlaceHasTheSameFate) {
  const ImpairmentConfig config{.seed = 9,
                                .jitter = {.size = Duration::us(9)},
                                .loss = {.kind = LossModel::Kind::random, .loss = chance(0.1)},
                                .duplicate = chance(0.1),
                                .corrupt = chance(0.1)};
  const auto first = send(config, 1000);
  EXPECT_EQ(send(config, 1000), first);
  ImpairmentConfig other = config;
  other.seed = 10;
  EXPECT_NE(send(other, 1000), first);
}

TEST_F(ImpairmentTest, AChangeOfTheLinkKeepsTheModelsState) {
  LinkConfig c = kLink;
  Link link(c);
  const ImpairmentConfig third{.loss = {.kind = LossModel::Kind::every_nth, .every = 3}};
  link.impair(third);
  EXPECT_FALSE(send(link, 0).lost);
  EXPECT_FALSE(send(link, 10'000).lost);
  c.delay = Duration::ms(2);
  link.configure(Time::from_ns(15'000), c);
  link.impair(third);
  EXPECT_TRUE(send(link, 20'000).lost);
  link.impair(std::nullopt);
  for (int i = 3; i < 9; i++) EXPECT_FALSE(send(link, i * 10'000).lost);
}

TEST_F(ImpairmentTest, ACutTakesBackACopyAsOnePacketOnly) {
  Link link(kLink);
  link.impair(ImpairmentConfig{.duplicate = Chance(Chance::kAlways)});
  p_.meta() = {};
  ASSERT_EQ(link.admit(p_), Link::kCopied);
  link.copy(p_, copy_);
  LinkConfig down = kLink;
  down.up = false;
  EXPECT_TRUE(link.configure(Time::from_ns(1), down));
  link.cut(p_);
  link.cut(copy_);
  const Link::Counters& c = link.counters();
  EXPECT_EQ(c.packets, 0u);
  EXPECT_EQ(c.bytes, 0u);
  EXPECT_EQ(c.in_flight, 0u);
  EXPECT_EQ(c.offered + c.copied, c.drops[0]);
}

TEST_F(ImpairmentTest, ATraceTakesThePlaceOfTheRate) {
  LinkConfig c = kLink;
  c.queue = Duration::ms(4);
  Link link(c);
  DepartureLog log;
  link.log_departures(&log);
  link.impair(ImpairmentConfig{.opportunities = {2, 6}});
  const auto departure = [&](int64_t at, uint32_t ip_bytes) {
    p_.set_length(14 + ip_bytes);
    p_.meta() = {};
    p_.meta().l2_length = 14;
    p_.meta().time = at;
    return link.admit(p_) == Link::kDropped ? -1 : p_.meta().departure / 1000;
  };
  EXPECT_EQ(departure(0, 1500), 2000);
  EXPECT_EQ(departure(0, 1500), -1) << "6 ms are longer than the queue";
  EXPECT_EQ(departure(2'000'000, 1500), 6000);
  link.impair(std::nullopt);
  EXPECT_EQ(departure(3'000'000, 1212), 6010) << "the rate takes over behind what it serves";
  EXPECT_EQ(log.size(), 3u);
}

}  // namespace
}  // namespace erbium::dp
