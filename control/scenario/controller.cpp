#include "control/scenario/controller.h"

#include <algorithm>

#include "control/scenario/assemble.h"
#include "control/scenario/probes.h"

namespace erbium::cp {
namespace {

constexpr size_t kMostSamples = 1200;

void sort_by_time(std::vector<RunEvent>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const RunEvent& a, const RunEvent& b) { return a.at_ns < b.at_ns; });
}

// Of two intervals in a row: the later counts, and the greater loads of both.
std::vector<LinkSample> joined(const std::vector<LinkSample>& first, std::vector<LinkSample> last) {
  for (size_t i = 0; i < last.size(); i++) {
    LinkLoad& load = last[i].load;
    load.wait_max_ns = std::max(load.wait_max_ns, first[i].load.wait_max_ns);
    load.delay_max_ns = std::max(load.delay_max_ns, first[i].load.delay_max_ns);
  }
  return last;
}

}  // namespace

Controller::Controller(const Scenario& scenario, const TopologyOptions& options)
    : scenario_(scenario),
      compiler_(scenario, options),
      sessions_(scenario.control.routes == ControlOptions::Routes::bgp
                    ? std::optional<Sessions>(std::in_place, scenario, compiler_)
                    : std::nullopt),
      timeline_(scenario, compiler_, sessions_ ? &*sessions_ : nullptr) {}

void Controller::connect(Send send, CountLinks count_links, Duration sample_interval) {
  send_ = std::move(send);
  count_links_ = std::move(count_links);
  samples_.interval = sample_interval;
  next_sample_ = sample_interval == Duration::max() ? Time::max() : Time() + sample_interval;
}

void Controller::begin(Send send, CountLinks count_links, Duration sample_interval) {
  connect(std::move(send), std::move(count_links), sample_interval);
  Generation first = compiler_.initial();
  add_measured(first);
  hand_over(first);
}

// FNV-1a, 64 bits.
uint64_t Controller::network_hash() const {
  Compiler compiler(compiler_);
  Generation first = compiler.initial();
  add_measured(first);
  uint64_t hash = 0xcbf29ce484222325;
  first.each([&](const api::ToDataplane& message) {
    for (const char c : message.SerializeAsString())
      hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  });
  return hash;
}

void Controller::take_over(Send send, CountLinks count_links, Duration sample_interval, Time now,
                           std::optional<Time> replay_start, uint64_t generation) {
  connect(std::move(send), std::move(count_links), sample_interval);
  while (next_sample_ <= now)  // nobody knows what links had done by then
    sample(std::vector<LinkStats>(compiler_.topology().links.size()));
  (void)compiler_.initial();  // what the timeline changes; the dataplane gets it with the changes
  std::vector<Injection> injections;
  if (sessions_) sessions_->run(now, injections);
  if (replay_start) {
    replay_start_ = *replay_start;
    timeline_.resume(*replay_start, now);
  }
  if (sessions_) sessions_->run(now, injections);
  resend(now, generation);
  inject(injections, now);
}

void Controller::resend(Time now, uint64_t generation) {
  if (sessions_) sessions_->restate();
  Generation all = compiler_.everything(now, generation);
  add_measured(all);
  hand_over(all);
}

void Controller::add_measured(Generation& generation) const {
  auto measured = probe_streams(scenario_, compiler_.topology());
  if (flows_) measured.push_back(measured_flows(scenario_));
  generation.messages.insert(generation.messages.end() - 1, measured.begin(), measured.end());
}

Time Controller::next() const {
  const Time next = std::min(timeline_.next(), next_sample_);
  return sessions_ ? std::min(next, sessions_->next()) : next;
}

void Controller::deliver(Time now) {
  while (next_sample_ <= now) sample(count_links_());
  for (const Generation& generation : timeline_.take(now)) hand_over(generation);
  if (!sessions_ || sessions_->next() > now) return;
  std::vector<Injection> injections;
  sessions_->run(now, injections);
  if (const auto generation = compiler_.flush(now)) {
    hand_over(*generation);
    routes_.push_back({now.ns(), "routes", "generation " + std::to_string(generation->id)});
  }
  inject(injections, now);
}

void Controller::replay_starts(Time at) {
  replay_start_ = at;
  timeline_.start(at);
  if (sessions_) sessions_->replay_starts(at);
}

void Controller::delivered(const std::vector<Delivery>& deliveries) {
  for (const Delivery& delivery : deliveries) sessions_->deliver(delivery);
}

Duration Controller::latency() const {
  return sessions_ ? compiler_.control_latency() : Duration::max();
}

std::optional<Time> Controller::converged() const {
  return sessions_ ? sessions_->converged() : Time();
}

std::vector<RunEvent> Controller::events() const {
  if (!sessions_) return {};
  std::vector<RunEvent> out = sessions_->events();
  out.insert(out.end(), routes_.begin(), routes_.end());
  sort_by_time(out);
  return out;
}

void Controller::add_events(RunStats& stats) const {
  std::vector<RunEvent> all(timeline_.events().begin(), timeline_.events().end());
  const std::vector<RunEvent> own = events();
  all.insert(all.end(), own.begin(), own.end());
  all.push_back({replay_start_.ns(), "replay_start", ""});
  std::move(stats.events.begin(), stats.events.end(), std::back_inserter(all));
  stats.events = std::move(all);
  sort_by_time(stats.events);
  stats.virtual_time_ns = std::max(stats.virtual_time_ns, stats.events.back().at_ns);
}

Report Controller::report(const RunStats& stats) const {
  const bool sampled = samples_.interval != Duration::max();
  return make_report(
      {.scenario = scenario_,
       .topology = compiler_.topology(),
       .stats = stats,
       .replay_start_ns = replay_start_.ns(),
       .timeline = timeline_.events(),
       .control = events(),
       .sessions = sessions_ ? sessions_->histories() : std::vector<SessionHistory>{},
       .routes = history_ ? &*history_ : nullptr,
       .sample_interval_ns = sampled ? samples_.interval.ns() : 0,
       .samples = samples_.at});
}

// A run that turns out long is sampled half as often.
void Controller::sample(const std::vector<LinkStats>& counts) {
  std::vector<LinkSample>& added = samples_.at.emplace_back();
  for (const LinkStats& link : counts) added.push_back(link_sample(link));
  if (samples_.at.size() == kMostSamples) {
    for (size_t i = 0; i < kMostSamples / 2; i++)
      samples_.at[i] = joined(samples_.at[2 * i], std::move(samples_.at[2 * i + 1]));
    samples_.at.resize(kMostSamples / 2);
    samples_.interval = samples_.interval * 2;
  }
  next_sample_ = Time() + samples_.interval * static_cast<int64_t>(samples_.at.size() + 1);
}

void Controller::hand_over(const Generation& generation) {
  generation.each([&](const api::ToDataplane& message) {
    if (history_) history_->hear(message, generation.at);
    send_(message, generation.at);
  });
}

void Controller::inject(const std::vector<Injection>& injections, Time now) {
  for (const Injection& injection : injections) {
    api::ToDataplane message;
    api::Inject& inject = *message.mutable_inject();
    inject.set_host_port(injection.host_port);
    inject.set_at_ns(now.ns());
    inject.set_packet(injection.packet.data(), injection.packet.size());
    send_(message, now);
  }
}

}  // namespace erbium::cp
