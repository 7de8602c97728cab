#include "cli/explain_options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

#include "control/config/nearest.h"
#include "dataplane/driver/emulation.h"

namespace erbium::cli {
namespace {

namespace po = boost::program_options;

constexpr size_t kMostPackets = 10'000;

uint64_t packet_id(const std::string& text) {
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == 0)
    throw UsageError("--packet " + text +
                     ": a number from 1, of the captures' packets in order, or any packet id of "
                     "the run's captures (Wireshark: frame.packet_id)");
  return id;
}

// Behind --dropped there may be a reason, which the parser takes for a word of its own.
void take_words(std::vector<std::string> words, ExplainOptions& out) {
  if (out.dropped && out.reason.empty()) {
    const std::vector<std::string> reasons = dp::known_drop_reasons();
    const auto is_reason = [&](const std::string& word) {
      return std::find(reasons.begin(), reasons.end(), word) != reasons.end() &&
             !std::filesystem::is_directory(word);
    };
    if (const auto at = std::find_if(words.begin(), words.end(), is_reason); at != words.end()) {
      out.reason = *at;
      words.erase(at);
    }
  }
  if (words.size() > 1) throw UsageError("one word too many: " + words[1]);
  if (!words.empty()) out.directory = words[0];
}

void check_reason(const std::string& reason) {
  const std::vector<std::string> reasons = dp::known_drop_reasons();
  if (!reason.empty() && std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
    throw UsageError("--dropped " + reason + ": there is no such reason; " +
                     cp::suggestion(reason, reasons, "reasons"));
}

}  // namespace

std::optional<ExplainOptions> parse_explain_options(const Words& words) {
  po::options_description options(
      "erbium explain [DIRECTORY]: why packets went where they went; the run is run again\n\n"
      "DIRECTORY is where the run wrote; default: here\n\noptions");
  options.add_options()("packet", po::value<std::string>(),
                        "this one, by its number in the captures or its packet id")(
      "filter", po::value<std::string>(), "those that match, as tcpdump has it: 'host 10.0.1.4'")(
      "dropped", po::value<std::string>()->implicit_value(""),
      "those that were dropped, for any reason or this one")(
      "first", po::value<size_t>(), "with --filter or --dropped: so many; default: 1");
  add_machine_options(options);
  const auto values = parse(words, options, {"directory"}, "erbium explain out/first --packet 1");
  if (!values) return std::nullopt;
  ExplainOptions out;
  if (values->count("packet")) out.packet = packet_id((*values)["packet"].as<std::string>());
  if (values->count("filter")) out.filter = (*values)["filter"].as<std::string>();
  out.dropped = values->count("dropped") > 0;
  if (out.dropped) out.reason = (*values)["dropped"].as<std::string>();
  if (out.packet.has_value() + (values->count("filter") > 0) + out.dropped != 1)
    throw UsageError("which packets: one of --packet N, --filter EXPRESSION, --dropped [REASON]");
  if (values->count("directory"))
    take_words((*values)["directory"].as<std::vector<std::string>>(), out);
  check_reason(out.reason);
  if (values->count("first")) out.first = (*values)["first"].as<size_t>();
  if (values->count("first") && out.packet) throw UsageError("--first does not go with --packet");
  if (out.first < 1 || out.first > kMostPackets)
    throw UsageError("--first takes 1 to " + std::to_string(kMostPackets));
  out.format = format(*values);
  take_machine_options(*values, out.run);
  return out;
}

}  // namespace erbium::cli
