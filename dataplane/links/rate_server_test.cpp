// The server against its definition in exact fractions: a packet starts when it has come and the
// one before it has left; the server falls free bits / rate later.
#include "dataplane/links/rate_server.h"

#include <gtest/gtest.h>

#include <random>

namespace erbium::dp {
namespace {

__extension__ using Wide = __int128;

// Times in units of 1 / rate ns, so that everything is a whole number.
class ExactServer {
 public:
  explicit ExactServer(uint64_t rate) : rate_(rate) {}
  Wide wait(int64_t now) const { return std::max<Wide>(0, free_ - now * rate_); }
  bool waits_longer(int64_t now, int64_t limit) const { return wait(now) > limit * rate_; }
  int64_t serve(int64_t now, uint64_t bits) {
    free_ = now * rate_ + wait(now) + Wide{bits} * 1'000'000'000;
    return static_cast<int64_t>((free_ + rate_ - 1) / rate_);
  }

 private:
  Wide rate_, free_ = 0;
};

constexpr uint64_t kRates[] = {1,
                               2,
                               3,
                               64'000,
                               999'999,
                               50'000'000,
                               999'999'937,
                               1'000'000'000,
                               10'000'000'000,
                               33'333'333'331,
                               100'000'000'000,
                               399'999'999'959,
                               400'000'000'000};

class RateServerAt : public ::testing::TestWithParam<uint64_t> {};

// Offered loads from far below to far above the rate, with bursts at one moment.
TEST_P(RateServerAt, AgreesWithTheExactServer) {
  const uint64_t rate = GetParam();
  std::mt19937_64 random(rate);
  for (const uint64_t load_percent : {10u, 90u, 100u, 150u, 1000u}) {
    RateServer server{BitRate::bps(rate)};
    ExactServer exact(rate);
    int64_t now = 0;
    for (int i = 0; i < 4000; i++) {
      const uint64_t bits = 8 * (60 + random() % 9180 + 24);
      const uint64_t mean = bits * 1'000'000'000 / rate * 100 / load_percent;
      if (random() % 4 != 0) now += static_cast<int64_t>(random() % (2 * mean + 2));
      const auto limit = static_cast<int64_t>(random() % (4 * mean + 4));
      ASSERT_EQ(server.would_wait_longer(Time::from_ns(now), Duration::ns(limit)),
                exact.waits_longer(now, limit));
      ASSERT_EQ(server.serve(Time::from_ns(now), bits).ns(), exact.serve(now, bits));
    }
  }
}

// The limit itself is allowed, down to a fraction of a nanosecond.
TEST_P(RateServerAt, WaitsExactlyAsLongAsTheLimit) {
  const uint64_t rate = GetParam();
  RateServer server{BitRate::bps(rate)};
  ExactServer exact(rate);
  for (int i = 0; i < 50; i++) {
    ASSERT_EQ(server.serve(Time(), 12'000 + 8).ns(), exact.serve(0, 12'000 + 8));
    const auto whole = static_cast<int64_t>(exact.wait(0) / Wide{rate});
    const bool fraction = exact.wait(0) % Wide{rate} != 0;
    ASSERT_EQ(server.would_wait_longer(Time(), Duration::ns(whole)), fraction);
    ASSERT_FALSE(server.would_wait_longer(Time(), Duration::ns(whole + 1)));
    ASSERT_TRUE(server.would_wait_longer(Time(), Duration::ns(whole - 1)));
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, RateServerAt, ::testing::ValuesIn(kRates));

TEST(RateServer, RoundingNeverAddsUp) {
  RateServer server{BitRate::gbps(400)};  // 88 bytes on the wire: 1.76 ns
  Time last;
  for (int i = 0; i < 1'000'000; i++) last = server.serve(Time(), 88 * 8);
  EXPECT_EQ(last.ns(), 1'760'000);
}

TEST(RateServer, WithoutARateNothingWaits) {
  RateServer server;
  EXPECT_EQ(server.serve(Time::from_ns(5), 1 << 23).ns(), 5);
  EXPECT_FALSE(server.would_wait_longer(Time::from_ns(5), Duration::ns(0)));
  EXPECT_EQ(server.serve(Time::from_ns(5), 1 << 23).ns(), 5);
}

TEST(RateServer, ANewRateIsForWhatComesAfter) {
  RateServer server{BitRate::mbps(1)};
  EXPECT_EQ(server.serve(Time(), 1000).ns(), 1'000'000);
  server.configure(BitRate::mbps(1000));
  EXPECT_TRUE(server.would_wait_longer(Time(), Duration::ns(999'999)));
  EXPECT_EQ(server.serve(Time(), 1000).ns(), 1'001'000);
}

TEST(RateServer, ClearForgetsWhatIsInService) {
  RateServer server{BitRate::mbps(1)};
  server.serve(Time(), 1000);
  server.clear(Time::from_ns(100));
  EXPECT_FALSE(server.would_wait_longer(Time::from_ns(100), Duration::ns(0)));
  EXPECT_EQ(server.serve(Time::from_ns(100), 1000).ns(), 1'000'100);
}

}  // namespace
}  // namespace erbium::dp
