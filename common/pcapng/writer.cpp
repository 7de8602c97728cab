// pcapng blocks, little-endian, composed in place in one buffer (see writer.h). Section numbers are
// those of draft-ietf-opsawg-pcapng. Every block is
//
//   | type 4 | total length 4 | body, a multiple of 4 ... | total length 4 |
//
// and every option | code 2 | length 2 | value, padded to 4 with zeros |.
#include "common/pcapng/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace erbium::pcapng {
namespace {

static_assert(std::endian::native == std::endian::little, "blocks are written in host order");

constexpr uint32_t kSectionBlock = 0x0a0d0d0a;
constexpr uint32_t kInterfaceBlock = 1;
constexpr uint32_t kStatisticsBlock = 5;
constexpr uint32_t kEnhancedPacketBlock = 6;
constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr uint16_t kEthernet = 1;
constexpr uint8_t kNanoseconds = 9;  // if_tsresol: 10^-9 s

constexpr uint16_t kOptComment = 1;
constexpr uint16_t kIfName = 2;
constexpr uint16_t kIfDescription = 3;
constexpr uint16_t kIfSpeed = 8;
constexpr uint16_t kIfTsresol = 9;
constexpr uint16_t kEpbFlags = 2;
constexpr uint16_t kEpbPacketid = 5;
constexpr uint16_t kIsbStarttime = 2;
constexpr uint16_t kIsbEndtime = 3;
constexpr uint16_t kIsbIfrecv = 4;
constexpr uint16_t kIsbIfdrop = 5;
constexpr uint16_t kIsbUsrdeliv = 8;

// Both fill the same 16 bytes of the section header.
constexpr std::string_view kPartial = "capture partial";
constexpr std::string_view kComplete = "capture complete";

constexpr size_t kFrameOverhead = 12;  // type and both lengths
constexpr size_t kOptionHeader = 4;
constexpr size_t kMaxOption = 65535;
constexpr size_t kEndOfOptions = 4;
constexpr size_t kNumberOption = kOptionHeader + 8;

constexpr size_t padded(size_t bytes) { return (bytes + 3) & ~size_t{3}; }

// The text as it fits an option: at most 65,535 bytes, cut between UTF-8 characters.
std::string_view option_text(std::string_view text) {
  if (text.size() <= kMaxOption) return text;
  size_t end = kMaxOption;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

size_t text_option_size(std::string_view text) {
  return kOptionHeader + padded(option_text(text).size());
}

// Writes forward through a block for which room was reserved.
class Composer {
 public:
  Composer(std::byte* at, uint32_t block_type) : start_(at), at_(at) {
    put(block_type);
    put(uint32_t{0});
  }

  template <typename Int>
  void put(Int value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }

  void put_time(uint64_t ns) {  // upper half first (section 4.3)
    put(static_cast<uint32_t>(ns >> 32));
    put(static_cast<uint32_t>(ns));
  }

  void bytes(const void* data, size_t size) {
    const size_t room = padded(size);
    if (room == 0) return;
    std::memset(at_ + room - 4, 0, 4);
    std::memcpy(at_, data, size);
    at_ += room;
  }

  void option(uint16_t code, size_t length) {
    put(code);
    put(static_cast<uint16_t>(length));
  }
  void text(uint16_t code, std::string_view value) {
    value = option_text(value);
    option(code, value.size());
    bytes(value.data(), value.size());
  }
  void number(uint16_t code, uint64_t value) {
    option(code, sizeof value);
    put(value);
  }
  void time(uint16_t code, uint64_t ns) {
    option(code, sizeof ns);
    put_time(ns);
  }

  // Ends the options and the block; returns its end.
  std::byte* close() {
    put(uint32_t{0});
    const auto total = static_cast<uint32_t>(at_ - start_ + 4);
    put(total);
    std::memcpy(start_ + 4, &total, sizeof total);
    return at_;
  }

  const std::byte* at() const { return at_; }

 private:
  std::byte* start_;
  std::byte* at_;
};

}  // namespace

Writer::Writer(std::string path, WriterOptions options)
    : path_(std::move(path)),
      partial_path_(path_ + ".partial"),
      capacity_(std::max(options.buffer_bytes, size_t{4096})) {
  buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
  fd_ = ::open(partial_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) throw IoError("create", partial_path_, errno);
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) fail("replace", errno);
  section_header(options.section_comment);
}

Writer::~Writer() {
  if (fd_ >= 0) ::close(fd_);
}

void Writer::section_header(std::string_view comment) {
  Composer block(reserve(kFrameOverhead + 16 + text_option_size(comment) +
                         text_option_size(kComplete) + kEndOfOptions),
                 kSectionBlock);
  block.put(kByteOrderMagic);
  block.put(uint16_t{1});  // version 1.0
  block.put(uint16_t{0});
  block.put(int64_t{-1});  // section length not said
  if (!comment.empty()) block.text(kOptComment, comment);
  status_offset_ = static_cast<uint64_t>(block.at() - buffer_.get());
  block.text(kOptComment, kPartial);
  commit(block.close());
}

