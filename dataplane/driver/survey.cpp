#include "dataplane/driver/survey.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "common/net/headers.h"
#include "dataplane/driver/capture_reader.h"
#include "dataplane/driver/ethernet_frames.h"
#include "dataplane/driver/flow_key.h"
#include "dataplane/driver/frame_fields.h"
#include "dataplane/driver/packet_filter.h"
#include "dataplane/driver/super_frame.h"

namespace erbium::dp {
namespace {

constexpr size_t kMostConversations = 200'000;
constexpr size_t kFlows = size_t{1} << 16;
constexpr int64_t kWindow = 100'000'000;  // ns, of the peak rate
constexpr uint8_t kSyn = 0x02, kAck = 0x10;

class Survey {
 public:
  void record(const CaptureRecord& record) {
    summary_.packets++;
    summary_.bytes += record.wire_length;
    rate(record.timestamp_ns, record.wire_length);
    for (const CapturedFrame& one : frames_.of(record)) frame(one);
  }

  CaptureSummary take() {
    for (const auto& [hosts, conversation] : conversations_)
      summary_.conversations.push_back(conversation);
    return std::move(summary_);
  }

 private:
  void rate(int64_t ns, uint32_t bytes) {
    if (ns / kWindow != window_) window_bits_ = 0;
    window_ = ns / kWindow;
    window_bits_ += uint64_t{bytes} * 8;
    summary_.peak_bps = std::max(summary_.peak_bps, window_bits_ * (1'000'000'000 / kWindow));
  }

  void frame(const CapturedFrame& captured) {
    const std::span<const uint8_t> bytes(captured.data, captured.captured);
    if (captured.refusal != Refusal::none || bytes.size() < sizeof(net::EthernetHeader)) {
      summary_.refused++;
      return;
    }
    summary_.super_frames += super_frame(captured, 1500).has_value();
    const size_t type = ether_type_at(bytes);
    summary_.tagged += type > 12;
    const auto key = flow_key(bytes, 0);
    if (bytes[0] & 1)
      summary_.group++;
    else if (key)
      unicast(captured, *key);
    else if (bytes.size() >= type + 2 && bytes[type] == 0x08 && bytes[type + 1] == 0x06)
      summary_.arp++;
    else
      summary_.other++;
  }

  void unicast(const CapturedFrame& captured, FlowKey key) {
    const std::span<const uint8_t> bytes(captured.data, captured.captured);
    summary_.ip++;
    const uint8_t flags = tcp_flags(bytes, key);
    if (flags & kSyn)
      summary_.largest_mss = std::max(summary_.largest_mss, offered_mss(bytes, key));
    const net::Family family = key.version == 4 ? net::Family::v4 : net::Family::v6;
    const net::Ip from{family, key.src}, to{family, key.dst};
    if (from == to) return;
    Conversation* talk = conversation(std::min(from, to), std::max(from, to));
    if (talk == nullptr) return;
    talk->packets++;
    vote(*talk, from == talk->a, flags & (kSyn | kAck), key);
  }

  Conversation* conversation(const net::Ip& a, const net::Ip& b) {
    const auto at = conversations_.find({a, b});
    if (at != conversations_.end()) return &at->second;
    if (conversations_.size() == kMostConversations) {
      summary_.unlisted++;
      return nullptr;
    }
    return &(conversations_[{a, b}] = {.a = a, .b = b});
  }

  // Each flow has one vote, given by its first packet.
  void vote(Conversation& talk, bool from_a, uint8_t opening, FlowKey key) {
    const bool from_system = key.src_port != 0 && key.src_port < kLeastFreePort;
    const bool to_system = key.dst_port != 0 && key.dst_port < kLeastFreePort;
    if (!from_a) key.reverse();
    FlowKey& seen = flows_[key.hash() % kFlows];
    if (seen == key) return;
    seen = key;
    const bool answers = opening == (kSyn | kAck);
    if (opening == kSyn || answers || from_system != to_system) {
      const bool opened = opening == kSyn || (!answers && to_system);
      (opened == from_a ? talk.a_opened : talk.b_opened)++;
    } else {
      (from_a ? talk.a_first : talk.b_first)++;
    }
  }

  EthernetFrames frames_;
  CaptureSummary summary_;
  std::map<std::pair<net::Ip, net::Ip>, Conversation> conversations_;
  std::vector<FlowKey> flows_ = std::vector<FlowKey>(kFlows);
  int64_t window_ = -1;
  uint64_t window_bits_ = 0;
};

// What stands before damage counts.
bool next(CaptureReader& reader, CaptureRecord& record) {
  try {
    return reader.next(record);
  } catch (const CaptureError&) {
    if (reader.packets() == 0) throw;
    return false;
  }
}

}  // namespace

CaptureSummary survey(const std::vector<std::string>& paths, const std::string& filter) {
  Survey out;
  for (const std::string& path : paths) {
    const auto reader = CaptureReader::open(path);
    PacketFilter passes(filter, path);
    CaptureRecord record;
    while (next(*reader, record))
      if (passes.passes(record)) out.record(record);
  }
  return out.take();
}

}  // namespace erbium::dp
