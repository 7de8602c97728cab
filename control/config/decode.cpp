// Reads a scenario: parse, strict walk along the tables, typed decode, references.
#include "control/config/decode.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "control/config/decode_sections.h"

namespace erbium::cp {
namespace {

void read_ports(const Reader& top, Scenario& out) {
  for (const YamlEntry& entry : top.entries("ports")) {
    const Reader in = top.of("ports", entry);
    Port port;
    port.name = entry.key;
    port.mark = entry.mark;
    port.dev = in.text("dev");
    port.neighbors = in.maybe(&Reader::word<Port::Neighbors>, "neighbors");
    if (in.has("mac")) port.mac = net::Mac::parse(in.text("mac"));
    out.ports.push_back(std::move(port));
  }
}

TimeOptions read_time(const Reader& in) {
  TimeOptions time;
  time.mark = in.mark();
  if (in.has("start")) {
    time.start_unix_ns = parse_rfc3339(in.text("start"));
    if (!time.start_unix_ns)
      throw Fault(in.mark("start"), "time.start is a day that does not exist; check the date");
  }
  if (in.text("replay_start") != "converged") time.replay_start = in.duration("replay_start");
  time.duration = in.maybe(&Reader::duration, "duration");
  time.max_gap = in.duration("max_gap");
  time.control_latency = in.duration("control_latency");
  time.reply_latency = in.duration("reply_latency");
  time.arp_age = in.duration("arp_age");
  return time;
}

ControlOptions read_control(const Reader& in) {
  ControlOptions control;
  control.mark = in.mark();
  control.routes = in.word<ControlOptions::Routes>("routes");
  control.chosen = control.routes != ControlOptions::Routes::automatic;
  const Reader delay = in.child("gateway_delay");
  control.gateway_delay_min = delay.duration("min");
  control.gateway_delay_max = delay.duration("max");
  return control;
}

Backbone read_backbone(const Reader& in) {
  Backbone backbone;
  backbone.mark = in.mark();
  backbone.rate = in.rate("rate");
  backbone.delay = in.duration("delay");
  backbone.queue = in.duration("queue");
  return backbone;
}

// The keys that are there replace what `out` has.
IcmpOptions read_icmp(const Reader& in, IcmpOptions out) {
  if (in.has("echo")) out.echo = in.boolean("echo");
  if (in.has("errors")) out.errors = in.boolean("errors");
  if (in.has("rate")) out.rate = in.u32("rate");
  if (in.has("burst")) out.burst = in.u32("burst");
  return out;
}

Selection read_selection(const Reader& in, std::string_view key) {
  Selection selection;
  selection.all = !in.has(key) || in.text(key) == "all";
  selection.mark = in.mark(key);
  selection.names = in.texts(key);
  return selection;
}

Outputs read_outputs(const Reader& in) {
  Outputs outputs;
  outputs.mark = in.mark();
  outputs.dir = in.text("dir");
  const Reader pcapng = in.child("pcapng");
  outputs.capture_ports = read_selection(pcapng, "ports");
  outputs.capture_links = read_selection(pcapng, "links");
  outputs.ends = pcapng.word<Outputs::Ends>("ends");
  outputs.comments = pcapng.word<Outputs::Comments>("comments");
  outputs.drop_limit = static_cast<uint64_t>(pcapng.integer("drop_limit"));
  outputs.report = in.texts("report");
  outputs.report_mark = in.mark("report");
  outputs.metrics_listen = in.child("metrics").text("listen");
  outputs.metrics_mark = in.mark("metrics");
  return outputs;
}

Scenario decode(const YamlNode& root, const std::string& path) {
  check_object(root, scenario_object(), "scenario");
  const Reader top(&root, scenario_object());
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  Scenario out;
  out.path = path;
  out.name = top.text("name");
  const Reader about = top.child("about");
  out.about = {about.text("shows"), about.texts("covers"), about.text("source")};
  out.seed = static_cast<uint64_t>(top.integer("seed"));
  read_ports(top, out);
  read_circuits(top, directory, out);
  read_azure(top, directory, out);
  read_onprem(top, directory, out);
  read_impairments(top, directory, out);
  read_run(top, directory, out);
  out.control = read_control(top.child("control"));
  out.time = read_time(top.child("time"));
  out.backbone = read_backbone(top.child("backbone"));
  const Reader icmp = top.child("icmp");
  out.icmp = read_icmp(icmp, {});
  for (const YamlEntry& entry : icmp.entries("routers"))
    out.router_icmp.push_back(
        {entry.key, read_icmp(icmp.of("routers", entry), out.icmp), entry.mark});
  out.outputs = read_outputs(top.child("outputs"));
  const Reader dataplane = top.child("dataplane");
  out.dataplane.mark = dataplane.mark();
  for (const YamlNode& stage : dataplane.items("stages"))
    out.dataplane.stages.push_back({stage.text, stage.mark});
  resolve(out);
  return out;
}

}  // namespace

std::string printable(const std::string& text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f)
      out += c;
    else
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

std::string resolve_path(const std::filesystem::path& directory, const std::string& text) {
  return (directory / text).lexically_normal().string();
}

SecretRef read_secret(const Reader& in, const std::filesystem::path& directory) {
  SecretRef secret;
  secret.mark = in.mark();
  if (in.has("env")) {
    secret.name = in.text("env");
  } else if (in.has("file")) {
    secret.from = SecretRef::From::file;
    secret.name = resolve_path(directory, in.text("file"));
  } else {
    secret.from = SecretRef::From::keyring;
    secret.name = in.text("keyring");
  }
  return secret;
}

LinkRef read_link(const std::string& text, SourceMark mark) {
  const size_t slash = text.rfind('/');
  return {text.substr(0, slash), text.substr(slash + 1) == kLinkNames[0] ? kPrimary : kSecondary,
          mark};
}

std::vector<LinkRef> read_links(const Reader& in, std::string_view key) {
  std::vector<LinkRef> out;
  for (const YamlNode& item : in.items(key)) out.push_back(read_link(item.text, item.mark));
  return out;
}

std::vector<MarkedPrefix> read_prefixes(const Reader& in, std::string_view key) {
  std::vector<MarkedPrefix> out;
  for (const YamlNode& item : in.items(key))
    out.push_back({*net::Prefix::parse(item.text), item.mark});
  return out;
}

Scenario load_text(const std::string& text, const std::string& path) {
  try {
    Scenario out = decode(parse_yaml(text), path);
    out.text = text;
    return out;
  } catch (const Fault& fault) {
    throw ConfigError(path, fault.mark, fault.what());
  }
}

Scenario load(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw ConfigError(path, {1, 1}, "is a directory; name a YAML file");
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw ConfigError(path, {1, 1},
                      std::string("cannot be read: ") + std::strerror(errno) +
                          "; check the name and its permissions");
  std::ostringstream text;
  text << file.rdbuf();
  return load_text(text.str(), path);
}

}  // namespace erbium::cp
