// A BGP speaker: the sessions of one router and VRF, its routing table (control/rib) and the
// policies between them. What peers announce passes the import policy into the table, the decision
// process chooses (RFC 4271 §9.1), and what it chose passes the export policy to the peers.
// Performs nothing: packets of sessions, and what the FIB side must look at again in the table
// (rib::FibGroups), come out as values. All peers are
// external (eBGP): there is no iBGP, no confederation and no route reflection. There is no MRAI
// either (0 s): what an event causes goes out with that event, in order of prefix.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/units.h"
#include "control/bgp/session.h"

namespace erbium::cp::rib {
class Rib;
}

namespace erbium::cp::bgp {

using PeerId = uint32_t;  // from 1, in the order of add_peer(); 0 is the router itself

struct PeerConfig {
  std::string name;  // "er-sjc/primary/private ce"
  SessionConfig session;
  net::Ip local, remote;
  std::optional<net::Ip> local6, remote6;  // next hops of IPv6 over an IPv4 session
  // Of the link: a next hop outside is not taken (RFC 4271 §6.3). Absent: any is.
  std::optional<net::Prefix> subnet, subnet6;
  uint32_t bundle = 0;                      // SpeakerConfig::max_bundles counts these
  std::optional<uint32_t> max_prefixes[2];  // v4, v6: one more ends the session (RFC 4486)
  std::optional<Duration> restart_after;    // then; absent: the hold time
};

// What a policy may look at and change. `attributes.local_pref` and `weight` decide, in the order
// weight, local preference, AS-path length, origin, MED (same neighbouring AS), then all that are
// left share the traffic (ECMP) and the lowest BGP identifier, then peer address, names the best
// for export.
struct RouteInPolicy {
  net::Prefix prefix;
  PathAttributes attributes;
  uint32_t weight = 0;
};

class Policy {
 public:
  virtual ~Policy() = default;
  // False: not taken. Called once for every announcement and again after refresh_import().
  virtual bool import(PeerId from, RouteInPolicy& route) const = 0;
  // False: not sent. `from` is whom the best path was learned from, 0: originated here. The speaker
  // prepends its AS, sets the next hop and drops LOCAL_PREF afterwards, and MED unless the route
  // originates here (eBGP).
  virtual bool export_to(PeerId to, PeerId from, RouteInPolicy& route) const = 0;
};

struct PeerAction {  // Connect, Close or Send of session.h
  PeerId peer = 0;
  Action action;
};

struct LogLine {
  PeerId peer = 0;
  std::string what;  // "session_up", "session_down", "state", "attribute_error", "max_prefixes"
  std::string text;
};

struct PeerChange {
  PeerId peer = 0;
  bool reachable = false;
};

// The FIB follows `peers` first, then `chosen` and `standby`.
struct Output {
  std::vector<PeerAction> transport;
  // Sessions that came up, and those that ended without a restart to wait for. What the latter had
  // announced is in the table until clean_up().
  std::vector<PeerChange> peers;
  // As of rib::Changes; `chosen` in order of prefix. Originated routes are not reported.
  std::vector<net::Prefix> chosen, standby;
  std::vector<LogLine> log;

  bool lost_peer() const;
};

struct SpeakerConfig {
  std::string name;
  uint32_t asn = 0;
  uint32_t identifier = 0;
  unsigned max_paths = 8;       // of an ECMP set
  unsigned max_bundles = 0;     // of an ECMP set: bundles of peers, 0: any number
  bool multipath_relax = true;  // paths of equal length through other ASes count as equal
  bool allow_own_as = false;    // take paths with our own AS in them
};

// One route as `show bgp routes` prints it.
struct RouteView {
  net::Prefix prefix;
  PeerId from = 0;
  bool best = false, multipath = false;
  uint32_t weight = 0;
  PathAttributes attributes;
};

class Speaker {
 public:
  Speaker(SpeakerConfig config, const Policy& policy);
  ~Speaker();

  PeerId add_peer(PeerConfig config);
  // Own routes; replaced when the prefix is there already.
  void originate(const net::Prefix& prefix, PathAttributes attributes, Time now, Output& out);
  void withdraw(const net::Prefix& prefix, Time now, Output& out);

  // An event of a peer's session or transport (session.h; not Announce). Where the output then has
  // a lost_peer() that is half of the work: the caller switches its FIB and calls clean_up().
  void handle(PeerId peer, const Event& event, Time now, Output& out);
  // The router's control plane restarts while it keeps forwarding (RFC 4724 §4.1): what peers have
  // announced whose sessions end before `until` is used on, until a peer has sent all again or
  // `until` has come.
  void restart_gracefully(Time until);
  // Every session whose deadline has come; likewise.
  void timers(Time now, Output& out);
  Time next_deadline() const;
  // Withdraws what lost peers had announced and does what else the event caused; in time by the
  // number of prefixes.
  void clean_up(Time now, Output& out);

  // The policy would now decide otherwise about what comes from, or goes to, the peer.
  void refresh_import(PeerId peer, Time now, Output& out);
  void refresh_export(PeerId peer, Time now, Output& out);

  const SpeakerConfig& config() const;
  const Session& session(PeerId peer) const;
  const PeerConfig& peer(PeerId peer) const;
  size_t peers() const;
  // Prefixes taken from the peer, v4 and v6.
  size_t prefixes_from(PeerId peer, Family family) const;
  // Prefixes that the peer has been told.
  size_t prefixes_to(PeerId peer, Family family) const;
  // In order of prefix, then best first.
  std::vector<RouteView> routes() const;
  // What the peer has been told.
  std::vector<RouteView> advertised(PeerId peer) const;
  // For rib::FibGroups, whose labels it may hold.
  rib::Rib& rib();
  // Octets of the tables: paths, attributes, what peers have been told.
  size_t memory_bytes() const;

 private:
  struct PeerState;
  struct State;
  class Importer;
  class Exporter;

  PeerState& at(PeerId peer) const;
  void act(PeerId id, const Event& event, Time now, Output& out);
  void perform(PeerId id, Action& action, Output& out);
  void up(PeerId id, const Up& up, Output& out);
  void down(PeerId id, const Down& down, Time now, Output& out);

  void learn(PeerId id, const Update& update);
  void prefetch(const Update& update) const;
  void take_back(PeerId id, const std::vector<net::Prefix>& prefixes);
  void limit(PeerId id, Time now, Output& out);

  void forget(PeerId id);
  void flush(Time now, Output& out);
  void tell(PeerId id, const std::vector<net::Prefix>& changed, Time now, Output& out);

  std::unique_ptr<State> state_;
};

}  // namespace erbium::cp::bgp
