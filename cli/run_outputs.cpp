#include "cli/run_outputs.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "cli/command.h"
#include "cli/output.h"
#include "control/config/decode.h"
#include "control/config/nearest.h"
#include "control/report/failover_table.h"
#include "control/report/html.h"
#include "control/report/summary.h"
#include "control/report/table.h"
#include "control/scenario/probes.h"
#include "dataplane/core/stage.h"

namespace erbium::cli {
namespace {

std::vector<std::string> selected(const cp::Selection& selection,
                                  const std::vector<std::string>& all) {
  return selection.all ? all : selection.names;
}

}  // namespace

std::optional<dp::CaptureConfig> capture_config(const cp::Scenario& scenario,
                                                const cp::Topology& topology,
                                                const RunOptions& options) {
  if (!options.captures) return std::nullopt;
  std::vector<std::string> ports, links;
  for (const cp::Port& port : scenario.ports) ports.push_back(port.name);
  for (const cp::LinkInfo& link : topology.links) links.push_back(link.name);
  return dp::CaptureConfig{
      .directory = options.directory,
      .ports = selected(scenario.outputs.capture_ports, ports),
      .links = selected(scenario.outputs.capture_links, links),
      .arrivals = scenario.outputs.ends == cp::Outputs::Ends::both,
      .comment = "erbium scenario " + scenario.name + ", seed " + std::to_string(scenario.seed)};
}

std::vector<std::string> optional_stages(const cp::Scenario& scenario) {
  std::vector<std::string> known, out;
  for (const dp::StageDescriptor* stage : dp::all_stages())
    if (stage->optional) known.emplace_back(stage->name);
  for (const cp::StageName& stage : scenario.dataplane.stages) {
    if (std::find(known.begin(), known.end(), stage.name) == known.end())
      throw cp::ConfigError(scenario.path, stage.mark,
                            "no optional stage " + stage.name + "; " +
                                (known.empty() ? "this build has none"
                                               : cp::suggestion(stage.name, known, "stages")));
    out.push_back(stage.name);
  }
  return out;
}

void measure(RunStats& stats, std::chrono::steady_clock::time_point begun) {
  stats.wall.ns = static_cast<uint64_t>((std::chrono::steady_clock::now() - begun).count());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  stats.wall.peak_rss_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

void write_results(const RunStats& stats, const cp::Scenario& scenario, const RunOptions& options) {
  for (const auto& [name, text] :
       {std::pair{"summary.json", cp::summary_json(stats, scenario.seed)},
        std::pair{"counters.json", cp::counters_json(stats)}}) {
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

void write_report(const cp::Report& report, bool partial, const RunOptions& options) {
  for (const auto& [name, text] :
       {std::pair{"report.html", cp::report_html(report)},
        std::pair{"failover.json", cp::failover_json(report).dump(2) + "\n"}}) {
    OutputFile file(options.directory + "/" + name);
    file.append(text);
    file.close(!partial);
  }
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

void refuse_own_output(const std::string& directory, const std::string& capture) {
  std::error_code error;
  const auto parent = std::filesystem::canonical(capture, error).parent_path();
  for (const char* folder : {"ports", "links"})
    if (const auto own = std::filesystem::canonical(directory + "/" + folder, error);
        !error && own == parent)
      throw UsageError("the capture " + capture + " stands in the output directory, where a run " +
                       "replaces it; choose another with --out");
}

void prepare_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw IoError("create", directory, error.value());
  // Captures are replaced where a run has left its journal; elsewhere they are somebody's own.
  const bool used = std::filesystem::exists(directory + "/journal.jsonl") ||
                    std::filesystem::exists(directory + "/journal.jsonl.partial");
  for (const char* name :
       {"summary.json", "counters.json", "journal.jsonl", "report.html", "failover.json"})
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
