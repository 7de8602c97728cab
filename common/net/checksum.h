// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/net/headers.h"

namespace erbium::net {

// Folds a ones' complement sum to 16 bits.
constexpr uint16_t fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// Ones' complement sum of `length` bytes in host byte order of the machine; RFC 1071 §2(B) allows
// summing in any byte order as long as the result is stored in that same order.
inline uint64_t raw_sum(const void* bytes, size_t length) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  uint64_t sum = 0;
  uint32_t word;
  for (; length >= 4; length -= 4, at += 4) {
    std::memcpy(&word, at, 4);
    sum += word;
  }
  if (length > 0) {
    word = 0;
    std::memcpy(&word, at, length);
    sum += word;
  }
  return sum;
}

// True when the IPv4 header checksum verifies. `header_length` is 20..60, a multiple of 4.
inline bool ipv4_checksum_ok(const Ipv4Header& header, unsigned header_length) {
  if (header_length == sizeof header) [[likely]] {  // no options: five words without a loop
    const auto* at = reinterpret_cast<const unsigned char*>(&header);
    uint64_t a, b;
    uint32_t c;
    std::memcpy(&a, at, 8);
    std::memcpy(&b, at + 8, 8);
    std::memcpy(&c, at + 16, 4);
    // A sum folds to 0xffff when it is a multiple of that and not zero.
    const uint64_t sum = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c;
    return sum % 0xffff == 0 && sum != 0;
  }
  return fold(raw_sum(&header, header_length)) == 0xffff;
}

// Sets the header checksum of an IPv4 header of `header_length` bytes.
inline void set_ipv4_checksum(Ipv4Header& header, unsigned header_length) {
  header.checksum = be16{0};
  const uint16_t sum = static_cast<uint16_t>(~fold(raw_sum(&header, header_length)));
  header.checksum = be16::stored(sum);
}

// RFC 1624 eqn. 3, HC' = ~(~HC + ~m + m'), for a TTL that falls by one: the 16-bit word that holds
// TTL and protocol falls by 0x0100, so the checksum grows by it.
inline void decrement_ttl(Ipv4Header& header) {
  header.ttl--;
  const uint32_t sum = uint32_t{header.checksum.value()} + 0x0100;
  header.checksum.set(static_cast<uint16_t>(sum + (sum >> 16)));
}

// Checksum of an ICMPv6, UDP or TCP message behind an IPv6 header (RFC 8200 §8.1), in the byte
// order in which it is stored.
inline uint16_t ipv6_upper_checksum(const Ipv6Header& ip, uint8_t protocol, const void* message,
                                    uint32_t length) {
  const be32 pseudo[2] = {be32{length}, be32{protocol}};
  const uint64_t sum = raw_sum(ip.src.data(), 16) + raw_sum(ip.dst.data(), 16) +
                       raw_sum(pseudo, sizeof pseudo) + raw_sum(message, length);
  return static_cast<uint16_t>(~fold(sum));
}

// The same behind an IPv4 header (RFC 9293 §3.1, RFC 768), with the addresses in network order.
inline uint16_t ipv4_upper_checksum(const be32& src, const be32& dst, uint8_t protocol,
                                    const void* message, uint32_t length) {
  const be16 pseudo[2] = {be16{protocol}, be16{static_cast<uint16_t>(length)}};
  const uint64_t sum = raw_sum(&src, sizeof src) + raw_sum(&dst, sizeof dst) +
                       raw_sum(pseudo, sizeof pseudo) + raw_sum(message, length);
  return static_cast<uint16_t>(~fold(sum));
}

}  // namespace erbium::net
