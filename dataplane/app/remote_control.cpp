#include "dataplane/app/remote_control.h"

#include <algorithm>
#include <cstdio>

#include "common/api/run_counts.h"
#include "dataplane/driver/collect.h"

namespace erbium::dp {
namespace {

std::string at(Time now) {
  char text[64];
  std::snprintf(text, sizeof text, " at %lld.%09lld s of scenario time",
                static_cast<long long>(now.ns() / 1'000'000'000),
                static_cast<long long>(now.ns() % 1'000'000'000));
  return text;
}

std::string seconds(Duration d) { return std::to_string(d.ns() / 1'000'000'000) + " s"; }

api::Delivered to_message(const Delivery& delivery) {
  api::Delivered out;
  out.set_host_port(delivery.host_port);
  out.set_at_ns(delivery.at.ns());
  out.set_interface_in(delivery.interface_in);
  out.set_packet_id(delivery.packet_id);
  out.set_packet(delivery.packet.data(), delivery.packet.size());
  return out;
}

}  // namespace

api::Start RemoteControl::meet() {
  while (true) {
    try {
      return greet(std::nullopt);
    } catch (const api::PeerGone& gone) {
      if (wait_ <= Duration()) throw;
      std::fprintf(stderr, "erbium-dataplane: %s; waiting for another\n", gone.what());
    }
  }
}

// Throws PeerGone when nobody comes in time, or goes at once.
api::Start RemoteControl::greet(std::optional<Duration> patience) {
  channel_.reset();
  auto socket = listener_.accept(patience, stop_);
  if (!socket && stop_) throw Interrupted();
  if (!socket)
    throw api::PeerGone("no other control came within " + seconds(wait_) + "; the run stood still" +
                        at(now_));
  channel_ = std::make_unique<api::Channel>(std::move(socket), "control");
  api::Hello hello;
  for (const std::string& stage : known_optional_stages()) hello.add_optional_stages(stage);
  for (const std::string& reason : known_drop_reasons()) hello.add_drop_reasons(reason);
  if (setup_) *hello.mutable_state() = state();
  channel_->greet(std::move(hello), false);
  api::FromControl m;
  channel_->receive(m);
  if (!m.has_start()) channel_->refuse(api::kind_of(m) + " in place of a start");
  if (setup_ && m.start().setup().SerializeAsString() != setup_->SerializeAsString())
    channel_->refuse("a start of another run than the one that is going on");
  return std::move(*m.mutable_start());
}

api::RunState RemoteControl::state() const {
  api::RunState out;
  *out.mutable_setup() = *setup_;
  out.set_now_ns(now_.ns());
  if (emulation_) out.set_generation(emulation_->agent().generation());
  if (replay_start_) out.set_replay_start_ns(replay_start_->ns());
  return out;
}

void RemoteControl::attach(Emulation& emulation, const api::Start& start) {
  emulation_ = &emulation;
  setup_ = start.setup();
  if (start.has_resume()) {
    now_ = Time::from_ns(start.resume().now_ns());
    if (start.resume().has_replay_start_ns())
      replay_start_ = Time::from_ns(start.resume().replay_start_ns());
  }
  try {
    api::FromDataplane m;
    m.mutable_ready();
    send(m);
    take_grant();
  } catch (const api::PeerGone& gone) {
    recover(gone);
  }
}

// Time stands still until another control has taken over.
void RemoteControl::recover(const api::PeerGone& why) {
  now_ = std::max(now_, emulation_->network().run_to());
  queue_.clear();  // what was for sessions that are no more
  std::string gone = why.what();
  while (true) {
    if (wait_ <= Duration()) throw api::PeerGone(gone + at(now_));
    std::fprintf(stderr, "erbium-dataplane: %s%s; waiting %s for another\n", gone.c_str(),
                 at(now_).c_str(), seconds(wait_).c_str());
    try {
      greet(wait_);
    } catch (const api::PeerGone& again) {
      if (!channel_) throw;
      gone = again.what();
      continue;
    }
    try {
      api::FromDataplane m;
      m.mutable_ready();
      send(m);
      take_grant();
      std::fprintf(stderr, "erbium-dataplane: another control has taken over%s\n",
                   at(now_).c_str());
      return;
    } catch (const api::PeerGone& again) {
      gone = again.what();
    }
  }
}

// Updates, then a grant.
void RemoteControl::take_grant() {
  while (true) {
    api::FromControl m;
    channel_->receive(m);
    if (m.has_update()) {
      apply(m.update());
      continue;
    }
    if (!m.has_grant()) channel_->refuse(api::kind_of(m) + " out of order");
    const api::Grant& grant = m.grant();
    if (!committed_) channel_->refuse("a grant before the first generation");
    if (grant.latency_ns() < 1 || grant.credit() == 0)
      channel_->refuse("a grant without latency or credit");
    until_ = Time::from_ns(grant.until_ns());
    sample_at_ = Time::from_ns(grant.sample_at_ns());
    latency_ = Duration::ns(grant.latency_ns());
    converged_ = grant.has_converged_ns() ? std::optional(Time::from_ns(grant.converged_ns()))
                                          : std::nullopt;
    quiet_ = grant.quiet();
    credit_ = grant.credit();
    if (grant.stop()) stop_ = true;
    return;
  }
}

void RemoteControl::apply(const api::ToDataplane& message) {
  const bool commit = message.has_commit();
  if (commit && message.commit().at_ns() < emulation_->network().run_to().ns())
    channel_->refuse("a commit whose time has passed");
  if (const auto status = emulation_->agent().handle(message); !status) {
    api::Failure failure;
    failure.set_text(status.error());
    fail(failure);
    channel_->refuse("what the agent refuses: " + status.error());
  }
  if (!commit) return;
  committed_ = true;
  api::FromDataplane m;
  m.mutable_applied()->set_generation(message.commit().generation());
  m.mutable_applied()->set_at_ns(message.commit().at_ns());
  send(m);
}

void RemoteControl::fail(const api::Failure& failure) {
  try {
    api::FromDataplane m;
    *m.mutable_failure() = failure;
    send(m);
    channel_->flush();
  } catch (const api::PeerGone&) {
  }
}

void RemoteControl::progress(unsigned per_mille, uint64_t packets) {
  now_ = std::max(now_, emulation_->network().run_to());
  try {
    api::FromDataplane m;
    m.mutable_progress()->set_now_ns(now_.ns());
    m.mutable_progress()->set_per_mille(per_mille);
    m.mutable_progress()->set_packets(packets);
    send(m);
    api::FromControl heard;
    if (!channel_->poll(heard)) return;
    if (!heard.has_grant() || !heard.grant().stop())
      channel_->refuse(api::kind_of(heard) + " out of order");
    stop_ = true;
  } catch (const api::PeerGone& gone) {
    recover(gone);
  }
}

// What is waiting to be handed over will make control act, one latency later.
Time RemoteControl::next() const {
  if (queue_.empty() || latency_ == Duration::max()) return until_;
  return std::min(until_, queue_.front().at + latency_);
}

void RemoteControl::delivered(std::vector<Delivery> deliveries) {
  std::move(deliveries.begin(), deliveries.end(), std::back_inserter(queue_));
}

void RemoteControl::deliver(Time now) { exchange(now, false); }

void RemoteControl::replay_starts(Time at) {
  replay_start_ = at;
  exchange(at, true);
}

// No more packets than control has credit for; time waits for the rest.
void RemoteControl::exchange(Time now, bool starts) {
  if (!starts) now_ = now;
  try {
    bool more = true;
    while (more) {
      api::FromDataplane m;
      api::Reached& reached = *m.mutable_reached();
      reached.set_now_ns(now.ns());
      reached.set_starts_replay(starts);
      for (uint32_t i = 0; !starts && i < credit_ && !queue_.empty(); i++) {
        *reached.add_delivered() = to_message(queue_.front());
        queue_.pop_front();
      }
      more = !starts && !queue_.empty();
      reached.set_more(more);
      if (!starts && !more && now >= sample_at_)
        for (const LinkStats& link : collect_links(emulation_->network()))
          *reached.add_links() = api::to_message(link);
      send(m);
      take_grant();
      if (stop_) return;
    }
  } catch (const api::PeerGone& gone) {
    recover(gone);
    return;
  }
  if (!starts && !stop_ && until_ <= now) channel_->refuse("a grant of time that has passed");
}

api::Close RemoteControl::end(const RunStats& stats, const std::optional<api::Failure>& failure) {
  while (true) {
    try {
      api::to_parts(stats, [this](const api::FromDataplane& part) { send(part); });
      api::FromDataplane m;
      api::Ended& ended = *m.mutable_ended();
      *ended.mutable_counts() = api::to_message(stats);
      ended.set_interrupted(stop_);
      if (failure) *ended.mutable_failure() = *failure;
      send(m);
      api::FromControl heard;
      channel_->receive(heard);
      while (heard.has_grant() && heard.grant().stop())  // it crossed the end
        channel_->receive(heard);
      if (!heard.has_close()) channel_->refuse(api::kind_of(heard) + " in place of close");
      return std::move(*heard.mutable_close());
    } catch (const api::PeerGone& gone) {
      recover(gone);
    }
  }
}

void RemoteControl::closed(const std::optional<api::Failure>& failure) {
  try {
    api::FromDataplane m;
    api::Closed& closed = *m.mutable_closed();
    if (failure) *closed.mutable_failure() = *failure;
    send(m);
    channel_->flush();
  } catch (const api::PeerGone&) {
  }
}

}  // namespace erbium::dp
