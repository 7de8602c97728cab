// What happened to flows survives the way through the channel, in as many parts as it takes; what
// does not fit is refused.
#include "common/api/flow_counts.h"

#include <gtest/gtest.h>

namespace erbium::api {
namespace {

Impact eventful(size_t window) {
  Impact out{.window = window,
             .sent = 9,
             .received = 7,
             .lost = 2,
             .reordered = 3,
             .duplicated = 4,
             .gaps = 1,
             .longest = Gap{5, 6, 100, 400, 100, 210, true, false},
             .outage_sum_ns = 300,
             .before = 0,
             .after = kNoPath,
             .switched_ns = 410};
  for (const int64_t latency : {1'200'077, 1'300'005, 77}) out.unsettled.record(latency, 2);
  out.settled.record(0);
  return out;
}

FlowResults sample() {
  return {.events_ns = {10, 20, 20},
          .top = {{.name = "udp a > b",
                   .port = "branch",
                   .in_flight = 1,
                   .impacts = {eventful(0), eventful(3)}}},
          .rest = {{.port = "cloud", .flows = 12, .uncounted = 5, .impacts = {eventful(1)}}},
          .paths = {{1, 0}}};
}

FlowResults through_channel(const FlowResults& flows, unsigned* parts = nullptr) {
  FlowsCounts m;
  EXPECT_TRUE(m.ParseFromString(to_message(flows).SerializeAsString()));
  FlowResults out = from_message(m);
  std::vector<std::vector<Impact>> impacts;
  to_parts(flows, [&](const FlowPart& part) {
    FlowPart read;
    EXPECT_TRUE(read.ParseFromString(part.SerializeAsString()));
    EXPECT_LT(part.ByteSizeLong(), kMaxFrame / 8);
    EXPECT_TRUE(add_part(impacts, read));
    if (parts) (*parts)++;
  });
  EXPECT_TRUE(add_impacts(out, std::move(impacts), 2));
  return out;
}

void expect_equal(const Impact& a, const Impact& b) {
  EXPECT_EQ(a.window, b.window);
  EXPECT_EQ(a.sent, b.sent);
  EXPECT_EQ(a.received, b.received);
  EXPECT_EQ(a.lost, b.lost);
  EXPECT_EQ(a.reordered, b.reordered);
  EXPECT_EQ(a.duplicated, b.duplicated);
  EXPECT_EQ(a.gaps, b.gaps);
  EXPECT_EQ(a.longest, b.longest);
  EXPECT_EQ(a.outage_sum_ns, b.outage_sum_ns);
  EXPECT_EQ(a.before, b.before);
  EXPECT_EQ(a.after, b.after);
  EXPECT_EQ(a.switched_ns, b.switched_ns);
  EXPECT_EQ(a.unsettled, b.unsettled);
  EXPECT_EQ(a.settled, b.settled);
}

TEST(FlowCounts, ComeBackAsTheyWere) {
  const FlowResults in = sample(), out = through_channel(in);
  EXPECT_EQ(to_message(out).SerializeAsString(), to_message(in).SerializeAsString());
  EXPECT_EQ(out.events_ns, in.events_ns);
  EXPECT_EQ(out.paths, in.paths);
  EXPECT_EQ(out.top[0].in_flight, 1u);
  EXPECT_EQ(out.rest[0].flows, 12u);
  EXPECT_EQ(out.rest[0].uncounted, 5u);
  ASSERT_EQ(out.top[0].impacts.size(), 2u);
  ASSERT_EQ(out.rest[0].impacts.size(), 1u);
  expect_equal(out.top[0].impacts[0], in.top[0].impacts[0]);
  expect_equal(out.top[0].impacts[1], in.top[0].impacts[1]);
  expect_equal(out.rest[0].impacts[0], in.rest[0].impacts[0]);
}

TEST(FlowCounts, ManyWindowsTakeSeveralParts) {
  FlowResults flows = sample();
  Histogram wide;
  for (int64_t value = 1; value < INT64_MAX / 2; value += value / 130 + 1) wide.record(value);
  flows.events_ns.assign(40, 7);
  flows.rest[0].impacts.clear();
  for (size_t window = 0; window <= 40; window++)
    flows.rest[0].impacts.push_back({.window = window, .unsettled = wide, .settled = wide});
  unsigned parts = 0;
  const FlowResults out = through_channel(flows, &parts);
  EXPECT_GT(parts, 3u);
  ASSERT_EQ(out.rest[0].impacts.size(), 41u);
  expect_equal(out.rest[0].impacts[40], flows.rest[0].impacts[40]);
}

TEST(FlowCounts, PartsThatDoNotFitAreRefused) {
  std::vector<std::vector<Impact>> impacts;
  FlowPart part;
  part.set_flow(70'000);
  EXPECT_FALSE(add_part(impacts, part));
  part.set_flow(0);
  Latencies& latencies = *part.add_impacts()->mutable_settled();
  latencies.add_first_ns(5);
  EXPECT_FALSE(add_part(impacts, part)) << "a bucket without a count";
  latencies.add_count(1);
  EXPECT_FALSE(add_part(impacts, part)) << "a least value below the first bucket";
  latencies.set_min_ns(5);
  latencies.set_max_ns(5);
  EXPECT_TRUE(add_part(impacts, part));
  latencies.add_first_ns(5);
  latencies.add_count(1);
  EXPECT_FALSE(add_part(impacts, part)) << "buckets that do not ascend";
  latencies.Clear();
  part.mutable_impacts(0)->set_after(UINT32_MAX);
  EXPECT_FALSE(add_part(impacts, part)) << "no such path";

  const auto fits = [](std::vector<std::vector<Impact>> all, size_t links = 2) {
    FlowResults flows = from_message(to_message(sample()));
    return add_impacts(flows, std::move(all), links);
  };
  EXPECT_TRUE(fits({{eventful(0), eventful(3)}}));
  EXPECT_FALSE(fits({{eventful(0)}}, 1)) << "no such link";
  EXPECT_FALSE(fits({{eventful(4)}})) << "no such window";
  EXPECT_FALSE(fits({{eventful(3), eventful(3)}})) << "a window twice";
  EXPECT_FALSE(fits({{}, {}, {}})) << "no such flow";
  Impact elsewhere = eventful(0);
  elsewhere.after = 1;
  EXPECT_FALSE(fits({{elsewhere}})) << "no such path";
}

}  // namespace
}  // namespace erbium::api
