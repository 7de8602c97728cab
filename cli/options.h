// Options as every verb takes them: --help, -o, environment variables, one line for a mistake.
#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "common/units.h"

namespace erbium::cli {

enum class Format { table, json };

// Adds --help and -o to `options` and parses. Every option can also come from the environment as
// ERBIUM_ and its name in capitals. `positional` names the words without a dash; the last takes all
// that are left. nullopt when help was asked for and printed. Throws UsageError.
std::optional<boost::program_options::variables_map> parse(
    const Words& words, boost::program_options::options_description options,
    const std::vector<std::string>& positional, const std::string& example);

Format format(const boost::program_options::variables_map& values);

// The one positional word, or UsageError saying that `what` is missing.
std::string one_file(const boost::program_options::variables_map& values, const std::string& what);

// "64MiB" in bytes. Throws UsageError naming `option`.
size_t parse_bytes(const std::string& text, const std::string& option);
// "1.5s", "300ms". Throws UsageError naming `option`.
Duration parse_duration(const std::string& text, const std::string& option);

}  // namespace erbium::cli
