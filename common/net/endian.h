// Big-endian integers as they stand in a frame. There is no implicit conversion either way: a
// forgotten byte swap does not compile. All are trivially copyable, alignment 1, so wire structs
// can be overlaid on packet bytes.
#pragma once

#include <cstdint>
#include <cstring>

namespace erbium::net {

template <typename Int>
class BigEndian {
 public:
  BigEndian() = default;
  constexpr explicit BigEndian(Int host) { set(host); }
  // From an integer whose bytes already stand in network order, such as a checksum.
  static BigEndian stored(Int network) {
    BigEndian v;
    std::memcpy(v.bytes_, &network, sizeof network);
    return v;
  }

  constexpr Int value() const {
    Int host = 0;
    for (unsigned char b : bytes_) host = static_cast<Int>(host << 8 | b);
    return host;
  }
  constexpr void set(Int host) {
    for (unsigned i = sizeof(Int); i-- > 0; host = static_cast<Int>(host >> 8))
      bytes_[i] = static_cast<unsigned char>(host);
  }
  constexpr bool operator==(const BigEndian& o) const { return value() == o.value(); }

 private:
  unsigned char bytes_[sizeof(Int)];
};

template <>
constexpr uint16_t BigEndian<uint16_t>::value() const {
  return static_cast<uint16_t>(bytes_[0] << 8 | bytes_[1]);
}

using be16 = BigEndian<uint16_t>;
using be32 = BigEndian<uint32_t>;

static_assert(sizeof(be16) == 2 && alignof(be16) == 1);
static_assert(sizeof(be32) == 4 && alignof(be32) == 1);

// From two bytes of a frame that need no struct.
constexpr uint16_t read16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

}  // namespace erbium::net
