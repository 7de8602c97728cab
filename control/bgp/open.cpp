// The OPEN message (RFC 4271 §4.2, §6.2) with its capabilities (RFC 5492, also in the long form of
// RFC 9072): multiprotocol (RFC 4760 §8), route refresh (RFC 2918), extended messages (RFC 8654),
// graceful restart (RFC 4724) and 4-octet AS numbers (RFC 6793).
#include <algorithm>

#include "control/bgp/wire.h"

namespace erbium::cp::bgp {
namespace {

constexpr uint8_t kVersion = 4;
constexpr uint8_t kCapabilitiesParameter = 2;
constexpr uint8_t kExtendedLength = 255;  // RFC 9072 §2: as length and as type
constexpr uint16_t kRestarting = 0x8000, kRestartTime = 0x0fff;
constexpr uint8_t kForwardingKept = 0x80;

enum Capability : uint8_t {
  multiprotocol = 1,
  route_refresh = 2,
  extended_message = 6,
  graceful_restart = 64,
  as4 = 65,
};

FatalError open_error(OpenError subcode, std::string what, std::span<const uint8_t> data = {}) {
  return fatal_error(ErrorCode::open, static_cast<uint8_t>(subcode), std::move(what), data);
}

void decode_multiprotocol(std::span<const uint8_t> value, Capabilities& out) {
  OctetReader in(value);
  const uint16_t afi = in.u16();
  in.u8();  // reserved
  const auto family = family_of(afi, in.u8());
  if (!family) {
    out.unknown.push_back({multiprotocol, {value.begin(), value.end()}});
  } else if (std::ranges::find(out.families, *family) == out.families.end()) {
    out.families.push_back(*family);
  }
}

// Families that are not spoken here are left out.
GracefulRestart decode_graceful_restart(OctetReader in) {
  GracefulRestart out;
  const uint16_t head = in.u16();
  out.restarting = head & kRestarting;
  out.restart_time = head & kRestartTime;
  while (!in.empty()) {
    const uint16_t afi = in.u16();
    const auto family = family_of(afi, in.u8());
    const bool kept = in.u8() & kForwardingKept;
    if (family) out.families.push_back({*family, kept});
  }
  return out;
}

// False when a capability that is known has a length that cannot be.
bool decode_capability(uint8_t code, std::span<const uint8_t> value, Capabilities& out) {
  const size_t length = value.size();
  switch (code) {
    case multiprotocol:
      if (length != 4) return false;
      decode_multiprotocol(value, out);
      return true;
    case route_refresh:
      out.route_refresh = true;
      return length == 0;
    case extended_message:
      out.extended_message = true;
      return length == 0;
    case graceful_restart:
      if (length < 2 || length % 4 != 2) return false;
      out.graceful_restart = decode_graceful_restart(OctetReader(value));
      return true;
    case as4:
      if (length != 4) return false;
      out.as4 = OctetReader(value).u32();
      return true;
    default:
      out.unknown.push_back({code, {value.begin(), value.end()}});
      return true;
  }
}

std::optional<FatalError> decode_capabilities(OctetReader in, Capabilities& out) {
  while (!in.empty()) {
    const uint8_t code = in.u8();
    const auto value = in.take(in.u8());
    if (in.failed() || !decode_capability(code, value, out))
      return open_error(OpenError::unspecific,
                        "capability " + std::to_string(code) + " has a wrong length");
  }
  return std::nullopt;
}

std::optional<FatalError> decode_parameters(OctetReader in, Capabilities& out) {
  size_t length = in.u8();
  const bool extended = length != 0 && in.left() >= 3 && in.rest()[0] == kExtendedLength;
  if (extended) {
    in.u8();
    length = in.u16();
  }
  if (length != in.left())
    return open_error(OpenError::unspecific, "the optional parameters have a wrong length");
  while (!in.empty()) {
    const uint8_t type = in.u8();
    const auto value = in.take(extended ? in.u16() : in.u8());
    if (in.failed())
      return open_error(OpenError::unspecific,
                        "optional parameter " + std::to_string(type) + " has a wrong length");
    if (type != kCapabilitiesParameter)
      return open_error(OpenError::parameter,
                        "optional parameter " + std::to_string(type) + " is not known");
    if (auto error = decode_capabilities(OctetReader(value), out)) return error;
  }
  return std::nullopt;
}

// The AS number of the fixed field and that of the capability must be the same one (RFC 6793
// §4.1); 0 is nobody's (RFC 7607), nor is AS_TRANS as a 4-octet number (RFC 6793 §9).
bool as_numbers_agree(uint16_t field, const Capabilities& capabilities) {
  if (!capabilities.as4) return field != 0;
  const uint32_t asn = *capabilities.as4;
  if (asn == 0 || asn == kAsTrans) return false;
  return field == asn || field == kAsTrans;
}

void capability(OctetWriter& to, Capability code, std::span<const uint8_t> value) {
  to.u8(code);
  to.u8(static_cast<unsigned>(value.size()));
  to.octets(value);
}

std::vector<uint8_t> graceful_restart_value(const GracefulRestart& restart) {
  std::vector<uint8_t> out;
  OctetWriter to(out);
  to.u16((restart.restarting ? kRestarting : 0u) | (restart.restart_time & kRestartTime));
  for (const auto& entry : restart.families) {
    to.u16(afi_of(entry.family));
    to.u8(kUnicast);
    to.u8(entry.forwarding_kept ? kForwardingKept : 0);
  }
  return out;
}

std::vector<uint8_t> encode_capabilities(const Capabilities& capabilities) {
  std::vector<uint8_t> out;
  OctetWriter to(out);
  for (const Family family : capabilities.families)
    capability(to, multiprotocol,
               std::array<uint8_t, 4>{0, static_cast<uint8_t>(afi_of(family)), 0, kUnicast});
  if (capabilities.route_refresh) capability(to, route_refresh, {});
  if (capabilities.extended_message) capability(to, extended_message, {});
  if (capabilities.graceful_restart)
    capability(to, graceful_restart, graceful_restart_value(*capabilities.graceful_restart));
  if (capabilities.as4) {
    to.u8(as4);
    to.u8(4);
    to.u32(*capabilities.as4);
  }
  for (const auto& [code, value] : capabilities.unknown)
    capability(to, Capability{code}, std::span(value).first(std::min<size_t>(value.size(), 255)));
  return out;
}

}  // namespace

tl::expected<Open, FatalError> decode_open(std::span<const uint8_t> body) {
  OctetReader in(body);
  Open open;
  const uint8_t version = in.u8();
  if (version != kVersion)
    return tl::unexpected(open_error(OpenError::version,
                                     "BGP version " + std::to_string(version) + ", not 4",
                                     std::array<uint8_t, 2>{0, kVersion}));
  const uint16_t asn = in.u16();
  open.hold_time = in.u16();
  open.identifier = in.u32();
  if (auto error = decode_parameters(in, open.capabilities)) return tl::unexpected(*error);
  if (!as_numbers_agree(asn, open.capabilities))
    return tl::unexpected(open_error(OpenError::peer_as, "an AS number that cannot be"));
  open.asn = open.capabilities.as4.value_or(asn);
  if (open.hold_time == 1 || open.hold_time == 2)
    return tl::unexpected(open_error(OpenError::hold_time, "a hold time below 3 s"));
  if (open.identifier == 0)  // RFC 6286 §2.2
    return tl::unexpected(open_error(OpenError::identifier, "BGP identifier 0"));
  return open;
}

void encode_open(const Open& open, std::vector<uint8_t>& out) {
  MessageFrame frame(out, MessageType::open);
  OctetWriter to(out);
  to.u8(kVersion);
  to.u16(open.asn > 0xffff ? kAsTrans : open.asn);
  to.u16(open.hold_time);
  to.u32(open.identifier);
  const auto capabilities = encode_capabilities(open.capabilities);
  const auto length = static_cast<unsigned>(capabilities.size());
  if (capabilities.empty()) {
    to.u8(0);
  } else if (length + 2 < kExtendedLength) {
    to.u8(length + 2);
    to.u8(kCapabilitiesParameter);
    to.u8(length);
  } else {
    to.u8(kExtendedLength);
    to.u8(kExtendedLength);
    to.u16(length + 3);
    to.u8(kCapabilitiesParameter);
    to.u16(length);
  }
  to.octets(capabilities);
  frame.finish();
}

}  // namespace erbium::cp::bgp
