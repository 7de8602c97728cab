#include "cli/scenario.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/command.h"
#include "control/config/decode.h"
#include "control/config/nearest.h"
#include "control/config/rules.h"
#include "dataplane/core/stage.h"
#include "dataplane/links/link.h"

namespace erbium::cli {
namespace {

void print(const std::string& path, const cp::Diagnostic& d, cp::Severity severity) {
  const bool error = severity == cp::Severity::error;
  std::fprintf(stderr, "%s:%d:%d: %s: %s [%s%s%s]\n", path.c_str(), d.mark.line, d.mark.column,
               error ? "error" : "warning", d.message.c_str(), d.rule.c_str(),
               d.source.empty() ? "" : "; ", d.source.c_str());
}

// The dataplane declares its reasons; control does not know them.
void check_drop_reasons(const cp::Scenario& scenario) {
  std::vector<std::string> known{"oversize"};
  for (const dp::StageDescriptor* stage : dp::all_stages())
    known.insert(known.end(), stage->drops.begin(), stage->drops.end());
  known.insert(known.end(), std::begin(dp::Link::kDropNames), std::end(dp::Link::kDropNames));
  for (const cp::Expectation& e : scenario.expect)
    if (e.subject == cp::Expectation::Subject::drops &&
        std::find(known.begin(), known.end(), e.name) == known.end())
      throw cp::ConfigError(scenario.path, e.name_mark,
                            "there is no reason of drops '" + e.name + "'; " +
                                cp::suggestion(e.name, known, "reasons"));
}

}  // namespace

cp::Scenario load_scenario(const std::string& path, bool to_run, unsigned* warnings) {
  if (!std::filesystem::exists(path)) throw NotFoundError("no scenario file " + path);
  cp::Scenario scenario = cp::load(path);
  check_drop_reasons(scenario);
  unsigned errors = 0;
  *warnings = 0;
  for (const cp::Diagnostic& d : cp::check(scenario)) {
    print(path, d, d.severity);
    (d.severity == cp::Severity::error ? errors : *warnings)++;
  }
  for (const cp::Diagnostic& d : cp::not_emulated(scenario)) {
    const bool error = to_run && d.severity == cp::Severity::error;
    print(path, d, error ? cp::Severity::error : cp::Severity::warning);
    (error ? errors : *warnings)++;
  }
  if (errors > 0)
    throw InvalidError(path + ": " + std::to_string(errors) + (errors == 1 ? " error" : " errors"));
  return scenario;
}

}  // namespace erbium::cli
