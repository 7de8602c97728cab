// How messages stand one behind the other in a stream of bytes: the length of each as 32 bits in
// network order, then its bytes. Pure: bytes in, messages out, and the other way round.
#pragma once

#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace erbium::api {

// Longest message: 64 MiB. A length above it is no length but something else.
inline constexpr size_t kMaxFrame = size_t{64} << 20;
inline constexpr size_t kFrameHead = 4;

// Appends the message as one frame. False, with nothing appended, when it is longer than kMaxFrame.
bool append_frame(std::string& out, const google::protobuf::MessageLite& message);

// Takes a stream in pieces of any size and gives out its frames.
class FrameReader {
 public:
  void append(std::span<const char> bytes);
  // The content of the next frame, valid until the next call of either; nullopt when it is not
  // complete yet. The error says what is wrong with its length; the stream is of no use then.
  tl::expected<std::optional<std::string_view>, std::string> next();
  // Bytes of a frame that is not complete.
  size_t pending() const { return buffer_.size() - taken_; }

 private:
  std::string buffer_;
  size_t taken_ = 0;
};

}  // namespace erbium::api
