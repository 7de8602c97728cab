// Every test runs against both readers: our own for plain pcap and the one through libpcap.
#include "dataplane/driver/capture_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "dataplane/driver/capture_fixture.h"

namespace erbium::dp {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kMicro = 0xa1b2c3d4;
constexpr uint32_t kNano = 0xa1b23c4d;

// Composes a pcap file in memory, honest or not.
class PcapBytes {
 public:
  explicit PcapBytes(uint32_t magic = kMicro, bool swapped = false, uint32_t snaplen = 262'144,
                     uint32_t link_type = 1)
      : swapped_(swapped) {
    u32(magic);
    u16(2);
    u16(4);
    u32(0);
    u32(0);
    u32(snaplen);
    u32(link_type);
  }

  PcapBytes& packet(uint32_t seconds, uint32_t fraction, const std::string& data) {
    const auto size = static_cast<uint32_t>(data.size());
    return packet(seconds, fraction, size, size, data);
  }
  PcapBytes& packet(uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t wire,
                    const std::string& data) {
    for (uint32_t v : {seconds, fraction, captured, wire}) u32(v);
    bytes += data;
    return *this;
  }

  std::string bytes;

 private:
  void u32(uint32_t v) {
    if (swapped_) v = __builtin_bswap32(v);
    bytes.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  void u16(uint16_t v) {
    if (swapped_) v = __builtin_bswap16(v);
    bytes.append(reinterpret_cast<const char*>(&v), sizeof v);
  }

  bool swapped_;
};

class CaptureReaderTest : public CaptureFixture, public ::testing::WithParamInterface<OpenCapture> {
 protected:
  CaptureOutcome read(const std::string& bytes) { return read_with(GetParam(), bytes); }
};

TEST_P(CaptureReaderTest, ReadsBothPrecisionsInBothByteOrders) {
  for (bool swapped : {false, true}) {
    const CaptureOutcome micro =
        read(PcapBytes(kMicro, swapped).packet(1'700'000'000, 999'999, 3, 60, "abc").bytes);
    EXPECT_EQ(micro.error, "");
    EXPECT_EQ(micro.packets, (CapturedPackets{{1'700'000'000'999'999'000, 60, "abc"}}));
    const CaptureOutcome nano =
        read(PcapBytes(kNano, swapped).packet(1'700'000'000, 999'999'999, 3, 60, "abc").bytes);
    EXPECT_EQ(nano.error, "");
    EXPECT_EQ(nano.packets, (CapturedPackets{{1'700'000'000'999'999'999, 60, "abc"}}));
  }
}

TEST_P(CaptureReaderTest, SecondsAreUnsignedUntil2106) {
  const CaptureOutcome outcome = read(PcapBytes().packet(0xffff'fff0, 1, "abc").bytes);
  EXPECT_EQ(outcome.packets, (CapturedPackets{{4'294'967'280'000'001'000, 3, "abc"}}));
}

TEST_P(CaptureReaderTest, DeliversWhatIsOddButHarmless) {
  const std::string largest(262'144, 'x');
  const CaptureOutcome outcome = read(PcapBytes(kNano)
                                          .packet(10, 5, "later")
                                          .packet(9, 4, "earlier")
                                          .packet(9, 4, "")
                                          .packet(9, 4, 0, 60, "")
                                          .packet(9, 5, 262'144, 4'000'000'000, largest)
                                          .bytes);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.packets, (CapturedPackets{{10'000'000'005, 5, "later"},
                                              {9'000'000'004, 7, "earlier"},
                                              {9'000'000'004, 0, ""},
                                              {9'000'000'004, 60, ""},
                                              {9'000'000'005, 4'000'000'000, largest}}));
}

TEST_P(CaptureReaderTest, CutsToTheSnapshotLengthTheFileClaims) {
  const CaptureOutcome outcome =
      read(PcapBytes(kNano, false, 4).packet(1, 1, "abcdef").packet(1, 2, "gh").bytes);
  EXPECT_EQ(outcome.packets,
            (CapturedPackets{{1'000'000'001, 6, "abcd"}, {1'000'000'002, 2, "gh"}}));
}

TEST_P(CaptureReaderTest, AFileWithoutPacketsIsNoError) {
  const CaptureOutcome outcome = read(PcapBytes().bytes);
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(outcome.packets.empty());
}

struct Damage {
  const char* what;
  std::string bytes;
  const char* message;  // part of the text
  size_t delivered;     // packets in front of the damage
};

TEST_P(CaptureReaderTest, DamageIsReportedAfterThePacketsBeforeIt) {
  const std::string good = PcapBytes().packet(1, 2, "first").packet(1, 3, "second").bytes;
  const auto after = [&](uint32_t fraction, uint32_t captured, uint32_t wire) {
    return PcapBytes(kMicro).packet(1, 1, "x").packet(1, fraction, captured, wire, "y").bytes;
  };
  const bool own = GetParam() == &CaptureReader::open;
  const Damage cases[] = {
      {"empty", "", "x.pcap: is empty", 0},
      {"cut magic", good.substr(0, 3), "x.pcap: ", 0},
      {"cut file header", good.substr(0, 23), "truncated", 0},
      {"cut packet header", good.substr(0, 24 + 21 + 15),
       own ? "packet 2 at byte 45: the file ends inside the packet header" : "packet 2: truncated",
       1},
      {"cut packet", good.substr(0, good.size() - 1),
       own ? "packet 2 at byte 45: the file ends inside the packet, after 5 of 6 bytes"
           : "packet 2: truncated",
       1},
      {"wrong magic",
       "\x7f"
       "ELF" +
           std::string(60, '\0'),
       "is neither pcap nor pcapng (it begins with 7f454c46)", 0},
      {"damaged gzip", "\x1f\x8b\x08" + std::string(60, '\xff'), "its gzip data is damaged", 0},
      {"gzip that ends", "\x1f\x8b\x08", "its gzip data ends too early", 0},
      {"damaged zstd", "\x28\xb5\x2f\xfd" + std::string(60, '\xff'), "its zstd data is damaged", 0},
      {"zstd that ends", "\x28\xb5\x2f\xfd\x04", "its zstd data ends too early", 0},
      {"bzip2", "BZh9" + std::string(60, 'x'), "is compressed with bzip2", 0},
      {"captured over the limit", after(1, 262'145, 262'145), "packet 2", 1},
      {"captured far over the limit", after(1, 0xffff'ffff, 0xffff'ffff), "packet 2", 1},
      {"captured over wire", after(1, 1, 0),
       "its captured length of 1 bytes is over its length on the wire of 0", 1},
      {"a second of microseconds", after(1'000'000, 1, 1), "which is a second or more", 1},
      {"huge fraction", after(0xffff'ffff, 1, 1), "which is a second or more", 1},
      {"nanoseconds", PcapBytes(kNano).packet(1, 1'000'000'000, "x").bytes, "packet 1", 0},
  };
  for (const Damage& damage : cases) {
    SCOPED_TRACE(damage.what);
    const CaptureOutcome outcome = read(damage.bytes);
    EXPECT_THAT(outcome.error, HasSubstr(damage.message));
    EXPECT_EQ(outcome.packets.size(), damage.delivered);
  }
}

TEST_P(CaptureReaderTest, OtherLinkTypesAreRefusedByName) {
  EXPECT_THAT(read(PcapBytes(kMicro, false, 0, 9).bytes).error,
              HasSubstr("link type PPP (PPP) cannot be replayed"));
  EXPECT_THAT(read(PcapBytes(kMicro, true, 0, 129).bytes).error,
              HasSubstr("link type ARCNET_LINUX (Linux ARCNET) cannot be replayed"));
  EXPECT_THAT(read(PcapBytes(kMicro, false, 0, 147).bytes).error, HasSubstr("cannot be replayed"));
}

TEST_P(CaptureReaderTest, RecordsHaveTheLinkTypeOfTheFile) {
  for (const uint32_t type : {0, 1, 12, 101, 105, 108, 113, 127, 228, 229, 276}) {
    std::ofstream(path_, std::ios::binary)
        << PcapBytes(kMicro, false, 0, type).packet(1, 2, "x").bytes;
    const auto reader = GetParam()(path_);
    CaptureRecord record;
    ASSERT_TRUE(reader->next(record));
    EXPECT_EQ(record.link_type,
              type == 12 && GetParam() == &CaptureReader::open_libpcap ? 101 : type);
  }
}

TEST_P(CaptureReaderTest, MissingFilesAndDirectoriesAreNamed) {
  EXPECT_THAT(
      [&] { GetParam()(directory_ + "/none.pcap"); },
      ::testing::ThrowsMessage<CaptureError>(directory_ + "/none.pcap: No such file or directory"));
  EXPECT_THAT([&] { GetParam()(directory_); },
              ::testing::ThrowsMessage<CaptureError>(directory_ + ": is a directory"));
}

TEST_P(CaptureReaderTest, ReadsFromAPipe) {
  const std::string bytes = PcapBytes().packet(1, 2, "first").bytes;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  const auto reader = GetParam()("/dev/fd/" + std::to_string(ends[0]));
  CaptureRecord record;
  ASSERT_TRUE(reader->next(record));
  EXPECT_EQ(record.timestamp_ns, 1'000'002'000);
  EXPECT_FALSE(reader->next(record));
  ::close(ends[0]);
}

INSTANTIATE_TEST_SUITE_P(Readers, CaptureReaderTest,
                         ::testing::Values(&CaptureReader::open, &CaptureReader::open_libpcap),
                         [](const auto& test) { return test.index == 0 ? "own" : "libpcap"; });

class CaptureReaders : public CaptureFixture {};

std::string random_capture(std::mt19937& random) {
  const uint32_t snaplens[] = {0, 96, 65'535, 262'144, 0xffff'ffff};
  const uint32_t magic = random() % 2 ? kMicro : kNano;
  PcapBytes file(magic, random() % 2, snaplens[random() % 5]);
  const uint32_t second = magic == kMicro ? 1'000'000 : 1'000'000'000;
  const uint32_t mostly[] = {0, 60, 590, 1514, 9216, 65'535};
  const auto packets = random() % 200;
  for (unsigned i = 0; i < packets; ++i) {
    const uint32_t size = mostly[random() % 6] + static_cast<uint32_t>(random() % 3);
    std::string data(size, '\0');
    for (size_t at = 0; at < data.size(); at += 4) {
      const uint32_t bits = static_cast<uint32_t>(random());
      std::memcpy(&data[at], &bits, std::min<size_t>(4, data.size() - at));
    }
    file.packet(static_cast<uint32_t>(random()), static_cast<uint32_t>(random() % second), size,
                size + static_cast<uint32_t>(random() % 100), data);
  }
  return file.bytes;
}

TEST_F(CaptureReaders, AgreeOnRandomCaptures) {
  std::mt19937 random(1);
  size_t packets = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string bytes = random_capture(random);
    const CaptureOutcome own = read_with(&CaptureReader::open, bytes);
    const CaptureOutcome libpcap = read_with(&CaptureReader::open_libpcap, bytes);
    ASSERT_EQ(own.error, "");
    ASSERT_EQ(libpcap.error, "");
    ASSERT_TRUE(own.packets == libpcap.packets) << "capture " << i;
    packets += own.packets.size();
  }
  EXPECT_GT(packets, 1000u);
}

TEST_F(CaptureReaders, AgreeOnDamagedCaptures) {
  std::mt19937 random(2);
  int failed = 0;
  for (int i = 0; i < 300; ++i) {
    PcapBytes file(random() % 2 ? kMicro : kNano, random() % 2, 2000);
    for (uint32_t p = 0; p < 12; ++p)
      file.packet(p, p * 1000, std::string(random() % 80, static_cast<char>('a' + p)));
    std::string bytes = file.bytes;
    for (int hits = 0; hits < 2; ++hits)
      bytes[24 + random() % (bytes.size() - 24)] = static_cast<char>(random());
    if (random() % 3 == 0) bytes.resize(24 + random() % (bytes.size() - 24));
    const CaptureOutcome own = read_with(&CaptureReader::open, bytes);
    const CaptureOutcome libpcap = read_with(&CaptureReader::open_libpcap, bytes);
    ASSERT_EQ(own.error.empty(), libpcap.error.empty()) << own.error << " | " << libpcap.error;
    ASSERT_TRUE(own.packets == libpcap.packets) << "capture " << i;
    failed += !own.error.empty();
  }
  EXPECT_GT(failed, 50);
}

size_t resident_bytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(CaptureReaders, MemoryDoesNotGrowWithTheFile) {
  const std::string frame(1500, 'x');
  {
    std::ofstream file(path_, std::ios::binary);
    file << PcapBytes().bytes;
    const std::string packet = PcapBytes().packet(1, 0, frame).bytes.substr(24);
    for (int i = 0; i < 40'000; ++i) file << packet;
  }
  const size_t before = resident_bytes();
  const auto reader = CaptureReader::open(path_);
  CaptureRecord record;
  while (reader->packets() < 40'000) ASSERT_TRUE(reader->next(record));
  EXPECT_LE(resident_bytes(), before + 8 * 1024 * 1024);
  EXPECT_FALSE(reader->next(record));
}

}  // namespace
}  // namespace erbium::dp
