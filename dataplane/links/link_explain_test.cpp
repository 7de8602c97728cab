// What links say of packets against what becomes of the packets.
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "dataplane/core/test_packets.h"
#include "dataplane/links/link.h"

namespace erbium::dp {
namespace {

constexpr uint64_t kAlways = Chance::kAlways;

class LinkExplain : public ::testing::Test {
 protected:
  LinkExplain() { copy_.meta() = {}; }

  Link::Admission offer(Link& link, int64_t at) {
    PacketMeta& meta = p_.meta();
    meta = {};
    meta.time = at;
    meta.id = ++id_;
    const Link::Admission admission = link.admit(p_);
    out_ = {};
    if (admission != Link::kDropped) link.explain_travel(p_, Time::from_ns(at), out_);
    return admission;
  }
  uint64_t number(const std::string& name) const {
    for (const auto& [key, value] : out_.values)
      if (key == name) {
        if (const auto* n = std::get_if<uint64_t>(&value)) return *n;
        return static_cast<uint64_t>(std::get<int64_t>(value));
      }
    ADD_FAILURE() << "no " << name;
    return 0;
  }
  bool below(const std::string& what) const {
    return number(what + "_draw_ppb") < number(what + "_below_ppb");
  }
  std::string text() const {
    std::string out;
    for (const std::string& clause : out_.clauses) out += (out.empty() ? "" : "; ") + clause;
    return out;
  }

  const LinkConfig kLink{
      .rate = BitRate::gbps(1), .delay = Duration::ms(1), .queue = Duration::us(2)};
  test::Packets packets_;
  Packet p_ = packets_.make(101), copy_ = packets_.make(101);
  Explanation out_;
  uint64_t id_ = 0;
};

TEST_F(LinkExplain, TheWaitTheSendingAndTheTravelAddUp) {
  Link link(kLink);
  offer(link, 0);
  EXPECT_EQ(text(), "no wait; sent in 1us at 1Gbps; travels 1ms");
  offer(link, 400);
  EXPECT_EQ(text(), "waits 600ns in the queue; sent in 1us at 1Gbps; travels 1ms");
  EXPECT_EQ(400 + number("queue_ns") + number("serialisation_ns") + number("propagation_ns"),
            number("arrival_ns"));
}

TEST_F(LinkExplain, ARefusalNamesTheWait) {
  Link link(kLink);
  while (offer(link, 0) != Link::kDropped) continue;
  EXPECT_EQ(link.refusal(), Link::Drop::queue_full);
  link.explain_refusal(p_, out_);
  EXPECT_EQ(text(), "would wait 3us for its first bit; the queue's limit is 2us");
  LinkConfig down = kLink;
  down.up = false;
  link.configure(Time(), down);
  EXPECT_EQ(offer(link, 0), Link::kDropped);
  link.explain_refusal(p_, out_);
  EXPECT_EQ(text(), "the link is down");
  down.silent = true;
  link.configure(Time(), down);
  EXPECT_EQ(link.refusal(), Link::Drop::silent_drop);
}

TEST_F(LinkExplain, DrawsAreThoseThatDecided) {
  Link link(kLink);
  link.impair(
      ImpairmentConfig{.seed = 5,
                       .loss = {.kind = LossModel::Kind::random, .loss = Chance(kAlways / 3)},
                       .duplicate = Chance(kAlways / 4),
                       .corrupt = Chance(kAlways / 5),
                       .reorder = Chance(kAlways / 6),
                       .hold = Duration::ms(3)});
  unsigned lost = 0, copied = 0, corrupted = 0, held = 0;
  for (int64_t at = 0; at < 50'000'000; at += 50'000) {
    const Link::Admission admission = offer(link, at);
    const bool loses = p_.meta().entry == Entry::impaired && p_.meta().fate & kFateLost;
    EXPECT_EQ(below("loss"), loses);
    EXPECT_EQ(text().ends_with("lost on the way"), loses);
    lost += loses;
    if (loses) {
      EXPECT_FALSE(link.arrive(p_));
      continue;
    }
    const bool late = number("propagation_ns") == 4'000'000;
    EXPECT_EQ(below("reorder"), late);
    EXPECT_EQ(below("duplicate"), admission == Link::kCopied);
    copied += admission == Link::kCopied;
    held += late;
    const test::Bytes before = test::bytes_of(p_);
    const bool flips = below("corrupt");
    const uint64_t bit = flips ? number("flipped_bit") : 0;
    EXPECT_TRUE(p_.meta().entry != Entry::impaired || link.arrive(p_));
    test::Bytes expected = before;
    if (flips) expected[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    EXPECT_EQ(test::bytes_of(p_), expected);
    corrupted += flips;
    if (admission != Link::kCopied) continue;
    link.copy(p_, copy_);
    Explanation of_copy;
    link.explain_travel(copy_, Time::from_ns(at), of_copy);
    EXPECT_EQ(of_copy.clauses.front(), "a copy, departs with its original");
  }
  for (const unsigned count : {lost, copied, corrupted, held}) EXPECT_GT(count, 50u);
}

TEST_F(LinkExplain, JitterIsWhatThePacketTakesMore) {
  Link link(kLink);
  link.impair(
      ImpairmentConfig{.seed = 6, .jitter = {.size = Duration::us(300), .keep_order = true}});
  bool kept = false;
  for (int64_t at = 0; at < 10'000'000; at += 50'000) {
    offer(link, at);
    const auto own = 1'000'000 + static_cast<int64_t>(number("jitter_ns"));
    const auto took = static_cast<int64_t>(number("propagation_ns"));
    const bool behind = text().ends_with("kept behind the packet ahead of it");
    EXPECT_EQ(took > own, behind);
    EXPECT_GE(took, own);
    kept |= behind;
  }
  EXPECT_TRUE(kept);
}

TEST_F(LinkExplain, EveryNthIsCounted) {
  Link link(kLink);
  link.impair(ImpairmentConfig{.loss = {.kind = LossModel::Kind::every_nth, .every = 3}});
  for (uint64_t i = 0; i < 9; i++) {
    offer(link, static_cast<int64_t>(i) * 10'000);
    EXPECT_EQ(number("loss_nth"), i % 3 + 1);
  }
}

}  // namespace
}  // namespace erbium::dp
