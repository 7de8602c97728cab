#include "cli/inferred_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "cli/command.h"
#include "cli/output.h"
#include "common/io_error.h"
#include "control/config/scalar.h"
#include "control/scenario/inferred.h"
#include "dataplane/driver/survey.h"

namespace erbium::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScenario = "scenario.yaml";

// "my-capture" for "captures/My capture.pcapng.gz": a name as scenarios have them.
std::string name_of(const std::string& capture) {
  if (capture == "-") return "standard-input";
  std::string stem = fs::path(capture).filename().string();
  stem = stem.substr(0, stem.find('.', 1));
  std::string out;
  for (const char c : stem) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u))
      out += static_cast<char>(std::tolower(u));
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  if (out.empty() || !std::isalpha(static_cast<unsigned char>(out[0]))) out = "capture-" + out;
  while (out.back() == '-') out.pop_back();
  return out.substr(0, 60);
}

void make_directory(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw IoError("create", directory, error.value());
}

void keep(int from, const std::string& name, const std::string& path) {
  OutputFile file(path);
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t n = ::read(from, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw IoError("read", name, errno);
    if (n == 0) break;
    file.append({block.data(), static_cast<size_t>(n)});
  }
  file.close(true);
}

// What can be read only once is kept in the directory; the path of the copy, or else `capture`.
std::string kept(const std::string& capture, const std::string& directory, size_t number) {
  if (capture == "-") {
    make_directory(directory);
    const std::string path = directory + "/standard-input.pcap";
    keep(STDIN_FILENO, "standard input", path);
    return path;
  }
  if (!fs::exists(capture)) throw NotFoundError("no capture " + capture);
  if (!fs::is_fifo(capture)) return capture;
  make_directory(directory);
  const std::string path = directory + "/pipe" + std::to_string(number) + ".pcap";
  const int from = ::open(capture.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) throw IoError("open", capture, errno);
  keep(from, capture, path);
  ::close(from);
  return path;
}

// As seen from the directory of the scenario, which need not be there yet. By names alone, links
// not followed, as scenarios are read.
std::string seen_from(const std::string& directory, const std::string& path) {
  const fs::path from = fs::absolute(directory).lexically_normal();
  return fs::absolute(path).lexically_normal().lexically_relative(from).string();
}

// What the replay takes of the circuit, where the user says how fast.
std::optional<BitRate> asked_rate(const CaptureSummary& summary, const ReplayWords& words) {
  for (const auto& [option, text] : words) {
    if (option == "rate") return cp::parse_rate(text);
    const uint64_t mean_bits = summary.packets == 0 ? 0 : summary.bytes * 8 / summary.packets;
    if (option == "pps") {
      const auto pps = cp::parse_integer(text);
      return BitRate::bps(static_cast<uint64_t>(pps.value_or(0)) * mean_bits);
    }
    if (option == "speed") {
      const cp::Speed speed = cp::parse_speed(text);
      return BitRate::bps(summary.peak_bps / speed.unit * speed.factor);
    }
  }
  return std::nullopt;
}

}  // namespace

RunOptions inferred_run(const RunOptions& options) {
  cp::InferredInput input;
  std::vector<std::string> captures = options.captures_in;
  RunOptions out = options;
  input.name = name_of(captures.front());
  if (out.directory.empty()) out.directory = "out/" + input.name;
  input.directory = out.directory;
  for (size_t i = 0; i < captures.size(); i++)
    captures[i] = kept(captures[i], out.directory, i + 1);
  std::string filter;
  for (const auto& [option, text] : options.replay_words)
    if (option == "filter") filter = text;
  const CaptureSummary summary = dp::survey(captures, filter);
  for (const std::string& capture : captures)
    input.files.push_back(seen_from(out.directory, capture));
  input.given = {prefixes(options.replay_words, "onprem"), prefixes(options.replay_words, "azure")};
  for (const net::Prefix& onprem : input.given.onprem)
    for (const net::Prefix& azure : input.given.azure)
      if (onprem.length > 0 && onprem.overlaps(azure))
        throw UsageError("--onprem " + onprem.str() + " and --azure " + azure.str() +
                         " overlap; an address is on one side");
  input.keys = replay_keys(options.replay_words);
  input.rate = asked_rate(summary, options.replay_words);
  const auto inferred = cp::infer_scenario(summary, input);
  if (!inferred) throw UsageError(inferred.error());
  make_directory(out.directory);
  out.scenario = out.directory + "/" + kScenario;
  OutputFile file(out.scenario);
  file.append(inferred->text);
  file.close(true);
  for (size_t i = 0; i < inferred->assumed.size(); i++)
    std::fprintf(stderr, "erbium: %s%s\n", inferred->assumed[i].c_str(),
                 i == 1 ? ("; written to " + out.scenario).c_str() : "");
  out.captures_in.clear();
  out.replay_words.clear();
  return out;
}

}  // namespace erbium::cli
