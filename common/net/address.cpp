#include "common/net/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace erbium::net {
namespace {

// True when the first `length` bits of a and b are equal.
bool same_bits(const std::array<uint8_t, 16>& a, const std::array<uint8_t, 16>& b,
               unsigned length) {
  for (unsigned i = 0; i < length / 8; i++)
    if (a[i] != b[i]) return false;
  const unsigned rest = length % 8;
  return rest == 0 || ((a[length / 8] ^ b[length / 8]) >> (8 - rest)) == 0;
}

}  // namespace

std::optional<Mac> Mac::parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  Mac mac;
  for (size_t i = 0; i < 6; i++) {
    const char* at = text.data() + i * 3;
    auto [end, error] = std::from_chars(at, at + 2, mac.bytes[i], 16);
    if (error != std::errc{} || end != at + 2) return std::nullopt;
    if (i < 5 && at[2] != ':') return std::nullopt;
  }
  return mac;
}

std::string Mac::str() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (uint8_t b : bytes) {
    if (!out.empty()) out += ':';
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
  return out;
}

Ip Ip::v4(uint32_t host) {
  Ip ip;
  for (unsigned i = 0; i < 4; i++) ip.bytes[i] = static_cast<uint8_t>(host >> (24 - 8 * i));
  return ip;
}

uint32_t Ip::v4_host() const {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

std::optional<Ip> Ip::parse(std::string_view text) {
  const std::string copy(text);
  Ip ip;
  if (inet_pton(AF_INET, copy.c_str(), ip.bytes.data()) == 1) return ip;
  ip = Ip{Family::v6, {}};
  if (inet_pton(AF_INET6, copy.c_str(), ip.bytes.data()) == 1) return ip;
  return std::nullopt;
}

Ip Ip::plus(uint32_t n) const {
  Ip out = *this;
  uint64_t carry = n;
  for (unsigned i = is_v4() ? 4 : 16; i > 0 && i <= out.bytes.size() && carry > 0; i--) {
    carry += out.bytes[i - 1];
    out.bytes[i - 1] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  return out;
}

std::string Ip::str() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ip = Ip::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!ip || digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
      length > ip->bits())
    return std::nullopt;
  return Prefix{*ip, static_cast<uint8_t>(length)};
}

Prefix Prefix::canonical() const {
  Prefix out = *this;
  for (unsigned i = 0; i < 16; i++) {
    const unsigned kept = length > i * 8 ? length - i * 8 : 0;
    if (kept < 8) out.address.bytes[i] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  return out;
}

bool Prefix::contains(const Ip& ip) const {
  return ip.family == address.family && same_bits(address.bytes, ip.bytes, length);
}

bool Prefix::contains(const Prefix& other) const {
  return other.length >= length && contains(other.address);
}

bool Prefix::overlaps(const Prefix& other) const {
  return contains(other) || other.contains(*this);
}

Prefix Prefix::following(uint32_t n) const {
  Prefix out = canonical();
  if (length == 0) return out;
  uint64_t carry = uint64_t{n} << (7 - (length - 1) % 8);  // counts in the length's last bit
  for (unsigned i = (length - 1) / 8 + 1; i > 0 && carry > 0; i--) {
    carry += out.address.bytes[i - 1];
    out.address.bytes[i - 1] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  return out;
}

std::string Prefix::str() const { return address.str() + "/" + std::to_string(length); }

}  // namespace erbium::net
