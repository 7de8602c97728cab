#include "dataplane/driver/frame_filter.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "dataplane/core/test_packets.h"

namespace erbium::dp {
namespace {

using test::frame;

TEST(FrameFilter, IsThatOfTcpdump) {
  const FrameFilter filter("host 10.0.1.5 and udp port 80");
  const auto frame_to = [](const char* dst) {
    return test::Frame(frame().ip4("192.168.0.9", dst)).ports(9, 80).bytes();
  };
  EXPECT_TRUE(filter.matches(frame_to("10.0.1.5")));
  EXPECT_FALSE(filter.matches(frame_to("10.0.1.6")));
  EXPECT_FALSE(filter.matches({}));
}

TEST(FrameFilter, LooksBehindTags) {
  const FrameFilter filter("host 10.0.1.5");
  auto bytes = test::Frame(frame().ip4("192.168.0.9", "10.0.1.5")).bytes();
  const std::vector<uint8_t> tags = {0x81, 0x00, 0x03, 0xe9, 0x81, 0x00, 0x00, 0x64};
  bytes.insert(bytes.begin() + 12, tags.begin(), tags.end());
  EXPECT_TRUE(filter.matches(bytes));
  EXPECT_TRUE(FrameFilter("vlan 1001").matches(bytes));
}

TEST(FrameFilter, RefusesWhatIsNone) {
  EXPECT_THROW(FrameFilter("hots 10.0.1.5"), std::invalid_argument);
}

}  // namespace
}  // namespace erbium::dp
