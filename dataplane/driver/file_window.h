// A window that moves forward over a file through read(2). Reading into one buffer that stays in
// the cache costs less than half of mapping the file (measured on an IMIX capture, each packet
// copied out: 37 ns a packet, against 85 ns for mmap with its page faults and 117 ns for libpcap),
// keeps memory small whatever the file's length, and a file that shrinks meanwhile is an early end
// and no SIGBUS.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "dataplane/driver/capture_reader.h"

namespace erbium::dp {

class FileWindow {
 public:
  // Takes ownership of `fd`. peek() accepts up to `largest` bytes; `path` is for error texts.
  FileWindow(std::string path, int fd, size_t largest)
      : path_(std::move(path)),
        fd_(fd),
        capacity_(largest + kReadSize),
        buffer_(std::make_unique_for_overwrite<uint8_t[]>(capacity_)) {}
  ~FileWindow() { ::close(fd_); }
  FileWindow(const FileWindow&) = delete;
  FileWindow& operator=(const FileWindow&) = delete;

  // The next `size` bytes without consuming them, or nullptr if the file has fewer left. Pointers
  // handed out before become invalid. Throws CaptureError if the file cannot be read.
  const uint8_t* peek(size_t size) {
    if (end_ - begin_ < size && !fill(size)) [[unlikely]]
      return nullptr;
    return buffer_.get() + begin_;
  }

  // At most what the last successful peek() asked for.
  void consume(size_t size) { begin_ += size; }

  size_t available() const { return end_ - begin_; }       // after a failed peek: all that is left
  uint64_t offset() const { return read_ - available(); }  // file offset of the next byte

 private:
  static constexpr size_t kReadSize = 128 * 1024;  // a part of a second-level cache

  bool fill(size_t size) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, available());
    end_ -= begin_;
    begin_ = 0;
    while (end_ < size) {
      const ssize_t n = ::read(fd_, buffer_.get() + end_, kReadSize);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw CaptureError(path_ + ": " + std::strerror(errno));
      if (n == 0) return false;
      end_ += static_cast<size_t>(n);
      read_ += static_cast<uint64_t>(n);
    }
    return true;
  }

  std::string path_;
  int fd_;
  size_t capacity_;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t read_ = 0;
};

}  // namespace erbium::dp
