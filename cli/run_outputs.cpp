#include "cli/run_outputs.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/rerun.h"
#include "control/expressroute/sessions.h"
#include "control/report/failover_table.h"
#include "control/report/html.h"
#include "control/report/summary.h"
#include "control/report/table.h"
#include "control/scenario/probes.h"

namespace erbium::cli {

void refuse_missing_captures(const cp::Scenario& scenario) {
  for (const cp::ReplayInput& replay : scenario.replay)
    if (replay.file != "-" && !std::filesystem::exists(replay.file))
      throw NotFoundError("no capture " + replay.file);
}

void measure(RunStats& stats, std::chrono::steady_clock::time_point begun) {
  stats.wall.ns = static_cast<uint64_t>((std::chrono::steady_clock::now() - begun).count());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  stats.wall.peak_rss_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

void write_results(RunStats& stats, const cp::Scenario& scenario, const RunOptions& options) {
  note_inputs(scenario, options, stats);
  // The summary last: where it is, the others are.
  for (const auto& [name, text] :
       {std::pair{kRerunScenario, scenario.text}, std::pair{kRerun, rerun_json(scenario, options)},
        std::pair{"counters.json", cp::counters_json(stats)},
        std::pair{"summary.json", cp::summary_json(stats, scenario.seed)}}) {
    OutputFile file(options.directory + "/" + name);
    file.append(text);
    file.close(!stats.partial);
  }
}

bool reported(const cp::Scenario& scenario) {
  const auto& report = scenario.outputs.report;
  if (report.empty()) return !scenario.probes.empty() || cp::has_flows(scenario);
  return std::find(report.begin(), report.end(), "html") != report.end();
}

bool measures_flows(const cp::Scenario& scenario) {
  return cp::has_flows(scenario) && (reported(scenario) || cp::expects_flows(scenario));
}

void write_report(const cp::Report& report, bool partial, const RunOptions& options) {
  for (const auto& [name, text] :
       {std::pair{"report.html", cp::report_html(report)},
        std::pair{"failover.json", cp::failover_json(report).dump(2) + "\n"}}) {
    OutputFile file(options.directory + "/" + name);
    file.append(text);
    file.close(!partial);
  }
}

void rewrite_report(const cp::Report& report, const RunOptions& options) {
  OutputFile file(options.directory + "/report.html", OutputFile::Older::kept);
  file.append(cp::report_html(report));
  file.close(true);
}

bool missed(const cp::Report& report) {
  return std::any_of(report.expectations.begin(), report.expectations.end(),
                     [](const cp::ReportExpectation& e) { return !e.passed; });
}

void print_results(const RunStats& stats, const cp::Scenario& scenario, const RunOptions& options,
                   const cp::Report& report) {
  if (options.format == Format::json) {
    auto out = nlohmann::ordered_json::parse(cp::summary_json(stats, scenario.seed));
    out["failover"] = cp::failover_json(report);
    std::puts(out.dump(2).c_str());
    return;
  }
  std::fputs(cp::run_table(stats).c_str(), stdout);
  if (const std::string failover = cp::failover_table(report); !failover.empty())
    std::printf("\n%s", failover.c_str());
  std::printf(
      "\n%s%lld.%09lld s of scenario time; output in %s\n", stats.partial ? "PARTIAL: " : "",
      static_cast<long long>(stats.virtual_time_ns / 1'000'000'000),
      static_cast<long long>(stats.virtual_time_ns % 1'000'000'000), options.directory.c_str());
}

unsigned warn(const RunStats& stats, const cp::Scenario& scenario) {
  const bool any = std::any_of(stats.ports.begin(), stats.ports.end(),
                               [](const PortStats& port) { return port.rx.packets > 0; });
  if (!scenario.replay.empty() && !any && !stats.partial)
    std::fputs("erbium: the captures hold no packets\n", stderr);
  if (stats.clamped_timestamps > 0)
    std::fprintf(stderr, "erbium: %llu timestamps ran backwards and were set to the one before\n",
                 static_cast<unsigned long long>(stats.clamped_timestamps));
  const auto shortened = [](const RunEvent& event) { return event.what == "gap_shortened"; };
  if (const auto gaps = std::count_if(stats.events.begin(), stats.events.end(), shortened))
    std::fprintf(stderr, "erbium: %lld gap%s shortened to time.max_gap: %s%s\n",
                 static_cast<long long>(gaps), gaps == 1 ? " was" : "s were",
                 std::find_if(stats.events.begin(), stats.events.end(), shortened)->text.c_str(),
                 gaps == 1 ? "" : ", ...");
  unsigned warnings = 0;
  for (const RunEvent& event : stats.events) {
    if (event.what != cp::kNotConverged) continue;
    std::fprintf(stderr, "erbium: warning: %s: %s\n", scenario.name.c_str(), event.text.c_str());
    warnings++;
  }
  return warnings;
}

void refuse_own_output(const std::string& directory, const std::string& capture) {
  std::error_code error;
  const auto parent = std::filesystem::canonical(capture, error).parent_path();
  for (const char* folder : {"ports", "links"})
    if (const auto own = std::filesystem::canonical(directory + "/" + folder, error);
        !error && own == parent)
      throw UsageError("the capture " + capture + " stands in the output directory, where a run " +
                       "replaces it; choose another with --out");
}

void make_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw IoError("create", directory, error.value());
}

void prepare_directory(const std::string& directory) {
  make_directory(directory);
  std::error_code error;
  // Captures are replaced where a run has left its journal; elsewhere they are somebody's own.
  const bool used = std::filesystem::exists(directory + "/journal.jsonl") ||
                    std::filesystem::exists(directory + "/journal.jsonl.partial");
  for (const char* name : {"summary.json", "counters.json", "journal.jsonl", "report.html",
                           "failover.json", "drops.pcapng", kRerunScenario, kRerun})
    for (const char* suffix : {"", ".partial"})
      std::filesystem::remove(directory + "/" + name + suffix, error);
  if (!used) return;
  for (const char* folder : {"ports", "links"}) {
    std::filesystem::directory_iterator files(directory + "/" + folder, error), end;
    for (; !error && files != end; files.increment(error)) {
      const std::string file = files->path().filename().string();
      if (file.ends_with(".pcapng") || file.ends_with(".pcapng.partial"))
        std::filesystem::remove(files->path(), error);
    }
  }
}

std::string conservation(RunStats& stats) {
  const std::string found = cp::unbalanced(stats);
  if (!found.empty()) stats.partial = true;
  return found;
}

void refuse_unbalanced(const std::string& found) {
  if (!found.empty())
    throw InternalError("packets are not accounted for, a bug in erbium: " + found);
}

}  // namespace erbium::cli
