#include "dataplane/driver/emulation.h"

#include <algorithm>

#include "dataplane/core/stage.h"
#include "dataplane/driver/collect.h"
#include "dataplane/links/link.h"

namespace erbium::dp {
namespace {

std::optional<PortFit> port_fit(const api::PortFit& fit) {
  PortFit out{.retag = fit.retag(),
              .outer_tpid = static_cast<uint16_t>(fit.outer_tpid()),
              .inner_tpid = static_cast<uint16_t>(fit.inner_tpid()),
              .outer_vid = static_cast<uint16_t>(fit.outer_vid()),
              .inner_vid = static_cast<uint16_t>(fit.inner_vid())};
  if (!fit.has_router_mac()) return out;
  out.router_mac = api::mac_from(fit.router_mac());
  return out.router_mac ? std::optional(out) : std::nullopt;
}

// nullopt when a part is out of range.
std::optional<Pacing> pacing(const api::Pacing& given) {
  const int ways =
      (given.speed() != given.speed_unit()) + (given.pps() != 0) + (given.rate_bps() != 0);
  if (given.speed() == 0 || given.speed_unit() == 0 || given.loop() == 0 || ways > 1)
    return std::nullopt;
  return Pacing{given.speed(), given.speed_unit(), given.pps(), BitRate::bps(given.rate_bps()),
                given.loop()};
}

std::optional<GsoOptions> gso(const api::Gso& given) {
  if (given.mode() < api::Gso::DROP || given.mode() > api::Gso::KEEP || given.mtu() < 576)
    return std::nullopt;
  return GsoOptions{static_cast<GsoOptions::Mode>(given.mode()), given.mtu()};
}

std::optional<InputSplit> split(const api::Split& given) {
  const auto fit = port_fit(given.fit());
  if (!fit || (given.prefixes_size() > 0 && given.macs_size() > 0)) return std::nullopt;
  InputSplit out{.port = given.port(), .fit = *fit};
  for (const api::Prefix& prefix : given.prefixes()) {
    const auto ip = api::ip_from(prefix.ip());
    if (!ip || prefix.length() > ip->bits()) return std::nullopt;
    out.rules.prefixes.push_back({*ip, static_cast<uint8_t>(prefix.length())});
  }
  for (const std::string& bytes : given.macs()) {
    const auto mac = api::mac_from(bytes);
    if (!mac) return std::nullopt;
    out.rules.macs.push_back(*mac);
  }
  out.rules.by = given.prefixes_size() > 0 ? SideRules::By::prefixes
                 : given.macs_size() > 0   ? SideRules::By::macs
                                           : SideRules::By::servers;
  return out;
}

// nullopt when a part is out of range.
std::optional<InputConfig> input_config(const api::InputCapture& input) {
  const auto fit = port_fit(input.fit());
  const auto paced = pacing(input.pacing());
  const auto super_frames = gso(input.gso());
  if (!fit || !paced || !super_frames) return std::nullopt;
  InputConfig out{.name = input.name(),
                  .path = input.path(),
                  .port = input.port(),
                  .fit = *fit,
                  .pacing = *paced,
                  .filter = input.filter(),
                  .gso = *super_frames};
  if (input.has_split() && !(out.split = split(input.split()))) return std::nullopt;
  return out;
}

std::optional<Duration> duration(bool there, int64_t ns) {
  return there ? std::optional(Duration::ns(ns)) : std::nullopt;
}

}  // namespace

tl::expected<EmulationConfig, std::string> emulation_config(const api::Setup& setup) {
  const auto refuse = [](const std::string& what) { return tl::unexpected("setup: " + what); };
  EmulationConfig out{.max_gap = Duration::ns(setup.max_gap_ns()),
                      .memory = setup.memory(),
                      .burst = setup.burst()};
  if (out.max_gap < Duration()) return refuse("a gap below zero");
  if (out.memory == 0) return refuse("no memory");
  if (out.burst < 1 || out.burst > Burst::kMax) return refuse("a burst that is not 1 to 32");
  if (setup.lookahead_divisor() == 0) return refuse("a lookahead divisor of 0");
  for (const api::InputCapture& input : setup.inputs()) {
    const auto config = input_config(input);
    if (!config) return refuse("a value of input " + input.name());
    out.inputs.push_back(*config);
  }
  const std::vector<std::string> known = known_optional_stages();
  for (const std::string& stage : setup.optional_stages()) {
    if (std::find(known.begin(), known.end(), stage) == known.end())
      return refuse("no optional stage " + stage);
    out.optional_stages.push_back(stage);
  }
  out.replay.replay_start = duration(setup.has_replay_start_ns(), setup.replay_start_ns());
  out.replay.duration = duration(setup.has_duration_ns(), setup.duration_ns());
  for (const auto& time : {out.replay.replay_start, out.replay.duration})
    if (time && *time < Duration()) return refuse("a time below zero");
  out.replay.lookahead_divisor = setup.lookahead_divisor();
  out.replay.drop_examples = setup.drop_examples();
  if (setup.has_start_unix_ns()) out.replay.start_unix_ns = setup.start_unix_ns();
  if (setup.has_captures()) out.replay.captures = capture_config(setup.captures());
  return out;
}

CaptureConfig capture_config(const api::OutputCaptures& captures) {
  return {.directory = captures.directory(),
          .ports = {captures.ports().begin(), captures.ports().end()},
          .links = {captures.links().begin(), captures.links().end()},
          .arrivals = captures.arrivals(),
          .drops = captures.drops(),
          .comments = captures.comments(),
          .comment = captures.comment()};
}

std::vector<std::string> known_optional_stages() {
  std::vector<std::string> out;
  for (const StageDescriptor* stage : all_stages())
    if (stage->optional) out.emplace_back(stage->name);
  return out;
}

std::vector<std::string> known_drop_reasons() {
  std::vector<std::string> out(kRefusalNames.begin(), kRefusalNames.end());
  for (const StageDescriptor* stage : all_stages())
    out.insert(out.end(), stage->drops.begin(), stage->drops.end());
  out.insert(out.end(), std::begin(Link::kDropNames), std::end(Link::kDropNames));
  return out;
}

Emulation::Emulation(const EmulationConfig& config)
    : input_(config.inputs, config.max_gap),
      pool_(config.memory),
      network_(pool_, config.optional_stages, {.max_burst = config.burst}),
      agent_(network_) {}

void Emulation::begin(ControlSource& control, const ReplayOptions& options) {
  replay_.emplace(network_, control, input_, options);
}

void Emulation::run(const std::atomic<bool>& stop,
                    const std::function<void(unsigned, uint64_t)>& progress) {
  replay_->run(stop, progress);
}

RunStats Emulation::counters() { return dp::collect(network_, replay_->refused()); }

RunStats Emulation::collect() {
  RunStats stats = counters();
  stats.streams = replay_->take_streams();
  stats.flows = replay_->take_flows();
  stats.drop_places = replay_->drop_places();
  stats.events = input_.take_events();
  stats.clamped_timestamps = input_.clamped();
  stats.wall.table_bytes = agent_.table_bytes();
  stats.buffers_in_use = pool_.in_use();
  return stats;
}

void Emulation::close(const RunStats& stats, std::string_view reason) {
  replay_->close(stats, reason);
}

}  // namespace erbium::dp
