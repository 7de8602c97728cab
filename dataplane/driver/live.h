// Runs the network on real time and real ports. The same windows as in replay, cut by the clock: a
// frame that is received gets the time of its receipt, and a frame leaves when its time has come.
// After a hiccup the window is cut into pieces of at most the least link delay, so that what one
// node sends cannot reach another within one, and time never runs backwards.
//
// One thread that polls and never sleeps. Frames from a local TCP/IP stack (af_packet, tap) may
// carry half a checksum that a NIC was to complete; erbium forwards what it gets, so the sender
// must be told not to (ethtool -K IFACE tx off).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/run_stats.h"
#include "common/units.h"
#include "dataplane/core/network.h"
#include "dataplane/driver/captures.h"
#include "dataplane/driver/control_source.h"
#include "dataplane/driver/device.h"
#include "dataplane/driver/live_clock.h"
#include "dataplane/driver/refusal.h"

namespace erbium::dp {

struct LiveOptions {
  std::vector<std::string> devices;  // of port 1, 2, ...; empty: no device, what leaves is counted
  std::optional<Duration> duration;  // absent: until stopped
  // Times of the timeline count from here; absent: from when control's sessions have converged and
  // the eager neighbours are resolved, the latter after one second at most.
  std::optional<Duration> replay_start;
  std::optional<CaptureConfig> captures;
};

class Live {
 public:
  static constexpr Duration kConvergenceLimit = Duration::s(1);
  static constexpr Duration kOpeningLimit = Duration::ms(100);
  static constexpr uint16_t kBurst = 32;

  // The network has its first generation. Opens the devices. Throws MachineError, IoError.
  Live(Network& network, ControlSource& control, const LiveOptions& options);

  // Runs until the duration has passed or `stop` is set. Throws IoError when an output fails.
  void run(const std::atomic<bool>& stop);

  // The statistics of the network with what the devices lost.
  RunStats collect() const;
  // Closes the outputs. `reason` is not empty when the run was cut short.
  void close(const RunStats& stats, std::string_view reason);

 private:
  struct LivePort {
    uint32_t id;
    std::unique_ptr<Device> device;  // null: none
    uint16_t received = 0;           // in burst, not yet in the network
    rte_mbuf* burst[kBurst];
  };

  void open_if_ready(Time now);
  void start_timeline_if_converged();
  void deliver(Time now);
  void catch_up(Time now);
  void window(Time end);
  void poll(LivePort& port);
  void receive(LivePort& port, Time now);
  Packet adopt(rte_mbuf* m);
  void refuse(uint32_t port, rte_mbuf* m);
  void send(LivePort& port);

  Network& network_;
  ControlSource& control_;
  const LiveOptions options_;
  std::vector<LivePort> ports_;
  std::optional<Captures> captures_;
  LiveClock clock_;
  Time end_;                // of the last window
  Time due_ = Time::max();  // next generation of control
  Duration lookahead_;
  bool open_ = false;  // ports are read
  bool timeline_started_ = false;
  uint64_t received_ = 0;
  uint64_t cpu_ns_ = 0;                 // of this thread, in run()
  std::vector<RefusalCounts> refused_;  // by port id
  std::vector<uint64_t> unsent_;
};

}  // namespace erbium::dp
