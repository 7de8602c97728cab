// The IMIX capture of the benches: UDP over IPv4 in frames of 64, 594 and 1,518 bytes (with FCS) in
// the ratio 7:4:1, from 192.168.0.0/16 to 10.0.0.0/16 over a number of flows, evenly spaced in time
// and with correct checksums. Sizes are shuffled within every twelve packets and flows are drawn
// from the packet's number, so packet n is the same in a file of any length, with any compiler.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/io_error.h"

namespace erbium::bench {

struct ImixOptions {
  uint64_t packets = 1'000'000;          // at most 4,000,000,000
  int64_t duration_ns = 30'000'000'000;  // from the first packet to where packet N + 1 would be
  uint32_t flows = 10'000;
  std::optional<uint16_t> s_tag = {};  // outer VLAN id
  std::optional<uint16_t> c_tag = {};  // inner VLAN id, or the only one
};

struct ImixPacket {
  int64_t timestamp_ns = 0;        // since the epoch, a whole number of microseconds
  std::span<const uint8_t> bytes;  // without FCS, valid until the next packet
};

class ImixSource {
 public:
  static constexpr int64_t kStartNs = 1'700'000'000'000'000'000;

  explicit ImixSource(const ImixOptions& options) : options_(options) {
    size_t at = 0;
    for (size_t i = 0; i < frame_.size(); ++i) frame_[i] = static_cast<uint8_t>(i);
    for (size_t part : {0x0200u, 0u, 2u, 0x0200u, 0u, 1u}) {  // destination and source MAC
      put16(at, part);
      at += 2;
    }
    for (const auto& tag : {options.s_tag, options.c_tag})
      if (tag) {
        put16(at, 0x8100);
        put16(at + 2, *tag);
        at += 4;
      }
    put16(at, 0x0800);
    ip_ = at + 2;
    put16(ip_, 0x4500);
    put16(ip_ + 6, 0x4000);  // don't fragment
    frame_[ip_ + 8] = 64;    // TTL
    frame_[ip_ + 9] = 17;    // UDP
    for (size_t i = 0; i < kSizes.size(); ++i)
      payload_sums_[i] = sum(ip_ + kHeaders, kSizes[i] - 14 - kHeaders);
  }

  // False after the last packet.
  bool next(ImixPacket& packet) {
    if (number_ == options_.packets) return false;
    if (number_ % kPattern.size() == 0) shuffle();
    const size_t kind = order_[number_ % kPattern.size()];
    const size_t ip_length = kSizes[kind] - 14;
    const auto flow = static_cast<uint32_t>(mix(number_) % options_.flows);
    fill(ip_length, flow, payload_sums_[kind]);
    const auto duration = static_cast<uint64_t>(options_.duration_ns);
    const uint64_t offset = duration / options_.packets * number_ +
                            duration % options_.packets * number_ / options_.packets;
    packet.timestamp_ns = kStartNs + static_cast<int64_t>(offset / 1000 * 1000);
    packet.bytes = {frame_.data(), ip_ + ip_length};
    ++number_;
    return true;
  }

 private:
  static constexpr size_t kHeaders = 28;                         // IPv4 and UDP
  static constexpr std::array<size_t, 3> kSizes{60, 590, 1514};  // untagged, without FCS
  static constexpr std::array<uint8_t, 12> kPattern{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2};

  static uint64_t mix(uint64_t n) {  // splitmix64: a fixed map from number to random bits
    n += 0x9e3779b97f4a7c15;
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
    n = (n ^ n >> 27) * 0x94d049bb133111eb;
    return n ^ n >> 31;
  }

  void shuffle() {
    order_ = kPattern;
    uint64_t bits = mix(~number_);
    for (size_t i = order_.size() - 1; i > 0; --i, bits = mix(bits))
      std::swap(order_[i], order_[bits % (i + 1)]);
  }

  void put16(size_t at, size_t value) {
    frame_[at] = static_cast<uint8_t>(value >> 8);
    frame_[at + 1] = static_cast<uint8_t>(value);
  }
  uint32_t sum(size_t at, size_t length) const {  // RFC 1071; every length here is even
    uint32_t total = 0;
    for (size_t i = 0; i < length; i += 2)
      total += static_cast<uint32_t>(frame_[at + i] << 8 | frame_[at + i + 1]);
    return total;
  }
  static uint16_t fold(uint32_t total) {
    total = (total & 0xffff) + (total >> 16);
    total = (total & 0xffff) + (total >> 16);
    return static_cast<uint16_t>(~total);
  }

  void fill(size_t ip_length, uint32_t flow, uint32_t payload_sum) {
    const size_t udp = ip_ + 20;
    put16(ip_ + 2, ip_length);
    put16(ip_ + 4, number_ & 0xffff);
    put16(ip_ + 10, 0);
    put16(ip_ + 12, 192 << 8 | 168);
    put16(ip_ + 14, (flow * 7 + 1) & 0xffff);
    put16(ip_ + 16, 10 << 8);
    put16(ip_ + 18, (flow * 13 + 4) & 0xffff);
    put16(ip_ + 10, fold(sum(ip_, 20)));
    put16(udp, 49'152 + flow % 16'384);
    put16(udp + 2, 50'000 + flow / 65'536);
    put16(udp + 4, ip_length - 20);
    put16(udp + 6, 0);
    const uint32_t pseudo = sum(ip_ + 12, 8) + 17 + static_cast<uint32_t>(ip_length - 20);
    const uint16_t checksum = fold(pseudo + sum(udp, 8) + payload_sum);
    put16(udp + 6, checksum == 0 ? 0xffff : checksum);  // RFC 768: 0 means none
  }

  ImixOptions options_;
  uint64_t number_ = 0;
  size_t ip_ = 0;
  std::array<uint8_t, 12> order_{};
  std::array<uint32_t, 3> payload_sums_{};
  std::array<uint8_t, 1522> frame_{};
};

// Writes the packets as a plain pcap file with microseconds. Throws IoError.
inline void write_imix(const std::string& path, const ImixOptions& options) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  // Large writes put a file into the page cache in large pieces, which makes it cheap to read.
  std::vector<char> buffer(1 << 20);
  std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "wb"));
  if (!file) throw IoError("create", path, errno);
  std::setvbuf(file.get(), buffer.data(), _IOFBF, buffer.size());
  const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262'144, 1};
  std::fwrite(header, sizeof header, 1, file.get());
  ImixSource source(options);
  ImixPacket packet;
  while (source.next(packet)) {
    const auto length = static_cast<uint32_t>(packet.bytes.size());
    const uint32_t record[4] = {static_cast<uint32_t>(packet.timestamp_ns / 1'000'000'000),
                                static_cast<uint32_t>(packet.timestamp_ns / 1000 % 1'000'000),
                                length, length};
    std::fwrite(record, sizeof record, 1, file.get());
    std::fwrite(packet.bytes.data(), length, 1, file.get());
  }
  if (std::fflush(file.get()) != 0 || std::ferror(file.get())) throw IoError("write", path, errno);
}

}  // namespace erbium::bench
