#include "dataplane/links/circuit_limiter.h"

#include <gtest/gtest.h>

#include <random>

#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

using Mode = LimiterConfig::Mode;
using Count = LimiterConfig::Count;

// 1 bit a microsecond, one full frame of 1,250 bytes deep.
LimiterConfig config(Mode mode, Count count = Count::l2) {
  return {.name = "er/primary to_azure",
          .mode = mode,
          .count = count,
          .rate = BitRate::mbps(1),
          .depth_bits = 10'000,
          .queue = Duration::ms(15)};
}

class CircuitLimiterTest : public ::testing::Test {
 protected:
  // Whether a frame of `length` bytes passes at `us`, and the time it has then.
  bool admit(CircuitLimiter& limiter, int64_t us, uint32_t length = 1250) {
    p_.set_length(length);
    p_.meta().time = us * 1000;
    return limiter.admit(p_);
  }
  int64_t released_us() const { return p_.meta().time / 1000; }

  test::Packets packets_;
  Packet p_ = packets_.make(1500);
};

TEST_F(CircuitLimiterTest, PolicesWhatExceedsTheRate) {
  CircuitLimiter limiter(config(Mode::police));
  EXPECT_TRUE(admit(limiter, 0));
  EXPECT_FALSE(admit(limiter, 9'999));
  EXPECT_TRUE(admit(limiter, 10'000));
  EXPECT_EQ(limiter.passed().packets, 2u);
  EXPECT_EQ(limiter.passed().bytes, 2500u);
  EXPECT_EQ(limiter.exceeded().packets, 1u);
  EXPECT_EQ(limiter.exceeded().bytes, 1250u);
}

// 100,000 bits a window of 100 ms; ten frames of 10,000 bits are the rate, twelve are allowed.
TEST_F(CircuitLimiterTest, LetsALinkExceedTheRateForAWhile) {
  LimiterConfig lenient = config(Mode::police);
  lenient.excess = BitRate::bps(200'000);
  CircuitLimiter limiter(lenient);
  const auto window = [&](int64_t n, int frames) {
    int passed = 0;
    for (int i = 0; i < frames; i++) passed += admit(limiter, n * 100'000 + i);
    return passed;
  };
  EXPECT_EQ(window(0, 12), 12) << "a fifth more than the rate";
  EXPECT_EQ(window(1, 13), 13) << "more than that, but the window has to end first";
  EXPECT_EQ(window(2, 13), 1) << "the bucket holds one frame";
  EXPECT_EQ(window(3, 9), 1);
  EXPECT_EQ(window(4, 12), 12) << "less than the rate was offered";
}

TEST_F(CircuitLimiterTest, CountsBytesOfTheLayerItIsTold) {
  p_.meta().l2_length = 22;
  CircuitLimiter l1(config(Mode::police, Count::l1));
  EXPECT_FALSE(admit(l1, 0, 1250 - 23));
  EXPECT_TRUE(admit(l1, 0, 1250 - 24));
  CircuitLimiter l2(config(Mode::police, Count::l2));
  EXPECT_FALSE(admit(l2, 0, 1251));
  EXPECT_TRUE(admit(l2, 0, 1250));
  CircuitLimiter l3(config(Mode::police, Count::l3));
  EXPECT_FALSE(admit(l3, 0, 1250 + 23));
  EXPECT_TRUE(admit(l3, 0, 1250 + 22));
}

TEST_F(CircuitLimiterTest, CountsWhatTheCaptureLeftOut) {
  CircuitLimiter limiter(config(Mode::police));
  p_.meta().missing = 1191;
  EXPECT_FALSE(admit(limiter, 0, 60));
  p_.meta().missing = 1190;
  EXPECT_TRUE(admit(limiter, 0, 60));
  EXPECT_EQ(limiter.passed().bytes, 1250u);
}

TEST_F(CircuitLimiterTest, ShapesUpToTheQueue) {
  CircuitLimiter limiter(config(Mode::shape));
  EXPECT_TRUE(admit(limiter, 0));
  EXPECT_EQ(released_us(), 0);
  EXPECT_TRUE(admit(limiter, 0));  // waits for its 10,000 bits
  EXPECT_EQ(released_us(), 10'000);
  EXPECT_FALSE(admit(limiter, 4'999));  // would wait 15.001 ms
  EXPECT_TRUE(admit(limiter, 5'000));
  EXPECT_EQ(released_us(), 20'000);
}

TEST_F(CircuitLimiterTest, AFrameTooLongForTheBucketIsNeverReleased) {
  CircuitLimiter limiter(config(Mode::shape));
  EXPECT_FALSE(admit(limiter, 0, 1251));
}

// A shaper keeps the order, never releases early, and what it releases conforms to the bucket.
TEST_F(CircuitLimiterTest, ShaperConformsOverRandomTraffic) {
  std::mt19937_64 random(5);
  CircuitLimiter limiter(config(Mode::shape));
  TokenBucket judge(BitRate::mbps(1), 10'000);
  int64_t us = 0;
  Time last;
  int admitted = 0;
  for (int i = 0; i < 20'000; i++) {
    us += static_cast<int64_t>(random() % 12'000);
    const auto length = static_cast<uint32_t>(60 + random() % 1190);
    if (!admit(limiter, us, length)) continue;
    admitted++;
    ASSERT_GE(p_.time(), Time() + Duration::us(us));
    ASSERT_LE(p_.time(), Time() + Duration::us(us) + Duration::ms(15));
    ASSERT_GE(p_.time(), last);
    last = p_.time();
    ASSERT_TRUE(judge.take(last, uint64_t{length} * 8));
  }
  EXPECT_GT(admitted, 10'000);
  EXPECT_LT(admitted, 20'000);
}

TEST_F(CircuitLimiterTest, ANewBandwidthKeepsTheLevelOfTheBucket) {
  CircuitLimiter limiter(config(Mode::police));
  EXPECT_TRUE(admit(limiter, 0));
  LimiterConfig twice = config(Mode::police);
  twice.rate = BitRate::mbps(2);
  limiter.configure(Time() + Duration::ms(2), twice);  // 2,000 bits have flowed in
  EXPECT_FALSE(admit(limiter, 5'999));
  EXPECT_TRUE(admit(limiter, 6'000));
  limiter.configure(Time() + Duration::ms(6), twice);  // the same again changes nothing
  EXPECT_FALSE(admit(limiter, 10'999));
  EXPECT_TRUE(admit(limiter, 11'000));
}

}  // namespace
}  // namespace erbium::dp
