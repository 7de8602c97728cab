#include "dataplane/tables/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace erbium::dp {
namespace {

FlowTuple flow(unsigned n) {
  FlowTuple out{.src_port = static_cast<uint16_t>(n), .version = 4, .protocol = 17};
  out.src[0] = static_cast<uint8_t>(n >> 16);
  return out;
}
Time at(int64_t ms) { return Time() + Duration::ms(ms); }

TEST(FlowTable, TakesAsManyAsItMay) {
  FlowTable table(3, Duration::s(1));
  for (unsigned n : {1u, 2u, 3u}) EXPECT_TRUE(table.see(flow(n), n, at(0)));
  EXPECT_FALSE(table.see(flow(4), 4, at(0)));
  EXPECT_TRUE(table.see(flow(2), 2, at(0))) << "known ones go on";
  EXPECT_EQ(table.size(), 3u);
}

TEST(FlowTable, ForgetsWhatIsSilent) {
  FlowTable table(2, Duration::ms(100));
  EXPECT_TRUE(table.see(flow(1), 1, at(0)));
  EXPECT_TRUE(table.see(flow(2), 2, at(50)));
  EXPECT_TRUE(table.see(flow(1), 1, at(100))) << "as long as the age is not too long";
  EXPECT_FALSE(table.see(flow(3), 3, at(150)));
  EXPECT_TRUE(table.see(flow(3), 3, at(151))) << "in the place of the second";
  EXPECT_FALSE(table.see(flow(2), 2, at(151)));
}

TEST(FlowTable, TellsApartWhatHashesAlike) {
  FlowTable table(2, Duration::s(1));
  EXPECT_TRUE(table.see(flow(1), 7, at(0)));
  EXPECT_TRUE(table.see(flow(2), 7, at(0)));
  EXPECT_FALSE(table.see(flow(3), 7, at(0)));
  EXPECT_TRUE(table.see(flow(1), 7, at(0)));
}

// Against the plainest table there is.
TEST(FlowTable, IsWhatAMapWouldBe) {
  std::minstd_rand random(5);
  FlowTable table(300, Duration::ms(40));
  std::map<unsigned, int64_t> seen;
  int64_t now = 0;
  unsigned refused = 0;
  for (int i = 0; i < 100'000; i++) {
    now += random() % 30 == 0;
    std::erase_if(seen, [&](const auto& known) { return now - known.second > 40; });
    const auto n = static_cast<unsigned>(random() % 1000);
    const bool known = seen.count(n) > 0 || seen.size() < 300;
    if (known) seen[n] = now;
    refused += !known;
    ASSERT_EQ(table.see(flow(n), n % 97, at(now)), known) << i;
    ASSERT_EQ(table.size(), seen.size());
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace erbium::dp
