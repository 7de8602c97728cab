#include "cli/scenario.h"

#include <cstdio>
#include <filesystem>

#include "cli/command.h"
#include "control/config/bandwidth_trace.h"
#include "control/config/decode.h"
#include "control/config/rules.h"
#include "control/mrt/routes.h"

namespace erbium::cli {
namespace {

void print(const std::string& path, const cp::Diagnostic& d, cp::Severity severity) {
  const bool error = severity == cp::Severity::error;
  std::fprintf(stderr, "%s:%d:%d: %s: %s [%s%s%s]\n", path.c_str(), d.mark.line, d.mark.column,
               error ? "error" : "warning", d.message.c_str(), d.rule.c_str(),
               d.source.empty() ? "" : "; ", d.source.c_str());
}

}  // namespace

cp::Scenario load_scenario(const std::string& path, Purpose purpose, unsigned* warnings) {
  if (!std::filesystem::exists(path)) throw NotFoundError("no scenario file " + path);
  cp::Scenario scenario = cp::load(path);
  if (purpose == Purpose::live && !scenario.control.chosen)
    scenario.control.routes = cp::ControlOptions::Routes::fixed;
  for (const cp::Ce& ce : scenario.onprem)
    for (const cp::Announcement& announcement : ce.announce)
      if (!announcement.mrt.empty() && !std::filesystem::exists(announcement.mrt))
        throw NotFoundError(path + ":" + std::to_string(announcement.mrt_mark.line) + ":" +
                            std::to_string(announcement.mrt_mark.column) + ": no MRT file " +
                            announcement.mrt);
  cp::mrt::read_routes(scenario);
  cp::read_traces(scenario);
  unsigned errors = 0;
  *warnings = 0;
  for (const cp::Diagnostic& d : cp::check(scenario)) {
    print(path, d, d.severity);
    (d.severity == cp::Severity::error ? errors : *warnings)++;
  }
  for (const cp::Diagnostic& d : cp::not_emulated(scenario)) {
    const bool error = purpose != Purpose::look && d.severity == cp::Severity::error;
    print(path, d, error ? cp::Severity::error : cp::Severity::warning);
    (error ? errors : *warnings)++;
  }
  if (errors > 0)
    throw InvalidError(path + ": " + std::to_string(errors) + (errors == 1 ? " error" : " errors"));
  return scenario;
}

}  // namespace erbium::cli
