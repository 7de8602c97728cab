// pcapng through our own reader and through libpcap, which must agree on whatever both accept.
#include "dataplane/driver/pcapng_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "dataplane/driver/capture_fixture.h"

namespace erbium::dp {
namespace {

using ::testing::HasSubstr;

// Composes a pcapng file in memory, honest or not.
class PcapngBytes {
 public:
  explicit PcapngBytes(bool swapped = false) : swapped_(swapped) { section(swapped); }

  PcapngBytes& section(bool swapped) {
    swapped_ = swapped;
    return block(0x0a0d0d0a, u32(0x1a2b3c4d) + u16(1) + u16(0) + u32(~0u) + u32(~0u));
  }
  PcapngBytes& interface(const std::string& options = "", uint32_t snaplen = 0,
                         uint16_t link_type = 1) {
    return block(1, u16(link_type) + u16(0) + u32(snaplen) + options);
  }
  PcapngBytes& packet(uint32_t interface, uint64_t ticks, uint32_t wire, const std::string& data,
                      const std::string& options = "") {
    return block(6, u32(interface) + u32(static_cast<uint32_t>(ticks >> 32)) +
                        u32(static_cast<uint32_t>(ticks)) +
                        u32(static_cast<uint32_t>(data.size())) + u32(wire) + padded(data) +
                        options);
  }
  PcapngBytes& block(uint32_t type, const std::string& body) {
    const std::string length = u32(static_cast<uint32_t>(body.size() + 12));
    bytes += u32(type) + length + body + length;
    return *this;
  }
  std::string option(uint16_t code, const std::string& value) const {
    return u16(code) + u16(static_cast<uint16_t>(value.size())) + padded(value);
  }
  std::string tsresol(int value) const { return option(9, {static_cast<char>(value)}); }
  std::string tsoffset(int64_t seconds) const {
    const auto bits = static_cast<uint64_t>(seconds);
    const std::string low = u32(static_cast<uint32_t>(bits));
    const std::string high = u32(static_cast<uint32_t>(bits >> 32));
    return option(14, swapped_ ? high + low : low + high);
  }
  std::string u32(uint32_t v) const {
    if (swapped_) v = __builtin_bswap32(v);
    return {reinterpret_cast<const char*>(&v), sizeof v};
  }
  std::string u16(uint16_t v) const {
    if (swapped_) v = __builtin_bswap16(v);
    return {reinterpret_cast<const char*>(&v), sizeof v};
  }
  static std::string padded(const std::string& data) {
    return data + std::string((4 - data.size() % 4) % 4, '\0');
  }

  std::string bytes;

