// What was packed comes out again, in whatever pieces it is asked for. Damage is tested with the
// readers.
#include "dataplane/driver/byte_source.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <utility>
#include <vector>

namespace erbium::dp {
namespace {

// Packs to about a half.
std::string some_text(size_t size) {
  std::mt19937 random(1);
  std::string out;
  while (out.size() < size) out += static_cast<char>('a' + random() % 16);
  return out;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstandard(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

class ByteSourceTest : public ::testing::Test {
 protected:
  ~ByteSourceTest() override { std::filesystem::remove(path_); }

  std::string read(const std::string& bytes, size_t piece) {
    std::ofstream(path_, std::ios::binary) << bytes;
    const auto source = ByteSource::open(path_);
    EXPECT_EQ(source->size(), bytes.size());
    std::vector<uint8_t> buffer(piece);
    std::string out;
    while (const size_t n = source->read(buffer.data(), piece)) {
      EXPECT_LE(n, piece);
      out.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
    }
    EXPECT_EQ(source->read(buffer.data(), piece), 0u) << "the end stays the end";
    EXPECT_EQ(source->position(), bytes.size());
    return out;
  }

  const std::string path_ = ::testing::TempDir() + "byte_source_" + std::to_string(::getpid());
};

TEST_F(ByteSourceTest, WhatWasPackedComesOutInPiecesOfAnySize) {
  const std::string text = some_text(700'000);
  for (const std::string& bytes : {text, gzipped(text), zstandard(text)})
    for (const size_t piece : {size_t{7}, size_t{65'536}, text.size() * 2})
      EXPECT_TRUE(read(bytes, piece) == text) << bytes.size() << " bytes by " << piece;
}

TEST_F(ByteSourceTest, PartsFollowOneAnother) {
  const std::string one = some_text(300'000), other = "the rest";
  EXPECT_TRUE(read(gzipped(one) + gzipped(other), 1000) == one + other);
  EXPECT_TRUE(read(zstandard(one) + zstandard(other), 1000) == one + other);
  EXPECT_EQ(read(gzipped("") + gzipped(other), 1000), other);
  EXPECT_EQ(read(zstandard("") + zstandard(other), 1000), other);
}

// RFC 1952 section 2.2 knows members only; tapes fill up with zeros.
TEST_F(ByteSourceTest, WhatIsNoMemberBehindGzipIsPadding) {
  EXPECT_EQ(read(gzipped("text") + std::string(400'000, '\0'), 1000), "text");
}

TEST_F(ByteSourceTest, ShortFilesAreReadAsTheyStand) {
  for (const char* text : {"", "a", "\x1f", "1234567", "12345678", "123456789"})
    EXPECT_EQ(read(text, 3), text);
}

}  // namespace
}  // namespace erbium::dp
