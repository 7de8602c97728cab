// Values over time in equal bins, for plots: rates of links, loss and latency of streams.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "control/report/measure.h"

namespace erbium::cp {

// The smallest of 1, 2, 5 x 10^n ns, from 1 ms up, that cuts the duration into at most `most` bins.
int64_t bin_for(int64_t duration_ns, size_t most = 600);

struct Sample {
  int64_t at_ns = 0;
  uint64_t amount = 0;
};
// Sums per bin from time 0; the last bin may be short. Samples outside [0, duration) are left out.
std::vector<uint64_t> bin_sums(std::span<const Sample> samples, int64_t bin_ns,
                               int64_t duration_ns);

// Mean bit rate in each bin; the last bin ends at the duration.
std::vector<uint64_t> bit_rates(std::span<const uint64_t> bytes, int64_t bin_ns,
                                int64_t duration_ns);

// By the time of sending. Latencies are kNever where nothing that was sent in the bin arrived.
struct StreamBins {
  std::vector<uint64_t> sent, lost;
  std::vector<int64_t> latency_p50, latency_max;
};
StreamBins stream_bins(const Stream& stream, int64_t bin_ns, int64_t duration_ns);

}  // namespace erbium::cp
