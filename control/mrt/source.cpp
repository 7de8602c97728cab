#include "control/mrt/source.h"

#include <bzlib.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/io_error.h"

namespace erbium::cp::mrt {
namespace {

class FileSource : public Source {
 public:
  explicit FileSource(const std::string& path)
      : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) throw IoError("open", path, errno);
  }
  size_t read(std::span<uint8_t> into) override {
    const size_t got = std::fread(into.data(), 1, into.size(), file_.get());
    if (got == 0 && std::ferror(file_.get())) throw IoError("read", path_, errno);
    return got;
  }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

class OctetSource : public Source {
 public:
  explicit OctetSource(std::vector<uint8_t> octets) : octets_(std::move(octets)) {}
  size_t read(std::span<uint8_t> into) override {
    const size_t count = std::min(into.size(), octets_.size() - at_);
    std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }

 private:
  std::vector<uint8_t> octets_;
  size_t at_ = 0;
};

enum class Step { more, stream_end, damaged };

// One gzip or bzip2 stream after the other: both formats allow files to be joined.
class Gzip {
 public:
  static constexpr const char* kName = "gzip";
  Gzip() { ready_ = inflateInit2(&stream_, kWindowBits) == Z_OK; }
  ~Gzip() { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Step step(std::span<const uint8_t>& in, std::span<uint8_t>& out) {
    if (!ready_) return Step::damaged;
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    if (result == Z_STREAM_END) return Step::stream_end;
    return result == Z_OK || result == Z_BUF_ERROR ? Step::more : Step::damaged;
  }
  bool restart() { return inflateReset(&stream_) == Z_OK; }

 private:
  static constexpr int kWindowBits = 15 + 16;  // the largest window, gzip header and trailer
  z_stream stream_{};
  bool ready_ = false;
};

class Bzip2 {
 public:
  static constexpr const char* kName = "bzip2";
  Bzip2() { ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
  ~Bzip2() { BZ2_bzDecompressEnd(&stream_); }
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;

  Step step(std::span<const uint8_t>& in, std::span<uint8_t>& out) {
    if (!ready_) return Step::damaged;
    stream_.next_in = reinterpret_cast<char*>(const_cast<uint8_t*>(in.data()));
    stream_.avail_in = static_cast<unsigned>(in.size());
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = static_cast<unsigned>(out.size());
    const int result = BZ2_bzDecompress(&stream_);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    if (result == BZ_STREAM_END) return Step::stream_end;
    return result == BZ_OK ? Step::more : Step::damaged;
  }
  bool restart() {
    BZ2_bzDecompressEnd(&stream_);
    stream_ = {};
    ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
    return ready_;
  }

 private:
  bz_stream stream_{};
  bool ready_ = false;
};

template <typename Codec>
class Decompressed : public Source {
 public:
  explicit Decompressed(std::unique_ptr<Source> from) : from_(std::move(from)) {}

  size_t read(std::span<uint8_t> into) override {
    std::span<uint8_t> out = into;
    while (!out.empty() && out.size() == into.size()) {
      const bool more = refill();
      if (!more && between_) break;
      const Step step = codec_.step(in_, out);
      if (step == Step::damaged) fail("damaged");
      if (!more && step == Step::more && out.size() == into.size()) fail("truncated");
      between_ = step == Step::stream_end;
      if (between_ && !codec_.restart()) fail("no memory for");
    }
    const size_t got = into.size() - out.size();
    given_ += got;
    return got;
  }

 private:
  // False at the end of the file, though the codec may still hold output.
  bool refill() {
    if (in_.empty()) in_ = std::span<const uint8_t>(buffer_).first(from_->read(buffer_));
    return !in_.empty();
  }

  [[noreturn]] void fail(const char* how) const {
    throw Error(std::string(how) + " " + Codec::kName + " data", given_);
  }

  std::unique_ptr<Source> from_;
  Codec codec_;
  std::array<uint8_t, 65536> buffer_;
  std::span<const uint8_t> in_;
  bool between_ = false;  // streams
  uint64_t given_ = 0;
};

// Gives back what was read to look at it.
class Rewound : public Source {
 public:
  Rewound(std::vector<uint8_t> head, std::unique_ptr<Source> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  size_t read(std::span<uint8_t> into) override {
    const size_t got = head_.read(into);
    return got != 0 ? got : rest_->read(into);
  }

 private:
  OctetSource head_;
  std::unique_ptr<Source> rest_;
};

std::unique_ptr<Source> by_magic(std::unique_ptr<Source> raw) {
  std::vector<uint8_t> head(3);
  size_t got = 0;
  while (got < head.size()) {
    const size_t more = raw->read(std::span(head).subspan(got));
    if (more == 0) break;
    got += more;
  }
  head.resize(got);
  const bool gzip = got >= 2 && head[0] == 0x1f && head[1] == 0x8b;
  const bool bzip2 = got == 3 && head[0] == 'B' && head[1] == 'Z' && head[2] == 'h';
  auto whole = std::make_unique<Rewound>(std::move(head), std::move(raw));
  if (gzip) return std::make_unique<Decompressed<Gzip>>(std::move(whole));
  if (bzip2) return std::make_unique<Decompressed<Bzip2>>(std::move(whole));
  return whole;
}

}  // namespace

std::unique_ptr<Source> open_file(const std::string& path) {
  return by_magic(std::make_unique<FileSource>(path));
}

std::unique_ptr<Source> open_octets(std::vector<uint8_t> octets) {
  return by_magic(std::make_unique<OctetSource>(std::move(octets)));
}

}  // namespace erbium::cp::mrt
