#include "control/scenario/expectations.h"

#include <algorithm>

#include "control/config/scalar.h"
#include "control/config/shape.h"
#include "control/report/format.h"

namespace erbium::cp {
namespace {

using Subject = Expectation::Subject;

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

// Exact, in the largest unit of which there is one: "1.80015ms".
std::string plain_duration(int64_t ns) {
  constexpr std::pair<int64_t, const char*> kUnits[] = {
      {1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}};
  if (ns == 0) return "0s";
  for (const auto& [unit, name] : kUnits) {
    if (ns < unit) continue;
    std::string fraction = std::to_string(unit + ns % unit).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return std::to_string(ns / unit) + (fraction.empty() ? "" : "." + fraction) + name;
  }
  return std::to_string(ns) + "ns";
}

// What the bounds of a key are about.
struct Measure {
  int64_t (*value)(const std::string& text);
  std::string (*text)(int64_t measured);
};

const Measure& unit_of(const std::string& key) {
  static const Measure kTime = {[](const std::string& text) { return parse_duration(text)->ns(); },
                                plain_duration};
  static const Measure kRate = {
      [](const std::string& text) { return static_cast<int64_t>(parse_rate(text)->bps()); },
      [](int64_t measured) { return std::to_string(measured) + " bps"; }};
  static const Measure kCount = {
      [](const std::string& text) -> int64_t { return std::stoll(text); },
      [](int64_t measured) { return std::to_string(measured); }};
  if (key == "throughput") return kRate;
  const bool count = key == "lost_packets" || key == "duplicated" || key == "reordered" ||
                     key == "count" || key == "packets";
  return count ? kCount : kTime;
}

// "lost_packets" -> "lost packets"
std::string words(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

// The names of states as sessions note them, without case and separators.
std::string plain_state(const std::string& state) {
  std::string out;
  for (const char c : state)
    if (c != '_') out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return out;
}

bool of_bfd(const std::string& state) {
  return state == "admin_down" || state == "down" || state == "init" || state == "up";
}

bool contains_link(const std::string& path, const std::string& link) {
  if (link == "none" || path.empty()) return path.empty() && link == "none";
  return (", " + path + ", ").find(", " + link + ", ") != std::string::npos;
}

int64_t part(const Histogram& latency, const std::string& key) {
  return key == "latency_max"   ? latency.max()
         : key == "latency_p99" ? latency.percentile(990'000)
                                : latency.percentile(500'000);
}

class Judge {
 public:
  Judge(const RunRecord& record, const Report& report) : record_(record), report_(report) {}

  std::vector<ReportExpectation> all() {
    for (const Expectation& expectation : record_.scenario.expect) judge(expectation);
    return std::move(out_);
  }

 private:
  void judge(const Expectation& e) {
    switch (e.subject) {
      case Subject::probe:
      case Subject::flows:
        return flow(e);
      case Subject::circuit:
        return link(e);
      case Subject::session:
        return session(e);
      case Subject::drops:
        return add(e.name + (e.node.empty() ? "" : " at " + e.node), e.bounds.front(), drops(e));
      case Subject::stage:
        return stage(e);
      case Subject::port:
        return add(e.name, e.bounds.front(), left_by(e.name));
    }
  }

  // `measured` absent: there was nothing to measure, and nothing holds.
  void add(const std::string& subject, const std::pair<std::string, std::string>& bound,
           std::optional<int64_t> measured) {
    const auto& [key, text] = bound;
    const auto [comparison, value_text] = split(text);
    const Measure& unit = unit_of(key);
    const int64_t value = unit.value(value_text);
    ReportExpectation& added = out_.emplace_back();
    added.text = subject + ": " + (key == "count" ? "drops" : words(key)) + " " + text;
    added.measured = measured ? unit.text(*measured) : "nothing";
    added.passed = measured && holds(*measured, comparison, value);
    if (added.passed) return;
    added.missed = measured
                       ? "by " + unit.text(std::max(*measured, value) - std::min(*measured, value))
                       : "it did not happen";
  }

  void add_text(const std::string& text, const std::string& measured, bool passed,
                const std::string& missed) {
    out_.push_back({text, measured, passed, passed ? "" : missed});
  }

  bool about(const Expectation& e, const ReportStream& stream) const {
    if (e.subject == Subject::flows)
      return stream.kind != ReportStream::Kind::probe && stream.port == e.name;
    return stream.kind == ReportStream::Kind::probe &&
           ((e.way != Expectation::Way::back && stream.name == e.name) ||
            (e.way != Expectation::Way::there && stream.name == e.name + "/back"));
  }

  // The worse of both directions, over every event of the kind; counts are summed.
  void flow(const Expectation& e) {
    if (e.event.empty()) return whole_run(e);
    int64_t outage = 0;
    uint64_t lost = 0, duplicated = 0, reordered = 0;
    Histogram latency;
    std::vector<const ReportImpact*> found;
    for (const ReportImpact& impact : report_.impacts) {
      if (report_.events[impact.event].what != e.event || !about(e, report_.streams[impact.stream]))
        continue;
      found.push_back(&impact);
      if (impact.impact.sent > 0 && impact.impact.received == 0)
        outage = std::max(outage, silence(impact));
      if (impact.impact.longest) outage = std::max(outage, impact.impact.longest->outage_ns());
      lost += impact.impact.lost;
      duplicated += impact.impact.duplicated;
      reordered += impact.impact.reordered;
      latency.merge(impact.impact.latency());
    }
    const std::string subject =
        (e.subject == Subject::flows ? "flows from " : "") + e.name + way_text(e) + ", " + e.event;
    for (const auto& bound : e.bounds) {
      const std::string& key = bound.first;
      std::optional<int64_t> measured;
      if (found.empty())
        measured = std::nullopt;
      else if (key == "outage")
        measured = outage;
      else if (key == "lost_packets")
        measured = static_cast<int64_t>(lost);
      else if (key == "duplicated")
        measured = static_cast<int64_t>(duplicated);
      else if (key == "reordered")
        measured = static_cast<int64_t>(reordered);
      else if (latency.count() > 0)
        measured = part(latency, key);
      add(subject, bound, measured);
    }
    path(subject + ": path before", e.before, found, &ReportImpact::before);
    path(subject + ": path after", e.after, found, &ReportImpact::after);
  }

  // The same from the start of replay to the end.
  void whole_run(const Expectation& e) {
    StreamTotals all;
    for (const ReportStream& stream : report_.streams) {
      if (!about(e, stream)) continue;
      all.longest_outage_ns = std::max(all.longest_outage_ns, stream.totals.longest_outage_ns);
      all.lost += stream.totals.lost;
      all.duplicated += stream.totals.duplicated;
      all.reordered += stream.totals.reordered;
      all.latency.merge(stream.totals.latency);
    }
    for (const auto& bound : e.bounds) {
      const std::string& key = bound.first;
      std::optional<int64_t> measured;
      if (key == "outage")
        measured = all.longest_outage_ns;
      else if (key == "lost_packets")
        measured = static_cast<int64_t>(all.lost);
      else if (key == "duplicated")
        measured = static_cast<int64_t>(all.duplicated);
      else if (key == "reordered")
        measured = static_cast<int64_t>(all.reordered);
      else if (all.latency.count() > 0)
        measured = part(all.latency, key);
      add(e.name + way_text(e), bound, measured);
    }
  }

  std::optional<int64_t> left_by(const std::string& name) const {
    for (const PortStats& port : record_.stats.ports)
      if (port.name == name) return static_cast<int64_t>(port.tx.packets);
    return std::nullopt;
  }

  // Where nothing arrived the outage is the whole window. A flow may have sent in a part of it.
  int64_t silence(const ReportImpact& impact) const {
    const bool probe = report_.streams[impact.stream].kind == ReportStream::Kind::probe;
    return probe ? impact.until_ns - impact.at_ns : 0;
  }

  static std::string way_text(const Expectation& e) {
    return e.way == Expectation::Way::back    ? " back"
           : e.way == Expectation::Way::there ? " there"
                                              : "";
  }

  void path(const std::string& what, const std::string& link,
            const std::vector<const ReportImpact*>& found, std::string ReportImpact::*side) {
    if (link.empty()) return;
    std::string measured = "nothing";
    bool passed = !found.empty();
    for (const ReportImpact* impact : found) {
      const bool good = contains_link(impact->*side, link);
      if (passed || !good) measured = (impact->*side).empty() ? "none" : impact->*side;
      if (!good) {
        passed = false;
        break;
      }
    }
    add_text(what + " " + link, measured, passed,
             found.empty() ? "it did not happen" : "by another path");
  }

  // From the start of replay to the end; of the busier direction, or the slower.
  void link(const Expectation& e) {
    const std::string name = e.name + "/" + e.link;
    uint64_t bytes = 0;
    std::vector<const Histogram*> latencies;
    for (const LinkStats& link : record_.stats.links) {
      if (link.name != name) continue;
      if (e.dir != Direction::both &&
          (link.direction == "to_azure") != (e.dir == Direction::to_azure))
        continue;
      bytes = std::max(bytes, link.sent.bytes);
      if (link.latency && link.latency->count() > 0) latencies.push_back(&*link.latency);
    }
    for (const auto& bound : e.bounds) {
      std::optional<int64_t> measured;
      if (bound.first == "throughput") measured = rate(bytes);
      for (const Histogram* latency : latencies) {
        if (bound.first == "throughput") break;
        const int64_t value = bound.first == "latency_p50"   ? latency->percentile(500'000)
                              : bound.first == "latency_p99" ? latency->percentile(990'000)
                                                             : latency->max();
        measured = std::max(measured.value_or(value), value);
      }
      add(name + dir_text(e), bound, measured);
    }
  }

  static std::string dir_text(const Expectation& e) {
    return e.dir == Direction::to_azure    ? " to_azure"
           : e.dir == Direction::to_onprem ? " to_onprem"
                                           : "";
  }

  int64_t rate(uint64_t bytes) const {
    const int64_t time = record_.stats.virtual_time_ns - record_.replay_start_ns;
    return time <= 0 ? 0
                     : static_cast<int64_t>(static_cast<__uint128_t>(bytes) * 8 * 1'000'000'000 /
                                            static_cast<uint64_t>(time));
  }

  int64_t drops(const Expectation& e) const {
    uint64_t sum = 0;
    const auto count = [&](const NamedCounts& drops) {
      if (const auto at = drops.find(e.name); at != drops.end()) sum += at->second;
    };
    for (const NodeStats& node : record_.stats.nodes)
      if (e.node.empty() || node.name == e.node) count(node.drops);
    if (e.node.empty()) {
      for (const LinkStats& link : record_.stats.links) count(link.drops);
      for (const PortStats& port : record_.stats.ports) count(port.drops);
    }
    return static_cast<int64_t>(sum);
  }

  // When the state is asked for: at a time, just before what follows each event, or at the end.
  std::vector<int64_t> moments(const Expectation& e) const {
    if (e.at) return {record_.replay_start_ns + e.at->ns()};
    if (e.event.empty()) return {report_.duration_ns};
    std::vector<int64_t> times, out;
    for (const ReportEvent& event : report_.events) times.push_back(event.at_ns);
    const EventWindows windows(times);
    for (size_t i = 0; i < times.size(); i++) {
      if (report_.events[i].what != e.event) continue;
      const int64_t end = windows.end(windows.at(times[i]), report_.duration_ns);
      out.push_back(end == report_.duration_ns ? end : end - 1);
    }
    return out;
  }

  // At both ends and in both families.
  void session(const Expectation& e) {
    const char* kind = of_bfd(e.state) ? "bfd" : "bgp";
    std::string what = e.name + ": " + e.state;
    if (e.at) what += " at " + plain_duration(e.at->ns());
    if (!e.event.empty()) what += " after " + e.event;
    const std::vector<int64_t> when = moments(e);
    std::string measured, missed;
    for (const int64_t at : when)
      for (const SessionHistory& history : record_.sessions) {
        if (history.kind != kind || history.name.rfind(e.name + " ", 0) != 0) continue;
        const auto [since, state] = state_at(history, at);
        if (measured.empty()) measured = state;
        if (plain_state(state) == plain_state(e.state) || !missed.empty()) continue;
        measured = state + " at " + history.name.substr(history.name.rfind(' ') + 1);
        missed = "since " + plain_duration(since);
      }
    add_text(what, measured.empty() ? "nothing" : measured, missed.empty() && !measured.empty(),
             measured.empty() ? "it did not happen" : missed);
  }

  static std::pair<int64_t, std::string> state_at(const SessionHistory& history, int64_t at) {
    std::pair<int64_t, std::string> out;
    for (const auto& [since, state] : history.states)
      if (since <= at) out = {since, state};
    return out;
  }

  // The slowest of all events of the kind.
  void stage(const Expectation& e) {
    const std::vector<std::string>& stages = expectation_object().find("stage")->shape.scalar.words;
    const auto wanted =
        static_cast<Stage>(std::find(stages.begin(), stages.end(), e.name) - stages.begin());
    std::optional<int64_t> measured;
    bool everywhere = true;
    for (size_t event = 0; event < report_.events.size(); event++) {
      if (report_.events[event].what != e.event) continue;
      const auto time = after_event(event, wanted);
      everywhere = everywhere && time;
      if (time) measured = std::max(measured.value_or(*time), *time);
    }
    add(words(e.name) + ", " + e.event, e.bounds.front(), everywhere ? measured : std::nullopt);
  }

  std::optional<int64_t> after_event(size_t event, Stage wanted) const {
    for (const ReportConvergence& convergence : report_.convergence) {
      if (report_.events[convergence.event].at_ns != report_.events[event].at_ns) continue;
      for (const StageTime& stage : convergence.stages)
        if (stage.stage == wanted) return stage.after_event_ns;
    }
    return std::nullopt;
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