uint32_t Writer::add_interface(const InterfaceDescription& interface) {
  Composer block(reserve(kFrameOverhead + 8 + text_option_size(interface.name) +
                         text_option_size(interface.description) + kNumberOption + kOptionHeader +
                         4 + kEndOfOptions),
                 kInterfaceBlock);
  block.put(kEthernet);
  block.put(uint16_t{0});
  block.put(uint32_t{0});  // snaplen 0: no limit
  block.text(kIfName, interface.name);
  if (!interface.description.empty()) block.text(kIfDescription, interface.description);
  if (interface.speed_bps != 0) block.number(kIfSpeed, interface.speed_bps);
  block.option(kIfTsresol, 1);
  block.put(uint32_t{kNanoseconds});
  commit(block.close());
  interfaces_.emplace_back();
  return static_cast<uint32_t>(interfaces_.size() - 1);
}

void Writer::packet(const PacketRecord& record, std::span<const std::byte> bytes) {
  PerInterface& interface = interfaces_.at(record.interface_id);
  size_t room = kFrameOverhead + 20 + padded(bytes.size()) + kOptionHeader + 4 + kNumberOption +
                kEndOfOptions;
  for (std::string_view comment : record.comments) room += text_option_size(comment);

  Composer block(reserve(room), kEnhancedPacketBlock);
  block.put(record.interface_id);
  block.put_time(record.timestamp_ns);
  block.put(static_cast<uint32_t>(bytes.size()));
  block.put(record.original_length);
  block.bytes(bytes.data(), bytes.size());
  block.option(kEpbFlags, 4);
  block.put(static_cast<uint32_t>(record.direction));
  block.number(kEpbPacketid, record.packet_id);
  for (std::string_view comment : record.comments) block.text(kOptComment, comment);
  commit(block.close());
  ++interface.packets;
  interface.last_timestamp_ns = record.timestamp_ns;
}

void Writer::statistics(const InterfaceStatistics& statistics) {
  const PerInterface& interface = interfaces_.at(statistics.interface_id);
  Composer block(reserve(kFrameOverhead + 12 + 5 * kNumberOption +
                         text_option_size(statistics.comment) + kEndOfOptions),
                 kStatisticsBlock);
  block.put(statistics.interface_id);
  block.put_time(statistics.timestamp_ns);
  if (!statistics.comment.empty()) block.text(kOptComment, statistics.comment);
  if (statistics.start_ns) block.time(kIsbStarttime, *statistics.start_ns);
  if (statistics.end_ns) block.time(kIsbEndtime, *statistics.end_ns);
  if (statistics.received) block.number(kIsbIfrecv, *statistics.received);
  if (statistics.dropped) block.number(kIsbIfdrop, *statistics.dropped);
  block.number(kIsbUsrdeliv, interface.packets);
  commit(block.close());
}

void Writer::finish() {
  flush();
  mark_complete();
  close_file();
  if (std::rename(partial_path_.c_str(), path_.c_str()) != 0)
    throw IoError("rename to its final name", partial_path_, errno);
}

void Writer::finish_partial(std::string_view reason) {
  if (fd_ < 0) return;  // a write error has already closed it
  const std::string comment = std::string(kPartial) + ": " + std::string(reason);
  for (uint32_t id = 0; id < interfaces_.size(); ++id)
    statistics({.interface_id = id,
                .timestamp_ns = interfaces_[id].last_timestamp_ns,
                .comment = comment});
  flush();
  close_file();
}

uint64_t Writer::packets_written() const {
  uint64_t sum = 0;
  for (const PerInterface& interface : interfaces_) sum += interface.packets;
  return sum;
}

std::byte* Writer::reserve(size_t bytes) {
  if (bytes > capacity_ - used_) [[unlikely]] {
    flush();
    if (bytes > capacity_) {
      buffer_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
      capacity_ = bytes;
    }
  }
  return buffer_.get() + used_;
}

void Writer::flush() {
  size_t done = 0;
  while (done < used_) {
    const ssize_t n = ::write(fd_, buffer_.get() + done, used_ - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", errno);
    done += static_cast<size_t>(n);
  }
  flushed_ += used_;
  used_ = 0;
}

void Writer::mark_complete() {
  static_assert(padded(kPartial.size()) == kComplete.size());
  std::byte option[kOptionHeader + kComplete.size()];
  const auto length = static_cast<uint16_t>(kComplete.size());
  std::memcpy(option, &kOptComment, 2);
  std::memcpy(option + 2, &length, 2);
  std::memcpy(option + kOptionHeader, kComplete.data(), kComplete.size());
  const ssize_t n = ::pwrite(fd_, option, sizeof option, static_cast<off_t>(status_offset_));
  if (n != static_cast<ssize_t>(sizeof option)) fail("write", n < 0 ? errno : ENOSPC);
}

void Writer::close_file() {
  if (::close(std::exchange(fd_, -1)) != 0) throw IoError("close", partial_path_, errno);
}

void Writer::fail(const char* action, int error_number) {
  if (fd_ >= 0) {
    // Blocks are flushed whole, so this leaves a valid file; where it cannot, the name tells.
    [[maybe_unused]] const int cut = ::ftruncate(fd_, static_cast<off_t>(flushed_));
    ::close(std::exchange(fd_, -1));
  }
  throw IoError(action, partial_path_, error_number);
}

}  // namespace erbium::pcapng
