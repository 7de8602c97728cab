#include "dataplane/core/packet_pool.h"

#include <gtest/gtest.h>

#include <set>

#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

class PacketPoolTest : public ::testing::Test {
 protected:
  PacketPoolTest() { test::start_eal(); }
};

TEST_F(PacketPoolTest, GivesWhatWasAskedFor) {
  PacketPool pool(16 << 20);
  for (uint32_t length :
       {0u, 60u, PacketPool::kSmallFrame, PacketPool::kSmallFrame + 1, net::kMaxFrame}) {
    const Packet p = pool.allocate(length);
    ASSERT_NE(p.mbuf(), nullptr) << length;
    EXPECT_EQ(p.length(), length);
    EXPECT_GE(p.headroom(), 64u) << "room for tags and encapsulation";
    const PacketMeta zero{};
    EXPECT_EQ(std::memcmp(&p.meta(), &zero, sizeof zero), 0);
    std::memset(p.data(), 0xa5, length);
    std::memset(&p.meta(), 0xa5, sizeof zero);
    p.free();
  }
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST_F(PacketPoolTest, RefusesWhatIsLongerThanTheLongestFrame) {
  PacketPool pool(16 << 20);
  EXPECT_EQ(pool.allocate(net::kMaxFrame + 1).mbuf(), nullptr);
  EXPECT_FALSE(pool.exhausted()) << "the frame is wrong, not the pool";
}

TEST_F(PacketPoolTest, GrowsUpToTheCapAndThenSaysSo) {
  constexpr size_t kCap = 8 << 20;
  for (uint32_t length : {60u, net::kMaxFrame}) {
    PacketPool pool(kCap);
    std::set<rte_mbuf*> all;
    while (true) {
      ASSERT_LE(pool.bytes(), kCap);
      const Packet p = pool.allocate(length);
      if (p.mbuf() == nullptr) break;
      EXPECT_FALSE(pool.exhausted());
      ASSERT_TRUE(all.insert(p.mbuf()).second) << "handed out twice";
    }
    EXPECT_TRUE(pool.exhausted());
    EXPECT_EQ(pool.in_use(), all.size());
    const size_t buffer = length <= PacketPool::kSmallFrame ? 2304 : 9728;
    EXPECT_GT(all.size(), kCap / buffer / 2) << "the cap is put to use";
    EXPECT_EQ(pool.allocate(length).mbuf(), nullptr);
    for (rte_mbuf* m : all) Packet(m).free();
    EXPECT_EQ(pool.in_use(), 0u);
    EXPECT_NE(pool.allocate(length).mbuf(), nullptr);
  }
}

TEST_F(PacketPoolTest, ReservesAtOnceOrThrows) {
  PacketPool pool(16 << 20);
  pool.reserve_small(4000);
  const size_t bytes = pool.bytes();
  std::vector<Packet> taken;
  for (int i = 0; i < 4000; i++) taken.push_back(pool.allocate(60));
  EXPECT_EQ(pool.bytes(), bytes);
  EXPECT_THROW(pool.reserve_small(1 << 20), std::runtime_error);
}

TEST_F(PacketPoolTest, ACapWithoutRoomIsRefused) {
  EXPECT_THROW(PacketPool(1 << 20), std::runtime_error);
  EXPECT_THROW(PacketPool(0), std::runtime_error);
  const PacketPool pool(8 << 20);  // what was refused left nothing behind
}

TEST_F(PacketPoolTest, PacketsAreCutAndGrownInPlace) {
  PacketPool pool(16 << 20);
  Packet p = pool.allocate(4);
  std::memcpy(p.data(), "abcd", 4);
  p.strip(1);
  EXPECT_EQ(test::bytes_of(p), (test::Bytes{'b', 'c', 'd'}));
  std::memcpy(p.prepend(2), "xy", 2);
  EXPECT_EQ(test::bytes_of(p), (test::Bytes{'x', 'y', 'b', 'c', 'd'}));
  EXPECT_EQ(p.header<net::VlanTag>(1) == nullptr, false);
  EXPECT_EQ(p.header<net::VlanTag>(2), nullptr) << "a header must lie within the packet";
  p.meta().missing = 10;
  EXPECT_EQ(p.wire_length(), 15u);
}

// Memory of EAL is taken at once: a device must be able to reach it, so it cannot come from mmap.
TEST_F(PacketPoolTest, TakesMemoryOfEalForNics) {
  PacketPool pool(40 << 20, PacketPool::Memory::nics);
  EXPECT_GE(rte_pktmbuf_data_room_size(pool.small()),
            PacketPool::kDeviceFrame + RTE_PKTMBUF_HEADROOM);
  const size_t bytes = pool.bytes();
  EXPECT_GT(bytes, 0u);
  for (uint32_t length : {PacketPool::kDeviceFrame, net::kMaxFrame}) {
    const Packet p = pool.allocate(length);
    ASSERT_NE(p.mbuf(), nullptr) << length;
    std::memset(p.data(), 0xa5, length);
    p.free();
  }
  std::vector<Packet> all;
  for (Packet p = pool.allocate(60); p.mbuf(); p = pool.allocate(60)) all.push_back(p);
  EXPECT_EQ(pool.bytes(), bytes) << "it does not grow";
  EXPECT_TRUE(pool.exhausted());
  for (const Packet p : all) p.free();
}

// A stage that reads past the end of its packet dies in the sanitizer build, although the bytes
// belong to the same buffer.
TEST_F(PacketPoolTest, SanitizerBuildsForbidBytesOutsideThePacket) {
#if ERBIUM_POISON
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  PacketPool pool(16 << 20);
  Packet p = pool.allocate(60);
  const volatile uint8_t* data = p.data();
  EXPECT_DEATH((void)data[60], "use-after-poison");
  EXPECT_DEATH((void)data[-1], "use-after-poison");
  p.set_length(30);
  EXPECT_DEATH((void)data[30], "use-after-poison");
  p.free();
  EXPECT_DEATH((void)data[0], "use-after-poison");
#else
  EXPECT_EQ(ERBIUM_POISON, 0) << "this build has no AddressSanitizer: the others prove it";
#endif
}

}  // namespace
}  // namespace erbium::dp
