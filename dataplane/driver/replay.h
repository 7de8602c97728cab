// Runs captures through the network in virtual time. It steps from window to window: a window never
// reaches past the next control event, and is never longer than the least link delay, so that what
// one node sends cannot reach another within it. Where the windows are cut never shows in the
// output (docs/determinism.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/run_stats.h"
#include "common/units.h"
#include "dataplane/core/network.h"
#include "dataplane/driver/captures.h"
#include "dataplane/driver/control_source.h"
#include "dataplane/driver/drop_places.h"
#include "dataplane/driver/flows.h"
#include "dataplane/driver/input.h"
#include "dataplane/driver/streams.h"

namespace erbium::dp {

struct ReplayOptions {
  // When the first packet enters; absent: when control's sessions have converged and the eager
  // neighbours are resolved, the latter after kConvergenceLimit at most; rounded up to a
  // millisecond.
  std::optional<Duration> replay_start;
  // Ends so long after the replay's start; absent: when everything is over.
  std::optional<Duration> duration;
  // Ends at the latest then, as if it were cut off there: at a time of the scenario, and so long
  // after the replay's start.
  Time stop_at = Time::max();
  std::optional<Duration> stop_after;
  // Windows are this fraction of the lookahead, 1 for all of it. Tests use it; output is the same.
  unsigned lookahead_divisor = 1;
  // Also bounds the window: so many packets enter in one, for the sake of the cache.
  unsigned window_packets = 512;
  std::optional<CaptureConfig> captures;
  unsigned drop_examples = 0;            // kept for each reason and place; 0: not told apart
  Watch* watch = nullptr;                // told of every packet; must outlive run()
  std::optional<int64_t> start_unix_ns;  // absent: the first packet keeps its own timestamp
  // In place of a replay that is gone: goes on at `at`. What had entered by then is lost.
  struct Resume {
    Time at;
    std::optional<Time> replay_start;  // absent: it had not started
  };
  std::optional<Resume> resume;
};

class Replay {
 public:
  static constexpr Duration kConvergenceLimit = Duration::s(1);

  // The network has its first generation. Throws IoError when an output cannot be created.
  Replay(Network& network, ControlSource& control, Input& input, const ReplayOptions& options);

  // Runs to the end of the input, the streams, the timeline and everything in flight, or until
  // `stop` is set. What host ports have sent may go on for ever and keeps nothing running: it ends
  // at the next whole millisecond, and what is then inside is counted as in flight. `progress` is
  // called now and then with per mille of the input and packets so far. Throws MachineError when
  // packets in flight exceed the pool, IoError when an output fails, CaptureError when the input is
  // damaged; outputs then keep their partial names.
  void run(const std::atomic<bool>& stop, const std::function<void(unsigned, uint64_t)>& progress);

  // Closes the outputs. `reason` is not empty when the run was cut short.
  void close(const RunStats& stats, std::string_view reason);

  // What scenario time 0 stands for; known once the input has started.
  int64_t start_unix_ns() const { return start_unix_ns_; }
  // What the streams of the network came to; called once, when the run is over.
  std::vector<StreamResult> take_streams() { return streams_.take_results(); }
  // Where the last run() ended: what lies before it has happened, what lies there has not.
  Time ended_at() const { return ended_at_; }
  // What the flows of the captures came to, where the network has them measured; called once, when
  // the run is over.
  std::optional<FlowResults> take_flows();
  // What was dropped, by place and reason, where examples are kept.
  std::vector<DropPlace> drop_places() const {
    return drop_places_ ? drop_places_->places() : std::vector<DropPlace>();
  }
  // By port: frames that did not enter.
  const std::vector<RefusalCounts>& refused() const { return refused_; }

 private:
  Time next_time();
  bool has_hosts() const { return network_.tables().host_ports.size() > 1; }
  bool over();
  Time last_moment();
  Time window_end(Time from, Time last);
  void start_input_if_converged();
  void start_input(Time at);
  void resume(const ReplayOptions::Resume& resume);
  Time inject(Time from, Time end);
  void enter(const InputFrame& frame);
  void refuse(const InputFrame& frame);
  void enter_stream_packet();
  void run_window(Time end);
  [[noreturn]] void fail_for_memory();

  Network& network_;
  ControlSource& control_;
  Input& input_;
  const ReplayOptions options_;
  std::optional<Captures> captures_;
  std::optional<DropPlaces> drop_places_;
  Streams streams_;
  std::optional<Flows> flows_;  // from the start of the input
  Time now_;
  Time until_;
  Time ended_at_;
  Time last_entry_;
  uint64_t received_ = 0;
  int64_t start_unix_ns_ = 0;
  std::vector<RefusalCounts> refused_;
};

}  // namespace erbium::dp
