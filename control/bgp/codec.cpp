// Framing of BGP messages (RFC 4271 §4.1, §6.1; RFC 8654) and the kinds that are little more than
// a header: NOTIFICATION, KEEPALIVE and ROUTE-REFRESH (RFC 2918).
#include "control/bgp/codec.h"

#include <algorithm>
#include <type_traits>

#include "control/bgp/octets.h"
#include "control/bgp/wire.h"

namespace erbium::cp::bgp {
namespace {

constexpr size_t kRouteRefreshBody = 4;

FatalError header_error(HeaderError subcode, std::string what, std::span<const uint8_t> data = {}) {
  return fatal_error(ErrorCode::header, static_cast<uint8_t>(subcode), std::move(what), data);
}

// Lengths that a type allows (RFC 4271 §6.1); of OPEN and KEEPALIVE whatever is agreed upon, since
// RFC 8654 §3 leaves them out.
bool length_allowed(size_t length, uint8_t type, const CodecOptions& options) {
  if (length < kHeader || length > max_read(options)) return false;
  switch (MessageType{type}) {
    case MessageType::open:
      return length >= kHeader + 10 && length <= kMaxMessage;
    case MessageType::update:
      return length >= kHeader + 4;
    case MessageType::notification:
      return length >= kHeader + 2;
    case MessageType::keepalive:
      return length == kHeader;
    case MessageType::route_refresh:
      return length == kHeader + kRouteRefreshBody;
  }
  return true;
}

Notification decode_notification(std::span<const uint8_t> body) {
  OctetReader in(body);
  Notification out;
  out.code = in.u8();
  out.subcode = in.u8();
  out.data.assign(in.rest().begin(), in.rest().end());
  return out;
}

// The third octet is reserved by RFC 2918 and a subtype in RFC 7313, which is not offered here:
// anything but a plain request is ignored (RFC 7313 §5).
Decoded decode_route_refresh(std::span<const uint8_t> body) {
  OctetReader in(body);
  const uint16_t afi = in.u16();
  const uint8_t subtype = in.u8(), safi = in.u8();
  const auto family = family_of(afi, safi);
  if (family && subtype == 0) return {RouteRefresh{*family}, {}};
  const std::string what = "ROUTE-REFRESH of AFI " + std::to_string(afi) + ", SAFI " +
                           std::to_string(safi) + ", subtype " + std::to_string(subtype) +
                           " is ignored";
  return {Keepalive{}, {{AttributeError::Action::discard, 0, what}}};
}

void encode_notification(const Notification& notification, std::vector<uint8_t>& out) {
  MessageFrame frame(out, MessageType::notification);
  OctetWriter to(out);
  to.u8(notification.code);
  to.u8(notification.subcode);
  const std::span<const uint8_t> data(notification.data);
  to.octets(data.first(std::min(data.size(), kMaxNotificationData)));
  frame.finish();
}

void encode_route_refresh(const RouteRefresh& refresh, std::vector<uint8_t>& out) {
  MessageFrame frame(out, MessageType::route_refresh);
  OctetWriter to(out);
  to.u16(afi_of(refresh.family));
  to.u8(0);
  to.u8(kUnicast);
  frame.finish();
}

}  // namespace

tl::expected<unsigned, FatalError> message_length(std::span<const uint8_t> stream,
                                                  const CodecOptions& options) {
  const auto marker = stream.first(std::min(stream.size(), kMarker));
  if (!std::ranges::all_of(marker, [](uint8_t octet) { return octet == 0xff; }))
    return tl::unexpected(
        header_error(HeaderError::not_synchronized, "the marker is not all ones"));
  if (stream.size() < kHeader) return 0;
  const auto field = stream.subspan(kMarker, 2);
  const unsigned length = OctetReader(field).u16();
  if (!length_allowed(length, stream[kMarker + 2], options))
    return tl::unexpected(header_error(HeaderError::bad_length,
                                       "a message of type " + std::to_string(stream[kMarker + 2]) +
                                           " with " + std::to_string(length) + " octets",
                                       field));
  return length;
}

tl::expected<Decoded, FatalError> decode(std::span<const uint8_t> message,
                                         const CodecOptions& options) {
  const auto length = message_length(message, options);
  if (!length) return tl::unexpected(length.error());
  if (*length == 0 || *length != message.size()) {
    const auto field = message.size() < kHeader ? message.first(0) : message.subspan(kMarker, 2);
    return tl::unexpected(header_error(
        HeaderError::bad_length, std::to_string(message.size()) + " octets are no message", field));
  }
  const auto body = message.subspan(kHeader);
  switch (MessageType{message[kHeader - 1]}) {
    case MessageType::open:
      return decode_open(body).map([](Open&& open) { return Decoded{std::move(open), {}}; });
    case MessageType::update:
      return decode_update(body, options);
    case MessageType::notification:
      return Decoded{decode_notification(body), {}};
    case MessageType::keepalive:
      return Decoded{Keepalive{}, {}};
    case MessageType::route_refresh:
      return decode_route_refresh(body);
  }
  return tl::unexpected(header_error(HeaderError::bad_type,
                                     "unknown message type " + std::to_string(message[kHeader - 1]),
                                     message.subspan(kHeader - 1, 1)));
}

void encode(const Message& message, const CodecOptions& options, std::vector<uint8_t>& out) {
  std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, Open>)
          encode_open(value, out);
        else if constexpr (std::is_same_v<Value, Update>)
          encode_update(value, options, out);
        else if constexpr (std::is_same_v<Value, Notification>)
          encode_notification(value, out);
        else if constexpr (std::is_same_v<Value, RouteRefresh>)
          encode_route_refresh(value, out);
        else
          MessageFrame(out, MessageType::keepalive).finish();
      },
      message);
}

}  // namespace erbium::cp::bgp
