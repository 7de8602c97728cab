#include "control/report/difference.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

// Two packets of captures over two links each, and one of a stream.
RunFates run() {
  RunFates out;
  out.places = {"inside", "port cloud", "policer: router ce, stage limiter"};
  out.links = {"er/primary to_azure", "er/secondary to_azure"};
  out.streams = {"", "probe"};
  for (uint32_t i = 0; i < 4; i++) {
    PacketRecord& packet = out.packets.emplace_back();
    packet.stream = i == 3;
    packet.number = i == 3 ? 0 : i + 1;
    packet.id = packet.number + (i == 3 ? uint64_t{1} << 48 : 0);
    packet.entered_ns = 1000 * i;
    out.hops.push_back({PacketRecord::kNone, 0, 1000 * i + 100, 1000 * i + 5000});
    packet.last_hop = i;
    packet.ended_ns = 1000 * i + 5000;
    packet.place = 1;
    packet.fate = EndKind::left;
  }
  return out;
}

TEST(Difference, OfARunWithItselfIsNothing) {
  const Difference found = difference(run(), run());
  EXPECT_EQ(found.packets, 4u);
  EXPECT_TRUE(found.changes.empty());
  EXPECT_EQ(difference_text(found, "a.yaml", "b.yaml"),
            "A  a.yaml\nB  b.yaml\n4 packets, 0 differ\n");
}

TEST(Difference, GroupsByWhatChangedFirst) {
  RunFates b = run();
  b.packets[0].place = 2;  // dropped
  b.packets[0].fate = EndKind::dropped;
  b.packets[0].last_hop = PacketRecord::kNone;
  b.hops[1].link = 1;  // by the other link, later too
  b.packets[1].ended_ns += 10;
  b.hops[3].departed_ns += 700;
  b.hops[3].arrived_ns += 700;
  b.packets[3].ended_ns += 700;
  const Difference found = difference(run(), b);
  ASSERT_EQ(found.groups.size(), 3u);
  EXPECT_EQ(found.groups[0].what, Change::verdict);
  EXPECT_EQ(found.groups[0].b, "policer: router ce, stage limiter");
  EXPECT_EQ(found.groups[1].what, Change::path);
  EXPECT_EQ(found.changes[found.groups[1].changes[0]].what, Change::path | Change::delay);
  EXPECT_EQ(found.groups[2].what, Change::delay);
  EXPECT_EQ(found.groups[2].a, "er/primary to_azure: departs later");
  const auto json = difference_json(found, "a", "b");
  EXPECT_EQ(json["differ"], 3);
  EXPECT_EQ(json["groups"][2]["packets"][0]["stream"], "probe");
  EXPECT_EQ(json["groups"][2]["packets"][0]["b"]["delay_ns"], 5700);
  EXPECT_NE(difference_text(found, "a", "b").find("+700ns"), std::string::npos);
}

// The entry counts, not the clock: a replay that starts later is the same.
TEST(Difference, TimesCountFromTheEntry) {
  RunFates b = run();
  for (PacketRecord& packet : b.packets) {
    packet.entered_ns += 50;
    packet.ended_ns += 50;
  }
  for (RunFates::Hop& hop : b.hops) {
    hop.departed_ns += 50;
    hop.arrived_ns += 50;
  }
  EXPECT_TRUE(difference(run(), b).changes.empty());
}

TEST(Difference, WhoIsOvertakenHasAnotherOrder) {
  RunFates b = run();
  b.packets[0].ended_ns = 6500;  // behind the second
  b.hops[0].arrived_ns = 6500;
  const Difference found = difference(run(), b);
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0].id, 1u);
  EXPECT_EQ(found.changes[0].what, Change::delay | Change::order);
}

TEST(Difference, WhatDidNotEnterDiffers) {
  RunFates b = run();
  b.packets.erase(b.packets.begin() + 2);  // the third of the captures
  const Difference found = difference(run(), b);
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0].place_b, "not sent");
  EXPECT_EQ(difference(b, run()).changes[0].place_a, "not sent");
}

}  // namespace
}  // namespace erbium::cp
