// A report with the shape of a real failover, for tests: 60 s, four streams of 1000 packets a
// second, the primary link silently gone from 10 s to 30 s, BFD 300 ms x 3 on both links.
#pragma once

#include <string>

#include "control/report/report.h"

namespace erbium::cp {

inline constexpr int64_t kTestMs = 1'000'000, kTestSecond = 1'000'000'000;
inline constexpr int64_t kTestFault = 10 * kTestSecond, kTestReturn = 30 * kTestSecond;
inline constexpr int64_t kTestDetected = kTestFault + 812 * kTestMs;

// Paths: 0 primary, 1 secondary. Streams 0 and 1 use the primary while it is there.
inline RunStats test_run() {
  RunStats stats;
  for (const char* name : {"er-sjc/primary", "er-sjc/secondary"})
    for (const char* direction : {"to_azure", "to_onprem"})
      stats.links.push_back({.name = name, .direction = direction});
  const char* names[] = {"onprem-to-app", "app-to-onprem", "onprem-to-db", "db-to-onprem"};
  for (uint32_t s = 0; s < 4; s++) {
    StreamResult r{.name = names[s], .first_ns = kTestMs / 7 * s, .interval_ns = kTestMs};
    r.paths = {{s % 2}, {2 + s % 2}};
    uint32_t noise = 12345 + s;
    for (int64_t i = 0; i < 60'000; i++) {
      const int64_t sent = r.first_ns + i * r.interval_ns;
      const bool away = sent >= kTestDetected && sent < kTestReturn + 6 * kTestSecond;
      const uint16_t path = s >= 2 || away ? 1 : 0;
      noise = noise * 1'664'525 + 1'013'904'223;
      const int64_t delay = (path == 0 ? 1'200'000 : 2'100'000) + (noise >> 20) * 40;
      const bool lost = path == 0 && sent + delay / 2 >= kTestFault && sent < kTestReturn;
      r.received_ns.push_back(lost || sent + delay > 60 * kTestSecond ? kNever : sent + delay);
      r.path.push_back(path);
    }
    stats.streams.push_back(std::move(r));
  }
  return stats;
}

inline void add_test_sessions(Report& report) {
  const std::vector<StateChange> gone = {
      {0, "Idle"},
      {2 * kTestMs, "OpenSent"},
      {5 * kTestMs, "Established"},
      {kTestDetected, "Idle"},
      {kTestDetected + 5 * kTestSecond, "Connect"},
      {kTestReturn + 5 * kTestSecond, "OpenSent"},
      {kTestReturn + 5 * kTestSecond + 400 * kTestMs, "Established"}};
  const std::vector<StateChange> bfd_gone = {{0, "Down"},
                                             {1100 * kTestMs, "Init"},
                                             {2050 * kTestMs, "Up"},
                                             {kTestDetected, "Down"},
                                             {kTestReturn + 900 * kTestMs, "Init"},
                                             {kTestReturn + 1800 * kTestMs, "Up"}};
  report.sessions = {{"er-sjc/primary/private", "bgp", gone},
                     {"er-sjc/primary/private", "bfd", bfd_gone},
                     {"er-sjc/secondary/private",
                      "bgp",
                      {{0, "Idle"}, {2 * kTestMs, "OpenSent"}, {6 * kTestMs, "Established"}}},
                     {"er-sjc/secondary/private",
                      "bfd",
                      {{0, "Down"}, {1100 * kTestMs, "Init"}, {2050 * kTestMs, "Up"}}}};
}

inline void add_test_topology(Report& report) {
  using Kind = TopologyNode::Kind;
  report.nodes = {{Kind::ce, "ce", "AS 65001"},
                  {Kind::msee, "msee-a", "AS 12076"},
                  {Kind::msee, "msee-b", "AS 12076"},
                  {Kind::gateway, "ergw-hub", "AS 65515, ErGw3AZ"},
                  {Kind::vnet, "hub", "10.0.0.0/16"}};
  const std::vector<StateChange> primary = {{0, "up"}, {kTestFault, "down"}, {kTestReturn, "up"}};
  report.topology = {{"er-sjc/primary", 0, 1, primary},
                     {"er-sjc/secondary", 0, 2, {{0, "up"}}},
                     {"msee-a/ergw-hub", 1, 3, {{0, "up"}}},
                     {"msee-b/ergw-hub", 2, 3, {{0, "up"}}},
                     {"ergw-hub/hub", 3, 4, {}}};
}

inline void add_test_links(Report& report, const RunStats& stats) {
  for (size_t l = 0; l < 4; l++) {
    std::vector<Sample> bytes, lost;
    for (const StreamResult& s : stats.streams)
      for (size_t i = 0; i < s.received_ns.size(); i++) {
        if (s.paths[s.path[i]].front() != l) continue;
        const int64_t sent = s.first_ns + static_cast<int64_t>(i) * s.interval_ns;
        if (s.received_ns[i] != kNever)
          bytes.push_back({sent, 142});
        else if (sent < kTestReturn)  // behind that: on its way when the run ended
          lost.push_back({sent, 1});
      }
    ReportLink link{.name = stats.links[l].name, .direction = stats.links[l].direction};
    link.bytes = bin_sums(bytes, report.bin_ns, report.duration_ns);
    link.dropped = bin_sums(lost, report.bin_ns, report.duration_ns);
    for (const uint64_t b : link.bytes) link.packets.push_back(b / 142);
    link.sent = {bytes.size(), bytes.size() * 142};
    link.dropped_total = lost.size();
    report.links.push_back(std::move(link));
  }
}

inline Report test_report() {
  const RunStats stats = test_run();
  Report report{.scenario = "failover-bfd",
                .version = "0.1.0",
                .seed = 42,
                .duration_ns = 60 * kTestSecond,
                .bin_ns = bin_for(60 * kTestSecond)};
  report.events = {{kTestFault, "link_down", "er-sjc/primary both"},
                   {kTestReturn, "link_up", "er-sjc/primary both"}};
  add_test_topology(report);
  add_test_sessions(report);
  add_test_links(report, stats);
  const Bound bound =
      then(bfd_bound(Duration::ms(300), 3), "control 1\u00a0ms", Duration::ms(1), Duration::ms(1));
  measure_streams(report, stats, [&](const ReportEvent& e, const ReportStream&) {
    return e.what == "link_down" ? Promise{bound, ""} : Promise{};
  });
  for (ReportStream& s : report.streams) s.detail = "1000 pps of 128 bytes";
  const std::vector<StageMark> marks = {
      {Stage::bfd_down, kTestDetected - kTestMs, "msee-a, er-sjc/primary/private"},
      {Stage::bgp_down, kTestDetected - kTestMs, "msee-a, er-sjc/primary/private"},
      {Stage::rib_changed, kTestDetected - kTestMs, "msee-a, 3 prefixes"},
      {Stage::fib_applied, kTestDetected, "generation 7"},
      {Stage::rib_changed, kTestReturn + 5400 * kTestMs, "msee-a, 3 prefixes"},
      {Stage::fib_applied, kTestReturn + 5401 * kTestMs, "generation 8"}};
  measure_convergence(report, marks, [&](const ReportEvent& e) -> std::vector<StageBound> {
    if (e.what != "link_down") return {};
    return {{Stage::bfd_down, bfd_bound(Duration::ms(300), 3)}, {Stage::fib_applied, bound}};
  });
  report.expectations = {{"onprem-to-app, link_down: outage <= 1s", "813.0 ms", true},
                         {"onprem-to-db, link_down: lost packets == 0", "0", true}};
  report.drops = {{"link_down", report.links[0].dropped_total + report.links[1].dropped_total}};
  return report;
}

}  // namespace erbium::cp
