// Opens capture files and holds the reader that goes through libpcap (see capture_reader.h).
#include "dataplane/driver/capture_reader.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>

#include "dataplane/driver/pcap_reader.h"
#include "dataplane/driver/pcapng_reader.h"

namespace erbium::dp {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

// What stands at a path, learnt before any reader is chosen. The descriptor is open and at 0.
struct Probe {
  int fd = -1;
  bool regular = false;
  uint64_t size = 0;
  std::array<uint8_t, kPcapHeaderSize> bytes{};
  size_t count = 0;  // of bytes; pipes are not read from

  std::span<const uint8_t> head() const { return {bytes.data(), count}; }
};

Probe probe(const std::string& path) {
  Probe result;
  result.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (result.fd < 0) throw CaptureError(path + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(result.fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(result.fd);
    throw CaptureError(path + ": is a directory");
  }
  if (S_ISREG(status.st_mode)) {
    result.regular = true;
    result.size = static_cast<uint64_t>(status.st_size);
    const ssize_t n = ::pread(result.fd, result.bytes.data(), result.bytes.size(), 0);
    result.count = n > 0 ? static_cast<size_t>(n) : 0;
  }
  return result;
}

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (uint8_t b : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", b);
    text += digits;
  }
  return text;
}

// libpcap's reason for refusing a file, made plainer where its text leaves the user alone.
std::string explain(std::string_view reason, const Probe& file) {
  if (file.regular && file.size == 0) return "is empty";
  if (reason != "unknown file format") return std::string(reason);
  const auto magic = file.head().first(file.count < 4 ? file.count : 4);
  if (magic.size() >= 2 && magic[0] == 0x1f && magic[1] == 0x8b)
    return "is compressed with gzip; unpack it first";
  return "is neither pcap nor pcapng" +
         (magic.empty() ? std::string() : " (it begins with " + hex(magic) + ")");
}

class LibpcapReader final : public CaptureReader {
 public:
  // Takes ownership of the probe's descriptor; -1 stands for standard input.
  LibpcapReader(std::string path, const Probe& file) : CaptureReader(std::move(path)) {
    std::FILE* stream = file.fd < 0 ? stdin : ::fdopen(file.fd, "rb");
    if (stream == nullptr) throw CaptureError(path_ + ": " + std::strerror(errno));
    size_ = file.size;
    char reason[PCAP_ERRBUF_SIZE] = "";
    handle_.reset(
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason));
    if (!handle_) {
      if (stream != stdin) std::fclose(stream);
      throw CaptureError(path_ + ": " + explain(reason, file));
    }
    const int type = pcap_datalink(handle_.get());
    if (type != DLT_EN10MB) throw CaptureError(path_ + ": " + refusal(type));
    // pcap has 32 unsigned bits of seconds, which libpcap takes as signed; pcapng is version 1.
    wraps_seconds_ = pcap_major_version(handle_.get()) == 2;
  }

  bool next(CaptureRecord& record) override {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int status = pcap_next_ex(handle_.get(), &header, &data);
    if (status == PCAP_ERROR_BREAK) return false;
    if (status != 1) fail(pcap_geterr(handle_.get()));
    check_lengths(header->caplen, header->len);
    record.timestamp_ns = timestamp(header->ts.tv_sec, header->ts.tv_usec);
    record.captured = header->caplen;
    record.wire_length = header->len;
    record.data = data;
    ++packets_;
    return true;
  }

  uint64_t position() const override {
    const off_t at = ::ftello(pcap_file(handle_.get()));
    return at < 0 ? 0 : static_cast<uint64_t>(at);
  }
  uint64_t size() const override { return size_; }

 private:
  struct Close {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
  };

  static std::string refusal(int type) {
    const char* name = pcap_datalink_val_to_name(type);
    const char* description = pcap_datalink_val_to_description(type);
    std::string text = "link type ";
    text += name != nullptr ? name : std::to_string(type);
    if (description != nullptr) text += std::string(" (") + description + ")";
    return text + " is not Ethernet; only Ethernet captures can be replayed";
  }

  // With nanosecond precision tv_usec holds nanoseconds.
  int64_t timestamp(int64_t seconds, int64_t ns) const {
    if (wraps_seconds_ && seconds < 0) seconds += int64_t{1} << 32;
    if (ns < 0 || ns >= kNsPerSecond)
      fail("its time has " + std::to_string(ns) + " nanoseconds, which is a second or more");
    if (seconds < 0 || seconds >= std::numeric_limits<int64_t>::max() / kNsPerSecond)
      fail("its time of " + std::to_string(seconds) + " seconds is out of range");
    return seconds * kNsPerSecond + ns;
  }

  std::unique_ptr<pcap_t, Close> handle_;
  uint64_t size_ = 0;
  bool wraps_seconds_ = false;
};

}  // namespace

std::unique_ptr<CaptureReader> CaptureReader::open(const std::string& path) {
  if (path == "-") return open_libpcap(path);
  const Probe file = probe(path);
  if (is_plain_pcap(file.head())) return open_plain_pcap(path, file.fd, file.size);
  if (!is_pcapng(file.head())) return std::make_unique<LibpcapReader>(path, file);
  if (auto reader = open_pcapng(path, file.fd, file.size)) return reader;
  return open_libpcap(path);  // knows the names of the other link types
}

std::unique_ptr<CaptureReader> CaptureReader::open_libpcap(const std::string& path) {
  if (path == "-") return std::make_unique<LibpcapReader>("standard input", Probe{});
  return std::make_unique<LibpcapReader>(path, probe(path));
}

void CaptureReader::fail(const std::string& what, std::optional<uint64_t> offset) const {
  std::string text = path_ + ": packet " + std::to_string(packets_ + 1);
  if (offset) text += " at byte " + std::to_string(*offset);
  throw CaptureError(text + ": " + what);
}

void CaptureReader::refuse_lengths(uint32_t captured, uint32_t wire,
                                   std::optional<uint64_t> offset) const {
  if (captured > kMaxCaptured)
    fail("its captured length of " + std::to_string(captured) + " bytes is over the limit of " +
             std::to_string(kMaxCaptured),
         offset);
  fail("its captured length of " + std::to_string(captured) +
           " bytes is over its length on the "
           "wire of " +
           std::to_string(wire),
       offset);
}

}  // namespace erbium::dp
