#include "dataplane/driver/ethernet_frames.h"

#include <algorithm>
#include <cstring>

#include "dataplane/driver/link_type.h"
#include "dataplane/driver/super_frame.h"

namespace erbium::dp {
namespace {

Refusal reframe(const CaptureRecord& record, std::vector<Reframed>& out) {
  const std::span<const uint8_t> packet(record.data, record.captured);
  switch (record.link_type) {
    case kLinkNull:
    case kLinkLoop:
      return reframe_loopback(packet, record.wire_length, out);
    case kLinkIeee80211:
      return reframe_80211(packet, record.wire_length, out);
    case kLinkCooked:
      return reframe_cooked(packet, record.wire_length, out);
    case kLinkRadiotap:
      return reframe_radiotap(packet, record.wire_length, out);
    case kLinkCooked2:
      return reframe_cooked2(packet, record.wire_length, out);
    default:
      return reframe_raw_ip(packet, record.wire_length, out);
  }
}

}  // namespace

void EthernetFrames::convert(const CaptureRecord& record) {
  reframed_.clear();
  const Refusal refusal = reframe(record, reframed_);
  if (refusal != Refusal::none) {
    frames_.push_back({.wire_length = record.wire_length, .refusal = refusal});
    return;
  }
  converted_.clear();
  // Every aggregated frame but the last lies whole in the record, behind a header of its own.
  converted_.reserve(record.captured + sizeof(net::EthernetHeader) * reframed_.size());
  for (const Reframed& one : reframed_) {
    const uint32_t there = std::min(one.length, record.captured - one.offset);
    const size_t start = converted_.size();
    converted_.resize(start + sizeof one.header + there);
    std::memcpy(converted_.data() + start, &one.header, sizeof one.header);
    std::memcpy(converted_.data() + start + sizeof one.header, record.data + one.offset, there);
    constexpr auto kHead = static_cast<uint32_t>(sizeof one.header);
    // What a record claims may leave no room for a header.
    const uint32_t length = std::min(one.length, UINT32_MAX - kHead);
    frames_.push_back({.data = converted_.data() + start,
                       .captured = kHead + there,
                       .wire_length = kHead + length});
  }
}

std::span<const CapturedFrame> EthernetFrames::of(const CaptureRecord& record) {
  frames_.clear();
  if (record.link_type == kLinkEthernet) [[likely]]
    frames_.push_back(
        {.data = record.data, .captured = record.captured, .wire_length = record.wire_length});
  else
    convert(record);
  CapturedFrame& first = frames_.front();
  if (frames_.size() == 1 && first.refusal == Refusal::none &&
      gso_.mode != GsoOptions::Mode::keep &&
      first.wire_length > sizeof(net::EthernetHeader) + gso_.mtu) [[unlikely]] {
    const std::optional<SuperFrame> super = super_frame(first, gso_.mtu);
    if (super && gso_.mode == GsoOptions::Mode::drop) first.refusal = Refusal::gso_super_frame;
    if (super && gso_.mode == GsoOptions::Mode::resegment)
      resegment(CapturedFrame(first), *super, gso_.mtu, frames_, segments_);
  }
  return frames_;
}

}  // namespace erbium::dp
