// The bucket against an exact rational model that never rounds and cannot overflow.
#include "dataplane/links/token_bucket.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

namespace erbium::dp {
namespace {

__extension__ using Wide = __int128;

// Tokens as a fraction of a bit over 10^9.
class ExactBucket {
 public:
  ExactBucket(uint64_t rate, uint64_t depth_bits)
      : rate_(rate), depth_(Wide{depth_bits} * 1'000'000'000), tokens_(depth_) {}
  bool take(int64_t now, uint64_t bits) {
    tokens_ = std::min(depth_, tokens_ + Wide{now - last_} * rate_);
    last_ = now;
    const Wide cost = Wide{bits} * 1'000'000'000;
    if (cost > tokens_) return false;
    tokens_ -= cost;
    return true;
  }

 private:
  Wide rate_, depth_, tokens_;
  int64_t last_ = 0;
};

using Parameters = std::tuple<uint64_t, uint64_t>;  // rate, depth in bits
class TokenBucketAt : public ::testing::TestWithParam<Parameters> {};

TEST_P(TokenBucketAt, AgreesWithTheExactBucket) {
  const auto [rate, depth] = GetParam();
  std::mt19937_64 random(rate ^ depth);
  TokenBucket bucket(BitRate::bps(rate), depth);
  ExactBucket exact(rate, depth);
  int64_t now = 0;
  int passed = 0;
  for (int i = 0; i < 20'000; i++) {
    const uint64_t bits = 8 * (60 + random() % 1462);
    if (random() % 8 != 0)
      now += static_cast<int64_t>(random() % (2 * bits * 1'000'000'000 / rate + 2));
    const bool took = bucket.take(Time::from_ns(now), bits);
    ASSERT_EQ(took, exact.take(now, bits)) << i;
    passed += took;
  }
  EXPECT_GT(passed, 1000);
}

// RFC 2697: in any interval no more passes than the depth and what flows in.
TEST_P(TokenBucketAt, NeverPassesMoreThanDepthAndRate) {
  const auto [rate, depth] = GetParam();
  std::mt19937_64 random(depth);
  TokenBucket bucket(BitRate::bps(rate), depth);
  Wide passed = 0;
  int64_t now = 0;
  for (int i = 0; i < 20'000; i++) {
    now += static_cast<int64_t>(random() % 1000);
    if (bucket.take(Time::from_ns(now), 12'000)) passed += 12'000;
    ASSERT_LE(passed * 1'000'000'000, Wide{depth} * 1'000'000'000 + Wide{now} * rate);
  }
}

// available() is the first nanosecond at which the tokens are there.
TEST_P(TokenBucketAt, SaysWhenTokensAreThere) {
  const auto [rate, depth] = GetParam();
  std::mt19937_64 random(depth + 1);
  TokenBucket bucket(BitRate::bps(rate), depth);
  ExactBucket exact(rate, depth);
  Time now;
  for (int i = 0; i < 5000; i++) {
    const uint64_t bits = 8 * (60 + random() % 1462);
    const Time at = bucket.available(now, bits);
    if (at > now) {
      ExactBucket a_moment_earlier = exact;
      ASSERT_FALSE(a_moment_earlier.take(at.ns() - 1, bits));
    }
    ASSERT_TRUE(bucket.take(at, bits));
    ASSERT_TRUE(exact.take(at.ns(), bits));
    now = at;
  }
}

INSTANTIATE_TEST_SUITE_P(
    RatesAndDepths, TokenBucketAt,
    ::testing::Combine(::testing::Values(50'000, 1'000'003, 1'000'000'000, 10'000'000'000,
                                         399'999'999'959, 400'000'000'000),
                       ::testing::Values(12'176, 194'816, 10'000'000, TokenBucket::kMaxDepthBits)));

TEST(TokenBucket, StartsFull) {
  TokenBucket bucket(BitRate::mbps(1), 1000);
  EXPECT_TRUE(bucket.take(Time(), 1000));
  EXPECT_FALSE(bucket.take(Time(), 1));
}

TEST(TokenBucket, NothingOverflowsHoweverLongItIsIdle) {
  TokenBucket bucket(BitRate::gbps(400), TokenBucket::kMaxDepthBits);
  EXPECT_TRUE(bucket.take(Time(), TokenBucket::kMaxDepthBits));
  EXPECT_TRUE(bucket.take(Time::from_ns(INT64_MAX / 2), TokenBucket::kMaxDepthBits));
  EXPECT_FALSE(bucket.take(Time::from_ns(INT64_MAX / 2), 1));
}

TEST(TokenBucket, APacketDeeperThanTheBucketNeverPasses) {
  TokenBucket bucket(BitRate::mbps(1), 1000);
  EXPECT_EQ(bucket.available(Time(), 1001), Time::max());
  EXPECT_FALSE(bucket.take(Time::from_ns(1'000'000'000'000), 1001));
}

TEST(TokenBucket, ANewRateKeepsWhatWasFilled) {
  TokenBucket bucket(BitRate::mbps(1), 1000);
  EXPECT_TRUE(bucket.take(Time(), 1000));
  bucket.configure(Time::from_ns(500'000), BitRate::mbps(2), 2000);  // 500 bits have flowed in
  EXPECT_FALSE(bucket.take(Time::from_ns(500'000), 501));
  EXPECT_TRUE(bucket.take(Time::from_ns(500'000), 500));
  EXPECT_TRUE(bucket.take(Time::from_ns(600'000), 200));
  bucket.configure(Time::from_ns(5'000'000), BitRate::mbps(2), 100);  // 2000 do not fit any more
  EXPECT_FALSE(bucket.take(Time::from_ns(5'000'000), 101));
  EXPECT_TRUE(bucket.take(Time::from_ns(5'000'000), 100));
}

}  // namespace
}  // namespace erbium::dp
