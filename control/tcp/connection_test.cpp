// One connection against segments made by hand: what a well-behaved peer never sends.
#include "control/tcp/connection.h"

#include <gtest/gtest.h>

#include <variant>

#include "control/tcp/endpoint.h"

namespace erbium::cp::tcp {
namespace {

const net::Ip kA = *net::Ip::parse("10.0.0.1"), kB = *net::Ip::parse("10.0.0.2");
constexpr uint16_t kBgp = 179, kPort = 50'000;
constexpr uint32_t kIrs = 0xffff'fff0;  // wraps soon

// The endpoint under test listens at kB; the test is its peer.
class TcpConnection : public testing::Test {
 protected:
  void SetUp() override { endpoint_.listen(kBgp); }

  void give(Segment s) {
    s.src_port = kPort;
    s.dst_port = kBgp;
    if (s.window == 0 && !closed_window_) s.window = 65'535;
    packets_.push_back(build_segment({kA, kB, 0, 64, 0, {}}, s));
    endpoint_.handle(packets_.back(), now_, out_);
  }
  void give(uint8_t flags, uint32_t seq, std::span<const uint8_t> payload = {}) {
    give({.seq = seq, .ack = ack_, .flags = flags, .payload = payload});
  }
  // Everything sent since the last call.
  std::vector<Segment> sent() {
    std::vector<Segment> segments;
    kept_ = std::move(out_.packets);
    out_.packets.clear();
    for (const auto& p : kept_) segments.push_back(*parse_segment(*wire::parse_ip(p)));
    return segments;
  }
  Segment last() {
    const auto segments = sent();
    return segments.empty() ? Segment{} : segments.back();
  }
  void open(uint16_t mss = 1'000) {
    give({.seq = kIrs, .flags = kSyn, .mss = mss});
    const Segment answer = last();
    ASSERT_EQ(answer.flags, kSyn | kAck);
    ASSERT_EQ(answer.ack, kIrs + 1);
    ASSERT_EQ(answer.mss, 1'460);
    ack_ = answer.seq + 1;
    give(kAck, kIrs + 1);
    ASSERT_EQ(out_.events.size(), 1u);
    ASSERT_TRUE(std::holds_alternative<Accepted>(out_.events[0]));
    out_.events.clear();
    ASSERT_TRUE(sent().empty());
    seq_ = kIrs + 1;
  }
  void send(size_t octets) {
    endpoint_.send(kFirstAccepted, std::vector<uint8_t>(octets, 'x'));
    endpoint_.push(now_, out_);
  }
  void at(Duration d) {
    now_ = Time{} + d;
    endpoint_.timers(now_, out_);
  }
  std::vector<uint8_t> received() {
    std::vector<uint8_t> all;
    for (const Event& e : out_.events)
      if (const auto* r = std::get_if<Received>(&e))
        all.insert(all.end(), r->octets.begin(), r->octets.end());
    return all;
  }

  Endpoint endpoint_{kB};
  Output out_;
  Time now_;
  uint32_t ack_ = 0, seq_ = 0;
  bool closed_window_ = false;
  std::vector<std::vector<uint8_t>> packets_, kept_;
};

const std::vector<uint8_t> k1 = {1, 2, 3, 4}, k2 = {5, 6, 7}, k3 = {8, 9};
const std::vector<uint8_t> kAll = {1, 2, 3, 4, 5, 6, 7, 8, 9};

TEST_F(TcpConnection, OutOfOrderIsHeldAndAcknowledgedInDuplicate) {
  open();
  give(kAck, seq_ + 7, k3);
  EXPECT_EQ(last().ack, seq_);
  give(kAck, seq_ + 4, k2);
  EXPECT_EQ(last().ack, seq_);
  EXPECT_TRUE(out_.events.empty());
  give(kAck, seq_, k1);
  EXPECT_EQ(last().ack, seq_ + 9);
  EXPECT_EQ(received(), kAll);
}

TEST_F(TcpConnection, OverlapsAreTakenOnce) {
  open();
  give(kAck, seq_, std::span(kAll).first(5));
  give(kAck, seq_ + 2, std::span(kAll).subspan(2));
  give(kAck, seq_, kAll);
  EXPECT_EQ(received(), kAll);
  EXPECT_EQ(last().ack, seq_ + 9);
}

TEST_F(TcpConnection, FinBeforeItsDataWaits) {
  open();
  give(kAck | kFin, seq_ + 4, k2);
  EXPECT_TRUE(out_.events.empty());
  give(kAck, seq_, k1);
  ASSERT_EQ(out_.events.size(), 2u);
  EXPECT_EQ(std::get<Closed>(out_.events[1]).reason, Reason::fin);
  const Segment fin = last();  // ours rides on the acknowledgement
  EXPECT_EQ(fin.flags, kFin | kAck);
  EXPECT_EQ(fin.ack, seq_ + 8);
  ack_ = fin.seq + 1;
  give(kAck, seq_ + 8);
  EXPECT_EQ(endpoint_.connections(), 0u);
}

TEST_F(TcpConnection, ResetMustBeExact) {
  open();
  give(kRst, seq_ + 100);  // RFC 5961 §3.2: challenged
  EXPECT_EQ(last().ack, seq_);
  EXPECT_EQ(endpoint_.counters().challenges, 1u);
  give(kRst, seq_ - 1);
  give(kRst, seq_ + 70'000);
  EXPECT_TRUE(sent().empty());
  EXPECT_TRUE(out_.events.empty());
  give(kRst, seq_);
  ASSERT_EQ(out_.events.size(), 1u);
  EXPECT_EQ(std::get<Closed>(out_.events[0]).reason, Reason::reset);
  EXPECT_EQ(endpoint_.connections(), 0u);
}

TEST_F(TcpConnection, SynInsideIsChallenged) {
  open();
  give({.seq = seq_ + 10, .flags = kSyn});
  EXPECT_EQ(last().ack, seq_);
  give({.seq = 5, .flags = kSyn});  // out of the window: at most every half second
  EXPECT_TRUE(sent().empty());
  now_ = Time{} + Duration::ms(500);
  give({.seq = 5, .flags = kSyn});
  EXPECT_EQ(last().ack, seq_);
  EXPECT_EQ(endpoint_.connections(), 1u);
}

TEST_F(TcpConnection, AcknowledgementsOfTheFutureAndThePastAreDropped) {
  open();
  send(10);
  sent();
  ack_ += 11;
  give(kAck, seq_, k1);  // octets that were never sent
  EXPECT_TRUE(out_.events.empty());
  EXPECT_EQ(last().ack, seq_);
  ack_ -= 70'000;  // further back than the window ever was
  give(kAck, seq_, k1);
  EXPECT_TRUE(out_.events.empty());
}

TEST_F(TcpConnection, ThreeDuplicatesSendTheFirstSegmentAgain) {
  open();
  send(5'000);
  const auto first = sent();
  ASSERT_EQ(first.size(), 5u);
  for (int i = 0; i < 2; ++i) give(kAck, seq_);
  EXPECT_TRUE(sent().empty());
  give(kAck, seq_);
  const auto again = sent();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].seq, ack_);
  EXPECT_EQ(again[0].payload.size(), 1'000u);
  give(kAck, seq_);
  EXPECT_TRUE(sent().empty()) << "once only";
  ack_ += 2'000;  // partial: the third segment was lost too
  give(kAck, seq_);
  EXPECT_EQ(last().seq, ack_);
  ack_ += 3'000;
  give(kAck, seq_);
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(endpoint_.next_deadline(), Time::max());
}

TEST_F(TcpConnection, RoundTripsAreMeasuredButNotOfWhatWasSentAgain) {
  open();
  send(1);
  now_ = Time{} + Duration::ms(600);
  ++ack_;
  give(kAck, seq_);
  send(1);
  // srtt 0 then 600 ms: RTTVAR 3/4*0+1/4*600 = 150, SRTT 75 ms; 675 ms is below the minimum.
  EXPECT_EQ(endpoint_.next_deadline() - now_, Duration::s(1));
  now_ = Time{} + Duration::ms(1'500);
  ++ack_;
  give(kAck, seq_);
  send(1);
  // r 900: RTTVAR 3/4*150+1/4*825 = 318.75, SRTT 7/8*75+900/8 = 178.125; sum 1453.125 ms.
  EXPECT_EQ(endpoint_.next_deadline() - now_, Duration::us(1'453'125));
  at(Duration::ms(1'500) + Duration::us(1'453'125));
  EXPECT_EQ(endpoint_.next_deadline() - now_, Duration::us(2 * 1'453'125));
  ++ack_;
  now_ = now_ + Duration::ms(1);
  give(kAck, seq_);
  send(1);
  EXPECT_EQ(endpoint_.next_deadline() - now_, Duration::us(2 * 1'453'125)) << "Karn";
}

TEST_F(TcpConnection, NeverMoreThanTheWindowAndNoSillyPieces) {
  open();
  give({.seq = seq_, .ack = ack_, .flags = kAck, .window = 2'500});
  send(10'000);
  const auto segments = sent();
  ASSERT_EQ(segments.size(), 2u);  // 500 octets of room are not worth a segment
  EXPECT_EQ(segments[1].payload.size(), 1'000u);
  ack_ += 2'000;
  give(kAck, seq_);  // the window is open wide again
  EXPECT_EQ(sent().size(), 8u);
}

TEST_F(TcpConnection, FlightEndsBelow64000) {
  open();
  send(200'000);
  size_t octets = 0;
  for (const Segment& s : sent()) octets += s.payload.size();
  EXPECT_EQ(octets, 64'000u);
}

TEST_F(TcpConnection, ClosedWindowIsProbedForAsLongAsItAnswers) {
  open();
  closed_window_ = true;
  give(kAck, seq_);
  send(100);
  EXPECT_TRUE(sent().empty());
  for (int i = 0; i < 30; ++i) {  // longer than the user timeout
    now_ = endpoint_.next_deadline();
    endpoint_.timers(now_, out_);
    const auto probe = sent();
    ASSERT_EQ(probe.size(), 1u);
    EXPECT_EQ(probe[0].payload.size(), 1u);
    give(kAck, seq_);
  }
  EXPECT_GT(now_, Time{} + Duration::s(1'000));
  EXPECT_EQ(endpoint_.connections(), 1u);
  closed_window_ = false;
  ++ack_;
  give(kAck, seq_);
  EXPECT_EQ(last().payload.size(), 99u);
}

TEST_F(TcpConnection, PeerWithoutMssGets536) {
  open(0);
  send(2'000);
  EXPECT_EQ(sent()[0].payload.size(), 536u);
}

TEST_F(TcpConnection, WrongAcknowledgementOfTheSynIsReset) {
  give({.seq = kIrs, .flags = kSyn});
  const Segment answer = last();
  give({.seq = kIrs + 1, .ack = answer.seq + 2, .flags = kAck});
  const Segment reset = last();
  EXPECT_EQ(reset.flags, kRst);
  EXPECT_EQ(reset.seq, answer.seq + 2);
  give({.seq = kIrs, .flags = kSyn});  // and the SYN, sent again, is answered again
  EXPECT_EQ(last().seq, answer.seq);
  EXPECT_TRUE(out_.events.empty());
}

TEST_F(TcpConnection, BothSidesOpenAtOnce) {
  endpoint_.connect(7, kA, kBgp, now_, out_);
  const Segment syn = last();
  const auto give_back = [&](Segment s) {
    s.src_port = kBgp;
    s.dst_port = syn.src_port;
    s.window = 65'535;
    const auto packet = build_segment({kA, kB, 0, 64, 0, {}}, s);
    endpoint_.handle(packet, now_, out_);
  };
  give_back({.seq = 100, .flags = kSyn});
  EXPECT_EQ(last().flags, kSyn | kAck);
  give_back({.seq = 100, .ack = syn.seq + 1, .flags = kSyn | kAck});
  give_back({.seq = 101, .ack = syn.seq + 1, .flags = kAck});
  ASSERT_EQ(out_.events.size(), 1u);
  EXPECT_EQ(std::get<Connected>(out_.events[0]).id, 7u);
}

TEST_F(TcpConnection, LateFinIsAcknowledgedAndTimeWaitReopens) {
  open();
  endpoint_.close(kFirstAccepted, now_, out_);
  const Segment fin = last();
  EXPECT_EQ(fin.flags, kFin | kAck);
  ack_ = fin.seq + 1;
  give(kAck | kFin, seq_);
  EXPECT_EQ(last().ack, seq_ + 1);
  now_ = Time{} + Duration::s(1);
  give(kAck | kFin, seq_);  // our acknowledgement was lost
  EXPECT_EQ(last().ack, seq_ + 1);
  EXPECT_EQ(endpoint_.next_deadline(), Time{} + Duration::s(3));
  give({.seq = seq_ + 1'000, .flags = kSyn});
  EXPECT_EQ(last().flags, kSyn | kAck);
  EXPECT_EQ(endpoint_.connections(), 1u);
}

TEST_F(TcpConnection, DataAfterOurCloseIsAcknowledgedAndDropped) {
  open();
  endpoint_.close(kFirstAccepted, now_, out_);
  ack_ = last().seq + 1;
  give(kAck, seq_, k1);
  EXPECT_EQ(last().ack, seq_ + 4);
  EXPECT_TRUE(out_.events.empty());
  now_ = Time{} + Duration::s(100);
  endpoint_.timers(now_, out_);
  EXPECT_EQ(endpoint_.connections(), 0u) << "a peer that never closes is not waited for";
}

}  // namespace
}  // namespace erbium::cp::tcp
