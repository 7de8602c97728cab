// erbium: the one command that users type.
#include <cerrno>
#include <cstdio>
#include <string>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/guard.h"
#include "common/io_error.h"
#include "control/config/nearest.h"

namespace erbium::cli {
namespace {

void print_help() {
  std::puts("erbium emulates Azure ExpressRoute circuits packet by packet.\n");
  std::puts("usage: erbium COMMAND [ARGUMENTS]; erbium COMMAND --help shows them\n");
  for (const Command& command : commands())
    std::printf("  %-11s %s\n", command.name, command.summary);
  std::puts("\nexample: erbium run configs/primary-secondary.yaml --out out/first");
}

int dispatch(int argc, char** argv) {
  const Words words(argv + 1, argv + argc);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help();
    return words.empty() ? kUsage : kDone;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (words[0] == command.name) return command.run({words.begin() + 1, words.end()});
    names.emplace_back(command.name);
  }
  const auto near = cp::nearest(words[0], names);
  throw UsageError("no command " + words[0] +
                   (near.empty() ? "; see erbium --help" : "; did you mean " + near + "?"));
}

}  // namespace
}  // namespace erbium::cli

int main(int argc, char** argv) {
  using namespace erbium;
  return cli::guarded([&] {
    const int code = cli::dispatch(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
      throw IoError("write", "standard output", errno);
    return code;
  });
}
