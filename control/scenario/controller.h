// The control half of a run in virtual time: compiler, sessions, timeline and streams of a scenario
// behind one clock that others turn. What the dataplane is to be told comes out of it as messages,
// in order and with their time; what the dataplane has seen goes in. It knows neither how the
// messages travel nor whether the other half is in the same process.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "common/delivery.h"
#include "common/run_stats.h"
#include "control/expressroute/compiler.h"
#include "control/expressroute/sessions.h"
#include "control/report/report.h"
#include "control/scenario/record.h"
#include "control/scenario/timeline.h"

namespace erbium::cp {

// What every link had done at multiples of the interval, from one interval on.
struct LinkSamples {
  Duration interval = Duration::max();  // max: no samples are taken
  std::vector<std::vector<LinkSample>> at;
};

class Controller {
 public:
  // A message and the scenario time at which it takes effect.
  using Send = std::function<void(const api::ToDataplane&, Time at)>;
  // What every link has done by the time of the call.
  using CountLinks = std::function<std::vector<LinkStats>()>;

  // Throws ConfigError where the scenario gives no network. The scenario must outlive it.
  Controller(const Scenario& scenario, const TopologyOptions& options);

  // Has the flows of captures measured; before everything else.
  void measure_flows() { flows_ = true; }

  // Has links keep what a report shows of their latency and load, and routes their history;
  // likewise.
  void measure_links() {
    compiler_.measure_links();
    history_.emplace();
  }

  // Sends generation 1. `sample_interval` is max where no samples are wanted.
  void begin(Send send, CountLinks count_links, Duration sample_interval);

  // Of what generation 1 says, before begin(): a dataplane whose run has another hash runs
  // something else.
  uint64_t network_hash() const;

  // In place of begin(), for a dataplane in the middle of a run whose control is gone: sessions
  // start at `now`, what the timeline did until then is done, and everything is sent as one full
  // generation behind the last that the dataplane knows.
  void take_over(Send send, CountLinks count_links, Duration sample_interval, Time now,
                 std::optional<Time> replay_start, uint64_t generation);
  // Sends everything again, after begin(): to a dataplane that has gone on to `now` unheard, or to
  // a new one in place of one that is gone.
  void resend(Time now, uint64_t generation);

  // ---- the clock; dataplane/driver/control_source.h has the contract ----
  Time next() const;
  // When links are to be counted next; deliver() asks for it.
  Time next_sample() const { return next_sample_; }
  // Does everything that is due at or before `now`; next() is later than `now` then.
  void deliver(Time now);
  void replay_starts(Time at);
  void delivered(const std::vector<Delivery>& deliveries);
  Duration latency() const;
  std::optional<Time> converged() const;
  bool quiet() const { return timeline_.next() == Time::max(); }

  // ---- what came of it ----
  const Compiler& compiler() const { return compiler_; }
  // nullptr when routes follow from the file alone.
  const Sessions* sessions() const { return sessions_ ? &*sessions_ : nullptr; }
  Time replay_start() const { return replay_start_; }
  const std::vector<TimelineNote>& timeline_events() const { return timeline_.events(); }
  // Of sessions and routes, in order.
  std::vector<RunEvent> events() const;
  // Merges everything that happened here into the events that the dataplane noted.
  void add_events(RunStats& stats) const;
  Report report(const RunStats& stats) const;

 private:
  void connect(Send send, CountLinks count_links, Duration sample_interval);
  void add_measured(Generation& generation) const;
  void hand_over(const Generation& generation);
  void inject(const std::vector<Injection>& injections, Time now);
  void sample(const std::vector<LinkStats>& counts);

  const Scenario& scenario_;
  Compiler compiler_;
  std::optional<Sessions> sessions_;
  Timeline timeline_;
  Send send_;
  CountLinks count_links_;
  Time replay_start_;
  std::vector<RunEvent> routes_;  // generations that followed from sessions
  LinkSamples samples_;
  std::optional<RouteHistory> history_;  // where links are measured
  Time next_sample_ = Time::max();
  bool flows_ = false;
};

}  // namespace erbium::cp
