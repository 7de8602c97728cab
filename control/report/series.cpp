#include "control/report/series.h"

#include <algorithm>

#include "common/check.h"

namespace erbium::cp {
namespace {

size_t bins(int64_t bin_ns, int64_t duration_ns) {
  ERBIUM_CHECK(bin_ns > 0 && duration_ns >= 0);
  return static_cast<size_t>((duration_ns + bin_ns - 1) / bin_ns);
}

}  // namespace

int64_t bin_for(int64_t duration_ns, size_t most) {
  ERBIUM_CHECK(most > 0);
  for (int64_t decade = 1'000'000;; decade *= 10)
    for (const int64_t step : {1, 2, 5})
      if (bins(decade * step, duration_ns) <= most) return decade * step;
}

std::vector<uint64_t> bin_sums(std::span<const Sample> samples, int64_t bin_ns,
                               int64_t duration_ns) {
  std::vector<uint64_t> out(bins(bin_ns, duration_ns));
  for (const Sample& s : samples)
    if (s.at_ns >= 0 && s.at_ns < duration_ns)
      out[static_cast<size_t>(s.at_ns / bin_ns)] += s.amount;
  return out;
}

std::vector<uint64_t> bit_rates(std::span<const uint64_t> bytes, int64_t bin_ns,
                                int64_t duration_ns) {
  std::vector<uint64_t> out;
  for (size_t i = 0; i < bytes.size(); i++) {
    const int64_t begin = static_cast<int64_t>(i) * bin_ns;
    const int64_t length = std::min(bin_ns, duration_ns - begin);
    out.push_back(length <= 0 ? 0
                              : static_cast<uint64_t>(static_cast<double>(bytes[i]) * 8e9 /
                                                      static_cast<double>(length)));
  }
  return out;
}

StreamBins stream_bins(const Stream& stream, int64_t bin_ns, int64_t duration_ns) {
  const size_t n = bins(bin_ns, duration_ns);
  StreamBins out{std::vector<uint64_t>(n), std::vector<uint64_t>(n),
                 std::vector<int64_t>(n, kNever), std::vector<int64_t>(n, kNever)};
  std::vector<Histogram> latency(n);
  for (size_t i = 0; i < stream.received_ns.size(); i++) {
    const int64_t at = stream.sent(i);
    if (at < 0 || at >= duration_ns) continue;
    const auto bin = static_cast<size_t>(at / bin_ns);
    out.sent[bin]++;
    if (stream.received_ns[i] != kNever) latency[bin].record(stream.received_ns[i] - at);
  }
  for (const Gap& gap : gaps(stream, duration_ns))
    for (size_t i = gap.first_lost; i <= gap.last_lost; i++)
      if (const int64_t at = stream.sent(i); at >= 0 && at < duration_ns)
        out.lost[static_cast<size_t>(at / bin_ns)]++;
  for (size_t i = 0; i < n; i++) {
    if (latency[i].count() == 0) continue;
    out.latency_p50[i] = latency[i].percentile(500'000);
    out.latency_max[i] = latency[i].max();
  }
  return out;
}

}  // namespace erbium::cp
