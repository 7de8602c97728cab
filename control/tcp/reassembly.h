// Octets of a stream that arrive in any order, handed on in theirs. Positions count octets from the
// start of the stream, so nothing wraps. What is held ahead of a gap is bounded by the receive
// window and by a count of pieces; what does not fit is dropped and will be sent again.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace erbium::cp::tcp {

inline constexpr uint16_t kReceiveWindow = 65'535;  // octets; without scaling, RFC 9293 §3.1

class Reassembly {
 public:
  static constexpr size_t kMaxPieces = 256;

  // The first octet that has not arrived.
  uint64_t next() const { return next_; }
  size_t held() const { return held_; }  // octets

  // Takes octets that stand at `position`, parts of which may have come before. Returns those that
  // are now in order, which are empty while a gap remains.
  std::vector<uint8_t> add(uint64_t position, std::span<const uint8_t> octets);

 private:
  void hold(uint64_t position, std::span<const uint8_t> octets);
  void append(uint64_t position, std::span<const uint8_t> octets, std::vector<uint8_t>& out);

  uint64_t next_ = 0;
  std::map<uint64_t, std::vector<uint8_t>> pieces_;  // all beyond next_; may overlap
  size_t held_ = 0;
};

}  // namespace erbium::cp::tcp
