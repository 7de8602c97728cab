#include "control/report/distribution.h"

#include <algorithm>
#include <bit>

#include "control/report/format.h"
#include "control/report/svg.h"

namespace erbium::cp {
namespace {

constexpr int64_t kLength = 10'000;  // of the axes, in units of place()

std::string tenths(int64_t v) {
  return std::to_string(v / 10) + (v % 10 == 0 ? "" : "." + std::to_string(v % 10));
}

// Of a box of 1000 x 100: along the axis to each value, then up to its share.
std::string line(const Histogram& latency, const LatencyAxis& axis) {
  constexpr int64_t kStep = kLength / 400;
  const auto count = static_cast<int64_t>(latency.count());
  int64_t x = axis.place(latency.min()), sum = 0;
  std::string out = "M" + tenths(x) + " 100";
  bool begun = false;
  for (const Histogram::Bucket& bucket : latency.buckets()) {
    sum += static_cast<int64_t>(bucket.count);
    const int64_t at = axis.place(std::min(bucket.last, latency.max()));
    if (begun && at < x + kStep && sum != count) continue;
    begun = true;
    x = at;
    out += "H" + tenths(x) + "V" + tenths(1000 - sum * 1000 / count);
  }
  return out + "H1000";
}

}  // namespace

int64_t log2_fixed(uint64_t v) {
  __extension__ using Wide = unsigned __int128;
  constexpr int kDigits = 16;
  const int whole = 63 - std::countl_zero(v);
  uint64_t x = v << (63 - whole);  // 1 to 2, with 63 digits behind the point
  int64_t out = whole;
  for (int i = 0; i < kDigits; i++) {
    const Wide square = Wide{x} * x;  // 126 digits behind the point
    const bool two = static_cast<uint64_t>(square >> 127) != 0;
    out = out << 1 | (two ? 1 : 0);
    x = static_cast<uint64_t>(square >> (two ? 64 : 63));
  }
  return out;
}

LatencyAxis::LatencyAxis(const std::vector<Distribution>& all) {
  for (const Distribution& d : all) {
    least_ = std::min(least_, d.latency->min());
    greatest_ = std::max(greatest_, d.latency->max());
  }
  least_ = std::max<int64_t>(1, least_ - least_ / 20);
  greatest_ += greatest_ / 20 + 1;
}

int64_t LatencyAxis::place(int64_t ns) const {
  const int64_t from = log2_fixed(static_cast<uint64_t>(least_));
  const int64_t to = log2_fixed(static_cast<uint64_t>(greatest_));
  const int64_t at = log2_fixed(static_cast<uint64_t>(std::clamp(ns, least_, greatest_)));
  return (at - from) * kLength / std::max<int64_t>(1, to - from);
}

std::vector<int64_t> LatencyAxis::ticks() const {
  // Unsigned: the power of ten above the greatest value of int64 still fits.
  const auto least = static_cast<uint64_t>(least_), greatest = static_cast<uint64_t>(greatest_);
  std::vector<int64_t> out;
  if (greatest / 8 < least) {  // evenly
    const uint64_t wanted = (greatest - least + 7) / 8;
    uint64_t step = 1;
    for (uint64_t decade = 1; step < wanted; decade *= 10)
      for (const uint64_t factor : {1u, 2u, 5u})
        if (step < wanted) step = decade * factor;
    for (uint64_t at = (least + step - 1) / step * step; at <= greatest; at += step)
      out.push_back(static_cast<int64_t>(at));
    return out;
  }
  const bool fine = greatest / 1000 < least;
  for (uint64_t decade = 1; decade <= greatest; decade *= 10)
    for (const uint64_t factor : {1u, 2u, 5u})
      if (decade * factor >= least && decade * factor <= greatest && (fine || factor == 1))
        out.push_back(static_cast<int64_t>(decade * factor));
  return out;
}

std::string distribution_svg(const std::vector<Distribution>& all, const std::string& title) {
  const LatencyAxis axis(all);
  std::string out =
      "<div class=\"static\"><span class=\"top\">100\u00a0%</span><span class=\"zero\">0</span>"
      "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" +
      escaped(title) + "\"><path class=\"half\" d=\"M0 50H1000\"/>";
  for (size_t i = 0; i < all.size(); i++)
    out += "<path class=\"" + series_class(i) + "\" d=\"" + line(*all[i].latency, axis) +
           "\"><title>" + escaped(all[i].name) + "</title></path>";
  out += "</svg><div class=\"ticks\">";
  for (const int64_t at : axis.ticks()) {
    const int64_t x = axis.place(at);
    out += "<span style=\"left:" + std::to_string(x / 100) + "." + std::to_string(x / 10 % 10) +
           "%\">" + duration_text(at) + "</span>";
  }
  return out + "</div></div>";
}

}  // namespace erbium::cp
