#include "cli/control_link.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "common/check.h"
#include "dataplane/driver/collect.h"

namespace erbium::cli {
namespace {

constexpr size_t kMostSamples = 1200;

}  // namespace

ControlLink::ControlLink(ControlParts parts, dp::Agent& agent, const dp::Network& network,
                         Duration sample_interval, OutputFile* journal)
    : parts_(std::move(parts)),
      agent_(agent),
      network_(network),
      journal_(journal),
      latency_(parts_.sessions ? parts_.compiler.control_latency() : Duration::max()) {
  samples_.interval = sample_interval;
  next_sample_ = sample_interval == Duration::max() ? Time::max() : Time() + sample_interval;
  cp::Generation first = parts_.compiler.initial();
  first.messages.insert(first.messages.end() - 1, parts_.streams.begin(), parts_.streams.end());
  hand_over(first);
}

Time ControlLink::next() const {
  Time next = std::min(parts_.timeline.next(), next_sample_);
  return parts_.sessions ? std::min(next, parts_.sessions->next()) : next;
}

void ControlLink::deliver(Time now) {
  while (next_sample_ <= now) sample();
  for (const cp::Generation& generation : parts_.timeline.take(now)) hand_over(generation);
  if (!parts_.sessions || parts_.sessions->next() > now) return;
  std::vector<cp::Injection> injections;
  parts_.sessions->run(now, injections);
  if (const auto generation = parts_.compiler.flush(now)) {
    hand_over(*generation);
    routes_.push_back({now.ns(), "routes", "generation " + std::to_string(generation->id)});
  }
  for (cp::Injection& injection : injections) {
    api::ToDataplane message;
    api::Inject& inject = *message.mutable_inject();
    inject.set_host_port(injection.host_port);
    inject.set_at_ns(now.ns());
    inject.set_packet(injection.packet.data(), injection.packet.size());
    hand_over(message, now);
  }
}

void ControlLink::replay_starts(Time at) {
  replay_start_ = at;
  parts_.timeline.start(at);
}

void ControlLink::delivered(std::vector<Delivery> deliveries) {
  for (const Delivery& delivery : deliveries) parts_.sessions->deliver(delivery);
}

std::optional<Time> ControlLink::converged() const {
  return parts_.sessions ? parts_.sessions->converged() : Time();
}

std::vector<RunEvent> ControlLink::events() const {
  if (!parts_.sessions) return {};
  std::vector<RunEvent> out = parts_.sessions->events();
  out.insert(out.end(), routes_.begin(), routes_.end());
  std::stable_sort(out.begin(), out.end(),
                   [](const RunEvent& a, const RunEvent& b) { return a.at_ns < b.at_ns; });
  return out;
}

// A run that turns out long is sampled half as often.
void ControlLink::sample() {
  samples_.at.push_back(dp::collect_links(network_));
  if (samples_.at.size() == kMostSamples) {
    for (size_t i = 0; i < kMostSamples / 2; i++)
      samples_.at[i] = std::move(samples_.at[2 * i + 1]);
    samples_.at.resize(kMostSamples / 2);
    samples_.interval = samples_.interval * 2;
  }
  next_sample_ = Time() + samples_.interval * static_cast<int64_t>(samples_.at.size() + 1);
}

void ControlLink::hand_over(const cp::Generation& generation) {
  for (const api::ToDataplane& message : generation.messages) hand_over(message, generation.at);
}

void ControlLink::hand_over(const api::ToDataplane& message, Time at) {
  const auto status = agent_.handle(message);
  ERBIUM_CHECK(status.has_value());  // what control compiles is well formed
  if (!journal_) return;
  std::string line;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  (void)google::protobuf::util::MessageToJsonString(message, &line, options);
  journal_->append("{\"at_ns\":" + std::to_string(at.ns()) + ",\"message\":" + line + "}\n");
}

}  // namespace erbium::cli
