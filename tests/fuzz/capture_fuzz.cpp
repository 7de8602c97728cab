// libFuzzer: arbitrary octets as a capture file. What is delivered keeps to the bounds that
// CaptureReader promises and can be read to its last octet, and so do the Ethernet frames that are
// made of it; where libpcap reads the file to its end as well, it delivers the same octets.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "common/check.h"
#include "dataplane/driver/capture_reader.h"
#include "dataplane/driver/ethernet_frames.h"

namespace {

using namespace erbium;

struct Content {
  uint64_t packets = 0, octets = 0, sum = 0;
  bool operator==(const Content&) const = default;
};

uint64_t sum_of(const uint8_t* at, uint32_t octets, uint64_t sum) {
  for (uint32_t i = 0; i < octets; ++i) sum = sum * 31 + at[i];
  return sum;
}

// Reads every octet of the frames that the record makes.
void make_frames(dp::EthernetFrames& frames, const dp::CaptureRecord& record) {
  static volatile uint64_t kept;
  const auto made = frames.of(record);
  ERBIUM_CHECK(!made.empty());
  for (const dp::CapturedFrame& frame : made) {
    if (frame.refusal != dp::Refusal::none) continue;
    ERBIUM_CHECK(frame.captured <= frame.wire_length);
    kept = sum_of(frame.data, frame.captured, kept);
  }
}

// Nothing when the file is refused or damaged.
std::optional<Content> read(std::unique_ptr<dp::CaptureReader> (*open)(const std::string&),
                            const std::string& path) {
  Content content;
  try {
    const auto reader = open(path);
    dp::EthernetFrames frames({.mode = dp::GsoOptions::Mode::resegment});
    for (dp::CaptureRecord record; reader->next(record); ++content.packets) {
      ERBIUM_CHECK(record.captured <= dp::CaptureReader::kMaxCaptured);
      ERBIUM_CHECK(record.captured <= record.wire_length);
      ERBIUM_CHECK(record.timestamp_ns >= 0);
      content.octets += record.captured;
      content.sum = sum_of(record.data, record.captured, content.sum);
      make_frames(frames, record);
    }
    ERBIUM_CHECK(reader->packets() == content.packets);
    return content;
  } catch (const dp::CaptureError& error) {
    ERBIUM_CHECK(std::strchr(error.what(), '\n') == nullptr);
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int file = memfd_create("capture", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  ERBIUM_CHECK(ftruncate(file, 0) == 0);
  ERBIUM_CHECK(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto ours = read(dp::CaptureReader::open, path);
  const auto theirs = read(dp::CaptureReader::open_libpcap, path);
  if (ours && theirs) ERBIUM_CHECK(*ours == *theirs);
  return 0;
}
