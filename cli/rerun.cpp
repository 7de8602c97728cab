#include "cli/rerun.h"

#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "cli/command.h"
#include "control/config/bandwidth_trace.h"
#include "control/config/decode.h"
#include "control/mrt/routes.h"

namespace erbium::cli {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kStandardInput = "-";

// What is read of a file: all of it up to kBlocks * kBlock bytes, else as many blocks, spread
// evenly from its first byte to its last. A capture may be longer than memory, and reading all of
// it again took a fifth of a replay's time.
constexpr uint64_t kBlocks = 64;
constexpr uint64_t kBlock = 64 << 10;

// Size, and CRC-32 as zlib and gzip have it: enough to notice a change, no proof against malice.
Json check_sum(uint64_t bytes, uLong crc) {
  char text[16];
  std::snprintf(text, sizeof text, "%08lx", crc);
  return {{"bytes", bytes}, {"crc32", text}};
}

Json check_sum(const std::string& text) {
  return check_sum(text.size(),
                   crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

// Null where the file can be read only once, or not at all.
Json check_sum_of_file(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return nullptr;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return nullptr;
  const uint64_t bytes = fs::file_size(path, error);
  if (error) return nullptr;
  std::vector<Bytef> block(kBlock);
  uLong crc = 0;
  for (uint64_t i = 0; i < kBlocks; i++) {
    if (bytes > kBlocks * kBlock) {
      const auto at = static_cast<off_t>((bytes - kBlock) / (kBlocks - 1) * i);
      if (fseeko(file.get(), i + 1 < kBlocks ? at : static_cast<off_t>(bytes - kBlock), SEEK_SET))
        return nullptr;
    }
    crc = crc32_z(crc, block.data(), std::fread(block.data(), 1, block.size(), file.get()));
  }
  return std::ferror(file.get()) ? Json() : check_sum(bytes, crc);
}

// Files besides the scenario itself: captures, then route dumps, then bandwidth traces.
std::vector<std::string> input_files(const cp::Scenario& scenario) {
  std::vector<std::string> out;
  for (const cp::ReplayInput& replay : scenario.replay) out.push_back(replay.file);
  for (const cp::Ce& ce : scenario.onprem)
    for (const cp::Announcement& announcement : ce.announce)
      if (!announcement.mrt.empty()) out.push_back(announcement.mrt);
  for (const cp::ImpairmentProfile& profile : scenario.impairments)
    if (!profile.trace.empty()) out.push_back(profile.trace);
  return out;
}

Json input(const std::string& path) {
  Json out = {{"file", fs::path(path).filename().string()}};
  if (const Json sum = check_sum_of_file(path); !sum.is_null()) out.update(sum);
  return out;
}

// Links in the file's own path are kept: relative paths in a scenario count from where it was
// named.
std::string seen_from(const std::string& directory, const std::string& path) {
  if (path == kStandardInput) return path;
  const fs::path from = fs::weakly_canonical(directory);
  return fs::absolute(path).lexically_normal().lexically_relative(from).string();
}
std::string back_from(const std::string& directory, const std::string& path) {
  if (path == kStandardInput) return path;
  return (fs::weakly_canonical(directory) / path).lexically_normal().string();
}

// As it was written, whole or partial.
std::string read(const std::string& directory, const std::string& name) {
  for (const char* suffix : {"", ".partial"}) {
    std::ifstream file(directory + "/" + name + suffix, std::ios::binary);
    if (!file) continue;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  throw NotFoundError("no run in " + directory + ": it has no " + name +
                      "; name the output directory of erbium run or erbium replay");
}

void refuse_change(const std::string& path, const Json& then, const Json& now) {
  for (const char* what : {"bytes", "crc32"})
    if (then.at(what) != now.at(what))
      throw InvalidError(path + " is not what the run had: " + what + " " + now.at(what).dump() +
                         ", then " + then.at(what).dump() + "; put it back, or run anew");
}

cp::Scenario rebuilt(const std::string& directory) {
  const Json rerun = Json::parse(read(directory, kRerun));
  if (rerun.at("clock") != "virtual")
    throw UsageError(directory + ": the run was on real time, which does not come again");
  const std::string text = read(directory, kRerunScenario);
  refuse_change(directory + "/" + kRerunScenario, rerun.at("scenario"), check_sum(text));
  const Json wall = Json::parse(read(directory, "summary.json")).at("wall");
  cp::Scenario scenario =
      cp::load_text(text, back_from(directory, wall.at("scenario").get<std::string>()));
  scenario.seed = rerun.at("seed").get<uint64_t>();
  if (rerun.contains("port")) {
    std::vector<std::string> captures;
    for (const Json& path : wall.at("captures"))
      captures.push_back(back_from(directory, path.get<std::string>()));
    ReplayWords words;
    if (rerun.contains("options"))
      for (const Json& word : rerun.at("options"))
        words.emplace_back(word.at(0).get<std::string>(), word.at(1).get<std::string>());
    replay_instead(scenario, captures, rerun.at("port").get<std::string>(), words);
  }
  const std::vector<std::string> files = input_files(scenario);
  for (size_t i = 0; i < files.size(); i++) {
    const Json& then = rerun.at("inputs").at(i);
    if (!then.contains("crc32"))
      throw UsageError(directory + ": the run read " +
                       (files[i] == kStandardInput ? "standard input" : files[i]) +
                       ", which can be read only once");
    const Json now = check_sum_of_file(files[i]);
    if (now.is_null()) throw NotFoundError("no " + files[i] + ", which the run read; put it back");
    refuse_change(files[i], then, now);
  }
  cp::mrt::read_routes(scenario);
  cp::read_traces(scenario);
  return scenario;
}

}  // namespace

void note_inputs(const cp::Scenario& scenario, const RunOptions& options, RunStats& stats) {
  stats.wall.scenario = seen_from(options.directory, scenario.path);
  stats.wall.captures.clear();
  for (const std::string& capture : options.captures_in)
    stats.wall.captures.push_back(seen_from(options.directory, capture));
}

std::string rerun_json(const cp::Scenario& scenario, const RunOptions& options) {
  Json out = {{"clock", options.live ? "real" : "virtual"},
              {"seed", scenario.seed},
              {"scenario", check_sum(scenario.text)}};
  if (!options.captures_in.empty()) {
    out["port"] = scenario.replay.front().port;
    for (const auto& [option, text] : options.replay_words)
      out["options"].push_back(Json::array({option, text}));
  }
  out["inputs"] = Json::array();
  if (!options.live)
    for (const std::string& path : input_files(scenario)) out["inputs"].push_back(input(path));
  return out.dump(2) + "\n";
}

cp::Scenario scenario_of_run(const std::string& directory) {
  try {
    return rebuilt(directory);
  } catch (const Json::exception& error) {
    throw InvalidError(directory + ": its " + kRerun + " or summary.json is damaged (" +
                       error.what() + "); run anew");
  }
}

}  // namespace erbium::cli
