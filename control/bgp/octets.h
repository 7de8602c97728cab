// Octets in network order, read and written with explicit bounds. A reader never leaves its span:
// what is asked for beyond the end reads as zero and marks the reader as failed, so that a decoder
// may read a whole structure and ask once.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace erbium::cp::bgp {

class OctetReader {
 public:
  OctetReader() = default;
  explicit OctetReader(std::span<const uint8_t> octets) : rest_(octets), size_(octets.size()) {}

  bool failed() const { return failed_; }
  bool empty() const { return rest_.empty(); }
  size_t left() const { return rest_.size(); }
  size_t offset() const { return size_ - rest_.size(); }  // octets read so far
  std::span<const uint8_t> rest() const { return rest_; }

  uint8_t u8() { return integer<uint8_t>(); }
  uint16_t u16() { return integer<uint16_t>(); }
  uint32_t u32() { return integer<uint32_t>(); }
  uint64_t u64() { return integer<uint64_t>(); }

  // The next `count` octets; none, and failed, when fewer are left.
  std::span<const uint8_t> take(size_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

 private:
  template <typename Int>
  Int integer() {
    Int value = 0;
    for (uint8_t octet : take(sizeof(Int))) value = static_cast<Int>(uint64_t{value} << 8 | octet);
    return value;
  }

  std::span<const uint8_t> rest_;
  size_t size_ = 0;
  bool failed_ = false;
};

// Appends to a vector.
class OctetWriter {
 public:
  explicit OctetWriter(std::vector<uint8_t>& out) : out_(out) {}

  size_t size() const { return out_.size(); }
  void u8(unsigned value) { out_.push_back(static_cast<uint8_t>(value)); }
  void u16(unsigned value) { integer<2>(value); }
  void u32(uint32_t value) { integer<4>(value); }
  void u64(uint64_t value) { integer<8>(value); }
  void octets(std::span<const uint8_t> from) { out_.insert(out_.end(), from.begin(), from.end()); }
  void text(std::string_view from) { out_.insert(out_.end(), from.begin(), from.end()); }

  // Writes over the two octets at `position` of the vector, which are there.
  void patch_u16(size_t position, size_t value) {
    out_[position] = static_cast<uint8_t>(value >> 8);
    out_[position + 1] = static_cast<uint8_t>(value);
  }

 private:
  template <unsigned kOctets>
  void integer(uint64_t value) {
    std::array<uint8_t, kOctets> octets;
    for (unsigned i = 0; i < kOctets; i++)
      octets[i] = static_cast<uint8_t>(value >> (8 * (kOctets - 1 - i)));
    this->octets(octets);
  }

  std::vector<uint8_t>& out_;
};

}  // namespace erbium::cp::bgp
