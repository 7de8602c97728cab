// Control's end of the channel to a dataplane in another process: sets the run up, turns the clock
// of the control half in lockstep with it, and brings home what it counted. When the dataplane goes
// away the control half stays as it is, waits for another, and tells that one everything.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/api/run_counts.h"
#include "common/run_stats.h"
#include "control/scenario/controller.h"
#include "control/shell/socket.h"

namespace erbium::cp {

// The dataplane cannot go on, and says why in one line.
class DataplaneFailure : public std::runtime_error {
 public:
  explicit DataplaneFailure(const api::Failure& failure)
      : std::runtime_error(failure.text()), kind(failure.kind()) {}
  api::Failure::Kind kind;
};

class DataplaneLink {
 public:
  static constexpr Duration kStarting = Duration::s(30);  // a dataplane may take so long to appear

  struct Options {
    std::string socket;
    Duration wait;  // for another dataplane when the first has gone away
  };
  using Journal = std::function<void(const api::ToDataplane&, Time at)>;
  using Watch = std::function<void(unsigned per_mille, uint64_t packets)>;
  struct Outcome {
    RunStats stats;            // events are those of the inputs
    bool interrupted = false;  // here or there
    std::optional<api::Failure> failure;
    std::string partial;  // what was lost on the way, empty when nothing was
  };

  // `stop` ends the run at the dataplane's next word.
  DataplaneLink(Controller& controller, Options options, const std::atomic<bool>& stop)
      : controller_(controller), options_(std::move(options)), stop_(stop) {}

  // All of them throw PeerGone, ProtocolError, DataplaneFailure.

  // Finds the dataplane. Returns what it says of itself.
  const api::Hello& meet();
  // Whether it is in the middle of a run that this control takes over.
  bool takes_over() const { return hello_.has_state(); }
  // What to run; the dataplane opens its inputs.
  void set_up(const api::Setup& setup);
  // Runs to the end.
  Outcome run(Duration sample_interval, const Journal& journal, const Watch& watch);
  // Has the dataplane close its outputs, as partial if a reason is given, and end.
  void close(int64_t virtual_time_ns, const std::string& partial, bool interrupted);

 private:
  void connect(Duration patience);
  void start(std::optional<Time> resume_at);
  void begin(Duration sample_interval);
  void grant();
  void reached(const api::Reached& reached);
  // True at the end of the run.
  bool step(Outcome& outcome, const Watch& watch);
  void ended(const api::Ended& ended, Outcome& outcome);
  void recover(const std::string& why, Outcome& outcome);
  void tell_everything(Outcome& outcome);
  void note(Outcome& outcome, const std::string& what) const;
  std::vector<LinkStats> count_links() const;

  Controller& controller_;
  const Options options_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<api::Channel> channel_;
  api::Hello hello_;
  api::Setup setup_;
  Journal journal_;
  std::deque<uint64_t> unapplied_;  // generations that the dataplane has not confirmed
  std::vector<LinkStats> links_;    // as it last counted them
  api::Parts parts_;                // of what it measured
  std::optional<Time> replay_start_;
  Time now_;        // that it has last reached
  Time last_seen_;  // the same, between two grants
  uint64_t generation_ = 0;
  bool stopping_ = false;
};

}  // namespace erbium::cp
