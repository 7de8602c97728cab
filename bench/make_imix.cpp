// Writes the IMIX capture of bench/imix.h to a file, for tools that are measured beside erbium.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bench/imix.h"

namespace {

constexpr const char* kUsage =
    "usage: make_imix PACKETS SECONDS OUT.pcap [--flows N] [--s-tag ID] [--c-tag ID]\n";

// The whole text as a number of 1..most.
bool parse(std::string_view text, uint64_t most, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 1 && value <= most;
}

bool parse_arguments(const std::vector<std::string_view>& words,
                     erbium::bench::ImixOptions& options, std::string& path) {
  uint64_t seconds = 0;
  if (words.size() < 3 || words.size() % 2 == 0) return false;
  if (!parse(words[0], 4'000'000'000, options.packets)) return false;
  if (!parse(words[1], 1'000'000, seconds)) return false;
  options.duration_ns = static_cast<int64_t>(seconds) * 1'000'000'000;
  path = words[2];
  for (size_t i = 3; i < words.size(); i += 2) {
    uint64_t value = 0;
    const bool flows = words[i] == "--flows";
    if (!parse(words[i + 1], flows ? 1'000'000 : 4094, value)) return false;
    if (flows)
      options.flows = static_cast<uint32_t>(value);
    else if (words[i] == "--s-tag")
      options.s_tag = static_cast<uint16_t>(value);
    else if (words[i] == "--c-tag")
      options.c_tag = static_cast<uint16_t>(value);
    else
      return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  erbium::bench::ImixOptions options;
  std::string path;
  if (!parse_arguments({argv + 1, argv + argc}, options, path)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  try {
    erbium::bench::write_imix(path, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_imix: %s\n", error.what());
    return 5;
  }
  return 0;
}
