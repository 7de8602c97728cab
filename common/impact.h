// What the events of a timeline did to a flow of numbered packets: gaps (runs of lost packets) and
// the outage that each of them proves, reordering, latency, and the path before and after. Packets
// are taken one by one in the order of sending, so that nothing is kept of a packet that is
// decided. All times are scenario time in ns.
//
// Outage. Packets a..b are lost, a-1 and b+1 arrived. The network dropped from some moment between
// the sending of a-1 and of a until some moment between b and b+1, so the true outage lies between
// sent(b) - sent(a) ("at least") and sent(b+1) - sent(a-1) ("outage"): with a constant interval the
// reported outage is (lost + 1) intervals, never shorter than the truth and less than two intervals
// longer. It is the "loss of connectivity period" of RFC 6412 §3.6.4 in send time, so that a change
// of delay between the paths is not taken for an outage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/histogram.h"

namespace erbium {

inline constexpr int64_t kNever = -1;
inline constexpr int32_t kNoPath = -1;

struct Gap {
  size_t first_lost = 0, last_lost = 0;
  int64_t begin_ns = 0;     // last packet before that arrived was sent; or the first lost one
  int64_t end_ns = 0;       // first packet behind that arrived was sent; or the last lost one
  int64_t at_least_ns = 0;  // sent(last_lost) - sent(first_lost)
  int64_t from_ns = 0;      // first_lost, had it arrived as quickly as its predecessor
  bool open_begin = false;  // nothing arrived before
  bool open_end = false;    // nothing arrived behind

  int64_t outage_ns() const { return end_ns - begin_ns; }
  uint64_t lost() const { return last_lost - first_lost + 1; }
  bool operator==(const Gap&) const = default;
};

// A packet whose fate is known.
struct PacketFate {
  size_t number = 0;  // in the order of sending, from 0
  int64_t sent_ns = 0;
  int64_t received_ns = kNever;  // of the first copy
  int32_t path = kNoPath;        // index of the path it took
  bool late = false;             // a packet that was sent later arrived before it (RFC 4737 §3)
};

// Finds gaps. A pause in sending longer than `idle_ns` ends a gap and what arrived before it counts
// no longer: an outage is proven only where the flow was active.
class GapFinder {
 public:
  static constexpr int64_t kNoIdle = INT64_MAX;
  explicit GapFinder(int64_t idle_ns = kNoIdle) : idle_ns_(idle_ns) {}

  // Packets in the order of sending; the gap that ends with this one, if any.
  std::optional<Gap> packet(const PacketFate& packet);
  // The gap that is open when nothing more is sent.
  std::optional<Gap> finish();

 private:
  int64_t idle_ns_;
  Gap gap_;
  bool open_ = false;
  bool arrived_ = false;  // a packet, since the last pause
  int64_t first_lost_sent_ = 0;
  int64_t last_sent_ = INT64_MAX;  // of any packet
  int64_t arrived_sent_ = 0;       // of the last packet that arrived
  int64_t latency_ = 0;            // of it
};

// The times of the events cut the run into windows: 0 is before the first event, window i + 1 lasts
// from event i to the next event; of events at one time the first has the window, the others' are
// empty.
class EventWindows {
 public:
  // Ascending.
  explicit EventWindows(std::vector<int64_t> events) : events_(std::move(events)) {}

  size_t count() const { return events_.size() + 1; }
  size_t at(int64_t time_ns) const;
  int64_t begin(size_t window) const { return window == 0 ? 0 : events_[window - 1]; }
  // The last one ends with the run.
  int64_t end(size_t window, int64_t end_ns) const;

 private:
  std::vector<int64_t> events_;
};

// What happened to a flow in one window. A gap belongs to the window in which it begins to act
// (from_ns), whole; a packet that arrived belongs to the window in which it was sent.
struct Impact {
  size_t window = 0;
  uint64_t sent = 0, received = 0;  // received: of those sent in the window
  uint64_t lost = 0, reordered = 0;
  uint64_t duplicated = 0;  // arrivals beyond the first
  uint64_t gaps = 0;
  std::optional<Gap> longest;          // the earliest of those with the longest outage
  int64_t outage_sum_ns = 0;           // of all gaps
  int32_t before = kNoPath;            // of the last packet sent before that arrived
  int32_t after = kNoPath;             // of the last packet sent in the window that arrived
  std::optional<int64_t> switched_ns;  // arrival of the first packet on a path other than `before`
  // Latencies of packets sent before the last gap of the window ended and the path was changed, and
  // of those behind.
  Histogram unsettled, settled;

  Histogram latency() const;  // of both
  void add(const Gap& gap);
  // Sums with another flow's, of the same window; paths stay where they are equal.
  void merge(const Impact& other);
};

// Measures one flow.
class ImpactMeter {
 public:
  explicit ImpactMeter(int64_t idle_ns = GapFinder::kNoIdle) : gaps_(idle_ns) {}

  // Packets in the order of sending. Returns the impact of the window it was sent in; valid until
  // the next call.
  Impact& packet(const EventWindows& windows, const PacketFate& packet);
  // One arrival beyond the first of a packet that was sent, or arrived, at `at_ns`.
  void repeated(const EventWindows& windows, int64_t at_ns);
  // Nothing more is sent.
  void finish(const EventWindows& windows);
  // Drops the histograms of latencies, and keeps none from now on.
  void forget_latencies();

  // Those windows in which something happened, ascending.
  const std::vector<Impact>& impacts() const { return impacts_; }
  std::vector<Impact>& impacts() { return impacts_; }

 private:
  Impact& at(size_t window);
  void add(const EventWindows& windows, const std::optional<Gap>& gap);

  GapFinder gaps_;
  int32_t path_ = kNoPath;  // of the last packet that arrived
  bool latencies_ = true;
  std::vector<Impact> impacts_;
};

}  // namespace erbium
