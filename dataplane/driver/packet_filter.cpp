#include "dataplane/driver/packet_filter.h"

#include <pcap/pcap.h>

#include <utility>

#include "dataplane/driver/link_type.h"

namespace erbium::dp {

PacketFilter::PacketFilter(std::string expression, std::string path)
    : expression_(std::move(expression)), path_(std::move(path)) {}
PacketFilter::~PacketFilter() = default;
PacketFilter::PacketFilter(PacketFilter&&) noexcept = default;

void PacketFilter::Free::operator()(bpf_program* program) const {
  pcap_freecode(program);
  delete program;
}

PacketFilter::Program PacketFilter::compile(uint32_t link_type) const {
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> handle(
      pcap_open_dead(dlt_of(link_type), CaptureReader::kMaxCaptured), pcap_close);
  Program program(new bpf_program{});
  if (handle &&
      pcap_compile(handle.get(), program.get(), expression_.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0)
    return program;
  throw CaptureError(path_ + ": the filter \"" + expression_ + "\" cannot be used: " +
                     (handle ? pcap_geterr(handle.get()) : "out of memory") +
                     "; pcap-filter(7) has the language");
}

bool PacketFilter::judge(const CaptureRecord& record) {
  auto at = programs_.find(record.link_type);
  if (at == programs_.end())
    at = programs_.emplace(record.link_type, compile(record.link_type)).first;
  const pcap_pkthdr header{.ts = {}, .caplen = record.captured, .len = record.wire_length};
  return pcap_offline_filter(at->second.get(), &header, record.data) != 0;
}

}  // namespace erbium::dp
