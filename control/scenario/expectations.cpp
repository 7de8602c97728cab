#include "control/scenario/expectations.h"

#include <algorithm>

#include "control/config/scalar.h"
#include "control/report/format.h"
#include "control/scenario/timeline.h"

namespace erbium::cp {
namespace {

// "<= 1s" as its comparison and the text of its value.
struct BoundText {
  std::string comparison, value;
};

BoundText split(const std::string& text) {
  const size_t end = text.find_first_not_of("<>=");
  return {text.substr(0, end), text.substr(text.find_first_not_of(' ', end))};
}

bool holds(int64_t measured, const std::string& comparison, int64_t value) {
  if (comparison == "<=") return measured <= value;
  if (comparison == ">=") return measured >= value;
  if (comparison == "<") return measured < value;
  if (comparison == ">") return measured > value;
  return measured == value;
}

class Judge {
 public:
  Judge(const RunRecord& record, const Report& report) : record_(record), report_(report) {}

  std::vector<ReportExpectation> all() {
    for (const Expectation& expectation : record_.scenario.expect) {
      if (!expectation.probe.empty())
        probe(expectation);
      else if (!expectation.port.empty())
        port(expectation);
      else
        link(expectation);
    }
    return std::move(out_);
  }

 private:
  void add(const std::string& subject, const std::string& what, const std::string& bound,
           int64_t measured, int64_t value, const std::string& text) {
    out_.push_back({subject + ": " + what + " " + bound, text,
                    holds(measured, split(bound).comparison, value)});
  }

  // The worst of both directions, over every event of the kind or the whole run.
  void probe(const Expectation& e) {
    int64_t outage = 0, lost = 0;
    for (const ReportStream& stream : report_.streams) {
      if (!e.event.empty() || (stream.name != e.probe && stream.name != e.probe + "/back"))
        continue;
      outage = std::max(outage, stream.totals.longest_outage_ns);
      lost += static_cast<int64_t>(stream.totals.lost);
    }
    for (const ReportImpact& impact : report_.impacts) {
      const std::string& stream = report_.streams[impact.stream].name;
      if (report_.events[impact.event].what != e.event ||
          (stream != e.probe && stream != e.probe + "/back"))
        continue;
      if (impact.impact.sent > 0 && impact.impact.latency.count() == 0)
        outage = std::max(outage, impact.impact.until_ns - impact.impact.at_ns);
      if (impact.impact.longest) outage = std::max(outage, impact.impact.longest->outage_ns());
      lost += static_cast<int64_t>(impact.impact.lost);
    }
    const std::string subject = e.event.empty() ? e.probe : e.probe + ", " + e.event;
    if (!e.outage.empty())
      add(subject, "outage", e.outage, outage, parse_duration(split(e.outage).value)->ns(),
          plain_duration(outage));
    if (!e.lost_packets.empty())
      add(subject, "lost packets", e.lost_packets, lost, std::stoll(split(e.lost_packets).value),
          std::to_string(lost));
  }

  void port(const Expectation& e) {
    if (e.packets.empty()) return;
    for (const PortStats& port : record_.stats.ports)
      if (port.name == e.port)
        add(e.port, "packets", e.packets, static_cast<int64_t>(port.tx.packets),
            std::stoll(split(e.packets).value), std::to_string(port.tx.packets));
  }

  // Of the busier direction, from the start of replay to the end.
  void link(const Expectation& e) {
    uint64_t bytes = 0;
    for (const LinkStats& link : record_.stats.links)
      if (link.name == e.circuit + "/" + e.link) bytes = std::max(bytes, link.sent.bytes);
    const int64_t time = record_.stats.virtual_time_ns - record_.replay_start_ns;
    const auto rate = time <= 0 ? 0
                                : static_cast<int64_t>(static_cast<__uint128_t>(bytes) * 8 *
                                                       1'000'000'000 / static_cast<uint64_t>(time));
    if (!e.throughput.empty())
      add(e.circuit + "/" + e.link, "throughput", e.throughput, rate,
          static_cast<int64_t>(parse_rate(split(e.throughput).value)->bps()),
          std::to_string(rate) + " bps");
  }

  // Exact, in the largest unit that leaves no fraction.
  static std::string plain_duration(int64_t ns) {
    for (const auto& [unit, name] :
         {std::pair{int64_t{1'000'000'000}, "s"}, std::pair{int64_t{1'000'000}, "ms"},
          std::pair{int64_t{1'000}, "us"}})
      if (ns % unit == 0) return std::to_string(ns / unit) + name;
    return std::to_string(ns) + "ns";
  }

  const RunRecord& record_;
  const Report& report_;
  std::vector<ReportExpectation> out_;
};

}  // namespace

std::vector<ReportExpectation> judge_expectations(const RunRecord& record, const Report& report) {
  return Judge(record, report).all();
}

}  // namespace erbium::cp
