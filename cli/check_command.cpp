// erbium check, schema, version, completion: what needs no packets and no EAL.
#include <boost/program_options.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/options.h"
#include "cli/scenario.h"
#include "cli/show_options.h"
#include "cli/version.h"
#include "control/config/rules.h"
#include "control/config/schema.h"
#include "control/scenario/setup.h"
#include "dataplane/core/pipeline.h"
#include "dataplane/driver/emulation.h"

namespace erbium::cli {
namespace {

namespace po = boost::program_options;

void print_rules(Format format) {
  if (format == Format::json) {
    auto out = nlohmann::ordered_json::array();
    for (const cp::RuleInfo& rule : cp::rules())
      out.push_back({{"id", rule.id}, {"summary", rule.summary}, {"source", rule.source}});
    std::puts(out.dump(2).c_str());
    return;
  }
  for (const cp::RuleInfo& rule : cp::rules())
    std::printf("%-28s %s [%s]\n", rule.id.c_str(), rule.summary.c_str(), rule.source.c_str());
}

}  // namespace

int check_command(const Words& words) {
  po::options_description options("erbium check FILE: applies the rules that need no packets");
  options.add_options()("strict", "exit 7 when there are warnings")(
      "rules", "list the rules and where they come from");
  const auto values =
      parse(words, options, {"file"}, "erbium check configs/primary-secondary.yaml");
  if (!values) return kDone;
  if (values->count("rules")) {
    print_rules(format(*values));
    return kDone;
  }
  const std::string file = one_file(*values, "a scenario file");
  unsigned warnings = 0;
  const cp::Scenario scenario = load_scenario(file, Purpose::look, &warnings);
  cp::check_drop_reasons(scenario, dp::known_drop_reasons());
  if (format(*values) == Format::json) {
    const nlohmann::ordered_json out = {{"file", file},
                                        {"name", scenario.name},
                                        {"circuits", scenario.circuits.size()},
                                        {"warnings", warnings}};
    std::puts(out.dump(2).c_str());
  } else {
    std::printf("%s: ok, %zu circuit%s, %u warning%s\n", file.c_str(), scenario.circuits.size(),
                scenario.circuits.size() == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
  }
  return warnings > 0 && values->count("strict") ? kWarnings : kDone;
}

int schema_command(const Words& words) {
  po::options_description options("erbium schema: prints the JSON Schema of scenario files");
  options.add_options()("reference", "print the reference as Markdown instead (docs/config.md)");
  const auto values = parse(words, options, {}, "erbium schema > erbium.schema.json");
  if (!values) return kDone;
  const std::string text = values->count("reference") ? cp::config_reference() : cp::json_schema();
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kDone;
}

int version_command(const Words& words) {
  po::options_description options("erbium version: prints the version and, if asked, the paths");
  options.add_options()("pipeline", "print the stages of every node kind in order");
  const auto values = parse(words, options, {}, "erbium version --pipeline");
  if (!values) return kDone;
  const dp::Pipeline router(dp::kRouter, dp::all_stages(), {});
  const dp::Pipeline cross_connect(dp::kCrossConnect, dp::all_stages(), {});
  if (format(*values) == Format::json) {
    auto names = [](const dp::Pipeline& pipeline) {
      auto out = nlohmann::ordered_json::array();
      for (const auto* stage : pipeline.stages()) out.push_back(stage->name);
      return out;
    };
    nlohmann::ordered_json out = {{"version", kVersion}};
    if (values->count("pipeline"))
      out["pipeline"] = {{"router", names(router)}, {"cross_connect", names(cross_connect)}};
    std::puts(out.dump(2).c_str());
    return kDone;
  }
  std::printf("erbium %s\n", kVersion);
  if (values->count("pipeline"))
    std::printf("\nrouter\n%s\ncross_connect\n%s", router.str().c_str(),
                cross_connect.str().c_str());
  return kDone;
}

int completion_command(const Words& words) {
  po::options_description options("erbium completion bash: prints a completion script");
  const auto values = parse(words, options, {"shell"}, "source <(erbium completion bash)");
  if (!values) return kDone;
  if (one_file(*values, "a shell") != "bash") throw UsageError("completion is there for bash only");
  std::string names;
  for (const Command& command : commands())
    names += std::string(names.empty() ? "" : " ") + command.name;
  std::printf(
      "_erbium() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]}\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\")\n"
      "  elif [[ $word == -* ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$(erbium \"${COMP_WORDS[1]}\" --help |"
      " grep -o -- '--[a-z-]*')\" -- \"$word\")\n"
      "  elif [ \"$COMP_CWORD\" -eq 2 ] && [ \"${COMP_WORDS[1]}\" = show ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _erbium erbium\n",
      names.c_str(), show_words().c_str());
  return kDone;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"run", run_command, "run a scenario: its captures, its timeline, its report"},
      {"replay", replay_command,
       "send captures of your own through a circuit, with or without a scenario"},
      {"show", show_command, "show sessions, routes, neighbours of a run at any moment of it"},
      {"explain", explain_command, "tell why packets of a run went where they went"},
      {"diff", diff_command, "tell what changes for packets between two scenarios or runs"},
      {"check", check_command, "check a scenario against the rules of ExpressRoute"},
      {"schema", schema_command, "print the JSON Schema of scenario files"},
      {"version", version_command, "print the version"},
      {"completion", completion_command, "print a bash completion script"},
  };
  return kCommands;
}

}  // namespace erbium::cli
