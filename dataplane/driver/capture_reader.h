// Reads a capture packet by packet with nanosecond time: pcap with microseconds or nanoseconds in
// either byte order, and pcapng; from files, pipes and standard input, as they stand or packed
// (byte_source.h). Readers of our own hand out packets in place at a third of libpcap's cost; rare
// variants of the formats go through libpcap. All deliver the same records and check every length
// before it is used: a damaged capture ends in a CaptureError after the packets in front of the
// damage have been delivered.
//
// What is odd but harmless is delivered as it stands and judged by the driver: time that runs
// backwards, empty packets, frames longer than 9,216 bytes, packets cut by the snapshot length.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace erbium::dp {

// A capture that cannot be opened or read on. One line: path, packet number (from 1) and byte
// offset where they are known, what is wrong.
class CaptureError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct CaptureRecord {
  int64_t timestamp_ns = 0;       // since 1970-01-01 00:00 UTC, never negative
  uint32_t captured = 0;          // bytes at data, at most 262,144 and at most wire_length
  uint32_t wire_length = 0;       // bytes the packet had on the wire
  uint32_t link_type = 0;         // of the interface it came from: see link_type.h
  const uint8_t* data = nullptr;  // valid until the next call of next() on this reader
};

class CaptureReader {
 public:
  // `path` is a file name or "-" for standard input. Throws CaptureError if it cannot be read, is
  // no capture, or is of a link type that cannot be made Ethernet.
  static std::unique_ptr<CaptureReader> open(const std::string& path);

  // The same through libpcap whatever the format: the reference the tests and benches compare with.
  static std::unique_ptr<CaptureReader> open_libpcap(const std::string& path);

  virtual ~CaptureReader() = default;

  // False at the end of the file. Throws CaptureError where the file is damaged; the reader is of
  // no use afterwards.
  virtual bool next(CaptureRecord& record) = 0;

  // For progress: bytes of the file read so far, and its size or 0 where it is not known.
  virtual uint64_t position() const = 0;
  virtual uint64_t size() const = 0;

  const std::string& path() const { return path_; }
  uint64_t packets() const { return packets_; }  // delivered so far

  static constexpr uint32_t kMaxCaptured = 262'144;  // libpcap's bound for Ethernet

 protected:
  explicit CaptureReader(std::string path) : path_(std::move(path)) {}

  // Throws CaptureError about the packet after those delivered; `offset` is that of its header.
  [[noreturn]] void fail(const std::string& what, std::optional<uint64_t> offset = {}) const;
  // Throws if the lengths of the packet contradict each other or the format's bounds.
  void check_lengths(uint32_t captured, uint32_t wire, std::optional<uint64_t> offset = {}) const {
    if (captured > kMaxCaptured || captured > wire) [[unlikely]]
      refuse_lengths(captured, wire, offset);
  }

  std::string path_;
  uint64_t packets_ = 0;

 private:
  [[noreturn]] void refuse_lengths(uint32_t captured, uint32_t wire,
                                   std::optional<uint64_t> offset) const;
};

}  // namespace erbium::dp
