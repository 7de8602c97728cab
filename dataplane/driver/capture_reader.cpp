// Opens capture files and holds the reader that goes through libpcap (see capture_reader.h).
#include "dataplane/driver/capture_reader.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "common/units.h"
#include "dataplane/driver/file_window.h"
#include "dataplane/driver/link_type.h"
#include "dataplane/driver/pcap_reader.h"
#include "dataplane/driver/pcapng_reader.h"

namespace erbium::dp {
namespace {

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (uint8_t b : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", b);
    text += digits;
  }
  return text;
}

// The first bytes, as many as there are up to `most`; the window does not move.
std::span<const uint8_t> head_of(FileWindow& window, size_t most) {
  const uint8_t* at = window.peek(most);
  if (at != nullptr) return {at, most};
  const size_t there = window.available();
  return {window.peek(there), there};
}

// libpcap's reason for refusing a file, made plainer where its text leaves the user alone.
std::string explain(std::string_view reason, std::span<const uint8_t> head) {
  if (head.empty()) return "is empty";
  if (reason != "unknown file format") return std::string(reason);
  return "is neither pcap nor pcapng (it begins with " + hex(head) + ")";
}

class LibpcapReader final : public CaptureReader {
 public:
  LibpcapReader(std::string path, FileWindow window)
      : CaptureReader(std::move(path)), window_(std::move(window)) {
    const auto four = head_of(window_, 4);
    const std::vector<uint8_t> head(four.begin(), four.end());
    std::FILE* stream = ::fopencookie(this, "rb", {.read = &give});
    if (stream == nullptr) throw CaptureError(path_ + ": " + std::strerror(errno));
    char reason[PCAP_ERRBUF_SIZE] = "";
    handle_.reset(
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason));
    if (!handle_) {
      std::fclose(stream);
      if (failure_) std::rethrow_exception(failure_);
      throw CaptureError(path_ + ": " + explain(reason, head));
    }
    link_type_ = link_type_of(pcap_datalink(handle_.get()));
    if (!becomes_ethernet(link_type_))
      throw CaptureError(path_ + ": " + link_type_refusal(link_type_));
    // pcap has 32 unsigned bits of seconds, which libpcap takes as signed; pcapng is version 1.
    wraps_seconds_ = pcap_major_version(handle_.get()) == 2;
  }
  LibpcapReader(const LibpcapReader&) = delete;
  LibpcapReader& operator=(const LibpcapReader&) = delete;

  bool next(CaptureRecord& record) override {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int status = pcap_next_ex(handle_.get(), &header, &data);
    if (failure_) std::rethrow_exception(failure_);
    if (status == PCAP_ERROR_BREAK) return false;
    if (status != 1) fail(pcap_geterr(handle_.get()));
    check_lengths(header->caplen, header->len);
    record.timestamp_ns = timestamp(header->ts.tv_sec, header->ts.tv_usec);
    record.captured = header->caplen;
    record.wire_length = header->len;
    record.link_type = link_type_;
    record.data = data;
    ++packets_;
    return true;
  }

  uint64_t position() const override { return window_.position(); }
  uint64_t size() const override { return window_.size(); }

 private:
  struct Close {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
  };

  // libpcap's read(2): what it throws must not pass through libpcap.
  static ssize_t give(void* cookie, char* to, size_t size) {
    auto& self = *static_cast<LibpcapReader*>(cookie);
    try {
      if (self.window_.peek(1) == nullptr) return 0;
      const size_t n = std::min(size, self.window_.available());
      std::memcpy(to, self.window_.peek(n), n);
      self.window_.consume(n);
      return static_cast<ssize_t>(n);
    } catch (const CaptureError&) {
      self.failure_ = std::current_exception();
      errno = EIO;
      return -1;
    }
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

  FileWindow window_;
  std::exception_ptr failure_;
  std::unique_ptr<pcap_t, Close> handle_;
  uint32_t link_type_ = 0;
  bool wraps_seconds_ = false;
};

}  // namespace

std::unique_ptr<CaptureReader> CaptureReader::open(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  FileWindow window(ByteSource::open(path));
  const auto head = head_of(window, kPcapHeaderSize);
  if (is_plain_pcap(head)) return open_plain_pcap(name, std::move(window));
  if (is_pcapng(head)) return open_pcapng(name, std::move(window));
  return std::make_unique<LibpcapReader>(name, std::move(window));
}

std::unique_ptr<CaptureReader> CaptureReader::open_libpcap(const std::string& path) {
  return std::make_unique<LibpcapReader>(path == "-" ? "standard input" : path,
                                         FileWindow(ByteSource::open(path)));
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
