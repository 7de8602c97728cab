// Which side frames come from, by addresses and by who serves.
#include "dataplane/driver/side_splitter.h"

#include <gtest/gtest.h>

#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

using test::Bytes;
using test::frame;

Bytes tcp(const char* from, const char* to, uint16_t source, uint16_t destination, uint8_t flags) {
  Bytes out =
      frame().ip4(from, to).protocol(net::kProtoTcp).ports(source, destination).data(20).bytes();
  out[14 + 20 + 13] = flags;
  return out;
}

constexpr uint8_t kSyn = 0x02, kSynAck = 0x12, kAck = 0x10;

TEST(SideSplitter, ByPrefixesOfTheSource) {
  SideSplitter splitter({.prefixes = {*net::Prefix::parse("10.0.0.0/16")}});
  EXPECT_TRUE(splitter.from_azure(frame().ip4("10.0.1.4", "192.168.1.1").bytes()));
  EXPECT_FALSE(splitter.from_azure(frame().ip4("192.168.1.1", "10.0.1.4").bytes()));
  EXPECT_FALSE(splitter.from_azure(Bytes(14)));
  EXPECT_FALSE(splitter.from_azure({}));
}

TEST(SideSplitter, ByMacAddressOfTheSender) {
  Bytes bytes = frame().ip4("10.0.1.4", "192.168.1.1").bytes();
  net::Mac mac;
  std::copy_n(bytes.begin() + 6, 6, mac.bytes.begin());
  SideSplitter splitter({.by = SideRules::By::macs, .macs = {mac}});
  EXPECT_TRUE(splitter.from_azure(bytes));
  bytes[11] ^= 1;
  EXPECT_FALSE(splitter.from_azure(bytes));
}

TEST(SideSplitter, ByWhoAnswersSyn) {
  SideSplitter splitter({.by = SideRules::By::servers});
  EXPECT_FALSE(splitter.from_azure(tcp("10.0.0.9", "10.0.0.1", 443, 50000, kSyn)));
  EXPECT_TRUE(splitter.from_azure(tcp("10.0.0.1", "10.0.0.9", 50000, 443, kSynAck)));
  EXPECT_TRUE(splitter.from_azure(tcp("10.0.0.1", "10.0.0.9", 50000, 443, kAck)));
  EXPECT_FALSE(splitter.from_azure(tcp("10.0.0.9", "10.0.0.1", 443, 50000, kAck)));
}

TEST(SideSplitter, BySystemPortElseByTheFirstPacket) {
  SideSplitter splitter({.by = SideRules::By::servers});
  EXPECT_TRUE(splitter.from_azure(tcp("10.0.0.1", "10.0.0.9", 443, 50000, kAck)));
  EXPECT_FALSE(splitter.from_azure(tcp("10.0.0.9", "10.0.0.1", 50000, 443, kAck)));
  EXPECT_FALSE(splitter.from_azure(tcp("10.0.0.1", "10.0.0.9", 5001, 50000, kAck)));
  EXPECT_TRUE(splitter.from_azure(tcp("10.0.0.9", "10.0.0.1", 50000, 5001, kAck)));
}

}  // namespace
}  // namespace erbium::dp
