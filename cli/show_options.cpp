#include "cli/show_options.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "control/config/nearest.h"

namespace erbium::cli {
namespace {

namespace po = boost::program_options;

struct Word {
  const char* name;
  Shown what;
  bool of_routers, of_links, of_prefixes;  // which filters it takes
};
constexpr std::array kWords = {
    Word{"bgp", Shown::bgp_summary, true, true, false},
    Word{"routes", Shown::routes, true, true, true},
    Word{"arp", Shown::arp, true, true, false},
    Word{"nd", Shown::nd, true, true, false},
    Word{"bfd", Shown::bfd, true, true, false},
    Word{"links", Shown::links, false, true, false},
    Word{"drops", Shown::drops, false, false, false},
    Word{"circuits", Shown::circuits, false, true, false},
};

bool is_word(const std::string& name) {
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const Word& word) { return name == word.name; });
}

const Word& word_of(const std::string& name) {
  std::vector<std::string> names;
  for (const Word& word : kWords) {
    if (name == word.name) return word;
    names.emplace_back(word.name);
  }
  throw UsageError("show " + name + ": " + cp::suggestion(name, names, "words"));
}

// "12.3s", "-500ms", "@1.5s".
Moment moment(const std::string& text) {
  Moment out;
  out.scenario_time = text.rfind('@', 0) == 0;
  const bool negative = text.rfind('-', 0) == 0;
  const std::string size = text.substr(out.scenario_time || negative ? 1 : 0);
  const auto refuse = [&] {
    throw UsageError("--at " + text +
                     ": a time from the replay's start, such as 12.3s or -500ms, or @1.5s of "
                     "scenario time");
  };
  if (size.empty() || size[0] < '0' || size[0] > '9') refuse();
  try {
    out.at = parse_duration(size, "at");
  } catch (const UsageError&) {
    refuse();
  }
  if (negative) out.at = Duration() - out.at;
  return out;
}

net::Prefix prefix(const std::string& text) {
  if (const auto prefix = net::Prefix::parse(text)) return prefix->canonical();
  if (const auto ip = net::Ip::parse(text)) return {*ip, static_cast<uint8_t>(ip->bits())};
  throw UsageError("--prefix " + text +
                   ": an address or a prefix, such as 10.0.1.4 or 10.0.0.0/16");
}

// What is shown, its word, and the directory, from the words without a dash.
const Word& positional(const po::variables_map& values, ShowOptions& out) {
  if (!values.count("what")) throw UsageError("what to show is missing; see erbium show --help");
  std::vector<std::string> words = values["what"].as<std::vector<std::string>>();
  const Word& word = word_of(words[0]);
  out.what = word.what;
  const bool summary = word.what == Shown::bgp_summary && words.size() > 1 && words[1] == "summary";
  if (word.what == Shown::bgp_summary && words.size() > 1 && is_word(words[1]))
    throw UsageError("show bgp " + words[1] + ": write `show bgp summary`, or `show " + words[1] +
                     "`");
  words.erase(words.begin(), words.begin() + (summary ? 2 : 1));
  if (words.size() > 1) throw UsageError("one word too many: " + words[1]);
  if (!words.empty()) out.directory = words[0];
  return word;
}

void refuse_unused(const po::variables_map& values, const Word& word) {
  const std::pair<const char*, bool> taken[] = {
      {"node", word.of_routers},
      {"circuit", word.of_links},
      {"link", word.of_links && word.what != Shown::circuits},
      {"peering", word.of_routers},
      {"prefix", word.of_prefixes},
  };
  for (const auto& [name, good] : taken)
    if (values.count(name) && !good)
      throw UsageError(std::string("--") + name + " does not go with show " + word.name);
  if (values["fib"].as<bool>() && word.what != Shown::routes)
    throw UsageError("--fib goes with show routes");
}

}  // namespace

std::string show_words() {
  std::string out;
  for (const Word& word : kWords) out += std::string(out.empty() ? "" : " ") + word.name;
  return out;
}

std::optional<ShowOptions> parse_show_options(const Words& words) {
  po::options_description options(
      "erbium show WHAT [DIRECTORY]: the state of a run, run again up to a moment\n\n"
      "  bgp summary   sessions, by router          arp, nd    neighbours\n"
      "  bfd           sessions, by router          links      of circuits and backbone\n"
      "  routes        route tables, learned routes drops      by place and reason\n"
      "  circuits      with the state of their links\n\n"
      "DIRECTORY is where the run wrote; default: here\n\noptions");
  options.add_options()("at", po::value<std::string>(),
                        "12.3s from the replay's start, as the timeline counts; -500ms before it; "
                        "@1.5s of scenario time; default: the end")(
      "node", po::value<std::string>(), "of this router")("circuit", po::value<std::string>(),
                                                          "of this circuit")(
      "link", po::value<std::string>(), "primary or secondary")("peering", po::value<std::string>(),
                                                                "private or microsoft")(
      "prefix", po::value<std::string>(), "routes: those that cover this address or prefix")(
      "fib", po::bool_switch(), "routes: where packets go, also shown where there are no sessions");
  add_machine_options(options);
  const auto values =
      parse(words, options, {"what"}, "erbium show arp out/first --at 500ms --link primary");
  if (!values) return std::nullopt;
  ShowOptions out;
  const Word& word = positional(*values, out);
  refuse_unused(*values, word);
  const auto text = [&](const char* name) {
    return values->count(name) ? (*values)[name].as<std::string>() : std::string();
  };
  if (values->count("at")) out.at = moment(text("at"));
  out.filter = {text("node"), text("circuit"), text("link"), text("peering")};
  if (values->count("prefix")) out.prefix = prefix(text("prefix"));
  out.fib = (*values)["fib"].as<bool>();
  out.format = format(*values);
  take_machine_options(*values, out.run);
  return out;
}

}  // namespace erbium::cli
