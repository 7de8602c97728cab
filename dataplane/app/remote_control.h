// Control in another process, as the driver sees it: answers what it asks from the last grant, and
// otherwise lets time stand still until control has spoken. When control goes away the run stays as
// it is, and waits for another that takes it over.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/agent/socket.h"
#include "dataplane/driver/control_source.h"
#include "dataplane/driver/emulation.h"

namespace erbium::dp {

// The run was interrupted while it waited for control.
class Interrupted {};

class RemoteControl final : public ControlSource {
 public:
  // `wait` is for another control when the first has gone away. `stop` is also set when control
  // wants the run to end.
  RemoteControl(Listener& listener, Duration wait, std::atomic<bool>& stop)
      : listener_(listener), wait_(wait), stop_(stop) {}

  // All of them throw ProtocolError; PeerGone when no other control comes in time; Interrupted.

  // Waits for the first control, however long, and for what it wants to run.
  api::Start meet();
  // The inputs are open: takes the first generation and the first grant.
  void attach(Emulation& emulation, const api::Start& start);
  // On the way, between two windows.
  void progress(unsigned per_mille, uint64_t packets);
  // Says what the run came to. Returns how control wants its outputs closed.
  api::Close end(const RunStats& stats, const std::optional<api::Failure>& failure);
  // The last words; nobody may be there to hear them.
  void closed(const std::optional<api::Failure>& failure);
  // It cannot go on.
  void fail(const api::Failure& failure);

  // The driver's questions.
  Time next() const override;
  void deliver(Time now) override;
  void replay_starts(Time at) override;
  void delivered(std::vector<Delivery> deliveries) override;
  Duration latency() const override { return latency_; }
  std::optional<Time> converged() const override { return converged_; }
  bool quiet() const override { return quiet_; }

 private:
  api::Start greet(std::optional<Duration> patience);
  api::RunState state() const;
  void exchange(Time now, bool starts);
  void take_grant();
  void apply(const api::ToDataplane& message);
  void recover(const api::PeerGone& why);
  void send(const api::FromDataplane& message) { channel_->send(message); }

  Listener& listener_;
  const Duration wait_;
  std::atomic<bool>& stop_;
  std::unique_ptr<api::Channel> channel_;
  Emulation* emulation_ = nullptr;
  std::optional<api::Setup> setup_;
  std::optional<Time> replay_start_;
  Time now_;
  bool committed_ = false;
  std::deque<Delivery> queue_;  // not yet handed over, by time

  // Of the last grant.
  Time until_;
  Time sample_at_ = Time::max();
  Duration latency_ = Duration::max();
  std::optional<Time> converged_;
  bool quiet_ = false;
  uint32_t credit_ = api::kCredit;
};

}  // namespace erbium::dp
