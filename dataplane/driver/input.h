// The packets of a replay: several captures, filtered, paced and repeated, merged by time, with
// their times turned into scenario time and their frames fitted to the ports they enter by.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/net/address.h"
#include "common/run_stats.h"
#include "common/units.h"
#include "dataplane/core/observer.h"
#include "dataplane/core/packet.h"
#include "dataplane/driver/capture_reader.h"
#include "dataplane/driver/ethernet_frames.h"
#include "dataplane/driver/pacing.h"
#include "dataplane/driver/packet_filter.h"
#include "dataplane/driver/refusal.h"
#include "dataplane/driver/side_splitter.h"

namespace erbium::dp {

// How frames are made to fit a port: which tags they get in place of their own, and the MAC address
// of the router behind it. Group addresses are kept.
struct PortFit {
  std::optional<net::Mac> router_mac;  // absent: destination kept
  bool retag = true;                   // false: tags kept
  uint16_t outer_tpid = 0x8100, inner_tpid = 0x8100;
  uint16_t outer_vid = 0, inner_vid = 0;  // 0: no tag
};

// Frames from Azure's side enter by a port of their own.
struct InputSplit {
  SideRules rules;
  uint32_t port = 0;
  PortFit fit;
};

struct InputConfig {
  std::string name;
  std::string path;
  uint32_t port = 0;
  PortFit fit;
  Pacing pacing = {};
  std::string filter = {};  // pcap-filter(7); empty: all packets
  GsoOptions gso = {};
  std::optional<InputSplit> split = {};
};

// A frame ready to enter: [head, head + head_length) then [body, body + body_length).
struct InputFrame {
  Time time;
  uint32_t port = 0;
  uint8_t head[22];
  uint32_t head_length = 0;
  const uint8_t* body = nullptr;
  uint32_t body_length = 0;
  uint32_t missing = 0;             // bytes on the wire that the capture does not have
  Refusal refusal = Refusal::none;  // enters nowhere; has no bytes where it is no Ethernet frame
  uint32_t wire_length() const { return head_length + body_length + missing; }
};

class Input final : public Fitting {
 public:
  // Throws CaptureError. Idle gaps of the merged input longer than `max_gap` are shortened to it.
  Input(const std::vector<InputConfig>& configs, Duration max_gap);

  // The timestamp of the first packet, ns since 1970; nullopt when there is none.
  std::optional<int64_t> first_timestamp_ns() const;

  // The first packet enters at `at`; called once, before next().
  void start(Time at);
  bool started() const { return started_; }

  // The next frame, or null at the end; valid until pop(). Time never falls.
  const InputFrame* next();
  void pop();

  // Of the frame that next() gave: what the port made of the captured one.
  void explain(Explanation& out) const override;

  uint64_t clamped() const { return clamped_; }
  // Gaps that were shortened, since the last call.
  std::vector<RunEvent> take_events();
  // Share of the input's bytes that has been read, 0..1000; 1000 when sizes are unknown.
  unsigned per_mille() const;

 private:
  struct Source {
    explicit Source(const InputConfig& c)
        : config(c),
          reader(CaptureReader::open(c.path)),
          filter(c.filter, c.path),
          frames(c.gso),
          pacer(c.pacing) {
      if (c.split) splitter.emplace(c.split->rules);
    }

    InputConfig config;
    std::unique_ptr<CaptureReader> reader;
    PacketFilter filter;
    EthernetFrames frames;
    Pacer pacer;
    std::optional<SideSplitter> splitter;
    CaptureRecord record;
    int64_t timestamp_ns = 0;             // of record, clamped
    std::span<const CapturedFrame> left;  // of record, the first stands in `frame`
    InputFrame frame;
    int64_t entry_ns = 0;  // of frame, on the capture's clock
    uint32_t passes = 1;   // begun
    bool any = false;      // packet in this pass
    bool present = false;
  };

  bool read(Source& source);
  bool read_record(Source& source);
  bool next_pass(Source& source);
  void advance(Source& source);
  Source* earliest();

  std::vector<Source> sources_;
  const Duration max_gap_;
  Source* current_ = nullptr;
  bool started_ = false;
  int64_t shift_ = 0;    // scenario time - capture time
  int64_t last_ns_ = 0;  // capture time of the frame before
  uint64_t clamped_ = 0;
  std::vector<RunEvent> events_;
};

}  // namespace erbium::dp
