// Writes pcapng capture files (draft-ietf-opsawg-pcapng) with nanosecond time, interface names,
// directions, packet ids, comments and statistics. Our own because libpcap writes no pcapng and
// DPDK's writer stamps packets with the processor's clock. The bytes depend on nothing but the
// calls made: no host, program, version or date is written.
//
// A file is written as NAME.partial and gets its NAME in finish(), so that what carries the final
// name is whole. The section header also says so: its last comment is "capture partial" until
// finish() turns it into "capture complete". After a write error the partial file is cut back to
// its last whole block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/io_error.h"

namespace erbium::pcapng {

// epb_flags bits 0-1 (section 4.3.1): seen from the interface, not from the emulator.
enum class Direction : uint32_t { kUnknown = 0, kInbound = 1, kOutbound = 2 };

struct InterfaceDescription {
  std::string name = {};         // if_name, e.g. "er-sjc/primary"
  std::string description = {};  // if_description; left out when empty
  uint64_t speed_bps = 0;        // if_speed in bits per second; left out when 0
};

struct PacketRecord {
  uint32_t interface_id = 0;
  uint64_t timestamp_ns = 0;     // since 1970-01-01 00:00 UTC
  uint32_t original_length = 0;  // bytes on the wire without FCS; at least the captured length
  Direction direction = Direction::kUnknown;
  uint64_t packet_id = 0;  // epb_packetid: equal for the same packet in every file
  std::span<const std::string_view> comments = {};
};

// isb_* options (section 4.6); an absent value is left out. isb_usrdeliv is filled in by the
// writer: the packets it wrote for that interface.
struct InterfaceStatistics {
  uint32_t interface_id = 0;
  uint64_t timestamp_ns = 0;  // when the statistics were taken
  std::optional<uint64_t> start_ns = {};
  std::optional<uint64_t> end_ns = {};
  std::optional<uint64_t> received = {};  // packets seen on the interface
  std::optional<uint64_t> dropped = {};   // packets the interface dropped
  std::string_view comment = {};
};

struct WriterOptions {
  std::string section_comment = {};  // opt_comment of the section header; left out when empty
  // Bytes gathered before a write(2); become resident as they are used.
  size_t buffer_bytes = 128 * 1024;
};

// One capture file. Not movable; not for several threads. Every call that writes may throw
// IoError (path and reason); after that the writer only accepts destruction.
class Writer {
 public:
  // Creates PATH.partial (an older one is overwritten) and removes an older PATH, so that nothing
  // of an earlier run stands in for this one.
  explicit Writer(std::string path, WriterOptions options = {});
  // Without finish() the file keeps the name PATH.partial and holds what had been flushed.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Interfaces are numbered from 0 in the order of the calls; may be added at any time.
  uint32_t add_interface(const InterfaceDescription& interface);

  // `bytes` is the captured part of the frame, from the destination MAC, without FCS.
  void packet(const PacketRecord& record, std::span<const std::byte> bytes);

  void statistics(const InterfaceStatistics& statistics);

  // Flushes, closes and renames to PATH. Nothing may be written afterwards.
  void finish();

  // For an interrupted run: writes a last statistics block whose comment is "capture partial: " +
  // `reason`, flushes and closes. The name stays PATH.partial and the file is valid.
  void finish_partial(std::string_view reason);

  const std::string& path() const { return path_; }                  // the final name
  const std::string& partial_path() const { return partial_path_; }  // the name until finish()
  uint64_t bytes_written() const { return flushed_ + used_; }
  uint64_t packets_written() const;

 private:
  struct PerInterface {
    uint64_t packets = 0;
    uint64_t last_timestamp_ns = 0;
  };

  void section_header(std::string_view comment);
  std::byte* reserve(size_t bytes);  // room for a block of at most `bytes`, then commit()
  void commit(const std::byte* end) { used_ = static_cast<size_t>(end - buffer_.get()); }
  void flush();
  void mark_complete();
  void close_file();
  [[noreturn]] void fail(const char* action, int error_number);

  std::string path_;
  std::string partial_path_;
  int fd_ = -1;
  std::unique_ptr<std::byte[]> buffer_;
  size_t capacity_ = 0;
  size_t used_ = 0;
  uint64_t flushed_ = 0;        // bytes in the file, always a whole number of blocks
  uint64_t status_offset_ = 0;  // of the status comment's option header in the file
  std::vector<PerInterface> interfaces_;
};

}  // namespace erbium::pcapng