 private:
  bool swapped_;
};

class PcapngReaderTest : public CaptureFixture {
 protected:
  // Reads with both readers and expects the same of them.
  CaptureOutcome agreed(const std::string& bytes) {
    const CaptureOutcome own = read_with(&CaptureReader::open, bytes);
    const CaptureOutcome libpcap = read_with(&CaptureReader::open_libpcap, bytes);
    EXPECT_TRUE(own.packets == libpcap.packets);
    EXPECT_EQ(own.error.empty(), libpcap.error.empty()) << own.error << " | " << libpcap.error;
    return own;
  }
  CaptureOutcome own(const std::string& bytes) { return read_with(&CaptureReader::open, bytes); }
};

TEST_F(PcapngReaderTest, EveryKindOfPacketBlockInBothByteOrders) {
  for (bool swapped : {false, true}) {
    PcapngBytes file(swapped);
    file.interface().interface(file.tsresol(9));
    file.packet(0, 1'700'000'000'000'001, 60, "abc")
        .packet(1, 1'700'000'000'000'000'001, 5, "defgh");
    file.block(4, std::string(8, 'n')).block(0x4000'0bad, std::string(16, 'c'));
    file.block(2, file.u16(1) + file.u16(9) + file.u32(0) + file.u32(7) + file.u32(1) +
                      file.u32(2) + PcapngBytes::padded("o"));
    file.block(3, file.u32(2) + PcapngBytes::padded("si"));
    EXPECT_EQ(agreed(file.bytes).packets, (CapturedPackets{{1'700'000'000'000'001'000, 60, "abc"},
                                                           {1'700'000'000'000'000'001, 5, "defgh"},
                                                           {7, 2, "o"},
                                                           {0, 2, "si"}}));
  }
}

TEST_F(PcapngReaderTest, ResolutionsAndOffsets) {
  const PcapngBytes options;
  const struct {
    std::string options;
    uint64_t ticks;
    int64_t ns;
  } cases[] = {
      {options.tsresol(0), 17, 17'000'000'000},
      {options.tsresol(3), 1'700'000'000'123, 1'700'000'000'123'000'000},
      {options.tsresol(12), 17'000'000'000'001'999, 17'000'000'000'001},
      {options.tsresol(0x80 | 10), (17u << 10) + 512, 17'500'000'000},
      {options.tsresol(9) + options.tsoffset(1'700'000'000), 5, 1'700'000'000'000'000'005},
      {options.tsoffset(-10), 12'000'001, 2'000'001'000},
      {options.tsresol(9), 0x7fff'ffff'0000'0000, 0x7fff'ffff'0000'0000},
  };
  for (const auto& c : cases) {
    PcapngBytes file;
    file.interface(c.options).packet(0, c.ticks, 3, "abc");
    EXPECT_EQ(agreed(file.bytes).packets, (CapturedPackets{{c.ns, 3, "abc"}}));
  }
}

TEST_F(PcapngReaderTest, SectionsCountInterfacesAnew) {
  PcapngBytes file;
  file.interface().packet(0, 1, 1, "a").section(false).interface().packet(0, 2, 1, "b");
  EXPECT_EQ(agreed(file.bytes).packets, (CapturedPackets{{1000, 1, "a"}, {2000, 1, "b"}}));
  file.packet(1, 3, 1, "c");
  EXPECT_THAT(agreed(file.bytes).error,
              HasSubstr("packet 3 at byte 168: it came in on interface 1"));
}

// libpcap refuses both; they are what appending and merging tools write.
TEST_F(PcapngReaderTest, OwnReaderMixesByteOrdersAndSnapshotLengths) {
  PcapngBytes file;
  file.interface("", 96).interface("", 65'535);
  file.packet(1, 1, 200, std::string(200, 'a')).section(true).interface().packet(0, 2, 1, "b");
  const CaptureOutcome outcome = own(file.bytes);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.packets, (CapturedPackets{{1000, 200, std::string(200, 'a')}, {2000, 1, "b"}}));
}

TEST_F(PcapngReaderTest, InterfacesHaveLinkTypesOfTheirOwn) {
  PcapngBytes file;
  file.interface("", 0, 1).interface("", 0, 113).interface("", 0, 9);
  file.packet(1, 1, 1, "a").packet(0, 2, 1, "b").packet(2, 3, 1, "c");
  std::ofstream(path_, std::ios::binary) << file.bytes;
  const auto reader = CaptureReader::open(path_);
  CaptureRecord record;
  ASSERT_TRUE(reader->next(record));
  EXPECT_EQ(record.link_type, 113u);
  ASSERT_TRUE(reader->next(record));
  EXPECT_EQ(record.link_type, 1u);
  EXPECT_THROW(reader->next(record), CaptureError);
}

TEST_F(PcapngReaderTest, OddButHarmless) {
  const std::string largest(262'144, 'x');
  PcapngBytes file;
  file.interface().packet(0, 9, 0, "").packet(0, 3, 4'000'000'000, largest);
  EXPECT_EQ(agreed(file.bytes).packets,
            (CapturedPackets{{9000, 0, ""}, {3000, 4'000'000'000, largest}}));
  EXPECT_EQ(agreed(PcapngBytes().interface().bytes).error, "");
}

TEST_F(PcapngReaderTest, DamageIsReportedAfterThePacketsBeforeIt) {
  const auto good = [] { return PcapngBytes().interface().packet(0, 1, 1, "a"); };
  const std::string two = good().packet(0, 2, 6, "second").bytes;
  std::string trailer = two;
  trailer[trailer.size() - 4] = 9;
  const auto packet = [&](uint32_t interface, uint32_t captured, uint32_t wire) {
    PcapngBytes f = good();
    const std::string time = f.u32(0) + f.u32(1);
    return f.block(6, f.u32(interface) + time + f.u32(captured) + f.u32(wire) + f.u32(0)).bytes;
  };
  const std::string late = PcapngBytes().interface(PcapngBytes().tsresol(0)).bytes;
  const struct {
    const char* what;
    std::string bytes;
    const char* message;
    size_t delivered;
  } cases[] = {
      {"cut section", two.substr(0, 20), "", 0},
      {"no interface", PcapngBytes().bytes, "", 0},
      {"packet before interface", PcapngBytes().packet(0, 1, 1, "a").bytes, "", 0},
      {"cut block header", two.substr(0, 84 + 7),
       "packet 2 at byte 84: the file ends inside a block header", 1},
      {"cut packet", two.substr(0, two.size() - 5),
       "packet 2 at byte 84: the file ends inside a block of 40 bytes", 1},
      {"lengths differ", trailer, "packet 2 at byte 84: a block's two lengths differ", 1},
      {"length 8", good().bytes + good().u32(6) + good().u32(8), "gives its length as 8", 1},
      {"length 17", good().bytes + good().u32(6) + good().u32(17) + std::string(20, 'x'),
       "gives its length as 17", 1},
      {"length 2 GiB", good().bytes + good().u32(6) + good().u32(1u << 31),
       "gives its length as 2147483648", 1},
      {"short packet block", good().block(6, std::string(16, '\0')).bytes, "is too short", 1},
      {"unknown interface", packet(1, 1, 1), "came in on interface 1, which is not described", 1},
      {"captured over wire", packet(0, 2, 1), "over its length on the wire of 1", 1},
      {"captured over block", packet(0, 5, 5), "captured length of 5 bytes is over its block", 1},
      {"captured over the limit", packet(0, 262'145, 262'145), "262145 bytes is over", 1},
      {"captured over snapshot",
       PcapngBytes().interface("", 96).packet(0, 1, 97, std::string(97, 'x')).bytes,
       "over its interface's snapshot length of 96", 0},
      {"option over block",
       PcapngBytes().interface(PcapngBytes().u16(2) + PcapngBytes().u16(5)).bytes,
       "an option runs over its block", 0},
      {"time out of range", late + PcapngBytes().packet(0, 1ull << 60, 1, "a").bytes.substr(28),
       "packet 1 at byte 56: its time is out of range", 0},
      {"too fine", PcapngBytes().interface(PcapngBytes().tsresol(20)).bytes,
       "resolution of time is too fine", 0},
      {"byte-order magic", good().block(0x0a0d0d0a, std::string(16, 'x')).bytes,
       "no byte-order magic", 1},
      {"later interface", good().interface("", 0, 9).packet(1, 2, 1, "b").bytes,
       "interface 1: link type PPP (PPP) cannot be replayed", 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const CaptureOutcome outcome = agreed(c.bytes);
    EXPECT_NE(outcome.error, "");
    EXPECT_THAT(outcome.error, HasSubstr(c.message));
    EXPECT_EQ(outcome.packets.size(), c.delivered);
  }
}

TEST_F(PcapngReaderTest, OtherLinkTypesAreRefusedByName) {
  EXPECT_THAT(agreed(PcapngBytes().interface("", 0, 9).packet(0, 1, 1, "a").bytes).error,
              HasSubstr("link type PPP (PPP) cannot be replayed"));
}

PcapngBytes random_capture(std::mt19937& random, size_t packets) {
  PcapngBytes file(random() % 2);
  const int resolutions[] = {0, 3, 6, 9, 10, 0x80 | 8, 0x80 | 20};
  const size_t interfaces = 1 + random() % 3;
  for (size_t i = 0; i < interfaces; ++i)
    file.interface(file.tsresol(resolutions[random() % 7]) + file.option(2, "name") +
                   file.option(0, ""));
  for (size_t i = 0; i < packets; ++i) {
    std::string data(random() % 1600, '\0');
    for (char& c : data) c = static_cast<char>(random());
    const std::string comment = random() % 2 ? file.option(1, "comment") : "";
    file.packet(static_cast<uint32_t>(random() % interfaces), random() % 4'000'000'000,
                static_cast<uint32_t>(data.size() + random() % 9), data, comment);
    if (random() % 8 == 0) file.block(5, std::string(12, '\0'));
  }
  return file;
}

TEST_F(PcapngReaderTest, ReadersAgreeOnRandomCaptures) {
  std::mt19937 random(3);
  size_t packets = 0;
  for (int i = 0; i < 40; ++i) {
    const CaptureOutcome outcome = agreed(random_capture(random, random() % 400).bytes);
    ASSERT_EQ(outcome.error, "");
    packets += outcome.packets.size();
  }
  EXPECT_GT(packets, 1000u);
}

// Where damage lies beyond what libpcap looks at, only the packets must agree.
TEST_F(PcapngReaderTest, DamageNeverBringsForthOtherPackets) {
  std::mt19937 random(4);
  int failed = 0;
  for (int i = 0; i < 300; ++i) {
    std::string bytes = random_capture(random, 6).bytes;
    bytes[28 + random() % 150] = static_cast<char>(random());
    if (random() % 3 == 0) bytes.resize(28 + random() % (bytes.size() - 28));
    const CaptureOutcome mine = own(bytes);
    const CaptureOutcome libpcap = read_with(&CaptureReader::open_libpcap, bytes);
    const size_t both = std::min(mine.packets.size(), libpcap.packets.size());
    for (size_t p = 0; p < both; ++p) ASSERT_EQ(mine.packets[p], libpcap.packets[p]) << i;
    if (mine.error.empty() && libpcap.error.empty()) {
      ASSERT_EQ(mine.packets.size(), libpcap.packets.size()) << i;
    }
    failed += !mine.error.empty();
  }
  EXPECT_GT(failed, 50);
}

}  // namespace
}  // namespace erbium::dp
