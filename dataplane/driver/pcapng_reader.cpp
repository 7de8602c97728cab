// Section numbers are those of draft-ietf-opsawg-pcapng. A block is (section 3.1)
//
//   | type 4 | total length 4 | body, a multiple of 4 ... | total length 4 |
#include "dataplane/driver/pcapng_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "common/units.h"
#include "dataplane/driver/link_type.h"

namespace erbium::dp {
namespace {

enum BlockType : uint32_t {
  kSection = 0x0a0d0d0a,
  kInterface = 1,
  kObsoletePacket = 2,
  kSimplePacket = 3,
  kEnhancedPacket = 6,
};
constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr uint32_t kLargestBlock = 16 * 1024 * 1024;  // libpcap's bound
constexpr uint16_t kIfTsresol = 9;
constexpr uint16_t kIfTsoffset = 14;
constexpr uint64_t kMaxSeconds = std::numeric_limits<int64_t>::max() / kNsPerSecond - 1;

__extension__ using Wide = unsigned __int128;

struct CaptureInterface {
  uint32_t link_type = kLinkEthernet;
  uint32_t snapshot_length = CaptureReader::kMaxCaptured;
  uint64_t ticks_per_second = 1'000'000;
  int64_t offset_seconds = 0;
};

struct Body {
  const uint8_t* at = nullptr;
  uint32_t size = 0;
};

class PcapngReader final : public CaptureReader {
 public:
  PcapngReader(std::string path, FileWindow window)
      : CaptureReader(std::move(path)), window_(std::move(window)) {
    CaptureRecord unused;
    while (interfaces_.empty())
      if (step(unused) == Step::kEnd) throw CaptureError(path_ + ": describes no interface");
  }

  bool next(CaptureRecord& record) override {
    for (;;) {
      const Step taken = step(record);
      if (taken == Step::kOther) continue;
      return taken == Step::kPacket;
    }
  }

  uint64_t position() const override { return window_.position(); }
  uint64_t size() const override { return window_.size(); }

 private:
  enum class Step { kEnd, kPacket, kOther };

  uint32_t u32(const uint8_t* at) const {
    uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return swapped_ ? __builtin_bswap32(value) : value;
  }
  uint16_t u16(const uint8_t* at) const {
    uint16_t value;
    std::memcpy(&value, at, sizeof value);
    return swapped_ ? __builtin_bswap16(value) : value;
  }

  [[noreturn]] void refuse(const std::string& what) const { fail(what, window_.offset()); }
  void need(const Body& body, uint32_t size, const char* what) const {
    if (body.size < size) [[unlikely]]
      refuse(std::string(what) + " is too short");
  }

  Step step(CaptureRecord& record) {
    const uint8_t* head = window_.peek(8);
    if (head == nullptr) {
      if (window_.available() == 0) return Step::kEnd;
      refuse("the file ends inside a block header");
    }
    if (u32(head) == kSection) byte_order();  // a palindrome: the same in either order
    head = window_.peek(8);
    const uint32_t type = u32(head);
    const uint32_t length = u32(head + 4);
    if (length < 12 || length % 4 != 0 || length > kLargestBlock) [[unlikely]]
      refuse("a block gives its length as " + std::to_string(length));
    const uint8_t* block = window_.peek(length);
    if (block == nullptr) [[unlikely]]
      refuse("the file ends inside a block of " + std::to_string(length) + " bytes");
    if (u32(block + length - 4) != length) [[unlikely]]
      refuse("a block's two lengths differ");
    const bool packet = dispatch(type, {block + 8, length - 12}, record);
    window_.consume(length);
    packets_ += packet;
    return packet ? Step::kPacket : Step::kOther;
  }

  bool dispatch(uint32_t type, const Body& body, CaptureRecord& record) {
    switch (type) {
      case kEnhancedPacket:
      case kObsoletePacket:
        need(body, 20, "a packet block");
        // The obsolete block has a drop count in the upper half of the interface (appendix A).
        packet(type == kEnhancedPacket ? u32(body.at) : u16(body.at), body, record);
        return true;
      case kSimplePacket:
        simple_packet(body, record);
        return true;
      case kSection:
        need(body, 16, "a section header");
        if (u16(body.at + 4) != 1) refuse("version " + std::to_string(u16(body.at + 4)));
        interfaces_.clear();  // ids count anew in every section
        return false;
      case kInterface:
        add_interface(body);
        return false;
      default:
        return false;
    }
  }

  void byte_order() {  // section 4.1
    const uint8_t* head = window_.peek(12);
    if (head == nullptr) refuse("the file ends inside a section header");
    uint32_t magic;
    std::memcpy(&magic, head + 8, sizeof magic);
    swapped_ = magic == __builtin_bswap32(kByteOrderMagic);
    if (!swapped_ && magic != kByteOrderMagic) refuse("a section has no byte-order magic");
  }

