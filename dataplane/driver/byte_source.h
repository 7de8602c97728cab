// Where the bytes of a capture come from: a file, a pipe or standard input, as it stands or packed
// with gzip (RFC 1952) or Zstandard (RFC 8878). Memory does not grow with the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace erbium::dp {

class ByteSource {
 public:
  // `path` is a file name or "-" for standard input; what is packed is unpacked. Throws
  // CaptureError if it cannot be read or is packed in another way.
  static std::unique_ptr<ByteSource> open(const std::string& path);

  virtual ~ByteSource() = default;

  // Reads 1 to `size` bytes; 0 only at the end. Throws CaptureError.
  virtual size_t read(uint8_t* to, size_t size) = 0;

  // Of the file as it lies on the disk: bytes read so far, and its size or 0 where it is not known.
  virtual uint64_t position() const = 0;
  virtual uint64_t size() const = 0;
};

}  // namespace erbium::dp
