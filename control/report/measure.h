// What a stream of numbered packets says about the network: gaps (runs of lost packets) and the
// outage each of them proves, reordering, latency, and the path before and after every event of the
// timeline. Pure functions on plain data; all times are scenario time in ns.
//
// Outage. Packets a..b are lost, a-1 and b+1 arrived. The network dropped from some moment between
// the sending of a-1 and of a until some moment between b and b+1, so the true outage lies between
// sent(b) - sent(a) ("at least") and sent(b+1) - sent(a-1) ("outage"): with a constant interval the
// reported outage is (lost + 1) intervals, never shorter than the truth and less than two intervals
// longer. It is the "loss of connectivity period" of RFC 6412 §3.6.4 in send time, so that a change
// of delay between the paths is not taken for an outage.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/histogram.h"
#include "common/run_stats.h"

namespace erbium::cp {

inline constexpr int64_t kNever = -1;
inline constexpr int32_t kNoPath = -1;

// Packets are numbered from 0 in the order of sending.
struct Stream {
  std::string name;
  int64_t first_ns = 0;                  // packet i was sent at first_ns + i * interval_ns,
  int64_t interval_ns = 0;               // unless sent_ns says otherwise (a replayed capture's)
  std::span<const int64_t> sent_ns;      // ascending; empty: constant interval
  std::span<const int64_t> received_ns;  // of the first copy; kNever
  std::span<const uint16_t> paths;       // index of the path it took; empty: unknown
  std::span<const uint32_t> repeated;    // the number of each arrival beyond the first; ascending
  uint64_t duplicates = 0;               // those arrivals, also where `repeated` is not known

  int64_t sent(size_t i) const {
    return sent_ns.empty() ? first_ns + static_cast<int64_t>(i) * interval_ns : sent_ns[i];
  }
  int32_t path(size_t i) const { return paths.empty() ? kNoPath : paths[i]; }
};

// A view; valid as long as the result.
Stream stream_of(const StreamResult& result);
// "er-sjc/primary, msee-a/ergw": the links of one of its paths in the order of travel; empty for
// kNoPath.
std::string path_text(const RunStats& stats, const StreamResult& result, int32_t path);

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

// In order. Packets that may have been on their way at `end_ns`, the end of the run (behind the
// last that arrived, and sent less than the stream's greatest latency before it), are neither lost
// nor received: see in_flight.
std::vector<Gap> gaps(const Stream& stream, int64_t end_ns);

struct StreamTotals {
  uint64_t sent = 0, received = 0, lost = 0, in_flight = 0;  // sent = the three others
  uint64_t duplicated = 0;
  uint64_t reordered = 0;  // arrived after a packet that was sent later (RFC 4737 §3)
  int64_t longest_outage_ns = 0;
  Histogram latency;
};
StreamTotals totals(const Stream& stream, int64_t end_ns);

// What one event did to one stream. The window of an event is from its time to the next event's;
// of events at one time the first has the window and the others are empty. A gap belongs to the
// window in which it begins to act (from_ns), whole; a packet that arrived belongs to the window in
// which it was sent.
struct Impact {
  int64_t at_ns = 0, until_ns = 0;
  uint64_t sent = 0, lost = 0, reordered = 0;
  uint64_t duplicated = 0;  // as far as `repeated` says
  uint64_t gaps = 0;
  std::optional<Gap> longest;          // the earliest of those with the longest outage
  int64_t outage_sum_ns = 0;           // of all gaps
  int32_t before = kNoPath;            // of the last packet sent before that arrived
  int32_t after = kNoPath;             // of the last packet sent in the window that arrived
  std::optional<int64_t> switched_ns;  // arrival of the first packet on a path other than `before`
  Histogram latency;
};

// events: times, ascending. Returns events.size() + 1 impacts; the first is of the time before any
// event, from 0 on.
std::vector<Impact> impacts(const Stream& stream, std::span<const int64_t> events, int64_t end_ns);

}  // namespace erbium::cp
