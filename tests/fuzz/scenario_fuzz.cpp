// libFuzzer: arbitrary text as a scenario. It is refused with one line that names a place, or it
// decodes, and then the rules, and the compiler where the rules found no error, can work with it.
// The corpus is configs/.
#include <cstdint>
#include <cstring>
#include <string>

#include "common/check.h"
#include "control/config/decode.h"
#include "control/config/rules.h"
#include "control/expressroute/compiler.h"

namespace {

using namespace erbium;

bool has_error(const std::vector<cp::Diagnostic>& diagnostics) {
  bool error = false;
  for (const cp::Diagnostic& d : diagnostics) {
    ERBIUM_CHECK(!d.message.empty() && d.message.find('\n') == std::string::npos);
    error = error || d.severity == cp::Severity::error;
  }
  return error;
}

// Files that the text names are not read.
bool names_files(const cp::Scenario& scenario) {
  for (const cp::Ce& ce : scenario.onprem)
    for (const cp::Announcement& announcement : ce.announce)
      if (!announcement.mrt.empty()) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const cp::Scenario scenario =
        cp::load_text({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
    const bool refused = has_error(cp::check(scenario));
    if (has_error(cp::not_emulated(scenario)) || refused || names_files(scenario)) return 0;
    ERBIUM_CHECK(!cp::Compiler(scenario, {}).initial().messages.empty());
  } catch (const cp::ConfigError& error) {
    ERBIUM_CHECK(std::strncmp(error.what(), "fuzz.yaml:", 10) == 0);
    ERBIUM_CHECK(std::strchr(error.what(), '\n') == nullptr);
  }
  return 0;
}
