#include "dataplane/core/calendar.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

Arrival arrival(int64_t time, uint64_t id, Packet p) {
  p.meta().time = time;
  p.meta().id = id;
  p.meta().copy = 0;
  return {time, id, p.mbuf()};
}

// Against a multimap, over random pushes, drains, removals and window lengths.
void compare_with_model(Duration slot, Duration horizon, int64_t spread) {
  std::mt19937_64 random(7);
  Calendar calendar(slot, horizon);
  test::Packets packets(1);
  std::map<std::pair<int64_t, uint64_t>, uint64_t> model;
  int64_t now = 0;
  uint64_t id = 0;
  const Packet any = packets.make(60);
  for (int round = 0; round < 3000; round++) {
    for (uint64_t n = random() % 8; n > 0; n--) {
      const int64_t time = now + static_cast<int64_t>(random() % static_cast<uint64_t>(spread));
      calendar.push(arrival(time, ++id, any));
      model.insert({{time, id}, id});
    }
    ASSERT_EQ(calendar.next().ns(), model.empty() ? Time::max().ns() : model.begin()->first.first);
    now += static_cast<int64_t>(random() % 700);
    std::vector<Arrival> out;
    calendar.drain(Time::from_ns(now), out);
    for (const Arrival& a : out) {
      ASSERT_FALSE(model.empty());
      ASSERT_EQ(a.time, model.begin()->first.first);
      ASSERT_EQ(a.id, model.begin()->first.second);
      model.erase(model.begin());
    }
    ASSERT_TRUE(model.empty() || model.begin()->first.first >= now);
    ASSERT_EQ(calendar.size(), model.size());
  }
}

TEST(Calendar, OrdersLikeAModel) { compare_with_model(Duration::ns(64), Duration::us(10), 9'000); }
TEST(Calendar, OrdersBeyondTheHorizon) {
  compare_with_model(Duration::ns(64), Duration::ns(2000), 50'000);
}
TEST(Calendar, OrdersWithSlotsWiderThanWindows) {
  compare_with_model(Duration::us(8), Duration::us(100), 90'000);
}

TEST(Calendar, RemovesWhatMatches) {
  Calendar calendar(Duration::ns(64), Duration::ns(2000));
  test::Packets packets(3);
  for (int64_t time : {10, 500, 90'000}) {
    Packet p = packets.make(60);
    calendar.push(arrival(time, static_cast<uint64_t>(time), p));
  }
  int taken = 0;
  calendar.remove_if([](Packet p) { return p.meta().time != 500; }, [&](Packet) { taken++; });
  EXPECT_EQ(taken, 2);
  EXPECT_EQ(calendar.size(), 1u);
  EXPECT_EQ(calendar.next().ns(), 500);
}

}  // namespace
}  // namespace erbium::dp
