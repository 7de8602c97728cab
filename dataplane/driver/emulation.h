// The dataplane's half of a run in virtual time: inputs, network, agent and replay, built from
// plain values. Who speaks for control is given: somebody in the same process, or behind a socket.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "common/api/channel.h"
#include "common/run_stats.h"
#include "dataplane/agent/agent.h"
#include "dataplane/core/network.h"
#include "dataplane/driver/captures.h"
#include "dataplane/driver/control_source.h"
#include "dataplane/driver/input.h"
#include "dataplane/driver/replay.h"

namespace erbium::dp {

struct EmulationConfig {
  std::vector<InputConfig> inputs;
  Duration max_gap;
  std::vector<std::string> optional_stages;  // of those that there are
  size_t memory = 0;                         // packet pool, bytes
  unsigned burst = Burst::kMax;
  ReplayOptions replay;
};

// An error says which value is no good.
tl::expected<EmulationConfig, std::string> emulation_config(const api::Setup& setup);
CaptureConfig capture_config(const api::OutputCaptures& captures);
// Names of the stages that a scenario may ask for.
std::vector<std::string> known_optional_stages();
// Reasons of drops that a run may count.
std::vector<std::string> known_drop_reasons();

class Emulation {
 public:
  // Opens the inputs. Throws CaptureError, std::runtime_error without memory for a packet.
  explicit Emulation(const EmulationConfig& config);

  Agent& agent() { return agent_; }
  const Agent& agent() const { return agent_; }
  Network& network() { return network_; }
  const Network& network() const { return network_; }
  uint64_t clamped_timestamps() const { return input_.clamped(); }
  // Whether the replay has started.
  bool started() const { return input_.started(); }

  // The network has its first generation. Throws IoError when an output cannot be created.
  void begin(ControlSource& control, const ReplayOptions& options);
  // As Replay::run().
  void run(const std::atomic<bool>& stop, const std::function<void(unsigned, uint64_t)>& progress);
  // As Replay::ended_at().
  Time ended_at() const { return replay_->ended_at(); }
  // What was counted so far; collect() does more.
  RunStats counters();
  // What the run came to; events are those of the inputs. Called once, when the run is over.
  RunStats collect();
  // As Replay::close().
  void close(const RunStats& stats, std::string_view reason);

 private:
  Input input_;
  PacketPool pool_;
  Network network_;
  Agent agent_;
  std::optional<Replay> replay_;
};

}  // namespace erbium::dp
