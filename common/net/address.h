// MAC and IP addresses and IP prefixes as values. IP addresses of both families are 16 bytes plus a
// family (IPv4 in the first four bytes), so every table and message carries IPv6 from the start.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace erbium::net {

struct Mac {
  std::array<uint8_t, 6> bytes{};

  auto operator<=>(const Mac&) const = default;
  bool operator==(const Mac& o) const {  // two loads each; the array's own calls memcmp
    return load<uint32_t>(0) == o.load<uint32_t>(0) && load<uint16_t>(4) == o.load<uint16_t>(4);
  }
  bool is_zero() const { return *this == Mac{}; }
  bool is_group() const { return bytes[0] & 1; }  // IEEE 802 I/G bit: multicast or broadcast
  static Mac broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  static std::optional<Mac> parse(std::string_view text);  // "02:00:00:00:00:01"
  std::string str() const;

 private:
  template <typename Int>
  Int load(unsigned at) const {
    Int out;
    std::memcpy(&out, bytes.data() + at, sizeof out);
    return out;
  }
};

enum class Family : uint8_t { v4 = 4, v6 = 6 };

struct Ip {
  Family family = Family::v4;
  std::array<uint8_t, 16> bytes{};

  auto operator<=>(const Ip&) const = default;
  static Ip v4(uint32_t host_order);
  static Ip v6(const std::array<uint8_t, 16>& network_order) { return {Family::v6, network_order}; }
  static std::optional<Ip> parse(std::string_view text);  // "10.0.0.1" or "fd00::1"

  bool is_v4() const { return family == Family::v4; }
  uint32_t v4_host() const;  // host order; only for v4
  unsigned bits() const { return is_v4() ? 32 : 128; }
  Ip plus(uint32_t n) const;  // address + n, wrapping inside the family
  std::string str() const;    // RFC 5952 text for v6
};

struct Prefix {
  Ip address;          // host bits are zero in a canonical prefix
  uint8_t length = 0;  // 0..32 or 0..128

  auto operator<=>(const Prefix&) const = default;
  // Accepts "10.0.0.0/8"; nullopt when text or length is bad. Host bits are kept: see canonical().
  static std::optional<Prefix> parse(std::string_view text);
  Prefix canonical() const;  // host bits cleared
  bool contains(const Ip& ip) const;
  bool contains(const Prefix& other) const;
  bool overlaps(const Prefix& other) const;
  // The n-th prefix of the same length behind this one, canonical; wraps inside the family.
  Prefix following(uint32_t n) const;
  std::string str() const;
};

}  // namespace erbium::net
