// A filter in libpcap's language (pcap-filter(7)), compiled for whatever link types a capture has:
// it judges packets as they were captured, before they become Ethernet frames.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "dataplane/driver/capture_reader.h"

struct bpf_program;

namespace erbium::dp {

class PacketFilter {
 public:
  // An empty expression passes everything. `path` is for error texts.
  PacketFilter(std::string expression, std::string path);
  ~PacketFilter();
  PacketFilter(PacketFilter&&) noexcept;
  PacketFilter& operator=(PacketFilter&&) = delete;

  // Throws CaptureError when the expression is no good for the record's link type.
  bool passes(const CaptureRecord& record) { return expression_.empty() || judge(record); }

 private:
  struct Free {
    void operator()(bpf_program* program) const;
  };
  using Program = std::unique_ptr<bpf_program, Free>;

  bool judge(const CaptureRecord& record);
  Program compile(uint32_t link_type) const;

  std::string expression_, path_;
  std::map<uint32_t, Program> programs_;  // by link type
};

}  // namespace erbium::dp
