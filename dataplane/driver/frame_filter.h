// A filter as tcpdump takes it, compiled by libpcap (pcap-filter(7)). It is asked about a frame as
// it stands and about the same frame without its tags, so that `host 10.0.1.4` means the host
// wherever it is.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace erbium::dp {

class FrameFilter {
 public:
  // Throws std::invalid_argument with libpcap's reason.
  explicit FrameFilter(const std::string& expression);
  ~FrameFilter();
  FrameFilter(const FrameFilter&) = delete;
  FrameFilter& operator=(const FrameFilter&) = delete;

  bool matches(std::span<const uint8_t> frame) const;

 private:
  struct Program;
  std::unique_ptr<Program> program_;
};

}  // namespace erbium::dp
