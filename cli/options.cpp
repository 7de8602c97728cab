#include "cli/options.h"

#include <algorithm>
#include <cctype>
#include <iostream>
#include <set>

#include "control/config/nearest.h"
#include "control/config/scalar.h"

namespace erbium::cli {
namespace {

namespace po = boost::program_options;

// ERBIUM_NO_CAPTURES -> no-captures, when that is an option here.
std::string from_environment(const std::string& variable, const std::set<std::string>& known) {
  if (variable.rfind("ERBIUM_", 0) != 0) return {};
  std::string name = variable.substr(7);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(c));
  });
  return known.count(name) ? name : std::string();
}

[[noreturn]] void refuse(const po::error& error, const std::set<std::string>& known) {
  const auto* unknown = dynamic_cast<const po::unknown_option*>(&error);
  if (!unknown) throw UsageError(error.what());
  const std::string word = unknown->get_option_name();
  std::string bare = word;
  bare.erase(0, bare.find_first_not_of('-'));
  const auto near = cp::nearest(bare, {known.begin(), known.end()});
  throw UsageError("no option " + word + (near.empty() ? "" : "; did you mean --" + near + "?"));
}

}  // namespace

std::optional<po::variables_map> parse(const Words& words, po::options_description options,
                                       const std::vector<std::string>& positional,
                                       const std::string& example) {
  options.add_options()("help,h", "show this")(
      "output,o", po::value<std::string>()->default_value("table"), "table or json");
  std::set<std::string> known;
  for (const auto& option : options.options()) known.insert(option->long_name());
  po::options_description all(options);
  po::positional_options_description order;
  for (const std::string& name : positional) {
    all.add_options()(name.c_str(), po::value<std::vector<std::string>>());
    order.add(name.c_str(), -1);
  }
  po::variables_map values;
  try {
    auto parser = po::command_line_parser(words).options(all).positional(order);
    po::store(
        parser
            .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
            .run(),
        values);
    po::store(po::parse_environment(
                  options, [&](const std::string& v) { return from_environment(v, known); }),
              values);
    po::notify(values);
  } catch (const po::error& error) {
    refuse(error, known);
  }
  if (values.count("help")) {
    std::cout << options << "\nexample: " << example << "\n";
    return std::nullopt;
  }
  format(values);
  return values;
}

Format format(const po::variables_map& values) {
  const auto& word = values["output"].as<std::string>();
  if (word == "table") return Format::table;
  if (word == "json") return Format::json;
  throw UsageError("-o " + word + ": table or json");
}

std::string one_file(const po::variables_map& values, const std::string& what) {
  for (const char* name : {"file", "shell"}) {
    if (!values.count(name)) continue;
    const auto& words = values[name].as<std::vector<std::string>>();
    if (words.size() == 1) return words[0];
    throw UsageError("one word too many: " + words[1]);
  }
  throw UsageError(what + " is missing");
}

size_t parse_bytes(const std::string& text, const std::string& option) {
  const auto bytes = cp::parse_bytes(text);
  if (bytes.value_or(0) == 0)
    throw UsageError("--" + option + " " + text + ": a size with its unit, such as 512MiB");
  return *bytes;
}

Duration parse_duration(const std::string& text, const std::string& option) {
  const auto duration = cp::parse_duration(text);
  if (!duration)
    throw UsageError("--" + option + " " + text + ": a duration with its unit, such as 300ms");
  return *duration;
}

}  // namespace erbium::cli
