// From a YAML file to a Scenario. Strict: unknown and duplicate keys, missing units, bad values and
// dangling references are errors that name the place and the nearest valid word.
#pragma once

#include <stdexcept>
#include <string>

#include "control/config/scenario.h"

namespace erbium::cp {

// The text with "\x0a" in place of a newline, and so with every control character.
std::string printable(const std::string& text);

// what() is one line: "file:line:column: what is wrong; what to write instead". Control characters
// that the message quotes from the file stand there as "\x0a".
class ConfigError : public std::runtime_error {
 public:
  ConfigError(const std::string& file, SourceMark mark, const std::string& message)
      : std::runtime_error(file + ":" + std::to_string(mark.line) + ":" +
                           std::to_string(mark.column) + ": " + printable(message)),
        mark_(mark) {}
  SourceMark mark() const { return mark_; }

 private:
  SourceMark mark_;
};

// Reads and decodes `path`; throws ConfigError at the first error (also when the file cannot be
// read). Defaults are filled in, impairments are applied to the links, relative
// paths are resolved against the file's directory. Rules of the service are check()'s (rules.h).
Scenario load(const std::string& path);

// The same for text already in memory; `path` names it in errors and anchors relative paths.
Scenario load_text(const std::string& text, const std::string& path);

}  // namespace erbium::cp
