// The verbs of `erbium`. Each takes the words behind the verb and returns an exit code; errors are
// thrown and become one line in main().
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace erbium::cli {

using Words = std::vector<std::string>;

// Wrong words on the command line: exit 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A file or object that is not there: exit 3.
class NotFoundError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A scenario or capture that is no good, where the text has been printed already: exit 4.
class InvalidError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A mistake in erbium itself: exit 70.
class InternalError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

int run_command(const Words& words);
int replay_command(const Words& words);
int show_command(const Words& words);
int explain_command(const Words& words);
int diff_command(const Words& words);
int check_command(const Words& words);
int schema_command(const Words& words);
int version_command(const Words& words);
int completion_command(const Words& words);

struct Command {
  const char* name;
  int (*run)(const Words&);
  const char* summary;
};
const std::vector<Command>& commands();

}  // namespace erbium::cli
