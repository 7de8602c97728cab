#include "dataplane/driver/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "dataplane/driver/capture_reader.h"

namespace erbium::dp {
namespace {

using namespace std::string_view_literals;

constexpr size_t kHead = 8;             // bytes that tell how a file is packed
constexpr size_t kPacked = 128 * 1024;  // read at once

class FileSource final : public ByteSource {
 public:
  FileSource(std::string path, int fd) : path_(std::move(path)), fd_(fd) {
    struct stat status {};
    if (::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode))
      size_ = static_cast<uint64_t>(status.st_size);
    while (head_ < kHead) {
      const size_t n = read_file(bytes_.data() + head_, kHead - head_);
      if (n == 0) break;
      head_ += n;
    }
  }
  ~FileSource() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  // What the file begins with, up to 8 bytes; read() still gives them.
  std::string_view head() const { return {reinterpret_cast<const char*>(bytes_.data()), head_}; }

  size_t read(uint8_t* to, size_t size) override {
    if (given_ == head_) return read_file(to, size);
    const size_t n = std::min(size, head_ - given_);
    std::memcpy(to, bytes_.data() + given_, n);
    given_ += n;
    return n;
  }
  uint64_t position() const override { return read_ - (head_ - given_); }
  uint64_t size() const override { return size_; }

 private:
  size_t read_file(uint8_t* to, size_t size) {
    for (;;) {
      const ssize_t n = ::read(fd_, to, size);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw CaptureError(path_ + ": " + std::strerror(errno));
      read_ += static_cast<uint64_t>(n);
      return static_cast<size_t>(n);
    }
  }

  std::string path_;
  int fd_;
  uint64_t size_ = 0;
  uint64_t read_ = 0;
  std::array<uint8_t, kHead> bytes_{};
  size_t head_ = 0;
  size_t given_ = 0;
};

// What unpackers share: a buffer of packed bytes in front of them.
class PackedSource : public ByteSource {
 public:
  uint64_t position() const override { return file_->position(); }
  uint64_t size() const override { return file_->size(); }

 protected:
  PackedSource(std::string path, std::unique_ptr<ByteSource> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  // Fills the buffer when it is used up; false at the end of the file.
  bool refill() {
    if (begin_ < end_) return true;
    begin_ = 0;
    end_ = file_->read(packed_.get(), kPacked);
    return end_ > 0;
  }
  [[noreturn]] void fail(const char* format, const std::string& what) const {
    throw CaptureError(path_ + ": its " + format + " data " + what);
  }

  std::string path_;
  std::unique_ptr<ByteSource> file_;
  std::unique_ptr<uint8_t[]> packed_ = std::make_unique_for_overwrite<uint8_t[]>(kPacked);
  size_t begin_ = 0;
  size_t end_ = 0;
};

class GzipSource final : public PackedSource {
 public:
  GzipSource(std::string path, std::unique_ptr<ByteSource> file)
      : PackedSource(std::move(path), std::move(file)) {
    if (inflateInit2(&stream_, MAX_WBITS + 16) != Z_OK) fail("gzip", "needs more memory");
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  size_t read(uint8_t* to, size_t size) override {
    stream_.next_out = to;
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(size, 1u << 30));
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room) {
      if (!refill()) {
        if (!inside_) return 0;
        fail("gzip", "ends too early");
      }
      if (!inside_ && !begin_member()) return 0;
      inflate_some();
    }
    return room - stream_.avail_out;
  }

 private:
  // Members may follow one another; what is none is padding, as gzip takes it.
  bool begin_member() {
    if (any_ && packed_[begin_] != 0x1f) {
      while (refill()) begin_ = end_;
      return false;
    }
    if (any_) inflateReset(&stream_);
    return inside_ = any_ = true;
  }
  void inflate_some() {
    stream_.next_in = packed_.get() + begin_;
    stream_.avail_in = static_cast<uInt>(end_ - begin_);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    begin_ = end_ - stream_.avail_in;
    if (status == Z_STREAM_END) inside_ = false;
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      fail("gzip", std::string("is damaged") +
                       (stream_.msg ? std::string(" (") + stream_.msg + ")" : std::string()));
  }

  z_stream stream_{};
  bool inside_ = false;  // a member
  bool any_ = false;     // member begun
};

class ZstdSource final : public PackedSource {
 public:
  ZstdSource(std::string path, std::unique_ptr<ByteSource> file)
      : PackedSource(std::move(path), std::move(file)), stream_(ZSTD_createDStream()) {
    if (!stream_) fail("zstd", "needs more memory");
  }

  size_t read(uint8_t* to, size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      const bool more = refill();
      if (!more && !inside_) return 0;
      ZSTD_inBuffer in{packed_.get() + begin_, end_ - begin_, 0};
      const size_t left = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(left))
        fail("zstd", std::string("is damaged (") + ZSTD_getErrorName(left) + ")");
      begin_ += in.pos;
      inside_ = left != 0;
      if (!more && inside_ && out.pos == 0) fail("zstd", "ends too early");
    }
    return out.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  bool inside_ = false;  // a frame
};

int open_file(const std::string& path) {
  if (path == "-") return STDIN_FILENO;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw CaptureError(path + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(fd);
    throw CaptureError(path + ": is a directory");
  }
  return fd;
}

}  // namespace

std::unique_ptr<ByteSource> ByteSource::open(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  auto file = std::make_unique<FileSource>(name, open_file(path));
  const std::string_view head = file->head();
  if (head.starts_with("\x1f\x8b"sv)) return std::make_unique<GzipSource>(name, std::move(file));
  if (head.starts_with("\x28\xb5\x2f\xfd"sv))
    return std::make_unique<ZstdSource>(name, std::move(file));
  const std::pair<std::string_view, const char*> others[] = {
      {"BZh"sv, "bzip2"}, {"\xfd\x37zXZ"sv, "xz"}, {"\x04\x22\x4d\x18"sv, "lz4"}};
  for (const auto& [magic, format] : others)
    if (head.starts_with(magic))
      throw CaptureError(name + ": is compressed with " + format +
                         "; unpack it first, or use gzip or zstd");
  return file;
}

}  // namespace erbium::dp
