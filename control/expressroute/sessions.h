// The BGP and BFD sessions of a scenario: a speaker for every router and VRF, a TCP endpoint and a
// BFD session for every neighbour, tied to the routers' host ports. Packets that routers took for
// themselves come in, packets to inject and changes of routes come out. Work is ordered by time
// alone (docs/determinism.md): what a packet causes happens one control latency after its arrival.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/delivery.h"
#include "common/run_stats.h"
#include "control/config/scenario.h"
#include "control/expressroute/compiler.h"
#include "control/expressroute/session_router.h"

namespace erbium::cp {

// A packet that a router sends by itself.
struct Injection {
  uint32_t host_port = 0;
  std::vector<uint8_t> packet;
};

// The event of a session that is not up when replay starts.
inline constexpr const char* kNotConverged = "not_converged";

class Sessions {
 public:
  Sessions(const Scenario& scenario, Compiler& compiler);
  ~Sessions();

  // When it wants to act; Time::max() when never.
  Time next() const;
  void deliver(const Delivery& delivery);
  // Does what is due at or before `now`; packets are to be injected, and the compiler's pending
  // routes to be flushed, at `now`.
  void run(Time now, std::vector<Injection>& out);

  // When every session had been up, no route had changed for a second and none was waiting to be
  // sent, at the latest after a minute and control.gateway_delay; nullopt before.
  std::optional<Time> converged() const;
  // Notes kNotConverged for every session that is not up then, unless the file says when replay is
  // to start.
  void replay_starts(Time at);

  // ---- what the timeline does to sessions; effects come out of the next run() ----
  // `cause` is the index of an event: a session that several hold down is so until the last ends.
  // Both ends lose or get back their carrier: of a circuit's link, of an MSEE's links to gateways.
  void link_carrier(size_t circuit_link, bool up, Time now);
  void core_carrier(const std::string& msee, bool up, Time now);
  // A router at one end sends a NOTIFICATION (control/config/notification_code.h); in what follows
  // the customer's side acts.
  void notification(const std::string& session, const std::string& code,
                    TimelineEvent::Speaker from, Time now);
  void admin(const std::string& session, size_t cause, bool up, Time now);
  void reset(const std::string& session, Time now);
  void bfd_admin(const std::string& session, bool up, Time now);
  void drain(const std::string& msee, unsigned copies, Time now);
  // Copies of the customer's AS number more on all that it announces over the link.
  void prepend(size_t circuit_link, unsigned copies, Time now);
  void msee_admin(const std::string& msee, size_t cause, bool up, Time now);
  void location(const std::string& location, bool refused, Time now);
  // The control plane of a customer's router dies, and its sockets with it, or is back. With
  // graceful restart it goes on forwarding, at most its restart time longer than `lasts`.
  void ce_restart(const std::string& router, size_t cause, bool begins, Duration lasts, Time now);
  // What the router announces anyhow comes back as it was.
  void announce(const std::string& router, const Announcement& routes, bool present, Time now);

  // Gives the compiler every route again, for a dataplane that has none.
  void restate();

  const std::vector<RunEvent>& events() const { return events_; }
  const std::vector<SessionHistory>& histories() const { return histories_; }

  const std::vector<SessionRouter>& routers() const { return routers_; }

 private:
  // By time of effect, then as packets were ordered when they arrived.
  struct Arrival {
    Time at;
    uint64_t packet_id;
    uint32_t host_port;
    std::vector<uint8_t> packet;
    auto operator<=>(const Arrival&) const = default;
  };
  // Octets that a speaker sends later than at once.
  struct Delayed {
    size_t router, neighbor;
    bgp::ConnectionId connection;
    std::vector<uint8_t> octets;
  };

  Time latest_start() const;
  void start_all(Time now);
  void received(const Arrival& arrival, Time now);
  void timers(size_t router, size_t neighbor, Time now);
  void session_event(size_t router, size_t neighbor, const bgp::Event& event, Time now);
  void perform(size_t router, bgp::Output& output, Time now);
  void update_fib(SessionRouter& router, bgp::Output& output, Time now);
  void learn(const SessionRouter& router, const rib::FibDelta& delta);
  void transport(size_t router, size_t neighbor, const bgp::Action& action, Time now);
  void from_tcp(size_t router, size_t neighbor, tcp::Output& output, Time now);
  void from_bfd(size_t router, size_t neighbor, bfd::Output& output, Time now);
  void send_delayed(Time now);
  void push_all(Time now);
  void send(const SessionRouter& router, const SessionNeighbor& neighbor,
            std::vector<uint8_t> packet);
  Duration gateway_delay(const SessionRouter& router, const SessionNeighbor& neighbor,
                         const std::vector<uint8_t>& octets);
  void note(Time now, const std::string& what, const std::string& detail);

  // Calls act(router, neighbor) for every neighbour that is wanted.
  template <class Wanted, class Act>
  void each(Wanted wanted, Act act);
  void admin(size_t router, size_t neighbor, size_t cause, bool up, Time now);
  void carrier(size_t router, size_t neighbor, bool up, Time now);
  void forget_connections(SessionNeighbor& neighbor, Time now);

  const Scenario& scenario_;
  Compiler& compiler_;
  std::vector<SessionRouter> routers_;
  std::vector<SessionHistory> histories_;
  std::map<uint32_t, size_t> by_host_port_;
  std::set<Arrival> arrivals_;
  std::multimap<Time, Delayed> delayed_;
  std::vector<Injection> injections_;  // of the next run() to end
  bool started_ = false;
  uint64_t draws_ = 0;
  Time last_change_;
  Time now_;   // of the last run()
  Time wake_;  // a run() is wanted then, whatever else is due
  std::vector<RunEvent> events_;
};

}  // namespace erbium::cp
