#include "cli/replay_inputs.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "cli/command.h"
#include "control/config/nearest.h"
#include "control/config/scalar.h"

namespace erbium::cli {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

[[noreturn]] void refuse(const std::string& option, const std::string& text,
                         const std::string& instead) {
  throw UsageError("--" + option + " " + text + ": " + instead);
}

uint32_t number(const std::string& option, const std::string& text, int64_t least, int64_t most) {
  const auto value = cp::parse_integer(text);
  if (!value || *value < least || *value > most)
    refuse(option, text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  return static_cast<uint32_t>(*value);
}

cp::ReplayInput::Gso gso(const std::string& text) {
  const Strings words{"drop", "resegment", "keep"};
  const auto at = std::find(words.begin(), words.end(), text);
  if (at == words.end()) refuse("gso", text, cp::suggestion(text, words, "words"));
  return static_cast<cp::ReplayInput::Gso>(at - words.begin());
}

net::Mac mac(const std::string& option, const std::string& text) {
  const auto out = net::Mac::parse(text);
  if (!out) refuse(option, text, "a MAC address, such as 02:00:00:00:00:01");
  return *out;
}

// Which port `erbium replay` feeds when it is not told: that of the scenario's first replay, or the
// customer's LAN.
std::string default_port(const cp::Scenario& scenario) {
  if (!scenario.replay.empty()) return scenario.replay.front().port;
  for (const cp::Ce& ce : scenario.onprem)
    if (!ce.port.empty()) return ce.port;
  if (scenario.ports.size() == 1) return scenario.ports.front().name;
  throw UsageError("the scenario has several ports; say which with --port");
}

// Where Azure's side of a capture enters.
std::string azure_port(const cp::Scenario& scenario, const std::string& other) {
  for (const cp::Vnet& vnet : scenario.vnets)
    if (!vnet.port.empty() && vnet.port != other) return vnet.port;
  throw UsageError(
      "no virtual network of the scenario has a port; say where Azure's side enters "
      "with --azure-port");
}

void need_port(const cp::Scenario& scenario, const std::string& port) {
  Strings names;
  for (const cp::Port& p : scenario.ports) names.push_back(p.name);
  if (!cp::find(scenario.ports, port))
    throw NotFoundError("no port " + port + " in " + scenario.path + "; " +
                        cp::suggestion(port, names, "ports"));
}

void set_pace(const ReplayWords& words, cp::ReplayInput& input) {
  for (const auto& [option, text] : words) {
    if (option != "speed" && option != "pps" && option != "rate") continue;
    input.speed = {};
    input.pps.reset();
    input.rate.reset();
    if (option == "speed") input.speed = cp::parse_speed(text);
    if (option == "pps") input.pps = number(option, text, 1, 1'000'000'000);
    if (option == "rate") input.rate = cp::parse_rate(text);
  }
}

void set(const ReplayWords& words, cp::ReplayInput& input) {
  set_pace(words, input);
  for (const auto& [option, text] : words) {
    if (option == "loop") input.loop = number(option, text, 1, 1'000'000'000);
    if (option == "filter") input.filter = text;
    if (option == "gso") input.gso = gso(text);
    if (option == "mtu") input.mtu = number(option, text, 576, 9198);
  }
}

// nullopt when the words do not part the captures.
std::optional<cp::ReplaySplit> split(const cp::Scenario& scenario, const std::string& port,
                                     const ReplayWords& words) {
  cp::ReplaySplit out;
  std::string by;
  for (const auto& [option, text] : words) {
    if (option == "azure-port") out.port = text;
    if (option != "azure" && option != "azure-mac" && option != "azure-serves") continue;
    if (!by.empty() && by != option)
      throw UsageError("--" + by + " and --" + option + " both part the capture; keep one");
    by = option;
    if (option == "azure-mac") out.macs.push_back(mac(option, text));
  }
  out.azure = prefixes(words, "azure");
  if (by.empty()) {
    if (!out.port.empty())
      throw UsageError("--azure-port goes with --azure, --azure-mac or --azure-serves");
    return std::nullopt;
  }
  out.by = by == "azure"       ? cp::ReplaySplit::By::prefixes
           : by == "azure-mac" ? cp::ReplaySplit::By::macs
                               : cp::ReplaySplit::By::servers;
  if (out.port.empty()) out.port = azure_port(scenario, port);
  need_port(scenario, out.port);
  if (out.port == port)
    throw UsageError("both sides of the capture would enter by port " + port +
                     "; name another with --port or --azure-port");
  return out;
}

// Every value is looked at, so that a mistake is one of usage.
void check(const ReplayWords& words) {
  unsigned paces = 0;
  for (const auto& [option, text] : words) {
    paces += option == "speed" || option == "pps" || option == "rate";
    if (option == "speed" && cp::parse_speed(text).factor == 0)
      refuse(option, text, "a decimal number above 0, such as 0.5 or 2");
    if (option == "rate" && !cp::parse_rate(text))
      refuse(option, text, "a rate with its unit, such as 250Mbps");
    if (option == "filter" && text.empty()) throw UsageError("--filter is empty");
    if (option == "azure-mac") mac(option, text);
  }
  if (paces > 1) throw UsageError("--speed, --pps and --rate all say how fast; keep one of them");
  cp::ReplayInput unused;
  set(words, unused);
  for (const char* side : {"azure", "onprem"}) prefixes(words, side);
}

}  // namespace

void add_replay_options(po::options_description& options) {
  const auto text = [] { return po::value<std::string>(); };
  const auto texts = [] { return po::value<Strings>(); };
  options.add_options()("speed", text(), "factor on the capture's spacing, such as 0.5 or 2")(
      "pps", text(), "packets a second, evenly, in place of it")(
      "rate", text(), "bits a second of frames in place of it, such as 250Mbps")(
      "loop", text(), "times it is replayed")("filter", text(),
                                              "packets that enter, as tcpdump has them")(
      "gso", text(), "TCP packets above the MTU: drop, resegment or keep")(
      "mtu", text(), "bytes of the hosts' longest IP packet; default: 1500")(
      "onprem", texts(), "without --config: a prefix of the customer; may be repeated")(
      "azure", texts(), "a prefix in Azure, whose packets enter there; may be repeated")(
      "azure-mac", texts(), "the same by MAC address of the sender; may be repeated")(
      "azure-serves", po::bool_switch(), "the same for whoever does not open a flow")(
      "azure-port", text(), "where they enter; default: that of a virtual network");
}

ReplayWords take_replay_options(const po::variables_map& values) {
  ReplayWords out;
  for (const char* name : {"speed", "pps", "rate", "loop", "filter", "gso", "mtu", "azure-port"})
    if (values.count(name)) out.emplace_back(name, values[name].as<std::string>());
  for (const char* name : {"onprem", "azure", "azure-mac"})
    if (values.count(name))
      for (const std::string& text : values[name].as<Strings>()) out.emplace_back(name, text);
  if (values["azure-serves"].as<bool>()) out.emplace_back("azure-serves", "true");
  check(out);
  return out;
}

std::vector<net::Prefix> prefixes(const ReplayWords& words, const std::string& option) {
  std::vector<net::Prefix> out;
  for (const auto& [name, text] : words) {
    if (name != option) continue;
    auto prefix = net::Prefix::parse(text);
    if (const auto ip = net::Ip::parse(text)) prefix = {*ip, static_cast<uint8_t>(ip->bits())};
    if (!prefix) refuse(option, text, "an address or a prefix, such as 10.0.1.4 or 10.0.0.0/16");
    if (*prefix != prefix->canonical())
      refuse(option, text, "has host bits; write " + prefix->canonical().str());
    out.push_back(*prefix);
  }
  return out;
}

ReplayWords replay_keys(const ReplayWords& words) {
  ReplayWords out;
  for (const auto& [option, text] : words) {
    for (const char* plain : {"speed", "pps", "rate", "loop", "gso", "mtu"})
      if (option == plain) out.emplace_back(option, text);
    if (option != "filter") continue;
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    out.emplace_back(option, quoted + "'");
  }
  return out;
}

void replay_instead(cp::Scenario& scenario, const std::vector<std::string>& captures,
                    const std::string& wanted_port, const ReplayWords& words) {
  const std::string port = wanted_port.empty() ? default_port(scenario) : wanted_port;
  need_port(scenario, port);
  cp::ReplayInput input;
  for (const cp::ReplayInput& existing : scenario.replay)
    if (existing.port == port) input = existing;
  input.name = "capture";
  input.port = port;
  set(words, input);
  if (const auto parted = split(scenario, port, words)) input.split = parted;
  scenario.replay.clear();
  for (const std::string& file : captures) {
    if (input.loop > 1 && file == "-")
      throw UsageError("standard input can be read only once; name a file or leave --loop out");
    input.file = file;
    scenario.replay.push_back(input);
  }
}

}  // namespace erbium::cli
