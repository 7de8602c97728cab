// The layout byte by byte, and what is left on the disk when things go wrong. What other programs
// make of the files is judged by tests/oracle/writer_judge.py.
#include "common/pcapng/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace erbium::pcapng {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

uint32_t u32(const std::string& bytes, size_t at) {
  uint32_t value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// The types of the blocks from front to back; fails the test where the lengths do not chain.
std::vector<uint32_t> block_types(const std::string& bytes) {
  std::vector<uint32_t> types;
  for (size_t at = 0; at < bytes.size();) {
    const uint32_t length = bytes.size() - at < 12 ? 0 : u32(bytes, at + 4);
    if (length < 12 || length % 4 != 0 || length > bytes.size() - at ||
        u32(bytes, at + length - 4) != length) {
      ADD_FAILURE() << "no whole block at byte " << at << " of " << bytes.size();
      break;
    }
    types.push_back(u32(bytes, at));
    at += length;
  }
  return types;
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class WriterTest : public ::testing::Test {
 protected:
  WriterTest() { fs::create_directory(directory_); }
  ~WriterTest() override { fs::remove_all(directory_); }

  std::string directory_ = ::testing::TempDir() + "pcapng_writer_" + std::to_string(::getpid());
  std::string path_ = directory_ + "/x.pcapng";
  std::string partial_ = path_ + ".partial";
};

TEST_F(WriterTest, EveryByteOfASmallFile) {
  Writer writer(path_, {.section_comment = "seed 42"});
  const std::string_view comment = "no_route";
  EXPECT_EQ(writer.add_interface({.name = "ce1", .description = "port", .speed_bps = 10}), 0u);
  writer.packet({.interface_id = 0,
                 .timestamp_ns = 0x0102030405060708,
                 .original_length = 64,
                 .direction = Direction::kOutbound,
                 .packet_id = 7,
                 .comments = {&comment, 1}},
                as_bytes("abcde"));
  writer.statistics({.timestamp_ns = 9, .end_ns = 8, .received = 3, .dropped = 1});
  writer.finish();

  const std::vector<uint32_t> expected = {
      0x0a0d0d0a,
      64,
      0x1a2b3c4d,
      1,
      0xffffffff,
      0xffffffff,  // section header
      7u << 16 | 1,
      0x64656573,
      0x00323420,  // "seed 42"
      16u << 16 | 1,
      0x74706163,
      0x20657275,
      0x706d6f63,
      0x6574656c,
      0,  // "capture complete"
      64,
      1,
      60,
      1,
      0,
      3u << 16 | 2,
      0x00316563,  // interface: Ethernet, "ce1"
      4u << 16 | 3,
      0x74726f70,
      8u << 16 | 8,
      10,
      0,  // "port", if_speed
      1u << 16 | 9,
      9,
      0,
      60,  // if_tsresol
      6,
      76,
      0,
      0x01020304,
      0x05060708,
      5,
      64,
      0x64636261,
      0x00000065,  // packet
      4u << 16 | 2,
      2,
      8u << 16 | 5,
      7,
      0,  // flags, packetid
      8u << 16 | 1,
      0x725f6f6e,
      0x6574756f,
      0,
      76,  // comment
      5,
      76,
      0,
      0,
      9,
      8u << 16 | 3,
      0,
      8,  // statistics, endtime
      8u << 16 | 4,
      3,
      0,
      8u << 16 | 5,
      1,
      0,
      8u << 16 | 8,
      1,
      0,
      0,
      76,  // ifrecv, ifdrop, usrdeliv
  };
  const std::string bytes = contents(path_);
  ASSERT_EQ(bytes.size(), expected.size() * 4);
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(u32(bytes, i * 4), expected[i]) << "word " << i;
  EXPECT_EQ(writer.bytes_written(), bytes.size());
  EXPECT_EQ(writer.packets_written(), 1u);
}

TEST_F(WriterTest, TheBufferDoesNotShowInTheFile) {
  std::string first;
  for (size_t buffer : {size_t{0}, size_t{5000}, size_t{1} << 20}) {
    Writer writer(path_, {.buffer_bytes = buffer});
    writer.add_interface({.name = "a"});
    for (uint32_t i = 0; i < 300; ++i) {
      const std::string data(i * 37 % 20'000, static_cast<char>(i));
      writer.packet({.timestamp_ns = i, .original_length = static_cast<uint32_t>(data.size())},
                    as_bytes(data));
    }
    writer.finish();
    const std::string bytes = contents(path_);
    EXPECT_EQ(block_types(bytes).size(), 302u);
    if (first.empty()) first = bytes;
    EXPECT_TRUE(bytes == first) << "buffer of " << buffer;
  }
}

TEST_F(WriterTest, OnlyAFinishedFileHasTheName) {
  std::ofstream(path_) << "of an earlier run";
  Writer writer(path_);
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_TRUE(fs::exists(partial_));
  writer.finish();
  EXPECT_TRUE(fs::exists(path_));
  EXPECT_FALSE(fs::exists(partial_));
  EXPECT_THAT(contents(path_), HasSubstr("capture complete"));
}

TEST_F(WriterTest, AnInterruptedFileIsValidAndSaysSo) {
  {
    Writer writer(path_);
    writer.add_interface({.name = "a"});
    writer.packet({.timestamp_ns = 5, .original_length = 3}, as_bytes("abc"));
    writer.finish_partial("interrupted");
  }
  EXPECT_FALSE(fs::exists(path_));
  const std::string bytes = contents(partial_);
  EXPECT_EQ(block_types(bytes), (std::vector<uint32_t>{0x0a0d0d0a, 1, 6, 5}));
  EXPECT_THAT(bytes, HasSubstr("capture partial: interrupted"));
  EXPECT_THAT(bytes, Not(HasSubstr("capture complete")));
}

TEST_F(WriterTest, AnAbandonedFileSaysThatItIsPartial) {
  {
    Writer writer(path_, {.buffer_bytes = 4096});
    writer.add_interface({.name = "a"});
    for (int i = 0; i < 100; ++i)
      writer.packet({.original_length = 500}, as_bytes(std::string(500, 'x')));
  }
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_GT(block_types(contents(partial_)).size(), 50u);
  EXPECT_THAT(contents(partial_), HasSubstr("capture partial"));
}

TEST_F(WriterTest, CreationErrorsNameFileAndReason) {
  EXPECT_THAT([&] { Writer(directory_ + "/none/x.pcapng"); },
              ::testing::ThrowsMessage<IoError>("cannot create " + directory_ +
                                                "/none/x.pcapng.partial: No such file or "
                                                "directory"));
  fs::create_directory(path_);
  EXPECT_THROW(Writer{path_}, IoError);
}

TEST_F(WriterTest, AFullDiskIsAnErrorAndLeavesNoFinalName) {
  fs::create_symlink("/dev/full", partial_);
  Writer writer(path_);
  writer.add_interface({.name = "a"});
  try {
    writer.finish();
    FAIL() << "a full disk went unnoticed";
  } catch (const IoError& error) {
    EXPECT_EQ(error.error_number(), ENOSPC);
    EXPECT_EQ(error.what(), "cannot write " + partial_ + ": No space left on device");
  }
  EXPECT_FALSE(fs::exists(path_));
  writer.finish_partial("after an error nothing is written");
  EXPECT_THROW(writer.finish(), IoError);
  EXPECT_FALSE(fs::exists(path_));
}

// The kernel takes part of a write and refuses the rest; what remains ends on a block.
TEST_F(WriterTest, ACutWriteIsCutBackToAWholeBlock) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{20'001, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  int error_number = 0;
  {
    Writer writer(path_, {.buffer_bytes = 4096});
    writer.add_interface({.name = "a"});
    try {
      for (int i = 0; i < 100; ++i)
        writer.packet({.original_length = 500}, as_bytes(std::string(500, 'x')));
    } catch (const IoError& error) {
      error_number = error.error_number();
    }
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error_number, EFBIG);
  const size_t blocks = block_types(contents(partial_)).size();
  EXPECT_GT(blocks, 20u);
  EXPECT_LT(blocks, 40u);
}

TEST_F(WriterTest, LongTextIsCutBetweenCharacters) {
  std::string comment(65'534, 'x');
  comment += "\u20ac";  // three bytes, of which one would fit
  Writer writer(path_, {.section_comment = comment});
  writer.finish();
  const std::string bytes = contents(path_);
  EXPECT_EQ(block_types(bytes).size(), 1u);
  EXPECT_EQ(u32(bytes, 24), 65'534u << 16 | 1);
}

TEST_F(WriterTest, UnknownInterfacesAreMistakes) {
  Writer writer(path_);
  EXPECT_THROW(writer.packet({.interface_id = 0}, {}), std::out_of_range);
  EXPECT_THROW(writer.statistics({.interface_id = 0}), std::out_of_range);
}

}  // namespace
}  // namespace erbium::pcapng
