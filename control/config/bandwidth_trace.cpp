#include "control/config/bandwidth_trace.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "control/config/decode.h"
#include "control/config/yaml.h"

namespace erbium::cp {
namespace {

constexpr uint32_t kLongestMs = 86'400'000;        // a day
constexpr size_t kMostOpportunities = 10'000'000;  // they travel in one message

uint32_t parse_line(std::string_view line, int number) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  uint32_t ms = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), ms);
  if (error != std::errc{} || end != line.data() + line.size() || ms > kLongestMs)
    throw Fault({number, 1}, "'" + std::string(line.substr(0, 40)) +
                                 "' is no millisecond of a day; write one whole number a line");
  return ms;
}

std::string text_of(const std::string& path, const Scenario& scenario, SourceMark mark) {
  const auto refuse = [&](const std::string& why) {
    throw ConfigError(scenario.path, mark, "bandwidth trace " + path + ": " + why);
  };
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) refuse("no such file; check the name");
  if (!std::filesystem::is_regular_file(path, ignored)) refuse("no file; name a text file");
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(std::string(std::strerror(errno)) + "; check its permissions");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::vector<uint32_t> parse_trace(std::string_view text) {
  std::vector<uint32_t> out;
  for (int number = 1; !text.empty(); number++) {
    const size_t end = text.find('\n');
    const uint32_t ms = parse_line(text.substr(0, end), number);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!out.empty() && ms < out.back())
      throw Fault({number, 1}, std::to_string(ms) + " ms is before the " +
                                   std::to_string(out.back()) +
                                   " ms of the line before; put the lines in order");
    if (out.size() == kMostOpportunities)
      throw Fault({number, 1}, "more than " + std::to_string(kMostOpportunities) +
                                   " opportunities; write a shorter trace, it is repeated");
    out.push_back(ms);
  }
  if (out.empty()) throw Fault({1, 1}, "no opportunity; write a millisecond a line");
  if (out.back() == 0)
    throw Fault({static_cast<int>(out.size()), 1},
                "the trace ends where it begins, at 0 ms; write a last line above 0");
  return out;
}

void read_traces(Scenario& scenario) {
  for (ImpairmentProfile& profile : scenario.impairments) {
    if (profile.trace.empty()) continue;
    const std::string text = text_of(profile.trace, scenario, profile.trace_mark);
    try {
      profile.opportunities = parse_trace(text);
    } catch (const Fault& fault) {
      throw ConfigError(profile.trace, fault.mark, fault.what());
    }
  }
}

}  // namespace erbium::cp
