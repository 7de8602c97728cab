#include "control/scenario/setup.h"

#include <algorithm>

#include "control/config/decode.h"
#include "control/config/nearest.h"
#include "control/report/series.h"
#include "control/scenario/probes.h"

namespace erbium::cp {
namespace {

api::PortFit port_fit(const PortAttachment& at, const ReplayInput& replay, bool tags) {
  const bool fit = replay.mac == ReplayInput::MacRewrite::fit;
  api::PortFit frames;
  if (fit) frames.set_router_mac(api::to_bytes(at.router_mac));
  frames.set_retag(fit || tags);
  frames.set_outer_tpid(at.outer_tpid);
  frames.set_inner_tpid(at.inner_tpid);
  frames.set_outer_vid(tags ? replay.s_tag.value_or(replay.c_tag.value_or(0)) : at.outer_vid);
  frames.set_inner_vid(!tags ? at.inner_vid : replay.s_tag ? replay.c_tag.value_or(0) : 0);
  return frames;
}

api::Pacing pacing(const ReplayInput& replay) {
  api::Pacing out;
  out.set_speed(replay.speed.factor);
  out.set_speed_unit(replay.speed.unit);
  out.set_pps(replay.pps.value_or(0));
  out.set_rate_bps(replay.rate.value_or(BitRate()).bps());
  out.set_loop(replay.loop);
  return out;
}

size_t index_of(const Scenario& scenario, const std::string& port) {
  return static_cast<size_t>(find(scenario.ports, port) - scenario.ports.data());
}

api::Split split(const Scenario& scenario, const Topology& topology, const ReplayInput& replay) {
  const size_t port = index_of(scenario, replay.split->port);
  api::Split out;
  out.set_port(static_cast<uint32_t>(port + 1));
  *out.mutable_fit() = port_fit(topology.ports[port], replay, false);
  for (const net::Prefix& prefix : replay.split->azure) {
    api::Prefix& added = *out.add_prefixes();
    added.set_ip(api::to_bytes(prefix.address));
    added.set_length(prefix.length);
  }
  for (const net::Mac& mac : replay.split->macs) out.add_macs(api::to_bytes(mac));
  return out;
}

api::InputCapture input_capture(const Scenario& scenario, const Topology& topology,
                                const ReplayInput& replay) {
  const size_t port = index_of(scenario, replay.port);
  api::InputCapture out;
  out.set_name(replay.name);
  out.set_path(replay.file);
  out.set_port(static_cast<uint32_t>(port + 1));
  *out.mutable_fit() = port_fit(topology.ports[port], replay, replay.s_tag || replay.c_tag);
  *out.mutable_pacing() = pacing(replay);
  out.set_filter(replay.filter);
  out.mutable_gso()->set_mode(static_cast<api::Gso::Mode>(replay.gso));
  out.mutable_gso()->set_mtu(replay.mtu);
  if (replay.split) *out.mutable_split() = split(scenario, topology, replay);
  return out;
}

std::vector<std::string> selected(const Selection& selection, const std::vector<std::string>& all) {
  return selection.all ? all : selection.names;
}

// A customer's firewall and a gateway's size need their stages, whether the scenario names them or
// not.
std::vector<StageName> wanted_stages(const Scenario& scenario) {
  std::vector<StageName> out = scenario.dataplane.stages;
  const auto want = [&](const char* name, SourceMark mark) {
    const auto is = [&](const StageName& stage) { return stage.name == name; };
    if (std::none_of(out.begin(), out.end(), is)) out.push_back({name, mark});
  };
  for (const Ce& ce : scenario.onprem)
    if (ce.flow_age) want("stateful", ce.stateful_mark);
  for (const Gateway& gateway : scenario.gateways)
    if (gateway.caps) want("capacity", gateway.mark);
  return out;
}

}  // namespace

// How long captures last is known when they have ended.
Duration sample_interval(const Scenario& scenario) {
  constexpr size_t kSamples = 1000;
  const auto length = scenario_length(scenario);
  return length ? Duration::ns(bin_for(std::max<int64_t>(1, length->ns()), kSamples))
                : Duration::us(100);
}

api::Setup run_setup(const Scenario& scenario, const Topology& topology,
                     const SetupOptions& options) {
  api::Setup out;
  for (const ReplayInput& replay : scenario.replay)
    *out.add_inputs() = input_capture(scenario, topology, replay);
  out.set_max_gap_ns(scenario.time.max_gap.ns());
  for (const StageName& stage : wanted_stages(scenario)) out.add_optional_stages(stage.name);
  out.set_memory(options.memory);
  out.set_burst(options.burst);
  out.set_lookahead_divisor(options.lookahead_divisor);
  out.set_drop_examples(options.drop_examples);
  if (const auto start = scenario.time.replay_start) out.set_replay_start_ns(start->ns());
  if (const auto length = scenario_length(scenario)) out.set_duration_ns(length->ns());
  if (const auto start = scenario.time.start_unix_ns) out.set_start_unix_ns(*start);
  return out;
}

api::OutputCaptures output_captures(const Scenario& scenario, const Topology& topology,
                                    const std::string& directory) {
  std::vector<std::string> ports, links;
  for (const Port& port : scenario.ports) ports.push_back(port.name);
  for (const LinkInfo& link : topology.links) links.push_back(link.name);
  ports = selected(scenario.outputs.capture_ports, ports);
  links = selected(scenario.outputs.capture_links, links);
  api::OutputCaptures out;
  out.set_directory(directory);
  out.mutable_ports()->Assign(ports.begin(), ports.end());
  out.mutable_links()->Assign(links.begin(), links.end());
  out.set_arrivals(scenario.outputs.ends == Outputs::Ends::both);
  if (scenario.outputs.comments != Outputs::Comments::off)
    out.set_drops(scenario.outputs.drop_limit);
  out.set_comments(scenario.outputs.comments == Outputs::Comments::all);
  out.set_comment("erbium scenario " + scenario.name + ", seed " + std::to_string(scenario.seed));
  return out;
}

std::vector<std::string> optional_stages(const Scenario& scenario,
                                         const std::vector<std::string>& known) {
  std::vector<std::string> out;
  for (const StageName& stage : wanted_stages(scenario)) {
    if (std::find(known.begin(), known.end(), stage.name) == known.end())
      throw ConfigError(
          scenario.path, stage.mark,
          "no optional stage " + stage.name + "; " +
              (known.empty() ? "this build has none" : suggestion(stage.name, known, "stages")));
    out.push_back(stage.name);
  }
  return out;
}

void check_drop_reasons(const Scenario& scenario, const std::vector<std::string>& known) {
  for (const Expectation& e : scenario.expect)
    if (e.subject == Expectation::Subject::drops &&
        std::find(known.begin(), known.end(), e.name) == known.end())
      throw ConfigError(
          scenario.path, e.name_mark,
          "there is no reason of drops '" + e.name + "'; " + suggestion(e.name, known, "reasons"));
}

}  // namespace erbium::cp
