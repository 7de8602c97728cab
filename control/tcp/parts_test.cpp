// The parts of a connection that stand alone: segments, reassembly, the send queue, the timer.
#include <gtest/gtest.h>

#include <algorithm>

#include "control/tcp/reassembly.h"
#include "control/tcp/rto.h"
#include "control/tcp/segment.h"
#include "control/tcp/send_queue.h"
#include "control/tcp/sequence.h"

namespace erbium::cp::tcp {
namespace {

const net::Ip kA = *net::Ip::parse("10.0.0.1"), kB = *net::Ip::parse("10.0.0.2");
const std::vector<uint8_t> kOctets = {1, 2, 3, 4, 5};

TEST(TcpSequence, ComparisonsWrap) {
  EXPECT_TRUE(before(0xffff'ffff, 0));
  EXPECT_FALSE(before(0, 0xffff'ffff));
  EXPECT_FALSE(before(5, 5));
  EXPECT_EQ(distance(0xffff'fffe, 3), 5);
  EXPECT_EQ(distance(3, 0xffff'fffe), -5);
}

TEST(TcpSegment, ComesBackAsItWasBuilt) {
  const Segment s{.src_port = 179,
                  .dst_port = 50'000,
                  .seq = 0x12345678,
                  .ack = 0x9abcdef0,
                  .flags = kSyn | kAck,
                  .window = 4'321,
                  .mss = 1'440,
                  .payload = kOctets};
  const auto packet = build_segment({kA, kB, 0, 1, 0xc0, {}}, s);
  EXPECT_EQ(packet.size(), 20u + 24 + 5);
  const auto back = parse_segment(*wire::parse_ip(packet));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->src_port, s.src_port);
  EXPECT_EQ(back->dst_port, s.dst_port);
  EXPECT_EQ(back->seq, s.seq);
  EXPECT_EQ(back->ack, s.ack);
  EXPECT_EQ(back->flags, s.flags);
  EXPECT_EQ(back->window, s.window);
  EXPECT_EQ(back->mss, s.mss);
  EXPECT_TRUE(std::ranges::equal(back->payload, kOctets));
  EXPECT_EQ(back->length(), 6u);
}

// A SYN whose header carries these octets of options.
std::optional<Segment> with_options(std::vector<uint8_t> options) {
  options.resize((options.size() + 3) / 4 * 4);
  auto packet = build_segment({kA, kB, 0, 64, 0, {}}, {.flags = kSyn, .payload = options});
  auto ip = *wire::parse_ip(packet);
  std::vector<uint8_t> segment(ip.payload.begin(), ip.payload.end());
  segment[12] = static_cast<uint8_t>((5 + options.size() / 4) << 4);
  ip.payload = segment;
  const auto again = wire::build_ip(ip);
  return parse_segment(*wire::parse_ip(again));
}

TEST(TcpSegment, OptionsAreSteppedOver) {
  EXPECT_EQ(with_options({1, 1, 4, 2, 2, 4, 0x05, 0xb4})->mss, 1'460);
  EXPECT_EQ(with_options({8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 1, 0})->mss, 256);
  EXPECT_EQ(with_options({0, 2, 4, 1, 0})->mss, 0) << "past the end of options";
  EXPECT_EQ(with_options({2, 3, 1, 1})->mss, 0) << "of a wrong length";
  EXPECT_EQ(with_options({3, 0, 2, 4, 1, 0, 1, 1})->mss, 0) << "behind a length of zero";
  EXPECT_EQ(with_options({1, 1, 1, 2})->mss, 0) << "without a length";
  EXPECT_EQ(with_options({1, 1, 2, 4})->mss, 0) << "longer than the header";
  EXPECT_TRUE(with_options({2, 200, 1, 1})->payload.empty());
}

TEST(TcpSegment, HeadersMustFitAndSumsBeRight) {
  const auto packet = build_segment({kA, kB, 0, 64, 0, {}}, {.flags = kAck, .payload = kOctets});
  for (size_t i = 20; i < packet.size(); ++i) {
    auto bad = packet;
    bad[i] ^= 0x10;
    EXPECT_FALSE(parse_segment(*wire::parse_ip(bad))) << i;
  }
  auto ip = *wire::parse_ip(packet);
  for (unsigned words : {0u, 4u, 7u, 15u}) {  // the segment has 25 octets
    std::vector<uint8_t> segment(ip.payload.begin(), ip.payload.end());
    segment[12] = static_cast<uint8_t>(words << 4);
    auto changed = ip;
    changed.payload = segment;
    const auto again = wire::build_ip(changed);
    EXPECT_FALSE(parse_segment(*wire::parse_ip(again))) << words;
  }
}

TEST(TcpReassembly, AnyOrderGivesTheStream) {
  std::vector<uint8_t> stream(1'000);
  for (size_t i = 0; i < stream.size(); ++i) stream[i] = static_cast<uint8_t>(i * 7 >> 1);
  for (uint64_t stride : {1, 3, 7, 9}) {  // coprime with the ten pieces, which overlap by half
    Reassembly r;
    std::vector<uint8_t> got;
    for (uint64_t k = 0; k < 10; ++k) {
      const uint64_t at = (k * stride + 5) % 10 * 100;
      const auto piece = std::span(stream).subspan(at, std::min<size_t>(150, 1'000 - at));
      const auto out = r.add(at, piece);
      got.insert(got.end(), out.begin(), out.end());
    }
    EXPECT_EQ(got, stream) << stride;
    EXPECT_EQ(r.held(), 0u);
    EXPECT_EQ(r.next(), 1'000u);
  }
}

TEST(TcpReassembly, WhatIsHeldIsBounded) {
  Reassembly r;
  const std::vector<uint8_t> big(60'000, 1), one = {1};
  EXPECT_TRUE(r.add(100, big).empty());
  EXPECT_TRUE(r.add(50, big).empty());  // would be twice the window
  EXPECT_EQ(r.held(), 60'000u);
  r.add(65'000, big);  // cut at the window
  EXPECT_EQ(r.held(), 60'535u);
  r.add(65'535, one);
  EXPECT_EQ(r.held(), 60'535u);
  Reassembly many;
  for (uint64_t i = 1; i <= 1'000; ++i) many.add(2 * i, one);
  EXPECT_EQ(many.held(), Reassembly::kMaxPieces);
}

TEST(TcpReassembly, LongerPieceReplacesShorter) {
  Reassembly r;
  r.add(2, std::span(kOctets).subspan(2, 1));
  r.add(2, std::span(kOctets).subspan(2));
  r.add(2, std::span(kOctets).subspan(2, 2));
  EXPECT_EQ(r.held(), 3u);
  EXPECT_EQ(r.add(0, std::span(kOctets).first(2)), kOctets);
}

TEST(TcpSendQueue, FrontMovesAndMemoryFollows) {
  SendQueue q;
  q.append(kOctets);
  q.acknowledge(2);
  q.append(kOctets);
  EXPECT_EQ(q.size(), 8u);
  const auto view = q.view(1, 3);
  EXPECT_EQ(std::vector(view.begin(), view.end()), (std::vector<uint8_t>{4, 5, 1}));
  EXPECT_EQ(q.view(6, 100).size(), 2u);
  q.acknowledge(8);
  EXPECT_EQ(q.size(), 0u);
  EXPECT_TRUE(q.view(0, 1).empty());
}

TEST(TcpRto, FollowsTheStandard) {
  Rto rto;
  EXPECT_EQ(rto.value(), Duration::s(1));
  for (int wanted : {2, 4, 8, 16, 32, 60, 60}) {
    rto.back_off();
    EXPECT_EQ(rto.value(), Duration::s(wanted));
  }
  rto.sample(Duration::ms(800));  // 800 + 4 * 400
  EXPECT_EQ(rto.value(), Duration::ms(2'400));
  rto.sample(Duration::ms(800));  // 800 + 4 * 300
  EXPECT_EQ(rto.value(), Duration::ms(2'000));
  Rto quick;
  quick.sample(Duration::us(100));
  EXPECT_EQ(quick.value(), Duration::s(1));
  quick.lost_syn();
  EXPECT_EQ(quick.value(), Duration::s(3));
}

}  // namespace
}  // namespace erbium::cp::tcp
