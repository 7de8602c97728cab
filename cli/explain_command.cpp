// erbium explain: runs a run again, without its outputs, follows the packets that were asked for,
// and stops when it is known what became of them.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/explain_options.h"
#include "cli/explained.h"
#include "cli/rerun.h"
#include "dataplane/driver/frame_filter.h"

namespace erbium::cli {
namespace {

cp::Journeys explain(const cp::Scenario& scenario, const ExplainOptions& options) {
  if (options.packet) {
    cp::Journeys out = follow(scenario, options.run, one_of({*options.packet}), 1);
    if (out.packets.empty())
      throw NotFoundError("no packet " + std::to_string(*options.packet) + " in the run of " +
                          scenario.name);
    return out;
  }
  if (options.dropped) {
    const std::vector<uint64_t> ids =
        dropped_packets(scenario, options.run, options.reason, options.first);
    if (ids.empty())
      throw NotFoundError("the run of " + scenario.name + " dropped no packet" +
                          (options.reason.empty() ? "" : " for " + options.reason));
    return follow(scenario, options.run, one_of(ids), ids.size());
  }
  std::optional<dp::FrameFilter> filter;
  try {
    filter.emplace(options.filter);
  } catch (const std::invalid_argument& error) {
    throw UsageError("--filter '" + options.filter + "': " + error.what() + "; see pcap-filter(7)");
  }
  cp::Journeys out = follow(
      scenario, options.run,
      [&](uint64_t, std::span<const uint8_t> frame) { return filter->matches(frame); },
      options.first);
  if (out.packets.empty())
    throw NotFoundError("no packet of the run of " + scenario.name + " matches '" + options.filter +
                        "'");
  return out;
}

}  // namespace

int explain_command(const Words& words) {
  const auto options = parse_explain_options(words);
  if (!options) return kDone;
  const cp::Scenario scenario = scenario_of_run(options->directory);
  const cp::Journeys journeys = explain(scenario, *options);
  if (options->format == Format::json)
    std::puts(cp::explain_json(journeys).dump(2).c_str());
  else
    std::fputs(cp::explain_text(journeys).c_str(), stdout);
  return kDone;
}

}  // namespace erbium::cli
