// What a run counted survives the way through the channel; parts that do not fit are refused.
#include "common/api/run_counts.h"

#include <gtest/gtest.h>

namespace erbium::api {
namespace {

Histogram latencies(std::initializer_list<int64_t> values) {
  Histogram out;
  for (const int64_t value : values) out.record(value);
  return out;
}

RunStats sample() {
  RunStats stats;
  stats.virtual_time_ns = 61'014'700'152;
  stats.ports = {{.name = "branch",
                  .rx = {5, 500},
                  .tx = {4, 400},
                  .to_node = 3,
                  .drops = {{"oversize", 2}},
                  .unsent = {{"tx_full", 1}}}};
  stats.links = {{.name = "er-sjc/primary",
                  .direction = "to_azure",
                  .sent = {7, 700},
                  .offered = 9,
                  .copied = 4,
                  .delivered = 6,
                  .in_flight = 1,
                  .policed = 3,
                  .corrupted = 5,
                  .drops = {{"link_down", 2}},
                  .latency = latencies({1, 3, 1000}),
                  .load = {6, 10, 20, 3, 4}}};
  stats.nodes = {{.name = "msee-a",
                  .from_ports = 1,
                  .from_links = 2,
                  .copied = 3,
                  .to_ports = 4,
                  .to_links = 5,
                  .held = 6,
                  .scheduled = 7,
                  .drops = {{"ttl", 1}},
                  .consumed = {{"arp", 2}},
                  .punted = {{"session", 3}},
                  .originated = {{"nd", 4}},
                  .withheld = {{"icmp_rate", 5}}}};
  stats.events = {{12, "gap_shortened", "a: 5 ns"}};
  stats.streams = {{.name = "probe",
                    .first_ns = 1,
                    .interval_ns = 2,
                    .received_ns = {5, -1, 9},
                    .path = {1, 0, 1},
                    .paths = {{}, {0}},
                    .repeated = {0, 2, 2},
                    .reordered = 2,
                    .strayed = 3}};
  stats.drop_places = {{.where = "router ce",
                        .stage = "limiter",
                        .reason = "policer",
                        .packets = 9,
                        .first = {{138, 2, "packet 138", "udp 10.0.0.1 > 10.0.0.2", 77}}}};
  stats.clamped_timestamps = 11;
  stats.buffers_in_use = 13;
  stats.wall = {.peak_rss_bytes = 1, .packet_pool_bytes = 2, .table_bytes = 3};
  return stats;
}

RunStats through_channel(const RunStats& stats) {
  RunCounts m;
  EXPECT_TRUE(m.ParseFromString(to_message(stats).SerializeAsString()));
  RunStats out = from_message(m);
  Parts parts;
  to_parts(stats, [&](const FromDataplane& part) {
    EXPECT_TRUE(part.has_flow_part() ? add_part(parts, part.flow_part())
                                     : add_part(parts, part.stream_part()));
  });
  EXPECT_TRUE(add_parts(out, std::move(parts)));
  return out;
}

TEST(RunCounts, ComeBackAsTheyWere) {
  const RunStats out = through_channel(sample());
  EXPECT_EQ(to_message(out).SerializeAsString(), to_message(sample()).SerializeAsString());
  EXPECT_EQ(out.ports[0].unsent.at("tx_full"), 1u);
  EXPECT_EQ(out.links[0].sent.bytes, 700u);
  EXPECT_EQ(out.nodes[0].originated.at("nd"), 4u);
  EXPECT_EQ(out.nodes[0].withheld.at("icmp_rate"), 5u);
  EXPECT_EQ(out.links[0].latency, sample().links[0].latency);
  EXPECT_EQ(out.links[0].load, sample().links[0].load);
  EXPECT_EQ(out.drop_places[0].stage, "limiter");
  EXPECT_EQ(out.drop_places[0].first[0].copy, 2u);
  EXPECT_EQ(out.streams[0].received_ns, (std::vector<int64_t>{5, -1, 9}));
  EXPECT_EQ(out.streams[0].path, (std::vector<uint16_t>{1, 0, 1}));
  EXPECT_EQ(out.streams[0].repeated, (std::vector<uint32_t>{0, 2, 2}));
  EXPECT_EQ(out.streams[0].strayed, 3u);
  EXPECT_EQ(out.buffers_in_use, 13u);
}

TEST(RunCounts, BuffersMayBeUnknown) {
  RunStats stats = sample();
  stats.buffers_in_use.reset();
  EXPECT_FALSE(through_channel(stats).buffers_in_use.has_value());
}

TEST(RunCounts, ManyPacketsTakeSeveralParts) {
  RunStats stats = sample();
  stats.streams[0].received_ns.assign(2'500'000, INT64_MAX);
  stats.streams[0].path.assign(2'500'000, 1);
  unsigned parts = 0;
  to_parts(stats, [&](const FromDataplane& part) {
    parts++;
    EXPECT_LT(part.ByteSizeLong(), kMaxFrame / 2);
  });
  EXPECT_EQ(parts, 3u);
  EXPECT_EQ(through_channel(stats).streams[0].received_ns, stats.streams[0].received_ns);
}

TEST(RunCounts, PartsThatDoNotFitAreRefused) {
  Parts packets;
  StreamPart part;
  part.set_stream(70'000);
  EXPECT_FALSE(add_part(packets, part));
  part.set_stream(0);
  part.add_received_ns(5);
  EXPECT_FALSE(add_part(packets, part)) << "a time without a path";
  part.add_path(70'000);
  EXPECT_FALSE(add_part(packets, part));
  RunStats stats = sample();
  EXPECT_FALSE(add_parts(stats, {.streams = {{.received_ns = {1}, .path = {2}}}}))
      << "no such path";
  stats = sample();
  stats.streams[0].paths[1] = {1};
  EXPECT_FALSE(add_parts(stats, {})) << "no such link";
  stats = sample();
  EXPECT_FALSE(add_parts(stats, {.streams = std::vector<StreamResult>(2)})) << "no such stream";
  EXPECT_FALSE(add_parts(stats, {.impacts = {{}}})) << "no flows";
  EXPECT_FALSE(add_parts(stats, {.streams = {{.received_ns = {1}, .path = {1}, .repeated = {1}}}}))
      << "no such packet";
}

}  // namespace
}  // namespace erbium::api
