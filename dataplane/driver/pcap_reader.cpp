// The pcap file format, draft-ietf-opsawg-pcap sections 4 and 5:
//
//   file header    magic 4 | major 2 | minor 2 | reserved 8 | snapshot length 4 | link type 4
//   packet record  seconds 4 | fraction 4 | captured 4 | original length 4 | bytes ...
#include "dataplane/driver/pcap_reader.h"

#include <cstring>
#include <limits>
#include <utility>

#include "common/units.h"
#include "dataplane/driver/link_type.h"

namespace erbium::dp {
namespace {

constexpr uint32_t kMagicMicroseconds = 0xa1b2c3d4;
constexpr uint32_t kMagicNanoseconds = 0xa1b23c4d;
constexpr size_t kRecordSize = 16;
constexpr uint32_t kLinkTypeMask = 0x03ffffff;  // above: length of the FCS

struct FileHeader {
  uint32_t magic;
  uint16_t major;
  uint16_t minor;
  uint32_t reserved[2];
  uint32_t snapshot_length;
  uint32_t link_type;
};
static_assert(sizeof(FileHeader) == kPcapHeaderSize);

struct Format {
  bool swapped = false;          // written by a machine of the other byte order
  uint32_t ns_per_fraction = 0;  // 1,000 or 1; 0 for a file that is none of ours
  uint32_t snapshot_length = 0;
  uint32_t link_type = 0;
};

Format parse(std::span<const uint8_t> head) {
  Format format;
  if (head.size() < kPcapHeaderSize) return format;
  FileHeader header;
  std::memcpy(&header, head.data(), sizeof header);
  const auto value = [&](uint32_t v) { return format.swapped ? __builtin_bswap32(v) : v; };
  const auto is = [&](uint32_t magic) { return value(header.magic) == magic; };
  if (!is(kMagicMicroseconds) && !is(kMagicNanoseconds)) format.swapped = true;

  const uint32_t scale = is(kMagicMicroseconds) ? 1000 : is(kMagicNanoseconds) ? 1 : 0;
  const auto major = format.swapped ? __builtin_bswap16(header.major) : header.major;
  const auto minor = format.swapped ? __builtin_bswap16(header.minor) : header.minor;
  format.link_type = value(header.link_type) & kLinkTypeMask;
  if (major == 2 && minor == 4) format.ns_per_fraction = scale;
  // Zero means no limit, and so does what does not fit an int (libpcap reads it so).
  format.snapshot_length = value(header.snapshot_length);
  if (format.snapshot_length == 0 || format.snapshot_length > std::numeric_limits<int32_t>::max())
    format.snapshot_length = CaptureReader::kMaxCaptured;
  return format;
}

class PcapReader final : public CaptureReader {
 public:
  PcapReader(std::string path, FileWindow window)
      : CaptureReader(std::move(path)), window_(std::move(window)) {
    const uint8_t* head = window_.peek(kPcapHeaderSize);
    if (head == nullptr) throw CaptureError(path_ + ": ends inside the file header");
    format_ = parse({head, kPcapHeaderSize});
    if (!becomes_ethernet(format_.link_type))
      throw CaptureError(path_ + ": " + link_type_refusal(format_.link_type));
    window_.consume(kPcapHeaderSize);
  }

  bool next(CaptureRecord& record) override {
    const uint8_t* header = window_.peek(kRecordSize);
    if (header == nullptr) {
      if (window_.available() == 0) return false;
      fail("the file ends inside the packet header", window_.offset());
    }
    const uint32_t seconds = field(header, 0);
    const uint32_t fraction = field(header, 4);
    const uint32_t captured = field(header, 8);
    const uint32_t wire = field(header, 12);
    check_lengths(captured, wire, window_.offset());
    const int64_t ns = int64_t{fraction} * format_.ns_per_fraction;
    if (ns >= kNsPerSecond) refuse_fraction(fraction);
    header = window_.peek(kRecordSize + captured);
    if (header == nullptr) refuse_cut(captured);
    record.timestamp_ns = seconds * kNsPerSecond + ns;
    // libpcap cuts what is longer than the snapshot length the file claims; so does this.
    record.captured = captured < format_.snapshot_length ? captured : format_.snapshot_length;
    record.wire_length = wire;
    record.link_type = format_.link_type;
    record.data = header + kRecordSize;
    window_.consume(kRecordSize + captured);
    ++packets_;
    return true;
  }

  uint64_t position() const override { return window_.position(); }
  uint64_t size() const override { return window_.size(); }

 private:
  uint32_t field(const uint8_t* header, size_t at) const {
    uint32_t value;
    std::memcpy(&value, header + at, sizeof value);
    return format_.swapped ? __builtin_bswap32(value) : value;
  }

  [[noreturn]] void refuse_fraction(uint32_t fraction) const {
    fail("its time has " + std::to_string(fraction) +
             (format_.ns_per_fraction == 1 ? " nanoseconds" : " microseconds") +
             ", which is a second or more",
         window_.offset());
  }
  [[noreturn]] void refuse_cut(uint32_t captured) const {
    const size_t there = window_.available() - kRecordSize;
    fail("the file ends inside the packet, after " + std::to_string(there) + " of " +
             std::to_string(captured) + " bytes",
         window_.offset());
  }

  FileWindow window_;
  Format format_;
};

}  // namespace

bool is_plain_pcap(std::span<const uint8_t> head) { return parse(head).ns_per_fraction != 0; }

std::unique_ptr<CaptureReader> open_plain_pcap(std::string path, FileWindow window) {
  return std::make_unique<PcapReader>(std::move(path), std::move(window));
}

}  // namespace erbium::dp
