// Where the octets of an MRT file come from: the file as it is, or through zlib or libbz2 when it
// begins as gzip (RFC 1952) or bzip2 does. Files are read in pieces, never as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace erbium::cp::mrt {

// What is wrong with a file, in one line; `offset` counts octets after decompression.
class Error : public std::runtime_error {
 public:
  Error(const std::string& what, uint64_t offset)
      : std::runtime_error(what + " at octet " + std::to_string(offset)), offset_(offset) {}
  uint64_t offset() const { return offset_; }

 private:
  uint64_t offset_;
};

class Source {
 public:
  virtual ~Source() = default;
  // Fills the span from its front; returns how many octets, 0 at the end. Throws Error when the
  // compressed data are damaged or cut off, IoError when the file cannot be read.
  virtual size_t read(std::span<uint8_t> into) = 0;
};

// Throws IoError when the file cannot be opened.
std::unique_ptr<Source> open_file(const std::string& path);
// The same of a file held in memory.
std::unique_ptr<Source> open_octets(std::vector<uint8_t> octets);

}  // namespace erbium::cp::mrt
