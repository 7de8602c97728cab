// What the files of the codec share: numbers of RFC 4271 §4 and §6, and the message header.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "control/bgp/codec.h"
#include "control/bgp/octets.h"

namespace erbium::cp::bgp {

inline constexpr size_t kMarker = 16, kHeader = 19;  // octets

enum class MessageType : uint8_t {
  open = 1,
  update = 2,
  notification = 3,
  keepalive = 4,
  route_refresh = 5,
};

enum class ErrorCode : uint8_t {
  header = 1,
  open = 2,
  update = 3,
  hold_timer = 4,
  fsm = 5,
  cease = 6,
};

enum class HeaderError : uint8_t { not_synchronized = 1, bad_length = 2, bad_type = 3 };

enum class OpenError : uint8_t {
  unspecific = 0,
  version = 1,
  peer_as = 2,
  identifier = 3,
  parameter = 4,
  hold_time = 6,
};

enum class UpdateError : uint8_t {
  attribute_list = 1,
  unrecognized = 2,
  missing = 3,
  flags = 4,
  length = 5,
  origin = 6,
  next_hop = 8,
  optional = 9,
  network = 10,
  as_path = 11,
};

// A NOTIFICATION must itself fit into 4,096 octets: header, code and subcode take 21.
inline constexpr size_t kMaxNotificationData = kMaxMessage - kHeader - 2;

inline FatalError fatal_error(ErrorCode code, uint8_t subcode, std::string what,
                              std::span<const uint8_t> data = {}) {
  data = data.first(std::min(data.size(), kMaxNotificationData));
  return {{static_cast<uint8_t>(code), subcode, {data.begin(), data.end()}}, std::move(what)};
}

inline FatalError update_error(UpdateError subcode, std::string what,
                               std::span<const uint8_t> data = {}) {
  return fatal_error(ErrorCode::update, static_cast<uint8_t>(subcode), std::move(what), data);
}

inline size_t max_written(const CodecOptions& options) {
  return options.extended_message ? kMaxExtendedMessage : kMaxMessage;
}
inline size_t max_read(const CodecOptions& options) {
  return options.receives_extended ? kMaxExtendedMessage : kMaxMessage;
}

// AFI and SAFI of a unicast family (RFC 4760 §8).
inline constexpr uint8_t kUnicast = 1;
inline uint16_t afi_of(Family family) { return family == Family::v4 ? 1 : 2; }
inline std::optional<Family> family_of(uint16_t afi, uint8_t safi) {
  if (safi != kUnicast || (afi != 1 && afi != 2)) return std::nullopt;
  return afi == 1 ? Family::v4 : Family::v6;
}

inline bool agreed(Family family, const CodecOptions& options) {
  return family == Family::v4 ? options.multiprotocol_v4 : options.multiprotocol_v6;
}

// A message under construction: the header is written at once, its length when it is done.
class MessageFrame {
 public:
  MessageFrame(std::vector<uint8_t>& out, MessageType type) : out_(out), start_(out.size()) {
    out.insert(out.end(), kMarker, 0xff);
    out.insert(out.end(), {0, 0, static_cast<uint8_t>(type)});
  }
  size_t size() const { return out_.size() - start_; }
  void finish() { OctetWriter(out_).patch_u16(start_ + kMarker, size()); }

 private:
  std::vector<uint8_t>& out_;
  size_t start_;
};

// Bodies: the octets behind the header.
tl::expected<Open, FatalError> decode_open(std::span<const uint8_t> body);
tl::expected<Decoded, FatalError> decode_update(std::span<const uint8_t> body,
                                                const CodecOptions& options);

// Whole messages, appended.
void encode_open(const Open& open, std::vector<uint8_t>& out);
void encode_update(const Update& update, const CodecOptions& options, std::vector<uint8_t>& out);

}  // namespace erbium::cp::bgp
