#include "control/report/table.h"

#include <algorithm>

#include "control/report/summary.h"

namespace erbium::cp {
namespace {

// 1234567 -> "1,234,567"
std::string grouped(uint64_t n) {
  std::string out = std::to_string(n);
  for (auto at = static_cast<int>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<size_t>(at), ",");
  return out;
}

// Mean rate over the run, three significant places at most.
std::string rate(uint64_t bytes, int64_t ns) {
  if (ns <= 0 || bytes == 0) return "-";
  const double bps = static_cast<double>(bytes) * 8e9 / static_cast<double>(ns);
  static constexpr const char* kUnits[] = {"bps", "Kbps", "Mbps", "Gbps"};
  size_t unit = 0;
  double value = bps;
  while (value >= 1000 && unit < 3) {
    value /= 1000;
    unit++;
  }
  char text[32];
  std::snprintf(text, sizeof text,
                value < 10    ? "%.2f %s"
                : value < 100 ? "%.1f %s"
                              : "%.0f %s",
                value, kUnits[unit]);
  return text;
}

void add_causes(std::vector<std::vector<std::string>>& rows, const char* what,
                const NamedCounts& counts) {
  for (const auto& [name, n] : counts) rows.push_back({std::string(what) + " " + name, grouped(n)});
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& left,
                  size_t width) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 1; i < row.size(); i++) widths[i] = std::max(widths[i], row[i].size());
  }
  size_t others = 0;
  for (size_t i = 1; i < widths.size(); i++) others += widths[i] + 2;
  const size_t room = width > others ? width - others : 0;
  for (const auto& row : rows)
    if (row[0].size() <= room) widths[0] = std::max(widths[0], row[0].size());
  std::string out;
  for (const auto& row : rows) {
    const bool alone = row[0].size() > room;
    std::string line;
    if (alone) out += row[0] + "\n";
    for (size_t i = 0; i < row.size(); i++) {
      const std::string cell = i == 0 && alone ? "" : row[i];
      const std::string pad(widths[i] - cell.size(), ' ');
      line += (i == 0 ? "" : "  ") + (i < left.size() && left[i] ? cell + pad : pad + cell);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string run_table(const RunStats& stats) {
  const Totals t = totals(stats);
  std::vector<std::vector<std::string>> ports = {
      {"PORT", "RX PACKETS", "RX BYTES", "TX PACKETS", "TX BYTES"}};
  for (const PortStats& p : stats.ports)
    ports.push_back({p.name, grouped(p.rx.packets), grouped(p.rx.bytes), grouped(p.tx.packets),
                     grouped(p.tx.bytes)});
  std::vector<std::vector<std::string>> links = {
      {"LINK", "DIRECTION", "PACKETS", "BYTES", "MEAN RATE", "DROPPED"}};
  for (const LinkStats& l : stats.links)
    links.push_back({l.name, l.direction, grouped(l.sent.packets), grouped(l.sent.bytes),
                     rate(l.sent.bytes, stats.virtual_time_ns), grouped(sum(l.drops) + l.policed)});
  std::vector<std::vector<std::string>> packets = {{"PACKETS", ""}, {"rx", grouped(t.rx)}};
  add_causes(packets, "originated", t.originated_by);
  if (t.copied > 0) packets.push_back({"copied", grouped(t.copied)});
  packets.push_back({"tx", grouped(t.tx)});
  add_causes(packets, "dropped", t.drops);
  add_causes(packets, "consumed", t.consumed_by);
  if (t.punted > 0) packets.push_back({"delivered to sessions", grouped(t.punted)});
  if (t.held + t.in_flight > 0) packets.push_back({"inside", grouped(t.held + t.in_flight)});
  return table(ports) + "\n" + table(links) + "\n" + table(packets);
}

}  // namespace erbium::cp