  void add_interface(const Body& body) {  // section 4.2
    need(body, 8, "an interface description");
    CaptureInterface interface;
    interface.link_type = u16(body.at);
    const uint32_t snapshot = u32(body.at + 4);
    if (snapshot != 0 && snapshot <= std::numeric_limits<int32_t>::max())
      interface.snapshot_length = snapshot;
    interface_options({body.at + 8, body.size - 8}, interface);
    interfaces_.push_back(interface);
  }

  void interface_options(Body rest, CaptureInterface& interface) const {
    while (rest.size >= 4) {
      const uint16_t code = u16(rest.at);
      const uint16_t length = u16(rest.at + 2);
      const uint32_t whole = 4 + ((uint32_t{length} + 3) & ~3u);
      if (code == 0) return;
      if (whole > rest.size) refuse("an option runs over its block");
      const uint8_t* value = rest.at + 4;
      if (code == kIfTsresol && length == 1) interface.ticks_per_second = resolution(*value);
      if (code == kIfTsoffset && length == 8) {
        const uint64_t low = u32(value + (swapped_ ? 4 : 0));
        const uint64_t high = u32(value + (swapped_ ? 0 : 4));
        interface.offset_seconds = static_cast<int64_t>(high << 32 | low);
      }
      rest = {rest.at + whole, rest.size - whole};
    }
  }

  // if_tsresol: ten to minus this many seconds, or two to minus this many with the upper bit set.
  uint64_t resolution(uint8_t option) const {
    const unsigned exponent = option & 0x7f;
    const bool binary = option & 0x80;
    if (exponent > (binary ? 63 : 19)) refuse("its resolution of time is too fine");
    uint64_t ticks = 1;
    for (unsigned i = 0; i < exponent; ++i) ticks *= binary ? 2 : 10;
    return ticks;
  }

  const CaptureInterface& interface(uint32_t id) const {
    if (id >= interfaces_.size()) [[unlikely]]
      refuse("it came in on interface " + std::to_string(id) + ", which is not described");
    if (!becomes_ethernet(interfaces_[id].link_type)) [[unlikely]]
      throw CaptureError(path_ + ": interface " + std::to_string(id) + ": " +
                         link_type_refusal(interfaces_[id].link_type));
    return interfaces_[id];
  }

  int64_t to_ns(const CaptureInterface& interface, uint64_t ticks) const {
    const uint64_t per_second = interface.ticks_per_second;
    if (per_second == kNsPerSecond && interface.offset_seconds == 0 && ticks >> 63 == 0)
      return static_cast<int64_t>(ticks);
    const uint64_t seconds = ticks / per_second + static_cast<uint64_t>(interface.offset_seconds);
    if (seconds > kMaxSeconds) refuse("its time is out of range");
    const Wide fraction = Wide{ticks % per_second} * kNsPerSecond / per_second;
    return static_cast<int64_t>(seconds * kNsPerSecond + static_cast<uint64_t>(fraction));
  }

  void packet(uint32_t id, const Body& body, CaptureRecord& record) {  // section 4.3
    const CaptureInterface& from = interface(id);
    const uint32_t captured = u32(body.at + 12);
    const uint32_t wire = u32(body.at + 16);
    check_lengths(captured, wire, window_.offset());
    if (captured > from.snapshot_length) [[unlikely]]
      refuse("its captured length of " + std::to_string(captured) + " bytes is over its " +
             "interface's snapshot length of " + std::to_string(from.snapshot_length));
    if (captured > body.size - 20) [[unlikely]]
      refuse("its captured length of " + std::to_string(captured) + " bytes is over its block");
    record.timestamp_ns = to_ns(from, uint64_t{u32(body.at + 4)} << 32 | u32(body.at + 8));
    record.captured = captured;
    record.wire_length = wire;
    record.link_type = from.link_type;
    record.data = body.at + 20;
  }

  void simple_packet(const Body& body,
                     CaptureRecord& record) {  // section 4.4: no time, interface 0
    need(body, 4, "a packet block");
    const uint32_t wire = u32(body.at);
    const CaptureInterface& from = interface(0);
    const uint32_t captured = std::min(wire, from.snapshot_length);
    check_lengths(captured, wire, window_.offset());
    if (captured > body.size - 4)
      refuse("its captured length of " + std::to_string(captured) + " bytes is over its block");
    record = {.timestamp_ns = 0,
              .captured = captured,
              .wire_length = wire,
              .link_type = from.link_type,
              .data = body.at + 4};
  }

  FileWindow window_;
  std::vector<CaptureInterface> interfaces_;  // of the current section
  bool swapped_ = false;
};

}  // namespace

bool is_pcapng(std::span<const uint8_t> head) {
  constexpr std::array<uint8_t, 4> kMagic{0x0a, 0x0d, 0x0d, 0x0a};
  return head.size() >= 4 && std::equal(kMagic.begin(), kMagic.end(), head.begin());
}

std::unique_ptr<CaptureReader> open_pcapng(std::string path, FileWindow window) {
  return std::make_unique<PcapngReader>(std::move(path), std::move(window));
}

}  // namespace erbium::dp
