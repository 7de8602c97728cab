// What a stream of numbered packets says about the network: its gaps, totals, and what every event
// of the timeline did to it (common/impact.h). Pure functions on plain data; all times are scenario
// time in ns.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/histogram.h"
#include "common/impact.h"
#include "common/run_stats.h"

namespace erbium::cp {

// Packets are numbered from 0 in the order of sending.
struct Stream {
  std::string name;
  int64_t first_ns = 0;                  // packet i was sent at first_ns + i * interval_ns,
  int64_t interval_ns = 0;               // unless sent_ns says otherwise (a replayed capture's)
  std::span<const int64_t> sent_ns;      // ascending; empty: constant interval
  std::span<const int64_t> received_ns;  // of the first copy; kNever
  std::span<const uint16_t> paths;       // index of the path it took; empty: unknown
  std::span<const uint32_t> repeated;    // the number of each arrival beyond the first; ascending

  int64_t sent(size_t i) const {
    return sent_ns.empty() ? first_ns + static_cast<int64_t>(i) * interval_ns : sent_ns[i];
  }
  int32_t path(size_t i) const { return paths.empty() ? kNoPath : paths[i]; }
};

// A view; valid as long as the result.
Stream stream_of(const StreamResult& result);
// "er-sjc/primary, msee-a/ergw": the links of one of the paths in the order of travel; empty for
// kNoPath.
std::string path_text(const RunStats& stats, const std::vector<std::vector<uint32_t>>& paths,
                      int32_t path);

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

// events: times, ascending. Returns events.size() + 1 impacts, one for every window.
std::vector<Impact> impacts(const Stream& stream, std::span<const int64_t> events, int64_t end_ns);

}  // namespace erbium::cp
