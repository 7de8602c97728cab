#include "cli/run_options.h"

namespace erbium::cli {
namespace {

namespace po = boost::program_options;

void add_common(po::options_description& options) {
  options.add_options()("out", po::value<std::string>(), "output directory")(
      "seed", po::value<int64_t>(), "in place of the scenario's")(
      "no-captures", po::bool_switch(), "write no pcapng files")("strict", po::bool_switch(),
                                                                 "exit 7 when there are warnings");
  add_machine_options(options);
}

void add_explain(po::options_description& options) {
  options.add_options()("explain", po::bool_switch(),
                        "run once more, and tell in report.html the ways of dropped packets");
}

RunOptions common(const po::variables_map& values) {
  RunOptions out;
  if (values.count("out")) out.directory = values["out"].as<std::string>();
  if (values.count("seed")) {
    const int64_t seed = values["seed"].as<int64_t>();
    if (seed < 0) throw UsageError("--seed takes 0 to 9223372036854775807");
    out.seed = static_cast<uint64_t>(seed);
  }
  out.captures = !values["no-captures"].as<bool>();
  out.strict = values["strict"].as<bool>();
  out.format = format(values);
  take_machine_options(values, out);
  return out;
}

}  // namespace

void add_machine_options(po::options_description& options) {
  options.add_options()("memory", po::value<std::string>()->default_value("1024MiB"),
                        "most memory for packets in flight")(
      "burst", po::value<unsigned>()->default_value(32),
      "packets a stage handles at once, 1..32; never shows in the output")(
      "lookahead-divisor", po::value<int>()->default_value(1),
      "shorter windows; never shows in the output");
}

void take_machine_options(const po::variables_map& values, RunOptions& out) {
  out.memory = parse_bytes(values["memory"].as<std::string>(), "memory");
  out.burst = values["burst"].as<unsigned>();
  if (out.burst < 1 || out.burst > 32) throw UsageError("--burst takes 1 to 32");
  const int divisor = values["lookahead-divisor"].as<int>();
  if (divisor < 1) throw UsageError("--lookahead-divisor takes 1 or more");
  out.lookahead_divisor = static_cast<unsigned>(divisor);
}

std::optional<RunOptions> parse_run_options(const Words& words) {
  po::options_description options(
      "erbium run SCENARIO.yaml...: runs a scenario, or several and "
      "those of directories");
  add_common(options);
  add_explain(options);
  options.add_options()(
      "covers", po::value<std::string>(),
      "of several: those that cover a test (T7), a pain (pain-3), a trap (trap-1), "
      "or any of them (T,pain,trap)")("live", po::bool_switch(),
                                      "on real time and the scenario's devices")(
      "processes", po::bool_switch(), "control and dataplane in two processes; same output")(
      "duration", po::value<std::string>(), "live: end after so long")(
      "eal", po::value<std::vector<std::string>>(), "live: an argument for DPDK's EAL");
  const auto values =
      parse(words, options, {"file"}, "erbium run configs/primary-secondary.yaml --out out/first");
  if (!values) return std::nullopt;
  RunOptions out = common(*values);
  if (values->count("file")) out.scenarios = (*values)["file"].as<std::vector<std::string>>();
  if (out.scenarios.empty()) throw UsageError("a scenario file is missing");
  out.scenario = out.scenarios.front();
  out.explain = (*values)["explain"].as<bool>();
  if (values->count("covers")) out.covers = (*values)["covers"].as<std::string>();
  out.live = (*values)["live"].as<bool>();
  if (values->count("duration"))
    out.duration = parse_duration((*values)["duration"].as<std::string>(), "duration");
  if (values->count("eal")) out.eal = (*values)["eal"].as<std::vector<std::string>>();
  if (!out.live && (out.duration || !out.eal.empty()))
    throw UsageError("--duration and --eal go with --live");
  out.processes = (*values)["processes"].as<bool>();
  if (out.live && out.processes)
    throw UsageError("--processes is for virtual time; leave --live out");
  if (out.explain && (out.live || out.processes))
    throw UsageError("--explain is for a run in virtual time and one process");
  if (out.processes && (out.scenarios.size() > 1 || !out.covers.empty()))
    throw UsageError("--processes takes one scenario");
  return out;
}

std::optional<ControlOptions> parse_control_options(const Words& words) {
  po::options_description options(
      "erbium-control SCENARIO.yaml --socket PATH: runs a scenario on the dataplane there");
  add_common(options);
  options.add_options()("socket", po::value<std::string>(), "where erbium-dataplane listens")(
      "wait", po::value<unsigned>()->default_value(30),
      "seconds to wait for another dataplane when one has gone away; 0: not at all");
  const auto values = parse(words, options, {"file"},
                            "erbium-control configs/primary-secondary.yaml "
                            "--socket /tmp/erbium.socket");
  if (!values) return std::nullopt;
  if (!values->count("socket")) throw UsageError("--socket PATH is missing");
  ControlOptions out{.run = common(*values),
                     .socket = (*values)["socket"].as<std::string>(),
                     .wait = Duration::s((*values)["wait"].as<unsigned>())};
  out.run.scenario = one_file(*values, "a scenario file");
  return out;
}

std::optional<RunOptions> parse_replay_options(const Words& words) {
  po::options_description options(
      "erbium replay CAPTURE... [--config SCENARIO.yaml]: sends captures through a scenario, or, "
      "without one, through a circuit between the two sides that they show");
  add_common(options);
  add_explain(options);
  options.add_options()("config", po::value<std::string>(), "the scenario to send them through")(
      "port", po::value<std::string>(), "where they enter; default: where the scenario's do");
  add_replay_options(options);
  const auto values = parse(words, options, {"file"}, "erbium replay my.pcap --out out/mine");
  if (!values) return std::nullopt;
  RunOptions out = common(*values);
  if (!values->count("file")) throw UsageError("a capture is missing");
  if (values->count("config")) out.scenario = (*values)["config"].as<std::string>();
  out.captures_in = (*values)["file"].as<std::vector<std::string>>();
  if (values->count("port")) out.port = (*values)["port"].as<std::string>();
  out.explain = (*values)["explain"].as<bool>();
  out.replay_words = take_replay_options(*values);
  for (const auto& [option, text] : out.replay_words)
    if (out.scenario.empty() && option.starts_with("azure-"))
      throw UsageError("--" + option + " goes with --config; without, name prefixes with --azure");
    else if (!out.scenario.empty() && option == "onprem")
      throw UsageError("--onprem goes without --config; the scenario says what is on-premises");
  if (out.scenario.empty() && !out.port.empty())
    throw UsageError("--port goes with --config; without, --azure says who is where");
  return out;
}

}  // namespace erbium::cli
