#include "control/bfd/packet.h"

#include <cstring>

#include "common/net/endian.h"

namespace erbium::cp::bfd {
namespace {

using net::be32;

struct Wire {
  uint8_t version_diagnostic;  // 3 bits, 5 bits
  uint8_t state_flags;         // 2 bits, then P F C A D M
  uint8_t detect_multiplier;
  uint8_t length;
  be32 my_discriminator;
  be32 your_discriminator;
  be32 desired_min_tx;
  be32 required_min_rx;
  be32 required_min_echo_rx;
};
static_assert(sizeof(Wire) == kPacketLength);

constexpr uint8_t kPoll = 0x20, kFinal = 0x10, kIndependent = 0x08, kAuthentication = 0x04,
                  kDemand = 0x02, kMultipoint = 0x01;
constexpr uint8_t kLengthWithAuthentication = 26;

}  // namespace

const char* name(State state) {
  constexpr const char* kNames[] = {"AdminDown", "Down", "Init", "Up"};
  return kNames[static_cast<unsigned>(state) & 3];
}

const char* name(Diagnostic diagnostic) {
  constexpr const char* kNames[] = {"No Diagnostic",
                                    "Control Detection Time Expired",
                                    "Echo Function Failed",
                                    "Neighbor Signaled Session Down",
                                    "Forwarding Plane Reset",
                                    "Path Down",
                                    "Concatenated Path Down",
                                    "Administratively Down",
                                    "Reverse Concatenated Path Down"};
  const auto index = static_cast<size_t>(diagnostic);
  return index < std::size(kNames) ? kNames[index] : "Reserved";
}

const char* name(Discard discard) {
  constexpr const char* kNames[] = {"hop_limit",        "truncated",          "version",
                                    "length",           "detect_multiplier",  "multipoint",
                                    "my_discriminator", "your_discriminator", "unknown_session",
                                    "authentication",   "admin_down"};
  static_assert(std::size(kNames) == kDiscards);
  return kNames[static_cast<size_t>(discard)];
}

Packet decode(std::span<const uint8_t, kPacketLength> octets) {
  Wire wire;
  std::memcpy(&wire, octets.data(), sizeof wire);
  const auto flag = [&](uint8_t bit) { return (wire.state_flags & bit) != 0; };
  Packet p;
  p.version = wire.version_diagnostic >> 5;
  p.diagnostic = Diagnostic{static_cast<uint8_t>(wire.version_diagnostic & 31)};
  p.state = State{static_cast<uint8_t>(wire.state_flags >> 6)};
  p.poll = flag(kPoll);
  p.final = flag(kFinal);
  p.control_plane_independent = flag(kIndependent);
  p.authentication = flag(kAuthentication);
  p.demand = flag(kDemand);
  p.multipoint = flag(kMultipoint);
  p.detect_multiplier = wire.detect_multiplier;
  p.length = wire.length;
  p.my_discriminator = wire.my_discriminator.value();
  p.your_discriminator = wire.your_discriminator.value();
  p.desired_min_tx = wire.desired_min_tx.value();
  p.required_min_rx = wire.required_min_rx.value();
  p.required_min_echo_rx = wire.required_min_echo_rx.value();
  return p;
}

std::array<uint8_t, kPacketLength> encode(const Packet& p) {
  const auto flag = [](bool set, uint8_t bit) { return set ? bit : 0; };
  Wire wire;
  wire.version_diagnostic =
      static_cast<uint8_t>(p.version << 5 | static_cast<uint8_t>(p.diagnostic));
  wire.state_flags = static_cast<uint8_t>(
      static_cast<uint8_t>(p.state) << 6 | flag(p.poll, kPoll) | flag(p.final, kFinal) |
      flag(p.control_plane_independent, kIndependent) | flag(p.authentication, kAuthentication) |
      flag(p.demand, kDemand) | flag(p.multipoint, kMultipoint));
  wire.detect_multiplier = p.detect_multiplier;
  wire.length = p.length;
  wire.my_discriminator.set(p.my_discriminator);
  wire.your_discriminator.set(p.your_discriminator);
  wire.desired_min_tx.set(p.desired_min_tx);
  wire.required_min_rx.set(p.required_min_rx);
  wire.required_min_echo_rx.set(p.required_min_echo_rx);
  std::array<uint8_t, kPacketLength> out;
  std::memcpy(out.data(), &wire, sizeof wire);
  return out;
}

std::variant<Packet, Discard> parse(std::span<const uint8_t> payload) {
  if (payload.size() < kPacketLength) return Discard::truncated;
  const Packet p = decode(payload.first<kPacketLength>());
  if (p.version != 1) return Discard::version;
  const size_t least = p.authentication ? kLengthWithAuthentication : kPacketLength;
  if (p.length < least || p.length > payload.size()) return Discard::length;
  if (p.detect_multiplier == 0) return Discard::detect_multiplier;
  if (p.multipoint) return Discard::multipoint;
  if (p.my_discriminator == 0) return Discard::my_discriminator;
  if (p.your_discriminator == 0 && p.state != State::down && p.state != State::admin_down)
    return Discard::your_discriminator;
  return p;
}

}  // namespace erbium::cp::bfd
