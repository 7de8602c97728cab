#include "dataplane/driver/frame_filter.h"

#include <pcap/pcap.h>

#include <stdexcept>
#include <vector>

namespace erbium::dp {
namespace {

constexpr int kSnapLength = 262'144;

bool is_tag(uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

}  // namespace

struct FrameFilter::Program {
  bpf_program code{};
  bool matches(std::span<const uint8_t> frame) const {
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    return pcap_offline_filter(&code, &header, frame.data()) != 0;
  }
  ~Program() { pcap_freecode(&code); }
};

FrameFilter::FrameFilter(const std::string& expression) : program_(std::make_unique<Program>()) {
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> ethernet(pcap_open_dead(DLT_EN10MB, kSnapLength),
                                                            pcap_close);
  if (pcap_compile(ethernet.get(), &program_->code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) !=
      0)
    throw std::invalid_argument(pcap_geterr(ethernet.get()));
}

FrameFilter::~FrameFilter() = default;

bool FrameFilter::matches(std::span<const uint8_t> frame) const {
  if (program_->matches(frame)) return true;
  size_t at = 12;
  while (at + 6 <= frame.size() && is_tag(static_cast<uint16_t>(frame[at] << 8 | frame[at + 1])))
    at += 4;
  if (at == 12) return false;
  std::vector<uint8_t> bare(frame.begin(), frame.begin() + 12);
  bare.insert(bare.end(), frame.begin() + static_cast<std::ptrdiff_t>(at), frame.end());
  return program_->matches(bare);
}

}  // namespace erbium::dp
