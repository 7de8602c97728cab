#include "common/api/frame.h"

#include "common/net/endian.h"

namespace erbium::api {
namespace {

size_t length_at(const char* head) {
  net::be32 word;
  static_assert(sizeof word == kFrameHead);
  std::memcpy(&word, head, sizeof word);
  return word.value();
}

}  // namespace

bool append_frame(std::string& out, const google::protobuf::MessageLite& message) {
  const size_t length = message.ByteSizeLong();
  if (length > kMaxFrame) return false;
  const net::be32 word{static_cast<uint32_t>(length)};
  out.append(reinterpret_cast<const char*>(&word), sizeof word);
  return message.AppendToString(&out);
}

void FrameReader::append(std::span<const char> bytes) {
  buffer_.erase(0, taken_);
  taken_ = 0;
  buffer_.append(bytes.data(), bytes.size());
}

tl::expected<std::optional<std::string_view>, std::string> FrameReader::next() {
  if (pending() < kFrameHead) return std::nullopt;
  const char* head = buffer_.data() + taken_;
  const size_t length = length_at(head);
  if (length > kMaxFrame)
    return tl::unexpected("a message of " + std::to_string(length) + " bytes, at most " +
                          std::to_string(kMaxFrame) + " are taken");
  if (length == 0) return tl::unexpected(std::string("a message of no bytes"));
  if (pending() < kFrameHead + length) return std::nullopt;
  taken_ += kFrameHead + length;
  return std::string_view(head + kFrameHead, length);
}

}  // namespace erbium::api
