// A fuzzer's input as a row of pieces; at its end everything is zero or empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace erbium::fuzz {

class Pieces {
 public:
  explicit Pieces(std::span<const uint8_t> input) : rest_(input) {}

  bool empty() const { return rest_.empty(); }
  std::span<const uint8_t> octets(size_t count) {
    const auto piece = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(piece.size());
    return piece;
  }
  uint8_t octet() {
    const auto piece = octets(1);
    return piece.empty() ? uint8_t{0} : piece[0];
  }
  uint32_t number() {  // 24 bits
    uint32_t n = 0;
    for (int i = 0; i < 3; ++i) n = n << 8 | octet();
    return n;
  }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace erbium::fuzz
