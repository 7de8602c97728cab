// BFD control packets (RFC 5880 §4.1) and the reasons for which one is discarded (§6.8.6).
// Authentication is not supported: the mandatory section of such a packet is read, its
// authentication section is not.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>

namespace erbium::cp::bfd {

enum class State : uint8_t { admin_down = 0, down = 1, init = 2, up = 3 };
const char* name(State state);  // "AdminDown"

enum class Diagnostic : uint8_t {
  none = 0,
  detection_time_expired = 1,
  echo_failed = 2,
  neighbor_signaled_down = 3,
  forwarding_plane_reset = 4,
  path_down = 5,
  concatenated_path_down = 6,
  administratively_down = 7,
  reverse_concatenated_path_down = 8,
};
const char* name(Diagnostic diagnostic);  // as RFC 5880 §4.1 words it; "Reserved" beyond

inline constexpr size_t kPacketLength = 24;
inline constexpr uint8_t kHopLimit = 255;  // RFC 5881 section 5

// Intervals are in microseconds, as on the wire.
struct Packet {
  uint8_t version = 1;
  Diagnostic diagnostic = Diagnostic::none;
  State state = State::down;
  bool poll = false, final = false, control_plane_independent = false;
  bool authentication = false, demand = false, multipoint = false;
  uint8_t detect_multiplier = 0;
  uint8_t length = kPacketLength;
  uint32_t my_discriminator = 0, your_discriminator = 0;
  uint32_t desired_min_tx = 0, required_min_rx = 0, required_min_echo_rx = 0;

  bool operator==(const Packet&) const = default;
};

// In the order in which they are looked for. The first is of RFC 5881 §5, the last but one of the
// rules for a packet without a session.
enum class Discard : uint8_t {
  hop_limit,           // not 255
  truncated,           // shorter than the mandatory section
  version,             // not 1
  length,              // below 24, or 26 with authentication, or more than there is
  detect_multiplier,   // zero
  multipoint,          // set
  my_discriminator,    // zero
  your_discriminator,  // zero in a state that knows it
  unknown_session,     // a discriminator or address that is nobody's
  authentication,      // present, and not in use
  admin_down,          // the session is administratively down
};
inline constexpr size_t kDiscards = 11;
const char* name(Discard discard);  // "hop_limit"

using DiscardCounters = std::array<uint64_t, kDiscards>;

// The packet in a UDP payload, or why RFC 5880 §6.8.6 throws it away; what needs the session is the
// session's to check. Octets beyond the packet's length are ignored.
std::variant<Packet, Discard> parse(std::span<const uint8_t> payload);

// The fields as they stand, whatever they are; only of at least 24 octets.
Packet decode(std::span<const uint8_t, kPacketLength> octets);
std::array<uint8_t, kPacketLength> encode(const Packet& packet);

}  // namespace erbium::cp::bfd
