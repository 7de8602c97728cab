#include "dataplane/driver/frame_filter.h"

#include <pcap/pcap.h>

#include <stdexcept>
#include <vector>

#include "common/net/headers.h"

namespace erbium::dp {
namespace {

constexpr int kSnapLength = 262'144;

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
  while (at + 6 <= frame.size() && net::is_vlan_tag(net::read16(frame.data() + at))) at += 4;
  if (at == 12) return false;
  std::vector<uint8_t> bare(frame.begin(), frame.begin() + 12);
  bare.insert(bare.end(), frame.begin() + static_cast<std::ptrdiff_t>(at), frame.end());
  return program_->matches(bare);
}

}  // namespace erbium::dp
