#include "cli/scenario.h"

#include <cstdio>
#include <filesystem>

#include "cli/command.h"
#include "control/config/bandwidth_trace.h"
#include "control/config/decode.h"
#include "control/config/nearest.h"
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

// Which port `erbium replay` feeds when it is not told: that of the scenario's first replay, or the
// customer's LAN.
std::string default_port(const cp::Scenario& scenario) {
  if (!scenario.replay.empty()) return scenario.replay.front().port;
  for (const cp::Ce& ce : scenario.onprem)
    if (!ce.port.empty()) return ce.port;
  if (scenario.ports.size() == 1) return scenario.ports.front().name;
  throw UsageError("the scenario has several ports; say which with --port");
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

void replay_instead(cp::Scenario& scenario, const std::vector<std::string>& captures,
                    const std::string& wanted_port) {
  const std::string port = wanted_port.empty() ? default_port(scenario) : wanted_port;
  std::vector<std::string> names;
  for (const cp::Port& p : scenario.ports) names.push_back(p.name);
  if (!cp::find(scenario.ports, port))
    throw NotFoundError("no port " + port + " in " + scenario.path + "; " +
                        cp::suggestion(port, names, "ports"));
  cp::ReplayInput input;
  for (const cp::ReplayInput& existing : scenario.replay)
    if (existing.port == port) input = existing;
  input.name = "capture";
  input.port = port;
  scenario.replay.clear();
  for (const std::string& file : captures) {
    input.file = file;
    scenario.replay.push_back(input);
  }
}

}  // namespace erbium::cli
