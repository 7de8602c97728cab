// 802.11 data frames (IEEE 802.11-2020 section 9.2.4, 9.3.2), with or without a radiotap header:
//
//   frame control 2 | duration 2 | address 1 6 | address 2 6 | address 3 6 | sequence 2 |
//   address 4 6 between access points | QoS 2 | HT control 4 | LLC and SNAP 8 | payload
#include <array>
#include <cstring>

#include "common/net/endian.h"
#include "dataplane/driver/link_headers.h"

namespace erbium::dp {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint32_t kSnap = 8;

uint32_t little32(Bytes bytes, size_t at) {
  uint32_t value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
net::Mac mac_at(Bytes bytes, size_t at) {
  net::Mac out;
  std::memcpy(out.bytes.data(), bytes.data() + at, 6);
  return out;
}

// `offset` is that of LLC. RFC 1042, and IEEE 802.1H for the two protocols that it excepts; another
// LLC header stays, behind its length as IEEE 802.3 has it.
Reframed behind_llc(Bytes packet, uint32_t offset, uint32_t length, const net::Mac& destination,
                    const net::Mac& source) {
  constexpr std::array<uint8_t, 6> kRfc1042{0xaa, 0xaa, 0x03, 0, 0, 0};
  constexpr std::array<uint8_t, 6> kBridge{0xaa, 0xaa, 0x03, 0, 0, 0xf8};
  constexpr uint16_t kAarp = 0x80f3, kIpx = 0x8137;
  if (length >= kSnap && packet.size() >= offset + kSnap) {
    const uint8_t* llc = packet.data() + offset;
    const uint16_t type = net::read16(packet.data() + offset + 6);
    const bool excepted = type == kAarp || type == kIpx;
    if ((std::memcmp(llc, kRfc1042.data(), 6) == 0 && !excepted && type >= 0x0600) ||
        (std::memcmp(llc, kBridge.data(), 6) == 0 && excepted))
      return {{destination, source, net::be16{type}}, offset + kSnap, length - kSnap};
  }
  const auto size = static_cast<uint16_t>(length < 1500 ? length : 1500);
  return {{destination, source, net::be16{size}}, offset, length};
}

// Section 9.3.2.2: destination 6 | source 6 | length 2 | LLC and payload, each padded to four
// bytes.
Refusal subframes(Bytes packet, uint32_t wire_length, uint32_t at, std::vector<Reframed>& out) {
  while (wire_length - at >= 14) {
    if (packet.size() < at + 14) break;  // cut by the snapshot length
    const uint32_t length = net::read16(packet.data() + at + 12);
    if (length > wire_length - at - 14) return Refusal::frame_malformed;
    out.push_back(behind_llc(packet, at + 14, length, mac_at(packet, at), mac_at(packet, at + 6)));
    const uint32_t whole = (14 + length + 3) & ~3u;
    if (whole > wire_length - at) break;
    at += whole;
  }
  return out.empty() ? Refusal::frame_malformed : Refusal::none;
}

// `padded`: the card has filled the header up to a multiple of four bytes.
Refusal reframe(Bytes packet, uint32_t wire_length, bool padded, std::vector<Reframed>& out) {
  if (packet.size() < 2) return Refusal::frame_malformed;
  const unsigned type = packet[0] >> 2 & 3, subtype = packet[0] >> 4, flags = packet[1];
  const bool to_ds = flags & 0x01, from_ds = flags & 0x02, more = flags & 0x04;
  const bool is_protected = flags & 0x40, order = flags & 0x80;
  const bool qos = subtype & 8, no_data = subtype & 4;
  if (type != 2 || no_data) return Refusal::frame_not_data;
  if (packet.size() < 24) return Refusal::frame_malformed;
  if (is_protected) return Refusal::frame_protected;
  if (more || (packet[22] & 0x0f) != 0) return Refusal::frame_partial;
  uint32_t at = to_ds && from_ds ? 30 : 24;
  const uint32_t qos_at = at;
  if (qos) at += order ? 6 : 2;
  if (padded) at = (at + 3) & ~3u;
  if (packet.size() < at || (qos && packet.size() < qos_at + 2)) return Refusal::frame_malformed;
  if (qos && (packet[qos_at] & 0x80)) {
    const Refusal refusal = subframes(packet, wire_length, at, out);
    if (refusal != Refusal::none) out.clear();
    return refusal;
  }
  const net::Mac destination = mac_at(packet, to_ds ? 16 : 4);
  const net::Mac source = mac_at(packet, !from_ds ? 10 : to_ds ? 24 : 16);
  out.push_back(behind_llc(packet, at, wire_length - at, destination, source));
  return Refusal::none;
}

}  // namespace

Refusal reframe_80211(Bytes packet, uint32_t wire_length, std::vector<Reframed>& out) {
  return reframe(packet, wire_length, false, out);
}

//   version 1 | padding 1 | length 2 | present 4 ... | fields, in little endian
//
// Of the fields only the flags matter: an FCS behind the frame, which goes, padding behind its
// header, and a frame that failed its check.
Refusal reframe_radiotap(Bytes packet, uint32_t wire_length, std::vector<Reframed>& out) {
  constexpr uint32_t kMore = 1u << 31, kTsft = 1, kFlags = 2;
  constexpr uint8_t kHasFcs = 0x10, kPadded = 0x20, kBadFcs = 0x40;
  if (packet.size() < 8) return Refusal::frame_malformed;
  const uint32_t length = static_cast<uint32_t>(packet[2] | packet[3] << 8);
  if (length < 8 || length > packet.size()) return Refusal::frame_malformed;
  const uint32_t present = little32(packet, 4);
  uint32_t at = 8;
  for (uint32_t word = present; word & kMore; at += 4) {
    if (at + 4 > length) return Refusal::frame_malformed;
    word = little32(packet, at);
  }
  uint8_t flags = 0;
  if (present & kTsft) at = ((at + 7) & ~7u) + 8;
  if (present & kFlags) {
    if (at >= length) return Refusal::frame_malformed;
    flags = packet[at];
  }
  if (flags & kBadFcs) return Refusal::frame_malformed;
  const uint32_t fcs = flags & kHasFcs ? 4 : 0;
  if (wire_length - length < fcs) return Refusal::frame_malformed;
  const uint32_t wire = wire_length - length - fcs;
  Bytes frame = packet.subspan(length);
  if (frame.size() > wire) frame = frame.first(wire);
  const Refusal refusal = reframe(frame, wire, flags & kPadded, out);
  for (Reframed& one : out) one.offset += length;
  return refusal;
}

}  // namespace erbium::dp
