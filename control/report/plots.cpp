#include "control/report/plots.h"

#include <algorithm>
#include <numeric>

#include "control/report/format.h"
#include "control/report/series.h"

namespace erbium::cp {
namespace {

constexpr size_t kMostSeries = kSeriesColours;  // of a plot

std::vector<int64_t> per_second(const std::vector<uint64_t>& packets, const Report& report) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < packets.size(); i++) {
    const int64_t begin = static_cast<int64_t>(i) * report.bin_ns;
    const int64_t length = std::clamp<int64_t>(report.duration_ns - begin, 1, report.bin_ns);
    out.push_back(
        static_cast<int64_t>(static_cast<double>(packets[i]) * 1e9 / static_cast<double>(length)));
  }
  return out;
}

std::vector<int64_t> as_signed(const std::vector<uint64_t>& values) {
  return {values.begin(), values.end()};
}

int64_t weight(const PlotSeries& series) {
  int64_t out = 0;
  for (const int64_t v : series.upper.empty() ? series.values : series.upper)
    out = std::max(out, v);
  return out;
}

// Without series that are zero throughout, and with those of the greatest values where there are
// too many; in their order.
Plot telling(Plot plot) {
  std::erase_if(plot.series, [](const PlotSeries& s) { return weight(s) == 0; });
  if (plot.series.size() <= kMostSeries) return plot;
  std::vector<size_t> order(plot.series.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return weight(plot.series[a]) > weight(plot.series[b]);
  });
  plot.left_out = order.size() - kMostSeries;
  order.resize(kMostSeries);
  std::sort(order.begin(), order.end());
  std::vector<PlotSeries> kept;
  for (const size_t i : order) kept.push_back(std::move(plot.series[i]));
  plot.series = std::move(kept);
  return plot;
}

// With series that are zero, unless all are or there are too many.
Plot without_zeros(Plot plot) {
  if (plot.greatest() == 0) plot.series.clear();
  return plot.series.size() > kMostSeries ? telling(std::move(plot)) : plot;
}

std::vector<Plot> link_plots(const Report& report) {
  Plot to_azure{"Throughput to Azure", "", "bit/s", {}};
  Plot to_onprem{"Throughput to on-premises", "", "bit/s", {}};
  Plot dropped{"Dropped on links", "No packet was dropped on a link.", "packets/s", {}, true};
  Plot wait{"Queue of links: mean wait, and up to the longest",
            "No packet waited for a link.",
            "ns",
            {},
            true};
  Plot delay{"Delay of links: mean, and up to the greatest", "", "ns", {}, true};
  bool measured = false;
  for (const ReportLink& l : report.links) {
    const std::string name = l.name + " " + l.direction;
    if (l.of_circuit)
      (l.direction == "to_azure" ? to_azure : to_onprem)
          .series.push_back(
              {l.name, as_signed(bit_rates(l.bytes, report.bin_ns, report.duration_ns)), {}});
    dropped.series.push_back({name, per_second(l.dropped, report), {}});
    if (!l.latency) continue;
    measured = true;
    wait.series.push_back({name, l.wait_mean, l.wait_max});
    if (l.of_circuit && l.latency->count() > 0)
      delay.series.push_back({name, l.delay_mean, l.delay_max});
  }
  if (report.links.empty()) dropped.note.clear();
  if (!measured) wait.note.clear();
  return {without_zeros(std::move(to_azure)), without_zeros(std::move(to_onprem)),
          telling(std::move(dropped)), telling(std::move(wait)), telling(std::move(delay))};
}

}  // namespace

std::vector<Plot> report_plots(const Report& report) {
  std::vector<Plot> out = link_plots(report);
  Plot lost{"Lost, by time of sending", "No packet of a stream was lost.", "packets/s", {}, true};
  Plot latency{"Latency of streams: median, and up to the greatest", "", "ns", {}};
  for (const ReportStream& s : report.streams) {
    if (s.kind != ReportStream::Kind::probe) continue;
    lost.series.push_back({s.name, per_second(s.bins.lost, report), {}});
    latency.series.push_back({s.name, s.bins.latency_p50, s.bins.latency_max});
  }
  if (lost.series.empty()) lost.note.clear();
  out.push_back(without_zeros(std::move(lost)));
  out.push_back(without_zeros(std::move(latency)));
  return out;
}

std::string legend(const std::vector<std::string>& names, const std::string& css) {
  std::string out = "<ul class=\"legend" + (css.empty() ? "" : " " + css) + "\">";
  for (size_t i = 0; i < names.size(); i++)
    out += "<li><span class=\"key " + series_class(i) + "\"></span><span class=\"name\">" +
           escaped(names[i]) + "</span><span class=\"at\"></span></li>";
  return out + "</ul>";
}

}  // namespace erbium::cp
