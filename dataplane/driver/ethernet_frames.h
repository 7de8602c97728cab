// Makes Ethernet frames of what captures hold. Raw IP, Linux cooked, loopback and 802.11 headers
// go, and an Ethernet header stands in their place: addresses are kept where the capture has them,
// and unicast packets without any go from 02:00:00:00:00:02 to 02:00:00:00:00:01. TCP super-frames,
// which a host hands to its network card whole (GSO, TSO), are cut into the packets that the card
// sends.
//
// Link headers: https://www.tcpdump.org/linktypes.html; 802.11: IEEE 802.11-2020 clause 9.2, with
// payloads as RFC 1042 has them; radiotap: https://www.radiotap.org.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/driver/capture_reader.h"
#include "dataplane/driver/link_headers.h"
#include "dataplane/driver/refusal.h"

namespace erbium::dp {

// A frame without FCS. Of one that is refused only wire_length counts.
struct CapturedFrame {
  const uint8_t* data = nullptr;
  uint32_t captured = 0;     // bytes at data
  uint32_t wire_length = 0;  // bytes on the wire
  Refusal refusal = Refusal::none;
};

// What becomes of TCP packets longer than `mtu`.
struct GsoOptions {
  enum class Mode { drop, resegment, keep };  // as api::Gso
  Mode mode = Mode::keep;
  uint32_t mtu = 1500;  // bytes of the IP packet
};

class EthernetFrames {
 public:
  explicit EthernetFrames(const GsoOptions& gso = {}) : gso_(gso) {}

  // The frames of a record, at least one. Valid as long as the record's data and until the next
  // call.
  std::span<const CapturedFrame> of(const CaptureRecord& record);

 private:
  void convert(const CaptureRecord& record);

  const GsoOptions gso_;
  std::vector<CapturedFrame> frames_;
  std::vector<Reframed> reframed_;
  std::vector<uint8_t> converted_, segments_;  // frames that do not stand in the record
};

}  // namespace erbium::dp
