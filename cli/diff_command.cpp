// erbium diff: the same packets through two scenarios, or through two runs again, and what changed
// for them.
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/options.h"
#include "cli/rerun.h"
#include "cli/run_options.h"
#include "cli/scenario.h"
#include "cli/virtual_run.h"
#include "control/report/difference.h"
#include "control/scenario/probes.h"
#include "dataplane/driver/emulation.h"
#include "dataplane/driver/fates.h"

namespace erbium::cli {
namespace {

namespace po = boost::program_options;

struct DiffOptions {
  std::string a, b;  // scenario files, or directories of runs
  std::vector<std::string> captures;
  std::string port;
  Format format = Format::table;
  RunOptions run;
};

std::optional<DiffOptions> parse_diff_options(const Words& words) {
  po::options_description options(
      "erbium diff A B: packets whose verdict, path, delay or order is another one in B\n\n"
      "A and B are scenario files or directories of runs. Exit code 1: there are such\npackets."
      "\n\noptions");
  options.add_options()("pcap", po::value<std::vector<std::string>>(),
                        "send this capture through both, in place of their own")(
      "port", po::value<std::string>(), "where it enters; default: where the scenario's do");
  add_machine_options(options);
  const auto values =
      parse(words, options, {"file"},
            "erbium diff configs/failing-link.yaml configs/failing-link-one-way.yaml");
  if (!values) return std::nullopt;
  DiffOptions out;
  std::vector<std::string> names;
  if (values->count("file")) names = (*values)["file"].as<std::vector<std::string>>();
  if (names.size() != 2) throw UsageError("diff takes two scenarios, or two directories of runs");
  out.a = names[0];
  out.b = names[1];
  if (values->count("pcap")) out.captures = (*values)["pcap"].as<std::vector<std::string>>();
  if (values->count("port")) out.port = (*values)["port"].as<std::string>();
  if (!out.port.empty() && out.captures.empty()) throw UsageError("--port goes with --pcap");
  out.format = format(*values);
  take_machine_options(*values, out.run);
  return out;
}

cp::Scenario scenario_of(const std::string& name, const DiffOptions& options) {
  unsigned warnings = 0;
  cp::Scenario out = std::filesystem::is_directory(name)
                         ? scenario_of_run(name)
                         : load_scenario(name, Purpose::run, &warnings);
  if (!options.captures.empty()) replay_instead(out, options.captures, options.port, {});
  return out;
}

// Packets are compared by their place in the captures, which must then be the same.
void refuse_other_captures(const cp::Scenario& a, const cp::Scenario& b) {
  using Json = nlohmann::json;
  const auto sums = [](const cp::Scenario& scenario) {
    const Json inputs = Json::parse(rerun_json(scenario, {})).at("inputs");
    Json out = Json::array();
    for (size_t i = 0; i < scenario.replay.size(); i++)
      out.push_back({inputs.at(i).value("bytes", 0), inputs.at(i).value("crc32", "")});
    return out;
  };
  if (a.replay.size() == b.replay.size() && sums(a) == sums(b)) return;
  throw UsageError(
      "A and B replay other captures, whose packets cannot be compared; name one for "
      "both with --pcap");
}

RunFates fates_of(const cp::Scenario& scenario, const RunOptions& options) {
  std::optional<dp::Fates> fates;
  VirtualRun run(scenario, options, [&](const cp::Topology&) {
    return VirtualRun::Settings{
        .duration = cp::scenario_length(scenario),
        .watch = [&](dp::Emulation& emulation) { return &fates.emplace(emulation.network()); }};
  });
  const std::atomic<bool> never = false;
  run.run(never, [](unsigned, uint64_t) {});
  return fates->take();
}

}  // namespace

int diff_command(const Words& words) {
  const auto options = parse_diff_options(words);
  if (!options) return kDone;
  const cp::Scenario a = scenario_of(options->a, *options);
  const cp::Scenario b = scenario_of(options->b, *options);
  refuse_other_captures(a, b);
  const RunFates before = fates_of(a, options->run);
  const cp::Difference found = cp::difference(before, fates_of(b, options->run));
  if (options->format == Format::json)
    std::puts(cp::difference_json(found, options->a, options->b).dump(2).c_str());
  else
    std::fputs(cp::difference_text(found, options->a, options->b).c_str(), stdout);
  return found.changes.empty() ? kDone : kDifferent;
}

}  // namespace erbium::cli
